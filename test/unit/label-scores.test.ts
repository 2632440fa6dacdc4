/** Scores of probabilities of models of several labels. */
import { describe, expect, test } from 'vitest';
import {
  averagePrecision,
  brierScore,
  ClassifierChain,
  crossValScore,
  DecisionTreeClassifier,
  d2BrierScore,
  d2LogLossScore,
  GaussianNB,
  getScorer,
  KFold,
  LinearSVC,
  LogisticRegression,
  loadBreastCancer,
  loadIris,
  logLoss,
  Matrix,
  MultiOutputClassifier,
  makePipeline,
  makeScorer,
  rocAucScore,
  StandardScaler,
  SVC,
} from '../../lib/index.js';

const { data, target } = loadIris();
const flags = Array.from(target, (code, i) => [code === 0 ? 0 : 1, data.row(i)[3] > 1.2 ? 1 : 0]);

describe('scorers of several labels', () => {
  test.each([
    ['trees', new DecisionTreeClassifier<number[]>({ maxDepth: 1 })],
    ['one model each', new MultiOutputClassifier(new GaussianNB())],
  ] as const)('%s: the second class of each', async (_, model) => {
    await model.fit(data, flags);
    const second = (await model.predictProba(data)).map((own: Matrix) => [...own.columns([1]).data]);
    const scores = flags.map((_, i) => second.map((own) => own[i]));
    expect(await getScorer('rocAuc')(model, data, flags as never)).toBe(rocAucScore(flags, scores));
    expect(await getScorer('rocAucOvrWeighted')(model, data, flags as never)).toBe(
      rocAucScore(flags, scores, { average: 'weighted' }),
    );
    expect(await getScorer('negLogLoss')(model, data, flags as never)).toBe(-logLoss(flags, scores));
    expect(await getScorer('averagePrecision')(model, data, flags as never)).toBe(
      averagePrecision(flags, scores),
    );
  });

  test('chains, which give them side by side, in cross-validation', async () => {
    const scores = await crossValScore(new ClassifierChain(new GaussianNB()), data, flags, {
      scoring: 'rocAucOvr',
      cv: new KFold({ nSplits: 3, shuffle: true, randomState: 1 }),
    });
    expect(Math.min(...scores)).toBeGreaterThan(0.9);
  });

  test('more than two classes of a target, and labels other than 0 and 1, are refused', async () => {
    const wide = flags.map(([a], i) => [a, target[i]]);
    const model = await new DecisionTreeClassifier<number[]>().fit(data, wide);
    const refused = (code: string) => expect.objectContaining({ code });
    await expect(getScorer('rocAuc')(model, data, wide as never)).rejects.toEqual(
      refused('ERR_NOT_SUPPORTED'),
    );
    expect(() => rocAucScore([[2, 0]], [[0.1, 0.2]])).toThrow(refused('ERR_LABELS'));
    expect(() => logLoss([[1, 0]], [[0.1, 0.2, 0.7]])).toThrow(refused('ERR_SHAPE'));
    expect(() => averagePrecision([[1, 0]], [[0.1, 0.2]], { posLabel: 0 })).toThrow(refused('ERR_PARAMETER'));
    expect(() => averagePrecision([[1, 0]], [[0.1], [0.2]])).toThrow(refused('ERR_SHAPE'));
    expect(() => rocAucScore([0, 1], [0.1, 0.2], { average: 'samples' })).toThrow(refused('ERR_PARAMETER'));
  });
});

test('metrics of a user get the scores of all targets', async () => {
  const seen: unknown[] = [];
  const spy = (_: unknown, said: Matrix) => seen.push([said.rows, said.cols]);
  const chain = new ClassifierChain(new LogisticRegression());
  for (const responseMethod of ['predictProba', 'decisionFunction'] as const)
    await makeScorer(spy as never, { responseMethod })(await chain.fit(data, flags), data, flags as never);
  const tree = await new DecisionTreeClassifier<number[]>({ maxDepth: 2 }).fit(data, flags);
  await makeScorer(spy as never, { responseMethod: 'predictProba' })(tree, data, flags as never);
  expect(seen).toEqual(Array(3).fill([150, 2]));
});

test('ranking scores are of decisions, where a model has them', async () => {
  const two = data.columns([0, 1]);
  const model = await new LogisticRegression({ maxIter: 1000 }).fit(two, target);
  const decisions = await model.decisionFunction(two);
  expect(await getScorer('averagePrecision')(model, two, target)).toBe(averagePrecision(target, decisions));
  const last = flags.map(([, flag]) => flag);
  for (const bare of [new LinearSVC(), new SVC(), makePipeline(new StandardScaler(), new SVC())]) {
    const machine = await bare.fit(two, last);
    const { data: values } = await machine.decisionFunction(two);
    expect(await getScorer('rocAuc')(machine, two, last)).toBe(rocAucScore(last, values));
    expect(await getScorer('averagePrecision')(machine, two, last)).toBe(averagePrecision(last, values));
  }
});

test('one column is one target', async () => {
  const column = [[0], [1]];
  const given = new Matrix(Float64Array.of(0, 1), 2, 1);
  const proba = [[0.2], [0.9]];
  const metrics: Array<(y: never, p: number[][]) => unknown> = [
    logLoss,
    brierScore,
    d2LogLossScore,
    d2BrierScore,
  ];
  for (const metric of [...metrics, rocAucScore, averagePrecision] as typeof metrics)
    for (const y of [column, given]) expect(metric(y as never, proba)).toBe(metric([0, 1] as never, proba));
  const own = flags.map(([flag]) => flag);
  const model = await new GaussianNB().fit(data, own);
  for (const name of ['negLogLoss', 'negBrierScore', 'rocAuc', 'averagePrecision'] as const) {
    const scorer = getScorer(name);
    expect(await scorer(model, data, own.map((flag) => [flag]) as never)).toBe(
      await scorer(model, data, own),
    );
  }
});

test('average precision of one label: that of the second class, or the mean over classes', async () => {
  const cancer = loadBreastCancer();
  const names = Array.from(cancer.target, (code) => (code === 1 ? 'benign' : 'aggressive'));
  const two = await new GaussianNB().fit(cancer.data, names);
  const proba = (await two.predictProba(cancer.data)).columns([1]).data;
  expect(await getScorer('averagePrecision')(two, cancer.data, names)).toBe(
    averagePrecision(names, proba, { posLabel: 'benign' }),
  );
  const three = await new GaussianNB().fit(data, target);
  expect(await getScorer('averagePrecision')(three, data, target)).toBe(
    averagePrecision(target, await three.predictProba(data)),
  );
});
