/** Every registered estimator against the checks of boreal/testing, and those checks against bad estimators. */
import { describe, expect, test } from 'vitest';
import type { FitOptions } from '../lib/core/fit-input.js';
import { registeredEstimators } from '../lib/core/registry.js';
import { DecisionTreeClassifier, Matrix, type MatrixLike, Ridge } from '../lib/index.js';
import { checkEstimator, estimatorChecks } from '../lib/testing/index.js';
import { EXAMPLES } from './support/estimators.js';

test('every registered estimator that can be fitted has an example here', () => {
  const shown = new Set(EXAMPLES.map(({ make }) => make().constructor.name));
  // Vectorizers read documents, not matrices: test/unit/text.test.ts and test/golden/text.test.ts are theirs.
  const reads = (name: string) => !/Vectorizer$|^FeatureHasher$|^TfidfTransformer$/.test(name);
  // FrozenEstimator holds a model that is fitted elsewhere: test/unit/frozen.test.ts. SideBySide is the front of models that fit it.
  const made = new Set(['QuantizedModel', 'FrozenEstimator', 'SideBySide']);
  const isMade = (name: string) => name.startsWith('Imported') || made.has(name);
  const fitted = registeredEstimators().filter(({ name }) => !isMade(name) && reads(name));
  expect([...shown].sort()).toEqual(fitted.map(({ name }) => name));
});

describe.each(EXAMPLES)('$name', ({ make, exceptions }) => {
  for (const { name, skip, run } of estimatorChecks(make, { exceptions })) {
    test.skipIf(skip !== undefined)(skip === undefined ? name : `${name} (no: ${skip})`, run);
  }
});

describe('the checks find', () => {
  /** The names of the checks that fail. */
  async function failures(estimator: Ridge | DecisionTreeClassifier): Promise<string[]> {
    const error = await checkEstimator(estimator).catch((thrown) => thrown);
    expect(error).toBeInstanceOf(AggregateError);
    const [, ...names] = (error as AggregateError).message.split('\n');
    expect(names.length).toBe((error as AggregateError).errors.length);
    return names.map((name) => name.trim());
  }

  test('nothing in a good estimator', async () => {
    await expect(checkEstimator(new Ridge())).resolves.toBeUndefined();
  });

  test('predictions that depend on the batch', async () => {
    class Moody extends Ridge {
      override async predict(X: MatrixLike) {
        const predicted = await super.predict(X);
        return predicted.map((value) => value + predicted.length);
      }
    }
    expect(await failures(new Moody())).toEqual(
      expect.arrayContaining([
        'a row alone, in another order or in a large batch has the same bits',
        'synchronous and asynchronous calls agree',
        'a compiled plan gives what the estimator gives',
      ]),
    );
  });

  test('a fit that changes its input', async () => {
    class Rude extends Ridge {
      override fit(X: MatrixLike, y?: ArrayLike<unknown>, options?: FitOptions): Promise<this> {
        if (X instanceof Matrix) X.data[0] = 0;
        return super.fit(X, y, options);
      }
    }
    expect(await failures(new Rude())).toContain('fit leaves X, y and weights as they are');
  });

  test('a constructor that checks, and a fit that does not listen to its signal', async () => {
    class Hasty extends Ridge {
      constructor(params: Partial<Ridge['params']> = {}) {
        super(params);
        this.checkParams();
      }
      override fit(X: MatrixLike, y?: ArrayLike<unknown>, options?: FitOptions): Promise<this> {
        return super.fit(X, y, { ...options, signal: undefined });
      }
    }
    expect(await failures(new Hasty())).toEqual(
      expect.arrayContaining([
        'the constructor checks nothing, fit checks every parameter',
        'an aborted signal stops fit before it starts',
        'abort stops fit and keeps the last fit',
      ]),
    );
  });

  test('a seed that is not used', async () => {
    class Fickle extends DecisionTreeClassifier {
      override fit(X: MatrixLike, y?: ArrayLike<unknown>, options?: FitOptions): Promise<this> {
        this.setParams({ maxFeatures: 1, randomState: null });
        return super.fit(X, y, options);
      }
    }
    expect(await failures(new Fickle())).toEqual(
      expect.arrayContaining(['the same seed gives the same model', 'fit leaves parameters as they are']),
    );
  });

  test('what is no estimator', () => {
    for (const odd of [null, 5, 'x', {}, Ridge, () => 5]) {
      expect(() => estimatorChecks(odd as never)).toThrow(expect.objectContaining({ code: 'ERR_PARAMETER' }));
    }
  });

  test('exceptions for checks that do not exist', () => {
    const exceptions = { 'always right': 'nobody is' };
    expect(() => estimatorChecks(new Ridge(), { exceptions })).toThrow(
      expect.objectContaining({ code: 'ERR_PARAMETER' }),
    );
  });
});
