/** Where what an estimator is made of is trained: looked at without any GPU, by models that say which device they were told. */
import { describe, expect, test } from 'vitest';
import type { Estimator as Base } from '../../lib/core/estimator.js';
import { Estimator } from '../../lib/core/estimator.js';
import type { EstimatorTags } from '../../lib/core/estimator-tags.js';
import type { FitInput, SparseFitInput } from '../../lib/core/fit-input.js';
import {
  BaggingClassifier,
  crossValidate,
  crossValPredict,
  ExtraTreesClassifier,
  FeatureUnion,
  GridSearchCV,
  LogisticRegression,
  learningCurve,
  loadIris,
  makePipeline,
  OneVsRestClassifier,
  PCA,
  permutationTestScore,
  Ridge,
  StackingClassifier,
  StandardScaler,
  TfidfVectorizer,
  validationCurve,
} from '../../lib/index.js';
import { packSearch, unpackSearch } from '../../lib/model-selection/remote-trials.js';
import { Subject } from '../../lib/testing/subject.js';
import { EXAMPLES } from '../support/estimators.js';

interface Told {
  readonly kind: string;
  readonly device: string;
}

/** The same estimator, and its clones, as one that a GPU trains, which notes what it is told. */
function noting<M extends Base>(model: M, told: Told[]): M {
  type Fit<I> = (input: I) => Promise<object>;
  const { fitState, fitSparse } = model as unknown as {
    fitState: Fit<FitInput>;
    fitSparse?: Fit<SparseFitInput>;
  };
  const note = <I extends Pick<FitInput, 'device'>>(fit: Fit<I>) =>
    function noted(this: Base, input: I) {
      told.push({ kind: this.kind, device: input.device });
      return fit.call(this, input);
    };
  const tags: EstimatorTags = { ...model.tags, trainsOnGpu: true };
  const clone = model.clone.bind(model);
  return Object.defineProperties(model, {
    tags: { get: () => tags },
    clone: { value: () => noting(clone(), told) },
    fitState: { value: note(fitState) },
    ...(fitSparse && { fitSparse: { value: note(fitSparse) } }),
  });
}

/** With all estimators among the parameters noting. */
function notingParts(model: Base, told: Told[]): boolean {
  const one = (value: unknown) => (value instanceof Estimator ? noting(value.clone(), told) : value);
  const isPart = (value: unknown) => Array.isArray(value) && value.some((v) => v instanceof Estimator);
  const parts = Object.entries(model.params).flatMap(([name, value]) => {
    if (value instanceof Estimator) return [[name, one(value)]];
    if (!Array.isArray(value) || !value.some(isPart)) return [];
    return [[name, value.map((part) => (Array.isArray(part) ? part.map(one) : part))]];
  });
  model.setParams(Object.fromEntries(parts));
  return parts.length > 0;
}

describe('the device of a fit', () => {
  for (const { name, make } of EXAMPLES) {
    const model = make();
    const told: Told[] = [];
    if (!notingParts(model, told)) continue;
    test(`of ${name} reaches what it is made of, or nothing of it`, async () => {
      const { X, y } = new Subject(make);
      await model.fit(X, y, { device: 'auto' });
      const isPrefit = told.length === 0;
      if (isPrefit) expect(JSON.stringify(model.params)).toContain('prefit');
      for (const [k, { kind, device }] of told.entries()) {
        const isBefore = kind === 'transformer' && k < told.length - 1;
        expect(device).toBe(model.tags.trainsOnGpu && !isBefore ? 'auto' : 'cpu');
      }
    });
  }

  const { data, target } = loadIris();
  const documents = ['red blue', 'blue green', 'green red', 'red', 'blue', 'green'];
  const topics = [0, 1, 0, 0, 1, 0];
  const devices = (told: readonly Told[]) => [...new Set(told.map(({ device }) => device))];

  test('reaches the folds of cross-validation and curves', async () => {
    const options = { device: 'auto', cv: 2 } as const;
    const runs = [
      (model: LogisticRegression) => crossValidate(model, data, target, options),
      (model: LogisticRegression) => crossValPredict(model, data, target, options),
      (model: LogisticRegression) => learningCurve(model, data, target, { ...options, trainSizes: [1] }),
      (model: LogisticRegression) => validationCurve(model, data, target, 'C', [1], options),
      (model: LogisticRegression) =>
        permutationTestScore(model, data, target, { ...options, nPermutations: 1 }),
    ];
    for (const run of runs) {
      const told: Told[] = [];
      await run(noting(new LogisticRegression(), told));
      expect(devices(told)).toEqual(['auto']);
    }
  });

  test('reaches models of sparse rows and of documents', async () => {
    const rows = await new TfidfVectorizer().fitTransform(documents);
    const makers = [
      (model: LogisticRegression) => makePipeline(model),
      (model: LogisticRegression) => new OneVsRestClassifier(model),
      (model: LogisticRegression) => new GridSearchCV(model, { C: [1, 2] }, { cv: 2 }),
    ];
    for (const maker of makers) {
      const told: Told[] = [];
      await maker(noting(new LogisticRegression(), told)).fit(rows, topics, { device: 'auto' });
      expect(devices(told)).toEqual(['auto']);
      const fromText: Told[] = [];
      const pipeline = makePipeline(new TfidfVectorizer(), maker(noting(new LogisticRegression(), fromText)));
      await pipeline.fit(documents as never, topics, { device: 'auto' });
      expect(devices(fromText)).toEqual(['auto']);
    }
  });

  test('is sent to the workers of a search', () => {
    const data = { X: [[1]], y: [1], sampleWeight: null, folds: [] };
    const scoring = { scoring: null, returnTrainScore: false, errorScore: 0 };
    const search = {
      ...data,
      ...scoring,
      estimator: new Ridge(),
      candidates: [{}],
      device: 'cuda:1' as const,
    };
    expect(unpackSearch(packSearch(search)).device).toBe('cuda:1');
  });

  test('a GPU trains no more than it can: the rest is on the CPU, or refused by name', async () => {
    const told: Told[] = [];
    const noted = () => noting(new LogisticRegression(), told);
    const front = noting(new StandardScaler(), told);
    await makePipeline(front, new FeatureUnion([['pca', new PCA()]]), noted()).fit(data, target, {
      device: 'auto',
    });
    expect(told).toEqual([
      { kind: 'transformer', device: 'cpu' },
      { kind: 'classifier', device: 'auto' },
    ]);
    told.length = 0;
    const stack = new StackingClassifier([['noted', noted()]], { finalEstimator: new LogisticRegression() });
    await stack.fit(data, target, { device: 'auto' });
    expect(devices(told)).toEqual(['auto']);
    for (const model of [
      new BaggingClassifier({ estimator: new LogisticRegression() }),
      makePipeline(new StandardScaler()),
      new GridSearchCV(makePipeline(new TfidfVectorizer(), new LogisticRegression()), {}),
    ]) {
      const fit = model.fit(data, target, { device: 'cuda' });
      await expect(fit).rejects.toThrow(expect.objectContaining({ code: 'ERR_NOT_SUPPORTED' }));
    }
  });

  test('what no GPU trains says what to do, before one is looked for', async () => {
    for (const model of [new ExtraTreesClassifier(), new LogisticRegression()]) {
      const fit = model.fit(data, target, { device: 'cuda' });
      await expect(fit).rejects.toMatchObject({
        code: 'ERR_NOT_SUPPORTED',
        message: expect.stringMatching(/on the CPU only: leave the device out, or take 'auto'.*compile/),
      });
      await model.fit(data, target, { device: 'auto' });
    }
  });
});
