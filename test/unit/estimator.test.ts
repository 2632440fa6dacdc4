/** The base class: what the common checks cannot see because it takes bad luck, large inputs or unusual subclasses. */
import { describe, expect, test } from 'vitest';
import type { FitInput } from '../../lib/core/fit-input.js';
import { type Rules, real } from '../../lib/core/params.js';
import type { PlanBuilder, Slot } from '../../lib/core/plan-builder.js';
import {
  AbortError,
  type Column,
  CsrMatrix,
  DecisionTreeClassifier,
  IsolationForest,
  LinearRegression,
  LogisticRegression,
  loadIris,
  Matrix,
  MultinomialNB,
  OneHotEncoder,
  RandomForestClassifier,
  RandomForestRegressor,
  Ridge,
  StandardScaler,
  Transformer,
} from '../../lib/index.js';

const { data, target } = loadIris();

/** x / divisor, and a hook that runs in the middle of fit. */
class Divider extends Transformer<{ divisor: number }, { divisor: number }> {
  during: () => void | Promise<void> = () => {};

  constructor(params: { divisor?: number } = {}) {
    super({ divisor: 2, ...params });
  }
  get rules(): Rules<{ divisor: number }> {
    return { divisor: real() };
  }
  get stateRules(): Rules<{ divisor: number }> {
    return { divisor: real() };
  }
  protected async fitState(_: FitInput) {
    await this.during();
    return { divisor: this.params.divisor };
  }
  outputColumns(): readonly Column[] {
    return this.schema.columns;
  }
  lower(plan: PlanBuilder, x: Slot): Slot {
    return plan.affine(x, new Float64Array(x.width), new Float64Array(x.width).fill(this.state.divisor));
  }
}

describe('fit', () => {
  test('an abort that comes when the work is done keeps the last state all the same', async () => {
    const divider = await new Divider({ divisor: 4 }).fit([[8]]);
    const controller = new AbortController();
    divider.setParams({ divisor: 2 });
    divider.during = () => controller.abort(new Error('late'));
    const fit = divider.fit([[8]], undefined, { signal: controller.signal });
    await expect(fit).rejects.toBeInstanceOf(AbortError);
    expect(divider.transformSync([[8]]).toArray()).toEqual([[2]]);
  });

  test('a failure keeps the last state, and is thrown as it is', async () => {
    const divider = await new Divider({ divisor: 4 }).fit([[8]]);
    divider.during = () => {
      throw new RangeError('of a subclass');
    };
    await expect(divider.fit([[1, 2]])).rejects.toThrow(RangeError);
    expect(divider.nFeaturesIn).toBe(1);
  });

  test('a large fit stops soon after its signal', async () => {
    const rows = 20_000;
    const X = new Matrix(
      Float32Array.from({ length: rows * 8 }, (_, k) => (k * 7919) % 1009),
      rows,
      8,
    );
    const y = Array.from({ length: rows }, (_, i) => (i * 31) % 7);
    const controller = new AbortController();
    let events = 0;
    const forest = new RandomForestClassifier({ nEstimators: 100_000 });
    const fit = forest.fit(X, y, {
      signal: controller.signal,
      onProgress: () => {
        events += 1;
        controller.abort();
      },
    });
    // Not a timed assertion: to the end this would take an hour.
    await expect(fit).rejects.toMatchObject({ code: 'ERR_ABORTED' });
    expect(events).toBeGreaterThan(0);
    expect(forest.isFitted).toBe(false);
  });

  test('an option that there is not is refused: a misspelt weight would weigh nothing', async () => {
    const misspelt = { sampleWeights: [1, 2] } as never;
    await expect(new StandardScaler().fit([[1], [2]], undefined, misspelt)).rejects.toMatchObject({
      code: 'ERR_PARAMETER',
    });
    await new StandardScaler().fit([[1], [2]], undefined, { sampleWeights: undefined } as never);
  });

  test('the ranges of numbers become part of the schema', async () => {
    const model = await new StandardScaler().fit({ a: [3, 1, Number.NaN], b: [true, false, true] });
    expect(model.schema.columns).toEqual([
      { name: 'a', kind: 'number', range: [1, 3], hasMissing: true },
      { name: 'b', kind: 'boolean', hasMissing: false },
    ]);
  });

  test('devices that are not here are refused', async () => {
    for (const gpu of ['cuda', 'cuda:7'] as const) {
      await expect(new Ridge().fit(data, target, { device: gpu })).rejects.toMatchObject({
        code: 'ERR_NOT_SUPPORTED',
      });
    }
    const device = 'gpu' as 'cpu';
    await expect(new Ridge().fit(data, target, { device })).rejects.toMatchObject({ code: 'ERR_PARAMETER' });
    const sparse = CsrMatrix.from(data);
    await expect(new MultinomialNB().fit(sparse, target, { device })).rejects.toMatchObject({
      code: 'ERR_PARAMETER',
    });
    const model = await new Ridge().fit(data, target);
    expect(() => model.compile({ device: 'cuda:999' })).toThrow(
      expect.objectContaining({ code: expect.stringMatching(/^ERR_(CUDA_PLUGIN|CUDA_DRIVER|DEVICE)$/) }),
    );
    for (const bad of ['cuda:', 'cuda:-1', 'cuda:01', 'cuda:1.5', 'CUDA']) {
      expect(() => model.compile({ device: bad as 'cpu' })).toThrow(
        expect.objectContaining({ code: 'ERR_PARAMETER' }),
      );
    }
  });
});

describe('predict', () => {
  test('labels belong to the fit whose plan ran', async () => {
    const model = await new DecisionTreeClassifier().fit(
      data,
      Array.from(target, (code) => ['a', 'b', 'c'][code]),
    );
    const X = data.takeRows(Int32Array.from({ length: 30_000 }, (_, i) => i % 150));
    await model.predict(X.slice(0, 1));
    const before = model.predict(X);
    const refit = model.fit(
      data,
      Array.from(target, (code) => ['x', 'y', 'z'][code]),
    );
    expect([...new Set(await before)].sort()).toEqual(['a', 'b', 'c']);
    await refit;
    expect([...new Set(await model.predict(X))].sort()).toEqual(['x', 'y', 'z']);
  });

  test('the first call reads X before its plan is compiled', async () => {
    const model = await new LinearRegression().fit([[1], [2]], [1, 2]);
    const X = new Matrix(Float64Array.of(5), 1, 1);
    const predicted = model.predict(X);
    X.data[0] = 0;
    expect((await predicted)[0]).toBeCloseTo(5, 12);
  });

  test('the element type of X decides the arithmetic', async () => {
    const model = await new LinearRegression().fit([[1], [2], [4]], [1, 2, 4]);
    expect(await model.predict(new Matrix(Float32Array.of(1), 1, 1))).toBeInstanceOf(Float32Array);
    expect(await model.predict([[1]])).toBeInstanceOf(Float64Array);
    const narrow = await new LinearRegression().fit(new Matrix(Float32Array.of(1, 2, 4), 3, 1), [1, 2, 4]);
    expect(await narrow.predict([[1]])).toBeInstanceOf(Float32Array);
  });

  test('what a model does not have is refused by name', async () => {
    const forest = await new RandomForestClassifier({ nEstimators: 2 }).fit(data, target);
    await expect(forest.decisionFunction(data)).rejects.toMatchObject({ code: 'ERR_NOT_SUPPORTED' });
    expect(() => forest.compile({ output: 'interval' })).toThrow(
      /no output 'interval'; it has 'label', 'proba'/,
    );
  });
});

describe('estimators one by one', () => {
  test('an unknown category is refused or ignored', async () => {
    const X = { town: ['Oslo', 'Turku', 'Oslo'] };
    const strict = await new OneHotEncoder().fit(X);
    const rome = { town: ['Oslo', 'Rome'] };
    await expect(strict.transform(rome)).rejects.toMatchObject({
      code: 'ERR_UNKNOWN_CATEGORY',
      row: 1,
      column: 0,
    });
    strict.setParams({ handleUnknown: 'ignore' });
    expect(() => strict.transformSync(rome)).toThrow(
      expect.objectContaining({ code: 'ERR_UNKNOWN_CATEGORY' }),
    );
    await strict.fit(X);
    expect(strict.transformSync(rome).toArray()).toEqual([
      [1, 0],
      [0, 0],
    ]);
  });

  test('class weights move the border, and unknown labels are refused', async () => {
    const X = [[0], [1], [2], [3], [4], [5]];
    const y = ['a', 'a', 'a', 'a', 'b', 'b'];
    const plain = await new LogisticRegression().fit(X, y);
    const weighted = await new LogisticRegression({ classWeight: { b: 10 } }).fit(X, y);
    const proba = (model: LogisticRegression) => model.predictProbaSync([[3]]).data[1];
    expect(proba(weighted)).toBeGreaterThan(proba(plain));
    const unknown = new LogisticRegression({ classWeight: { c: 1 } }).fit(X, y);
    await expect(unknown).rejects.toMatchObject({
      code: 'ERR_PARAMETER',
      message: expect.stringContaining('"c"'),
    });
  });

  test('balanced weights count rows by their weight', async () => {
    const X = [[0], [1], [2], [3]];
    const y = [0, 0, 1, 1];
    const sampleWeight = [0, 0, 1, 1];
    // A class whose rows all weigh nothing must not become infinitely heavy.
    const model = await new LogisticRegression({ classWeight: 'balanced' }).fit(X, y, { sampleWeight });
    expect([...model.coef.data].every(Number.isFinite)).toBe(true);
  });

  test('an interval lies around the median of the trees, wider for more coverage', async () => {
    const forest = await new RandomForestRegressor({ nEstimators: 40, randomState: 0 }).fit(data, target);
    const some = data.takeRows([0, 70, 106, 133]);
    const narrow = await forest.predictInterval(some, { coverage: 0.5 });
    const wide = await forest.predictInterval(some, { coverage: 0.98 });
    for (let i = 0; i < some.rows; i++) {
      expect(wide.lower[i]).toBeLessThanOrEqual(narrow.lower[i]);
      expect(narrow.lower[i]).toBeLessThanOrEqual(narrow.upper[i]);
      expect(narrow.upper[i]).toBeLessThanOrEqual(wide.upper[i]);
    }
    for (const coverage of [0, 1, Number.NaN]) {
      await expect(forest.predictInterval(some, { coverage })).rejects.toMatchObject({
        code: 'ERR_PARAMETER',
      });
    }
  });

  test('a constant column is centred only', async () => {
    const scaler = await new StandardScaler().fit([
      [7, 1e8],
      [7, 1e8 + 2 ** -26],
    ]);
    expect([...scaler.scale]).toEqual([1, 1]);
    expect(scaler.transformSync([[7, 1e8]]).toArray()[0][0]).toBe(0);
  });
});

describe('arguments that are none', () => {
  const refused = { code: 'ERR_PARAMETER' };
  const tree = () => new DecisionTreeClassifier({ randomState: 0 });

  test('options of fit: null counts as none given', async () => {
    expect((await tree().fit(data, target, null as never)).isFitted).toBe(true);
    for (const odd of [5, 'x', { onProgress: 5 }, { signal: 5 }]) {
      await expect(tree().fit(data, target, odd as never)).rejects.toMatchObject(refused);
    }
  });

  test('parameters', () => {
    for (const odd of [null, 5]) {
      expect(() => tree().setParams(odd as never)).toThrow(expect.objectContaining(refused));
    }
  });

  test('targets and weights of score', async () => {
    const model = await tree().fit(data, target);
    await expect(model.score(data, null as never)).rejects.toMatchObject(refused);
    await expect(model.score(data, target, { sampleWeight: [1] })).rejects.toMatchObject({
      code: 'ERR_SHAPE',
    });
    expect(await model.score(data, target, null as never)).toBe(1);
    const forest = new IsolationForest({ nEstimators: 2, randomState: 0 });
    expect((await forest.fit(data, null as never)).isFitted).toBe(true);
  });

  test('rows and results without memory', async () => {
    const gone = () => {
      const x = data.copy();
      structuredClone(x.data.buffer, { transfer: [x.data.buffer as ArrayBuffer] });
      return x;
    };
    const shape = { code: 'ERR_SHAPE' };
    await expect(tree().fit(gone(), target)).rejects.toMatchObject(shape);
    const plan = (await tree().fit(data, target)).compile();
    const out = Matrix.zeros(data.rows, 1);
    structuredClone(out.data.buffer, { transfer: [out.data.buffer as ArrayBuffer] });
    await expect(plan.run(data, out)).rejects.toMatchObject(shape);
    expect(() => plan.runSync(data, out)).toThrow(expect.objectContaining(shape));
    for (const odd of [[], new Float64Array(0), null]) {
      expect(() => plan.runRow(data.row(0), odd as never)).toThrow(expect.objectContaining(shape));
    }
  });

  test('options of compile', async () => {
    const model = await tree().fit(data, target);
    expect(model.compile(null as never).outputWidth).toBe(1);
    expect(() => model.compile('cpu' as never)).toThrow(expect.objectContaining(refused));
  });
});
