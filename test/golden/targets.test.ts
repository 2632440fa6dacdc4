/** Models of several targets against scikit-learn. */
import { describe, expect, test } from 'vitest';
import type { Estimator } from '../../lib/core/estimator.js';
import {
  ClassifierChain,
  DecisionTreeRegressor,
  DummyRegressor,
  GaussianNB,
  KNeighborsRegressor,
  LinearRegression,
  Matrix,
  MultiOutputClassifier,
  MultiOutputRegressor,
  MultiTaskElasticNet,
  MultiTaskElasticNetCV,
  MultiTaskLasso,
  MultiTaskLassoCV,
  RadiusNeighborsRegressor,
  RandomForestRegressor,
  RegressorChain,
  Ridge,
  RidgeCV,
  StandardScaler,
  TransformedTargetRegressor,
} from '../../lib/index.js';
import { expectClose, iterative } from '../support/tolerance.js';
import { type DatasetRef, loadRef, readGolden, split } from './read.js';

const WITHIN = {
  ...{ MultiOutputRegressor, RegressorChain, TransformedTargetRegressor },
  ...{ MultiOutputClassifier, ClassifierChain },
};
const CLASSES = {
  ...{ DummyRegressor, KNeighborsRegressor, LinearRegression, MultiTaskElasticNet, MultiTaskElasticNetCV },
  ...{ MultiTaskLasso, MultiTaskLassoCV, RadiusNeighborsRegressor, Ridge, RidgeCV, GaussianNB },
  ...{ DecisionTreeRegressor, RandomForestRegressor },
};

interface Made {
  estimator: string;
  params: Record<string, unknown>;
}
interface Case extends Made {
  input: DatasetRef & { few?: number };
  targets: number;
  inner?: Made;
  sampleWeight?: number[];
  learned: Record<string, unknown>;
  predictions: number[][];
  score: number;
}
interface ClassCase extends Omit<Case, 'learned'> {
  /** Of a chain [rows][targets], else [targets][rows][classes]. */
  proba: number[][] | number[][][];
}

const SOLVED = { tol: 1e-13, maxIter: 200_000 };
const EXACT: Record<string, object> = {
  MultiTaskLasso: SOLVED,
  MultiTaskElasticNet: SOLVED,
  MultiTaskLassoCV: { tol: 1e-10, maxIter: 100_000 },
  MultiTaskElasticNetCV: { tol: 1e-10, maxIter: 100_000 },
  LinearRegression: {},
};
/** Where duality gaps stop telling; direct solutions are off by rounding. */
const TOLERANCE: Record<string, number> = {
  ...{ MultiTaskLasso: 1e-5, MultiTaskElasticNet: 1e-5, MultiTaskLassoCV: 1e-4, MultiTaskElasticNetCV: 1e-4 },
};

type Model = Estimator & {
  predict(X: Matrix): Promise<Matrix | unknown[][]>;
  predictProba(X: Matrix): Promise<Matrix | Matrix[]>;
  score(X: Matrix, y: Matrix | number[][]): Promise<number>;
};

function make({ estimator, params, inner }: Made & { inner?: Made }): Model {
  if (inner === undefined) {
    const Class = CLASSES[estimator as keyof typeof CLASSES] as unknown as new (params: object) => Model;
    return new Class({ ...params, ...EXACT[estimator] });
  }
  const Class = WITHIN[estimator as keyof typeof WITHIN] as unknown as new (
    inner: Estimator,
    params: object,
  ) => Model;
  const { transformer, ...rest } = params;
  return new Class(make(inner), transformer === undefined ? rest : { transformer: new StandardScaler() });
}

function dataOf({ input, targets }: Pick<Case, 'input' | 'targets'>) {
  const all = loadRef(input).X;
  const X = all.slice(0, input.few ?? all.rows);
  const own = X.cols - targets;
  const columns = (from: number, count: number) => Array.from({ length: count }, (_, j) => from + j);
  return { X: X.columns(columns(0, own)), Y: X.columns(columns(own, targets)), ...split(X.rows) };
}

const { cases, labels, classes } = readGolden<{
  cases: Case[];
  labels: Record<string, number[][]>;
  classes: ClassCase[];
}>('targets');

const named = <C extends Case | ClassCase>(list: C[]) =>
  list.map((one) => {
    const { estimator, params, inner, input, sampleWeight } = one;
    const within = inner ? ` of ${inner.estimator}` : '';
    const weighed = sampleWeight ? ', weighted' : '';
    return { ...one, name: `${estimator}${within} ${JSON.stringify(params)}, ${input.dataset}${weighed}` };
  });

/** A number, or all numbers of a matrix or list. */
function flat(value: unknown): number[] {
  if (value instanceof Matrix) return Array.from(value.data);
  return typeof value === 'number' ? [value] : ([...(value as number[])].flat(2) as number[]);
}

describe('several targets', () => {
  test.each(named(cases))('$name', async (one) => {
    const { X, Y, train, test: tested } = dataOf(one);
    const model = await make(one).fit(X.takeRows(train), Y.takeRows(train), {
      sampleWeight: one.sampleWeight,
    });
    const tolerance = iterative(TOLERANCE[one.estimator] ?? 1e-8);
    for (const [name, expected] of Object.entries(one.learned)) {
      if (name === 'msePath') continue;
      const learned = flat((model as unknown as Record<string, unknown>)[name]);
      // Without a constant term scikit-learn has one 0 for all targets.
      const wanted = name === 'intercept' && expected === 0 ? learned.map(() => 0) : flat(expected);
      expectClose(learned, wanted, tolerance, name);
    }
    if (one.learned.msePath !== undefined) {
      const { msePath } = model as unknown as { msePath: Matrix };
      const means = Array.from({ length: msePath.rows }, (_, a) => {
        const row = Array.from(msePath.row(a));
        return row.reduce((sum, value) => sum + value, 0) / row.length;
      });
      expectClose(means, flat(one.learned.msePath), tolerance, 'msePath');
    }
    const predicted = (await model.predict(X.takeRows(tested))) as Matrix;
    expect(predicted.cols).toBe(one.targets);
    const { length } = one.predictions;
    expectClose(flat(predicted.slice(0, length)), flat(one.predictions), tolerance, 'predictions');
    const score = await model.score(X.takeRows(tested), Y.takeRows(tested));
    expectClose([score], [one.score], tolerance, 'score');
  });

  test.each(named(classes))('$name', async (one) => {
    const { X, train, test: tested } = dataOf(one);
    const isChain = one.estimator === 'ClassifierChain';
    const own = labels[one.input.dataset].map((row) => (isChain ? row.map((l) => Math.min(l, 1)) : row));
    const pick = (rows: number[]) => rows.map((i) => own[i]);
    const model = await make(one).fit(X.takeRows(train), pick(train));
    const predicted = (await model.predict(X.takeRows(tested))) as number[][];
    expect(predicted.slice(0, one.predictions.length)).toEqual(one.predictions);
    expect(await model.score(X.takeRows(tested), pick(tested))).toBeCloseTo(one.score, 12);
    const proba = await model.predictProba(X.takeRows(tested).slice(0, one.predictions.length));
    const given = proba instanceof Matrix ? flat(proba) : proba.flatMap(flat);
    expectClose(given, flat(one.proba), iterative(1e-8), 'proba');
  });
});
