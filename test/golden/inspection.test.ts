/** Partial dependence and calibration against scikit-learn, LIME against the package lime, correlations against pandas. */
import { describe, expect, test } from 'vitest';
import { Schema } from '../../lib/core/schema.js';
import type { Estimator } from '../../lib/index.js';
import {
  calibrationCurve,
  correlation,
  GaussianNB,
  LinearRegression,
  LogisticRegression,
  limeTabular,
  loadCaliforniaHousing,
  Matrix,
  type MatrixLike,
  makePipeline,
  PolynomialFeatures,
  partialDependence,
  Ridge,
} from '../../lib/index.js';
import { fitLocal, type LimeSelection, sumsOf } from '../../lib/inspection/lime-fit.js';
import { expectClose, iterative, train, ulp } from '../support/tolerance.js';
import { type GoldenInput, rowsOf } from './inputs.js';
import { type DatasetRef, loadRef, readGolden } from './read.js';

interface Dependence {
  input: GoldenInput;
  estimator: keyof typeof MODELS;
  features: number[];
  options: { sampleWeight?: boolean } & Record<string, never>;
  grid: number[][];
  average: number[][] | null;
  individual: number[][][] | null;
}
interface Spread<T> {
  mean: T;
  std: T;
}
interface Lime {
  input: DatasetRef;
  row: number;
  options: Record<string, never>;
  numSamples: number;
  seeds: number;
  weights: Spread<number[]>;
  intercept: Spread<number>;
  score: Spread<number>;
  conditions: string[];
}
interface Neighbourhood {
  data: number[][];
  outputs: number[];
  kernelWidth: number;
  selection: LimeSelection;
  numFeatures: number;
  intercept: number;
  features: number[];
  weights: number[];
  score: number;
  prediction: number;
}
interface Calibration {
  rows: number;
  options: Record<string, never>;
  probTrue: number[];
  probPred: number[];
}

const MODELS = {
  LinearRegression: () => new LinearRegression(),
  GaussianNB: () => new GaussianNB(),
  LogisticRegression: () => new LogisticRegression({ tol: 1e-10, maxIter: 10_000 }),
  Polynomial: () => makePipeline(new PolynomialFeatures({ degree: 2 }), new Ridge({ alpha: 0.5 })),
};
const golden = readGolden<{
  dependence: Dependence[];
  lime: Lime[];
  neighbourhoods: Neighbourhood[];
  calibration: Calibration[];
  correlation: Record<'pearson' | 'spearman' | 'kendall', Record<string, Record<string, number>>>;
}>('inspection');

describe('partial dependence', () => {
  test.each(
    golden.dependence.map((each, k) => ({ ...each, name: `${k}: ${each.estimator} on ${each.features}` })),
  )('$name', async ({ input, estimator, features, options, grid, average, individual }) => {
    const { X, y } = rowsOf(input);
    const model: Estimator = MODELS[estimator]();
    await model.fit(X, y);
    const { sampleWeight, ...rest } = options;
    const weights = sampleWeight && { sampleWeight: y.map((_, i) => (i % 5) / 2) };
    const found = await partialDependence(model, X, features, { ...rest, ...weights });
    expectClose(found.gridValues, grid, iterative(1e-12), 'grid');
    const answers = estimator === 'LogisticRegression' ? iterative(1e-6) : iterative(1e-9);
    if (average !== null)
      expectClose(
        found.average?.map((each) => Array.from(each.data)),
        average.map((each) => each.flat(2)),
        answers,
      );
    if (individual !== null)
      expectClose(
        found.individual?.map((each) => each.slice(0, 5).toArray()),
        individual,
        answers,
      );
  });
});

/** The model of the golden file: any estimator's face over a formula. */
function formulaModel(X: Matrix<Float64Array>): Estimator {
  const { rows, cols } = X;
  const column = (j: number) => X.columns([j]).data;
  const weights = Array.from({ length: cols }, (_, j) => (-1) ** j / (j + 1));
  const means = weights.map((_, j) => column(j).reduce((sum, value) => sum + value, 0) / rows);
  const deviations = weights.map((_, j) =>
    Math.sqrt(column(j).reduce((sum, value) => sum + (value - means[j]) ** 2, 0) / rows),
  );
  const schema = Schema.infer(X).withTarget({ kind: 'class', classes: [0, 1] });
  const predictProba = async (asked: MatrixLike) => {
    const { data, rows: n } = Matrix.from(asked);
    const proba = Matrix.zeros(n, 2);
    for (let i = 0; i < n; i++) {
      const z = weights.reduce((sum, w, j) => sum + (w * (data[i * cols + j] - means[j])) / deviations[j], 0);
      proba.data[2 * i + 1] = 1 / (1 + Math.exp(-z));
      proba.data[2 * i] = 1 - proba.data[2 * i + 1];
    }
    return proba;
  };
  return { schema, outputs: ['label', 'proba'], predictProba } as unknown as Estimator;
}

describe('LIME', () => {
  test.each(
    golden.neighbourhoods.map((each, k) => ({
      ...each,
      name: `${k}: ${each.selection}, ${each.numFeatures}`,
    })),
  )(
    'the local model of a neighbourhood is the same: $name',
    async ({ data, outputs, kernelWidth, selection, numFeatures, name, ...expected }) => {
      const weights = Float64Array.from(data, (row) => {
        const square = row.reduce((sum, value, j) => sum + (value - data[0][j]) ** 2, 0);
        return Math.sqrt(Math.exp(-square / kernelWidth ** 2));
      });
      const sums = await sumsOf(
        Matrix.from(data) as Matrix<Float64Array>,
        [Float64Array.from(outputs)],
        weights,
      );
      const fit = fitLocal(sums, 0, data[0], numFeatures, selection);
      expectClose({ ...fit }, expected, iterative(1e-9), name);
    },
  );

  // Both draw neighbourhoods: means over seeds agree within five times what chance moves the mean of either by.
  test.each(
    golden.lime.map((each) => ({ ...each, name: `${each.input.dataset} ${JSON.stringify(each.options)}` })),
  )(
    'weights agree within chance: $name',
    async ({ input, row, options, numSamples, seeds, weights, intercept, score, conditions }) => {
      const { X } = loadRef(input);
      const model = formulaModel(X);
      const sums = { weights: new Float64Array(X.cols), intercept: 0, score: 0 };
      for (let seed = 0; seed < seeds; seed++) {
        const [[found]] = await limeTabular(model, X, X.slice(row, row + 1), {
          ...{ ...options, numSamples, randomState: seed, featureSelection: 'none' },
        });
        for (const { index, weight } of found.features) sums.weights[index] += weight / seeds;
        sums.intercept += found.intercept / seeds;
        sums.score += found.score / seeds;
        expect(found.features.map(({ condition }) => condition).sort()).toEqual(conditions);
      }
      const chance = (std: number) => 5 * Math.sqrt(2 / seeds) * std;
      for (const [j, mean] of weights.mean.entries())
        expect(Math.abs(sums.weights[j] - mean)).toBeLessThan(chance(weights.std[j]));
      expect(Math.abs(sums.intercept - intercept.mean)).toBeLessThan(chance(intercept.std));
      expect(Math.abs(sums.score - score.mean)).toBeLessThan(chance(score.std));
      const strongest = (values: ArrayLike<number>) =>
        Array.from(values, Math.abs).reduce((best, value, j, all) => (value > all[best] ? j : best), 0);
      expect(strongest(sums.weights)).toBe(strongest(weights.mean));
      expectClose(sums.weights[strongest(weights.mean)], weights.mean[strongest(weights.mean)], train(0.05));
    },
  );
});

test.each(golden.calibration)(
  'calibration curve of $rows rows, $options',
  ({ rows, options, probTrue, probPred }) => {
    const proba = Array.from({ length: rows }, (_, i) => ((i * 37) % 101) / 100);
    const truth = proba.map((p, i) => ((i * 53) % 97) / 97 < p);
    const found = calibrationCurve(truth, proba, options);
    expectClose({ ...found }, { probTrue, probPred }, ulp(16));
  },
);

test.each(['pearson', 'spearman', 'kendall'] as const)("correlations, %s's", (method) => {
  const { table } = loadCaliforniaHousing();
  const head = Object.fromEntries(
    Object.entries(table).map(([name, values]) => [name, values.slice(0, 300)]),
  );
  expectClose(correlation(head, { method }), golden.correlation[method], iterative(1e-12));
});
