/** Errors and edge cases of naive Bayes; golden values are in test/golden. */
import { describe, expect, test } from 'vitest';
import { PlanBuilder } from '../../lib/core/plan-builder.js';
import { Schema } from '../../lib/core/schema.js';
import {
  BaggingClassifier,
  BernoulliNB,
  CategoricalNB,
  ComplementNB,
  CsrMatrix,
  FixedThresholdClassifier,
  GaussianNB,
  load,
  loadIris,
  Matrix,
  MultinomialNB,
  MultiOutputClassifier,
  makePipeline,
  SGDClassifier,
  StandardScaler,
} from '../../lib/index.js';
import { MLPClassifier } from '../../lib/nn/index.js';
import { expectClose, ulp } from '../support/tolerance.js';

const X = [
  [1, 0],
  [2, 0],
  [0, 1],
  [0, 3],
];
const y = ['a', 'a', 'b', 'b'];

describe('priors', () => {
  test.each([
    [new GaussianNB({ priors: [0.5, 0.6] }), 'ERR_PARAMETER'],
    [new GaussianNB({ priors: [0.2, 0.3, 0.5] }), 'ERR_SHAPE'],
    [new GaussianNB({ varSmoothing: -1 }), 'ERR_PARAMETER'],
    [new MultinomialNB({ classPrior: [1] }), 'ERR_SHAPE'],
    [new MultinomialNB({ alpha: [1, 1, 1] }), 'ERR_SHAPE'],
    [new MultinomialNB({ alpha: -1 }), 'ERR_PARAMETER'],
    [new BernoulliNB({ binarize: Number.NaN }), 'ERR_PARAMETER'],
  ])('%# that do not fit are refused', async (model, code) => {
    await expect(model.fit(X, y)).rejects.toMatchObject({ code });
  });
});

test('ComplementNB says what all classes count', async () => {
  const model = await new ComplementNB().fit(X, y, { sampleWeight: [1, 2, 1, 0.5] });
  expect(Array.from(model.featureAll)).toEqual([5, 2.5]);
});

test('logarithms of probabilities are finite where those round to 0, where others hand them on, too', async () => {
  const rows = [[1], [2], [8], [9]];
  const far = [[5000]];
  const model = await new GaussianNB().fit(rows, y);
  const pipeline = await makePipeline(new StandardScaler(), new GaussianNB()).fit(rows, y);
  expect((await model.predictProba(far)).row(0)[0]).toBe(0);
  const fixed = await new FixedThresholdClassifier(new GaussianNB(), { threshold: 0.3 }).fit(rows, y);
  const pipelineOfFixed = await makePipeline(
    new StandardScaler(),
    new FixedThresholdClassifier(new GaussianNB()),
  ).fit(rows, y);
  for (const one of [model, pipeline, fixed, pipelineOfFixed]) {
    const [a, b] = (await one.predictLogProba(far)).row(0);
    expect(a).toBeGreaterThan(-Infinity);
    expect(a).toBeLessThan(-1e5);
    expect(b).toBe(0);
  }
  expect((await fixed.compileAsync({ output: 'jointLogProba' })).runSync(far).toArray()).toEqual(
    (await model.predictJointLogProba(far)).toArray(),
  );
  const both = await new MultiOutputClassifier(new GaussianNB()).fit(
    rows,
    y.map((label) => [label, label === 'a']),
  );
  const expected = (await model.predictLogProba(far)).toArray();
  const logs = await both.predictLogProba(far);
  expect(logs.map((own) => own.toArray())).toEqual([expected, expected.map((row) => row.toReversed())]);
  expect(
    (
      await makePipeline(both)
        .fit(rows, y)
        .then((one) => one.predictLogProba(far))
    ).toArray(),
  ).toEqual(expected);
});

test('counts below 0 are refused by name of their column', async () => {
  for (const model of [new MultinomialNB(), new ComplementNB(), new BernoulliNB({ binarize: null })]) {
    await expect(model.fit({ a: [1, 2], b: [0, -1] }, y.slice(1, 3))).rejects.toMatchObject({
      code: 'ERR_INPUT_NEGATIVE',
      message: expect.stringContaining("'b'"),
    });
  }
});

test('no smoothing leaves probabilities that are numbers', async () => {
  const model = await new MultinomialNB({ alpha: 0 }).fit(X, y);
  expect(model.predictSync(X)).toEqual(y);
  expect(model.predictProbaSync(X).data.every(Number.isFinite)).toBe(true);
});

test('alpha may differ by column', async () => {
  const alike = await new MultinomialNB({ alpha: [2, 2] }).fit(X, y);
  const one = await new MultinomialNB({ alpha: 2 }).fit(X, y);
  expect(alike.featureLogProb.toArray()).toEqual(one.featureLogProb.toArray());
});

test('columns that do not vary say nothing', async () => {
  const model = await new GaussianNB().fit([[3], [3], [3]], ['a', 'a', 'b']);
  expect(Array.from(model.predictProbaSync([[3]]).data)).toEqual([
    expect.closeTo(2 / 3, 12),
    expect.closeTo(1 / 3, 12),
  ]);
});

test('a class whose rows weigh nothing is never predicted', async () => {
  for (const model of [new GaussianNB(), new MultinomialNB()]) {
    await model.fit(X, y, { sampleWeight: [1, 1, 0, 0] });
    expect(model.predictSync(X)).toEqual(['a', 'a', 'a', 'a']);
  }
});

describe('partialFit', () => {
  test('refuses what does not go with the parts before, and stays as it was', async () => {
    const model = new GaussianNB();
    await model.partialFit(
      [
        [1, 2],
        [3, 5],
      ],
      ['a', 'b'],
      { classes: ['a', 'b', 'c'] },
    );
    const before = model.toBytes();
    const codes = [
      model.partialFit([[1, 2]], ['d']),
      model.partialFit([[1]], ['a']),
      model.partialFit([[1, Number.NaN]], ['a']),
      model.partialFit([[1, 2]], ['a'], { signal: AbortSignal.abort() }),
      new MultinomialNB().partialFit([[-1]], [1], { classes: [1, 2] }),
      new GaussianNB().partialFit([[1], [2]], [0.5, 1.5], { classes: [0.5, 1.5] }),
    ].map((work) =>
      work.then(
        () => 'none',
        (error) => error.code,
      ),
    );
    expect(await Promise.all(codes)).toEqual([
      ...['ERR_LABELS', 'ERR_SHAPE', 'ERR_INPUT_NAN', 'ERR_ABORTED', 'ERR_INPUT_NEGATIVE', 'ERR_LABELS'],
    ]);
    expect(model.toBytes()).toEqual(before);
  });

  test('refuses options that are no object, or that there are not, naming those that there are', async () => {
    for (const options of [5, { sampleWeights: [1] }])
      await expect(new GaussianNB().partialFit(X, y, options as never)).rejects.toMatchObject({
        code: 'ERR_PARAMETER',
        message: expect.stringMatching(
          /^partialFit(: options must be an object; got 5|.* it has .*, classes)\.$/,
        ),
      });
    const scaler = new StandardScaler().partialFit(X, undefined, { classes: y } as never);
    await expect(scaler).rejects.toThrow(/^partialFit has no option 'classes'/);
  });

  test('null is no list of classes: they are those of y', async () => {
    for (const Model of [
      GaussianNB,
      MultinomialNB,
      BernoulliNB,
      CategoricalNB,
      SGDClassifier,
      MLPClassifier,
    ]) {
      const model = await new Model().partialFit(X, y, { classes: null });
      expect(model.classes).toEqual(['a', 'b']);
      await model.partialFit(X, y, { classes: null });
    }
  });

  test('a class that has not come is impossible, until it comes', async () => {
    const rows = [
      [0, 3],
      [1, 2],
      [4, 0],
      [5, 1],
    ];
    for (const Model of [GaussianNB, MultinomialNB, BernoulliNB, ComplementNB]) {
      const model = new Model();
      await model.partialFit(rows, [0, 0, 1, 1], { classes: [0, 1, 2] });
      expect(model.classes).toEqual([0, 1, 2]);
      if (Model !== ComplementNB)
        expect((await model.predictProba(rows)).toArray().every((row) => row[2] === 0)).toBe(true);
      await model.partialFit(
        [
          [50, 50],
          [52, 49],
        ],
        [2, 2],
      );
      expect([...model.classCount]).toEqual([2, 2, 2]);
    }
  });

  test('smoothing is that of the last part', async () => {
    const model = new GaussianNB({ varSmoothing: 0.5 });
    await model.partialFit([[0], [10]], [0, 1]);
    expect(model.epsilon).toBe(12.5);
    await model.partialFit([[2], [12]], [0, 1]);
    expect(model.epsilon).toBe(12.5);
    await model.partialFit([[4], [6]], [0, 1]);
    expect(model.epsilon).toBe(0.5);
    const all = await new GaussianNB({ varSmoothing: 0 }).fit(
      [[0], [10], [2], [12], [4], [6]],
      [0, 1, 0, 1, 0, 1],
    );
    expectClose(
      Array.from(model.var.data, (value) => value - 0.5),
      [...all.var.data],
      ulp(16),
    );
  });
});

describe('CategoricalNB', () => {
  const table = { sky: ['grey', 'grey', 'blue', 'blue'], wind: [0, 2, 1, 0] };

  test('reads text as it is, and knows unseen categories as those without rows', async () => {
    const model = await new CategoricalNB().fit(table, y);
    expect(model.predictSync({ sky: ['blue', 'grey'], wind: [1, 2] })).toEqual(['b', 'a']);
    const [share] = model.predictProbaSync({ sky: ['red'], wind: [9] }).row(0);
    expectClose(share, 0.5, ulp(4), 'of nothing');
    const loaded = await load(model.toBytes());
    expect(loaded.predictSync(table)).toEqual(model.predictSync(table));
    expect([...model.nCategories]).toEqual([2, 3]);
  });

  test('takes what is no category for one without rows', async () => {
    const model = await new CategoricalNB().fit([[0], [1], [1]], [0, 1, 1]);
    const [unseen, below, between] = (await model.predictProba([[7], [-1], [0.5]])).toArray();
    expect([below, between]).toEqual([unseen, unseen]);
  });

  test('has tables that grow with the classes, not with their square', async () => {
    const rows = Array.from({ length: 3000 }, (_, i) => Array.from({ length: 40 }, (_c, j) => (i + j) % 2));
    const labels = rows.map((_, i) => i);
    const model = await new CategoricalNB({ alpha: 1e-3 }).fit(rows, labels);
    // One matrix of sums would hold 3000 * 40 * 3000 numbers: 2.9 GB.
    const builder = new PlanBuilder(40);
    const source = builder.build(model.lower(builder, builder.input, { output: 'value' } as never));
    expect(source.constants.reduce((sum, { length }) => sum + length, 0)).toBeLessThan(1e6);
    expect(await model.predict(rows.slice(0, 2))).toEqual([0, 1]);
  });

  test('is stopped while it counts', async () => {
    const x = new Matrix(new Float64Array(2 ** 21), 2 ** 20, 2);
    const schema = Schema.infer(x);
    const controller = new AbortController();
    const labels = Array.from({ length: x.rows }, (_, i) => i % 2);
    const rest = { sampleWeight: null, validation: null, queries: null, cancel: null, device: 'cpu' };
    const input = { ...rest, x, y: labels, columns: schema.columns, signal: controller.signal };
    const fit = new CategoricalNB().fitInput(input as never, schema);
    controller.abort();
    await expect(fit).rejects.toMatchObject({ code: 'ERR_ABORTED' });
  });

  test('learns part by part what fit learns at once, with more categories as they come', async () => {
    const parts = new CategoricalNB();
    await parts.partialFit(
      [
        [0, 1],
        [1, 0],
      ],
      [0, 1],
    );
    await parts.partialFit(
      [
        [3, 0],
        [0, 2],
      ],
      [1, 0],
      { sampleWeight: [2, 1] },
    );
    const whole = await new CategoricalNB().fit(
      [
        [0, 1],
        [1, 0],
        [3, 0],
        [0, 2],
      ],
      [0, 1, 1, 0],
      { sampleWeight: [1, 1, 2, 1] },
    );
    expect(parts.categoryCount.map((counts) => counts.toArray())).toEqual(
      whole.categoryCount.map((c) => c.toArray()),
    );
    expect(parts.classLogPrior).toEqual(whole.classLogPrior);
    const text = await new CategoricalNB().fit(table, y);
    await expect(text.partialFit({ sky: ['red'], wind: [0] }, ['a'])).rejects.toMatchObject({
      code: 'ERR_UNKNOWN_CATEGORY',
    });
  });

  test.each<[string, number[][], object, string]>([
    ['a fraction', [[0.5], [1]], {}, 'ERR_DTYPE'],
    ['a number below 0', [[-1], [1]], {}, 'ERR_INPUT_NEGATIVE'],
    ['far too many categories', [[1e15], [1]], {}, 'ERR_SHAPE'],
    ['minCategories of other columns', [[0], [1]], { minCategories: [1, 2] }, 'ERR_SHAPE'],
    ['no categories', [[0], [1]], { minCategories: 0 }, 'ERR_PARAMETER'],
    ['alpha of columns', [[0], [1]], { alpha: [1] }, 'ERR_PARAMETER'],
  ])('refuses %s', async (_, rows, params, code) => {
    await expect(new CategoricalNB(params).fit(rows, [0, 1])).rejects.toMatchObject({ code });
  });
});

test('without smoothing, what was never seen together decides, and no score is NaN', async () => {
  const rows = X.map((row) => row.map((value) => Math.min(value, 1)));
  for (const Model of [MultinomialNB, BernoulliNB, ComplementNB, CategoricalNB]) {
    const model = await new Model({ alpha: 0 }).fit(rows, y);
    expect(model.predictSync(rows)).toEqual(y);
    expect(Array.from(model.predictProbaSync(rows).data).some(Number.isNaN)).toBe(false);
  }
});

test('a bag takes the logarithms of mean probabilities from those of its models', async () => {
  const { data, target } = loadIris();
  const bag = new BaggingClassifier({
    estimator: new GaussianNB(),
    nEstimators: 3,
    maxFeatures: 3,
    randomState: 0,
  });
  await bag.fit(data, target);
  const far = Matrix.from([
    [90, 3, 1, 0.2],
    [5, 3, 90, 9],
    [5, 3, 1.4, 0.2],
  ]);
  expect((await bag.predictProba(far)).data).toContain(0);
  // As scikit-learn: logaddexp over the models, less the logarithm of their number.
  const logs = await Promise.all(
    bag.estimators.map((model, k) =>
      (model as GaussianNB).predictLogProba(far.columns(Array.from(bag.estimatorsFeatures[k]))),
    ),
  );
  const expected = logs[0].data.map((_, i) => {
    const own = logs.map(({ data: values }) => values[i]);
    const most = Math.max(...own);
    return most + Math.log(own.reduce((sum, value) => sum + Math.exp(value - most), 0) / 3);
  });
  for (const model of [bag, await makePipeline(bag.clone()).fit(data, target)]) {
    const { data: found } = await model.predictLogProba(far);
    for (const [i, value] of found.entries())
      expect(Math.abs(value / expected[i] - 1) < 1e-9 || Math.abs(value - expected[i]) < 1e-12).toBe(true);
  }
});

test('a bag of models that lack a class has its logarithm at -Infinity where none has it', async () => {
  const X = Array.from({ length: 40 }, (_, i) => [i % 7, (i * i) % 5]);
  const labels = X.map((_, i) => (i === 0 ? 'rare' : i % 2 ? 'odd' : 'even'));
  const bag = new BaggingClassifier({
    estimator: new GaussianNB(),
    nEstimators: 2,
    maxSamples: 0.5,
    randomState: 4,
  });
  await bag.fit(X, labels);
  const lack = bag.estimators.map((model) => !(model as GaussianNB).classes.includes('rare'));
  const rare = (await bag.predictLogProba(X)).columns([2]).data;
  expect(rare.every((value) => (value === -Infinity) === lack.every(Boolean))).toBe(true);
  expect(lack).toContain(true);
});

test('float32 rows as large as they can be have the class and the probabilities of float64 ones', async () => {
  const small = new Matrix(Float32Array.of(0, 3, 1, 2, 5, 0, 6, 1), 4, 2);
  const large = new Matrix(Float32Array.of(3.4e38, 3.4e38, 3.4e38, 1, 1, 3.4e38, 2, 1), 4, 2);
  for (const Model of [MultinomialNB, ComplementNB]) {
    const model = await new Model().fit(small, [0, 0, 1, 1]);
    // As scikit-learn gives them.
    expect(await model.predict(large)).toEqual([0, 1, 0, 1]);
    const wide = await model.predictProba(large.astype('float64'));
    for (const X of [large, CsrMatrix.from(large)]) {
      const { data } = await model.predictProba(X);
      for (const [k, value] of data.entries()) expect(value).toBeCloseTo(wide.data[k], 6);
      const { data: logs } = await model.predictLogProba(X);
      const { data: wideLogs } = await model.predictLogProba(large.astype('float64'));
      // Those beyond float32 are infinite.
      for (const [k, value] of logs.entries()) {
        const expected = Math.fround(wideLogs[k]);
        if (Number.isFinite(expected))
          expect(Math.abs(value - expected)).toBeLessThan(1e-6 - 1e-5 * expected);
        else expect(value).toBe(expected);
      }
    }
  }
});

test('sparse values are refused by their column, whatever the caller does with them meanwhile', async () => {
  const counts = CsrMatrix.from(X);
  counts.data[3] = -1;
  const fit = new MultinomialNB().fit(counts, y);
  counts.data[3] = 1;
  await expect(fit).rejects.toMatchObject({
    code: 'ERR_INPUT_NEGATIVE',
    message: expect.stringContaining("'x1'"),
  });
});
