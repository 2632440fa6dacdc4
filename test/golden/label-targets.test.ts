/** Classifiers of several targets against scikit-learn. */
import { expect, test } from 'vitest';
import type { Estimator } from '../../lib/core/estimator.js';
import {
  accuracyScore,
  classificationReport,
  DecisionTreeClassifier,
  DummyClassifier,
  KNeighborsClassifier,
  Matrix,
  precisionRecallFscoreSupport,
  RadiusNeighborsClassifier,
  RandomForestClassifier,
} from '../../lib/index.js';
import { expectClose, iterative } from '../support/tolerance.js';
import { type DatasetRef, loadRef, readGolden, split } from './read.js';

const CLASSES = {
  ...{ DecisionTreeClassifier, DummyClassifier, KNeighborsClassifier, RadiusNeighborsClassifier },
  RandomForestClassifier,
};

interface Case {
  estimator: keyof typeof CLASSES;
  params: Record<string, unknown>;
  input: DatasetRef;
  targets: number;
  weighted: boolean;
  learned: Record<string, number[] | number[][]>;
  predictions: number[][];
  proba: number[][][];
  score: number;
}

interface Metrics {
  dataset: string;
  truth: number[][];
  predicted: number[][];
  weights: number[];
  accuracy: [number, number];
  scores: Record<string, number[] | number[][]>;
  report: string;
  weightedReport: string;
}

type Model = Estimator & {
  classes: number[][];
  predict(X: Matrix): Promise<number[][]>;
  predictProba(X: Matrix): Promise<Matrix[]>;
  score(X: Matrix, y: number[][]): Promise<number>;
};

const { cases, labels, weights, metrics } = readGolden<{
  cases: Case[];
  labels: Record<string, number[][]>;
  weights: Record<string, number[]>;
  metrics: Metrics[];
}>('label-targets');
const named = cases.map((one) => {
  const { estimator, params, input, weighted } = one;
  return {
    ...one,
    name: `${estimator} ${JSON.stringify(params)}, ${input.dataset}${weighted ? ', weighted' : ''}`,
  };
});

test.each(named)('$name', async (one) => {
  const all = loadRef(one.input).X;
  const X = all.columns(Array.from({ length: all.cols - one.targets }, (_, j) => j));
  const { train, test: tested } = split(X.rows);
  const y = labels[one.input.dataset];
  const pick = (rows: number[]) => rows.map((i) => y[i]);
  const Class = CLASSES[one.estimator] as unknown as new (params: object) => Model;
  const model = await new Class(one.params).fit(X.takeRows(train), pick(train), {
    sampleWeight: one.weighted ? weights[one.input.dataset] : undefined,
  });
  const tolerance = iterative(1e-12);
  for (const [name, expected] of Object.entries(one.learned)) {
    const learned = (model as unknown as Record<string, Float64Array | Float64Array[]>)[name];
    const flat = Array.from(learned as ArrayLike<number | Float64Array>, (own) =>
      typeof own === 'number' ? [own] : [...own],
    );
    expectClose(flat.flat(), expected.flat(), tolerance, name);
  }
  const few = X.takeRows(tested).slice(0, one.predictions.length);
  expect(await model.predict(few)).toEqual(one.predictions);
  const proba = await model.predictProba(few);
  expect(proba.map(({ cols }) => cols)).toEqual(model.classes.map(({ length }) => length));
  for (const [t, own] of proba.entries())
    expectClose(Array.from(own.data), one.proba[t].flat(), tolerance, `proba of target ${t}`);
  expect(await model.score(X.takeRows(tested), pick(tested))).toBeCloseTo(one.score, 12);
});

test.each(metrics)(
  'metrics of labels of $dataset',
  ({ truth, predicted, weights: sampleWeight, ...wanted }) => {
    const near = iterative(1e-12);
    const [plain, weighed] = wanted.accuracy;
    expect(accuracyScore(truth, Matrix.from(predicted))).toBeCloseTo(plain, 12);
    expect(accuracyScore(truth, predicted, { sampleWeight })).toBeCloseTo(weighed, 12);
    for (const [name, expected] of Object.entries(wanted.scores)) {
      const [named, of] = name.split(' of ');
      const average = named === 'each' ? null : (named as 'samples');
      const options = { sampleWeight, zeroDivision: 1, ...(of ? { labels: [1, 0] } : { beta: 2 }) };
      const { precision, recall, fscore } = precisionRecallFscoreSupport(truth, predicted, {
        ...options,
        average: average as 'samples',
      });
      expectClose([precision, recall, fscore].flat(), expected.flat(), near, name);
    }
    expect(classificationReport(truth, predicted)).toBe(wanted.report);
    expect(classificationReport(truth, predicted, { sampleWeight, digits: 3 })).toBe(wanted.weightedReport);
  },
);
