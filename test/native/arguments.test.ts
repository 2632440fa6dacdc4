/** JavaScript is never trusted: what it passes in error, the addon answers with an error with a code. */
import { describe, expect, it } from 'vitest';
import { native } from '../../lib/native.ts';
import {
  AXES,
  BATCHES,
  both,
  CENTRES,
  codeOf,
  DESCENT,
  detached,
  FACTORS,
  f32,
  f64,
  factor,
  HDBSCAN,
  LINEAR_SVM,
  LOGISTIC,
  MIXTURE,
  network,
  networkRows,
  objective,
  program,
  raw,
  SGD,
  SVM,
  shared,
  training,
} from './calls.ts';
import { affineConstants, affineOps, forestSpec } from './support.ts';

describe('wrong arguments have a code', () => {
  it.each<[string, string, () => unknown]>([
    ['ERR_PARAMETER', 'no arguments', () => raw.programRunSync()],
    ['ERR_PARAMETER', 'an object for a handle', () => raw.programInfo({})],
    ['ERR_PARAMETER', 'a handle of another kind', () => raw.programInfo(native.createCancel())],
    ['ERR_PARAMETER', 'a program for a cancel handle', () => raw.cancel(program)],
    ['ERR_PARAMETER', 'a proxy of a handle', () => raw.programExplain(new Proxy(program, {}))],
    ['ERR_PARAMETER', 'x is an array', () => raw.programRunSync(program, [1, 2, 3], 1, f32(3), 1)],
    ['ERR_DTYPE', 'x is float64', () => raw.programRunSync(program, f64(3), 1, f32(3), 1)],
    ['ERR_DTYPE', 'out is float64', () => raw.programRunSync(program, f32(3), 1, f64(3), 1)],
    ['ERR_DTYPE', 'x is int32', () => raw.programRunSync(program, new Int32Array(3), 1, f32(3), 1)],
    ['ERR_SHAPE', 'x is short', () => raw.programRunSync(program, f32(5), 2, f32(6), 1)],
    ['ERR_SHAPE', 'out is short', () => raw.programRunSync(program, f32(6), 2, f32(5), 1)],
    ['ERR_SHAPE', 'x is detached', () => raw.programRunSync(program, detached(f32(3)), 1, f32(3), 1)],
    ['ERR_SHAPE', 'out is detached', () => raw.programRun(program, f32(3), 1, detached(f32(3)), null)],
    ['ERR_SHAPE', 'rows * width overflows', () => raw.programRunSync(program, f32(3), 2 ** 52, f32(3), 1)],
    ['ERR_PARAMETER', 'rows is negative', () => raw.programRunSync(program, f32(3), -1, f32(3), 1)],
    ['ERR_PARAMETER', 'rows is a fraction', () => raw.programRunSync(program, f32(3), 0.5, f32(3), 1)],
    ['ERR_PARAMETER', 'rows is NaN', () => raw.programRunSync(program, f32(3), Number.NaN, f32(3), 1)],
    ['ERR_PARAMETER', 'rows is a string', () => raw.programRunSync(program, f32(3), '1', f32(3), 1)],
    ['ERR_PARAMETER', 'threads is negative', () => raw.programRunSync(program, f32(3), 1, f32(3), -1)],
    ['ERR_PARAMETER', 'out is x', () => raw.programRunSync(program, both, 4, both, 1)],
    [
      'ERR_PARAMETER',
      'out overlaps x',
      () => raw.programRunSync(program, both.subarray(0, 6), 2, both.subarray(5, 11), 1),
    ],
    ['ERR_PARAMETER', 'bind: overlap', () => raw.programBind(program, both, both)],
    ['ERR_DTYPE', 'bind: float64', () => raw.programBind(program, f64(3), f64(3))],
    ['ERR_PARAMETER', 'adopt: a number', () => raw.programAdopt(1)],
    ['ERR_PARAMETER', 'adopt: a guess', () => raw.programAdopt(1n)],
    ['ERR_PARAMETER', 'adopt: too large', () => raw.programAdopt(native.programShare(program) + 2n ** 64n)],
    ['ERR_PARAMETER', 'share: no program', () => raw.programShare({})],
    ['ERR_PARAMETER', 'dispose: no program', () => raw.programDispose({})],
    ['ERR_PARAMETER', 'duplicateFd: no descriptor', () => raw.duplicateFd(2 ** 31 - 1)],
    ['ERR_PARAMETER', 'duplicateFd: negative', () => raw.duplicateFd(-1)],
    ['ERR_PARAMETER', 'cancel is a number', () => raw.programRun(program, f32(3), 1, f32(3), 1)],
    ['ERR_PARAMETER', 'precision', () => raw.programCreate(affineOps(3), affineConstants(3), 'float16')],
    ['ERR_PARAMETER', 'a long precision', () => raw.programCreate(affineOps(3), [], 'float32'.repeat(9))],
    ['ERR_DTYPE', 'ops', () => raw.programCreate(f64(3), affineConstants(3), 'float32')],
    ['ERR_PARAMETER', 'no constants', () => raw.programCreate(affineOps(3), null, 'float32')],
    ['ERR_PARAMETER', 'holes for constants', () => raw.programCreate(affineOps(3), new Array(2), 'float32')],
    ['ERR_DTYPE', 'bytes', () => raw.programCreate(affineOps(3), [new Uint16Array(3), f64(3)], 'float32')],
    ['ERR_PLAN', 'a missing constant', () => raw.programCreate(affineOps(3), [f64(3)], 'float32')],
    ['ERR_PLAN', 'a short constant', () => raw.programCreate(affineOps(3), [f64(3), f64(2)], 'float32')],
    [
      'ERR_PLAN',
      'a detached constant',
      () => raw.programCreate(affineOps(3), [f64(3), detached(f64(3))], 'float32'),
    ],
    [
      'ERR_PARAMETER',
      'shared constants',
      () => raw.programCreate(affineOps(3), [f64(3), shared(3)], 'float32'),
    ],
    ['ERR_PLAN', 'an empty plan', () => raw.programCreate(new Int32Array(0), [], 'float32')],
    ['ERR_PLAN', 'an empty plan, later', () => raw.programCreateAsync(new Int32Array(0), [], 'float32')],
    ['ERR_PARAMETER', 'moments: out is x', () => raw.columnMomentsSync(both, 4, 3, both, true)],
    [
      'ERR_PARAMETER',
      'moments: out ends in x',
      () => raw.columnMomentsSync(both.subarray(3, 9), 2, 3, both.subarray(0, 6), true),
    ],
    ['ERR_SHAPE', 'moments: x', () => raw.columnMoments(f32(5), 2, 3, null, null)],
    ['ERR_SHAPE', 'moments: weights', () => raw.columnMoments(f32(6), 2, 3, f64(3), null)],
    [
      'ERR_PARAMETER',
      'a negative weight',
      () => raw.columnMoments(f32(2), 2, 1, Float64Array.of(1, -1), null),
    ],
    [
      'ERR_PARAMETER',
      'a weight NaN',
      () => raw.columnMoments(f32(2), 2, 1, Float64Array.of(1, Number.NaN), null),
    ],
    [
      'ERR_PARAMETER',
      'a probability',
      () => raw.columnQuantiles(f32(2), 2, 1, Float64Array.of(1.01), 'linear', null),
    ],
    [
      'ERR_PARAMETER',
      'a probability NaN',
      () => raw.columnQuantiles(f32(2), 2, 1, Float64Array.of(Number.NaN), 'linear', null),
    ],
    [
      'ERR_PARAMETER',
      'a probability of weighed rows',
      () => raw.weightedQuantiles(f32(2), 2, 1, f64(2), Float64Array.of(-1), true, null),
    ],
    ...[
      [0, 0],
      [1, -1],
      [1, Number.NaN],
      [1, Infinity],
    ].map((weights): [string, string, () => unknown] => [
      'ERR_PARAMETER',
      `weights ${weights} of quantiles`,
      () => raw.weightedQuantiles(f32(2), 2, 1, Float64Array.from(weights), f64(1), true, null),
    ]),
    [
      'ERR_SHAPE',
      'weights of quantiles',
      () => raw.weightedQuantiles(f32(2), 2, 1, f64(3), Float64Array.of(1), true, null),
    ],
    [
      'ERR_PARAMETER',
      'more groups than memory holds',
      () => raw.groupMoments(f32(6), 2, 3, new Int32Array(2), 664_648_874, null, null),
    ],
    ['ERR_SHAPE', 'groups: codes', () => raw.groupMoments(f32(6), 2, 3, new Int32Array(3), 2, null, null)],
    [
      'ERR_PARAMETER',
      'groups: a code',
      () => raw.groupMoments(f32(2), 2, 1, Int32Array.of(0, 2), 2, null, null),
    ],
    ['ERR_SHAPE', 'sums: codes', () => raw.groupSums(f32(6), 2, 3, new Int32Array(3), 2, null, null)],
    ['ERR_PARAMETER', 'sums: a code', () => raw.groupSumsSync(f32(2), 2, 1, Int32Array.of(0, 2), 2, null)],
    ['ERR_PARAMETER', 'allowNan', () => raw.findInvalid(f32(2), 2, 1, 1)],
    ['ERR_EMPTY', 'no rows', () => raw.fitLeastSquares(f32(0), 0, 3, f64(0), 1, null, f64(1), true, null)],
    ['ERR_PARAMETER', 'no y', () => raw.fitLeastSquares(f32(6), 2, 3, null, 1, null, f64(1), true, null)],
    ['ERR_SHAPE', 'y', () => raw.fitLeastSquares(f32(6), 2, 3, f64(3), 1, null, f64(1), true, null)],
    [
      'ERR_SHAPE',
      'many targets',
      () => raw.fitLeastSquares(f32(6), 2, 3, f64(3), 2 ** 53 - 1, null, f64(1), true, null),
    ],
    ['ERR_SHAPE', 'alphas', () => raw.fitLeastSquares(f32(6), 2, 3, f64(2), 1, null, f64(2), true, null)],
    [
      'ERR_PARAMETER',
      'alpha',
      () => raw.fitLeastSquares(f32(6), 2, 3, f64(2), 1, null, f64(1).fill(-1), true, null),
    ],
    [
      'ERR_LABELS',
      'a cluster that is not there',
      () => raw.silhouettes(f64(6), 2, 3, Int32Array.of(0, 2), f64(2), 0, null),
    ],
    ['ERR_PARAMETER', 'a metric', () => raw.silhouettes(f64(6), 2, 3, new Int32Array(2), f64(2), 4, null)],
    ['ERR_SHAPE', 'no distances', () => raw.silhouettes(f64(6), 2, 3, new Int32Array(2), f64(2), -1, null)],
    ['ERR_SHAPE', 'a row that is not there', () => raw.takeRows(f64(6), 2, 3, f64(1).fill(2))],
    ['ERR_SHAPE', 'a mean of the scatter', () => raw.scatterMatrix(f64(6), 2, 3, f64(2), null)],
    ['ERR_SHAPE', 'one row to merge', () => raw.fitAgglomerative(f64(3), 1, 3, 'ward', 0, null, null)],
    [
      'ERR_SHAPE',
      'no distances to merge',
      () => raw.fitAgglomerative(f64(6), 2, 3, 'average', -1, null, null),
    ],
    ['ERR_PARAMETER', 'a linkage', () => raw.fitAgglomerative(f64(6), 2, 3, 'next', 0, null, null)],
    [
      'ERR_SHAPE',
      'means of a mixture',
      () => raw.fitMixture(f64(6), 2, 3, f64(2), { ...MIXTURE, means: f64(2) }, null, null),
    ],
    [
      'ERR_NOT_POSITIVE_DEFINITE',
      'a mixture that collapses',
      () => raw.fitMixture(f64(6), 2, 3, f64(2).fill(1), { ...MIXTURE, regCovar: 0 }, null, null),
    ],
    ...(['fitDbscan', 'fitHdbscan'] as const).map((name): [string, string, () => unknown] => [
      'ERR_INPUT_NEGATIVE',
      `${name} of distances`,
      () => {
        const spec = { ...HDBSCAN, eps: 1, metric: 5 };
        const weights = name === 'fitDbscan' ? [null] : [];
        const last = name === 'fitDbscan' ? [null] : [null, null];
        return raw[name](Float64Array.of(0, -1, -1, 0), 2, 2, ...weights, spec, ...last);
      },
    ]),
    ['ERR_SHAPE', 'factors', () => raw.fitNMF(f64(6), 2, 3, f64(2), f64(2), { ...FACTORS }, null, null)],
    ...([true, false] as const).flatMap((multiplicative): [string, string, () => unknown][] => [
      ['ERR_EMPTY', 'no rows to factor', () => factor(0, 3, { multiplicative, beta: 1 })],
      ['ERR_EMPTY', 'no columns to factor', () => factor(2, 0, { multiplicative, beta: 0 })],
      ['ERR_PARAMETER', 'a beta', () => factor(2, 3, { multiplicative, beta: Number.NaN })],
    ]),
    ['ERR_SHAPE', 'no axes', () => raw.fitIncrementalAxes(f64(6), 2, 3, { ...AXES, kept: 0 }, null)],
    ['ERR_SHAPE', 'many axes', () => raw.fitIncrementalAxes(f64(6), 2, 3, { ...AXES, kept: 3 }, null)],
    ['ERR_SHAPE', 'no rows', () => raw.fitIncrementalAxes(f64(0), 0, 3, { ...AXES }, null)],
    ['ERR_SHAPE', 'axes lost', () => raw.fitIncrementalAxes(f64(6), 2, 3, { ...AXES, seen: 5 }, null)],
    ['ERR_PARAMETER', 'no support', () => raw.fitMinCovDet(f64(6), 2, 3, 0, false, 1, null)],
    ['ERR_PARAMETER', 'too much support', () => raw.fitMinCovDet(f64(6), 2, 3, 3, false, 1, null)],
    ['ERR_PARAMETER', 'too many clusters', () => kMeans({ clusters: 3 })],
    ['ERR_PARAMETER', 'no clusters', () => kMeans({ clusters: 0 })],
    ['ERR_PARAMETER', 'a start of no name', () => kMeans({ init: 'nowhere' })],
    ['ERR_SHAPE', 'centres', () => kMeans({ init: 'array', centres: f64(2) })],
    ['ERR_DTYPE', 'centres of float32', () => kMeans({ init: 'array', centres: f32(3) })],
    [
      'ERR_SHAPE',
      'centres so far',
      () =>
        raw.stepMiniBatchKMeans(
          ...[f64(6), 2, 3, null, { ...CENTRES, ...BATCHES }],
          { centres: f64(2), counts: f64(1), sinceReassignment: 0, draws: 1 },
          null,
        ),
    ],
  ])('%s: %s', async (code, _, call) => {
    expect(await codeOf(call)).toBe(code);
  });

  function kMeans(change: object) {
    const spec = { ...CENTRES, maxIter: 3, tol: 0, elkan: false, ...change };
    return raw.fitKMeans(f64(6), 2, 3, null, spec, null, null);
  }

  const logistic = (classes: number[], params: object = {}, count = 2) =>
    raw.fitLogistic(
      f32(6),
      2,
      3,
      Int32Array.from(classes),
      count,
      null,
      { ...LOGISTIC, ...params },
      null,
      null,
    );
  const svm = (params: object, classes = [0, 1]) =>
    raw.fitSvm(f64(6), 2, 3, Float64Array.from(classes), 2, null, { ...SVM, ...params }, null, null);
  const linearSvm = (params: object, classes = [0, 1]) =>
    raw.fitLinearSvm(
      f64(6),
      2,
      3,
      Float64Array.from(classes),
      2,
      null,
      null,
      { ...LINEAR_SVM, ...params },
      null,
    );
  it.each<[string, string, () => unknown]>([
    ['ERR_LABELS', 'a class of a machine', () => svm({}, [0, 2])],
    ['ERR_LABELS', 'a class without rows', () => svm({}, [0, 0])],
    ['ERR_PARAMETER', 'a task', () => svm({ task: 'guess' })],
    ['ERR_PARAMETER', 'a kernel', () => svm({ kernel: 'corn' })],
    ['ERR_SHAPE', 'a precomputed kernel', () => svm({ kernel: 'precomputed' })],
    ['ERR_PARAMETER', 'a kernel that overflows', () => svm({ kernel: 'poly', gamma: 1e300, coef0: 1e300 })],
    ['ERR_LABELS', 'a class of a linear machine', () => linearSvm({}, [0, 3])],
    ['ERR_PARAMETER', 'a hinge in the primal', () => linearSvm({ loss: 'plain', dual: false })],
    ['ERR_PARAMETER', 'an unknown loss of a linear machine', () => linearSvm({ loss: 'cubic' })],
    ['ERR_PARAMETER', 'no iterations', () => linearSvm({ maxIter: 0 })],
    [
      'ERR_LABELS',
      'a class of a sigmoid',
      () => raw.fitSigmoids(f64(2), 2, 1, Int32Array.of(0, 2), null, null),
    ],
    [
      'ERR_LABELS',
      'a class of a temperature',
      () => raw.fitTemperature(f64(4), 2, 2, Int32Array.of(0, 2), null, null),
    ],
    ['ERR_PARAMETER', 'a direction', () => raw.fitIsotonic(f64(2), f64(2), null, 'up', 0, 1, null)],
    [
      'ERR_SHAPE',
      'y of a monotone function',
      () => raw.fitIsotonic(f64(2), f64(3), null, 'rising', 0, 1, null),
    ],
    [
      'ERR_INPUT_NAN',
      'a missing value',
      () => raw.fitIsotonic(Float64Array.of(0, Number.NaN), f64(2), null, 'rising', 0, 1, null),
    ],
    ['ERR_LABELS', 'a class too large', () => logistic([0, 2])],
    ['ERR_LABELS', 'more classes than rows', () => logistic([0, 1], {}, 3)],
    ['ERR_LABELS', 'a negative class', () => logistic([-1, 1])],
    ['ERR_SHAPE', 'too few classes', () => logistic([0])],
    ['ERR_PARAMETER', 'a solver of no name', () => logistic([0, 1], { solver: 'sag' })],
    ['ERR_PARAMETER', 'L1 without saga', () => logistic([0, 1], { l1Ratio: 0.5 })],
    ['ERR_PARAMETER', 'an l1Ratio above 1', () => logistic([0, 1], { l1Ratio: 2, solver: 'saga' })],
    ['ERR_PARAMETER', 'c', () => logistic([0, 1], { c: 0 })],
    ['ERR_PARAMETER', 'tol', () => logistic([0, 1], { tol: Number.NaN })],
    ['ERR_PARAMETER', 'maxIter', () => logistic([0, 1], { maxIter: 1.5 })],
    ['ERR_PARAMETER', 'a missing parameter', () => logistic([0, 1], { fitIntercept: undefined })],
  ])('logistic, %s: %s', async (code, _, call) => {
    expect(await codeOf(call)).toBe(code);
  });

  const sgd = (y: number[], weights: number[] | null, params: object = {}, start: object | null = null) =>
    raw.fitSgd(
      ...[f64(6), 2, 3, Float64Array.from(y), weights && Float64Array.from(weights), null],
      ...[{ ...SGD, ...params }, start, null, null],
    );
  const lists = (rows: number[], ends: number[]) => ({
    ...{ rows: Int32Array.from(rows), ends: Float64Array.from(ends) },
  });
  const folds = (tests: object, trains: object | null, spec: object = {}) =>
    raw.crossValidateElasticNet(
      ...[f64(6), 2, 3, f64(2), null],
      ...[
        { ...DESCENT, tests, trains, l1Ratios: f64(1), alphas: f64(1), nAlphas: 0, eps: 0.1, ...spec },
        null,
        null,
      ],
    );
  const halves = lists([0, 1], [1, 2]);
  const numbers = (bytes: Uint8Array, columns: Float64Array[]) =>
    raw.csvNumbers(bytes, 44, 34, columns, 0, new Uint8Array(0));
  const buffer = new ArrayBuffer(64);
  it.each<[string, string, () => unknown]>([
    [
      'ERR_PARAMETER',
      'numbers read into their own bytes',
      () => numbers(new Uint8Array(buffer, 8, 4), [f64(2), new Float64Array(buffer, 0, 2)]),
    ],
    [
      'ERR_PARAMETER',
      'columns that overlap',
      () =>
        numbers(new Uint8Array(4), [new Float64Array(buffer, 0, 4), f64(2), new Float64Array(buffer, 24)]),
    ],
    ['ERR_PARAMETER', 'no share of L1', () => folds(halves, null, { l1Ratios: f64(0) })],
    [
      'ERR_PARAMETER',
      'no weight to train on but what rounding leaves',
      () =>
        raw.crossValidateElasticNet(
          ...[f64(5), 5, 1, f64(5), Float64Array.of(0.1, 0.2, 0.3, 0, 0)],
          {
            ...{ ...DESCENT, tests: lists([2, 1, 0, 3, 4], [3, 4, 5]), trains: null },
            ...{ l1Ratios: f64(1), alphas: f64(1), nAlphas: 0, eps: 0.1 },
          },
          ...[null, null],
        ),
    ],
    ['ERR_LABELS', 'a class too large', () => sgd([0, 2], [1, 1])],
    ['ERR_LABELS', 'a class that is no whole number', () => sgd([0, 0.5], [1, 1])],
    ['ERR_LABELS', 'one class', () => sgd([0, 0], [1])],
    ['ERR_PARAMETER', 'no epochs', () => sgd([0, 1], null, { maxIter: 0 })],
    ['ERR_PARAMETER', 'a loss of no name', () => sgd([0, 1], null, { loss: 'log' })],
    [
      'ERR_PARAMETER',
      'an optimal rate of no penalty',
      () => sgd([0, 1], null, { learningRate: 'optimal', alpha: 0 }),
    ],
    ['ERR_PARAMETER', 'nothing held out', () => sgd([0, 1], null, { earlyStopping: true })],
    [
      'ERR_PARAMETER',
      'more held out than there is',
      () => sgd([0, 1], null, { earlyStopping: true, validationFraction: 1e9 }),
    ],
    [
      'ERR_PARAMETER',
      'a share of NaN held out',
      () => sgd([0, 1], null, { earlyStopping: true, validationFraction: Number.NaN }),
    ],
    [
      'ERR_SHAPE',
      'a start of other columns',
      () =>
        sgd(
          [0, 1],
          null,
          {},
          { coef: f64(2), intercept: f64(1), averageCoef: null, averageIntercept: null, t: 1 },
        ),
    ],
    ['ERR_INPUT_INFINITE', 'steps that overflow', () => sgd([1e300, -1e300], null, { eta0: 1e300 })],
    ['ERR_PARAMETER', 'one fold of all rows', () => folds(lists([0, 1], [2]), null)],
    ['ERR_PARAMETER', 'no folds', () => folds(lists([], []), null)],
    ['ERR_PARAMETER', 'a row too large', () => folds(lists([0, 2], [1, 2]), null)],
    ['ERR_PARAMETER', 'a row below 0', () => folds(halves, lists([1, -1], [1, 2]))],
    ['ERR_PARAMETER', 'a row that two folds test', () => folds(lists([0, 0], [1, 2]), null)],
    ['ERR_PARAMETER', 'a row that no fold tests', () => folds(lists([0], [1]), null)],
    ['ERR_PARAMETER', 'an empty fold', () => folds(lists([0, 1], [2, 2]), null)],
    ['ERR_PARAMETER', 'a fold beyond the rows', () => folds(lists([0, 1], [1, 3]), null)],
    ['ERR_PARAMETER', 'an end of NaN', () => folds(lists([0, 1], [Number.NaN, 2]), null)],
    ['ERR_PARAMETER', 'rows of no fold', () => folds(lists([0, 1], [1]), null)],
    ['ERR_PARAMETER', 'a fold that does not train', () => folds(halves, lists([0], [1]))],
    ['ERR_PARAMETER', 'a negative strength', () => folds(halves, null, { alphas: Float64Array.of(-1) })],
    ['ERR_PARAMETER', 'too many strengths', () => folds(halves, null, { alphas: null, nAlphas: 1e9 })],
    [
      'ERR_PARAMETER',
      'no strength of ridge',
      () =>
        raw.ridgeLeaveOneOut(
          ...[f64(6), 2, 3, f64(2), 1, null],
          ...[{ alphas: f64(1), fitIntercept: true, keepErrors: false, bySvd: false }, null],
        ),
    ],
  ])('%s: linear models, %s', async (code, _, call) => {
    expect(await codeOf(call)).toBe(code);
  });

  it.each<[string, string, () => unknown]>([
    ['ERR_PARAMETER', 'a code cut short', () => raw.networkCreate(Float64Array.of(0, 9, 3, 2, 1), 1)],
    ['ERR_PARAMETER', 'an unknown layer', () => raw.networkCreate(Float64Array.of(99, 0), 1)],
    [
      'ERR_PARAMETER',
      'half a unit',
      () => raw.networkCreate(Float64Array.of(0, 9, 3, 0.5, 1, 1, 1, 0, 0, 0, 0), 1),
    ],
    [
      'ERR_PARAMETER',
      'NaN units',
      () => raw.networkCreate(f64(11).fill(Number.NaN).fill(0, 0, 1).fill(9, 1, 2), 1),
    ],
    ['ERR_PARAMETER', 'a code too long', () => raw.networkCreate(Float64Array.of(2, 3, 3, 0.5, 1), 1)],
    ['ERR_SHAPE', 'no layers', () => raw.networkCreate(f64(0), 1)],
    ['ERR_SHAPE', 'a softmax of no columns', () => raw.networkCreate(Float64Array.of(1, 4, 2, 17, 1, 0), 1)],
    [
      'ERR_PARAMETER',
      'a live array of one thread',
      () => raw.networkTrain(...networkRows(), null, { ...training(), live: f64(2) }, null, null),
    ],
    [
      'ERR_SHAPE',
      'a short live array',
      () => raw.networkTrain(...networkRows(), null, { ...training(), live: shared(1) }, null, null),
    ],
    [
      'ERR_LABELS',
      'a class below 0',
      () => raw.networkEvaluate(network, f32(6), 2, Int32Array.of(0, -1), null, objective(), null),
    ],
    [
      'ERR_PARAMETER',
      'an infinite weight',
      () =>
        raw.networkEvaluate(
          network,
          f32(6),
          2,
          Int32Array.of(0, 1),
          Float64Array.of(1, Infinity),
          objective(),
          null,
        ),
    ],
    [
      'ERR_EMPTY',
      'no rows',
      () => raw.networkGradient(network, f32(0), 0, new Int32Array(0), null, objective(), null),
    ],
    [
      'ERR_SHAPE',
      'a mini-batch of more values than can be counted',
      () => {
        // A convolution of one pixel in so much padding that its output has 2^40.
        const side = 2 ** 20 - 1;
        const padded = [1, 1, 1, 1, 1, 1, 1, 1, side, 0, side, 0, 1, 1, 1];
        const vast = native.networkCreate(Float64Array.of(3, 21, ...padded, 0, 1, 0, 0, 0, 0), 1);
        const batch = { ...objective(), batchSize: 2 };
        return raw.networkEvaluate(vast, f32(2), 2, new Int32Array(2), null, batch, null);
      },
    ],
    [
      'ERR_SHAPE',
      'a long order',
      () => raw.networkTrain(...networkRows(), new Int32Array(3), training(), null, null),
    ],
  ])('network, %s: %s', async (code, _, call) => {
    expect(await codeOf(call)).toBe(code);
  });

  it('a getter that throws is not disguised', () => {
    const spec = Object.defineProperty({ ...forestSpec() }, 'trees', {
      get() {
        throw new RangeError('mine');
      },
    });
    expect(() => raw.fitForest(f32(6), 2, 3, null, null, f64(2), null, spec, null, null)).toThrow(RangeError);
  });

  it('positions come along', async () => {
    await expect(logistic([1, 7])).rejects.toMatchObject({ code: 'ERR_LABELS', row: 1 });
    await expect(native.programCreateAsync(affineOps(3), [f64(3), f64(2)], 'float32')).rejects.toMatchObject({
      code: 'ERR_PLAN',
      op: 0,
    });
  });
});

describe('tensorRun', () => {
  const fill = (y: number) => [28, 2, y, 0];
  it.each<[string, string, number[], unknown[]]>([
    ['ERR_PLAN', 'a program that ends early', [28], [f32(3)]],
    ['ERR_PLAN', 'an op that ends early', [28, 2, 0], [f32(3)]],
    ['ERR_PLAN', 'too few words', [28, 1, 0], [f32(3)]],
    ['ERR_PLAN', 'words left over', [28, 3, 0, 0, 0], [f32(3)]],
    ['ERR_PLAN', 'no such op', [99, 0], [f32(3)]],
    ['ERR_PLAN', 'no such op below 0', [-1, 0], [f32(3)]],
    ['ERR_PLAN', 'no such buffer', fill(1), [f32(3)]],
    ['ERR_PLAN', 'no such function', [0, 3, 0, 1, 77], [f32(3), f32(3)]],
    ['ERR_PLAN', 'an input that is the output', [0, 3, 0, 0, 3], [f32(3)]],
    ['ERR_DTYPE', 'a buffer of another type', fill(0), [f64(3)]],
    ['ERR_SHAPE', 'sizes that differ', [0, 3, 0, 1, 3], [f32(3), f32(4)]],
    ['ERR_SHAPE', 'strides out of bounds', [1, 8, 0, 1, 1, 0, 1, 3, 2, 1], [f32(3), f32(3)]],
    ['ERR_SHAPE', 'a copy from before an array', [6, 6, 0, 1, 1, 3, -1, 1], [f32(3), f32(3)]],
    ['ERR_SHAPE', 'nine axes', [6, 3, 0, 1, 9], [f32(3), f32(3)]],
    ['ERR_SHAPE', 'an index out of bounds', [9, 7, 0, 1, 2, 1, 3, 1, 1], [f32(1), f32(3), f32(1).fill(3)]],
    [
      'ERR_SHAPE',
      'a huge convolution',
      [14, 20, 0, 1, 1, -1, ...new Array(16).fill(0x7fffffff)],
      [f32(1), f32(1)],
    ],
    [
      'ERR_SHAPE',
      'a product beyond its array',
      [13, 13, 0, 1, 2, -1, 0, 0, 1, 1, 1, 1, 2, 1, 5],
      [f32(2), f32(2), f32(2)],
    ],
    [
      'ERR_PLAN',
      'a product without strides',
      [13, 12, 0, 1, 2, -1, 0, 0, 1, 1, 1, 1, 2, 1],
      [f32(2), f32(2), f32(2)],
    ],
  ])('%s: %s', async (code, _, program, buffers) => {
    expect(await codeOf(() => raw.tensorRunSync(Int32Array.from(program), buffers))).toBe(code);
    expect(await codeOf(() => raw.tensorRun(Int32Array.from(program), buffers, null))).toBe(code);
  });
});

it('finds the first of several values below 0, whichever thread meets one first', () => {
  const x = f64(3000 * 40);
  expect(native.findNegative(x, 3000, 40)).toBe(-1);
  for (const position of [119_999, 70_000, 40_005, 40_004]) {
    x[position] = -1;
    expect(native.findNegative(x, 3000, 40)).toBe(position);
  }
});
