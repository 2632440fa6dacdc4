/** JavaScript is never trusted: whatever it passes, the addon answers with a result or an error with a code. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PlanBuilder } from '../../lib/core/plan-builder.ts';
import { ERROR_CODES } from '../../lib/errors.ts';
import { type NativeAddon, native } from '../../lib/native.ts';
import { affine, affineConstants, affineOps, boosterSpec, boostingSpec, forestSpec } from './support.ts';

/** Calls with arguments that the types forbid. */
const raw = native as unknown as Record<keyof NativeAddon, (...args: unknown[]) => unknown>;

async function codeOf(call: () => unknown): Promise<unknown> {
  try {
    await call();
  } catch (error) {
    return (error as { code?: unknown }).code;
  }
  return 'no error';
}

function detached<T extends Float32Array | Float64Array>(array: T): T {
  structuredClone(array.buffer, { transfer: [array.buffer as ArrayBuffer] });
  return array;
}

const f32 = (length: number) => new Float32Array(length);
const f64 = (length: number) => new Float64Array(length);
const shared = (length: number) => new Float64Array(new SharedArrayBuffer(length * 8));
const program = affine(native, 3);
const int8 = native.int8Weights(2, new Int8Array(6), f32(2), 3, 2, false);
const packed = native.matrixPack(2, f32(6), 3, 2);
const both = f32(12);
const shapPlan = (() => {
  const plan = new PlanBuilder(3);
  const stump = {
    treeOffsets: Int32Array.of(0, 3),
    feature: Int32Array.of(0, -1, -1),
    threshold: f64(3),
    left: Int32Array.of(1, 0, 1),
    rules: new Uint8Array(0),
    cover: Float32Array.of(2, 1, 1),
    values: Float64Array.of(1, 2),
  };
  return plan.build(plan.forest(plan.input, stump, 1, 'sum'));
})();
const shapArguments = (): unknown[] => [
  f32(6),
  2,
  3,
  shapPlan.ops.slice(),
  shapPlan.constants.map((constant) => constant.slice()),
  { divisor: 1, interactions: false },
  f32(3),
  null,
  null,
];
const boosterArgs = (spec = {}) =>
  [f32(6), 2, 3, f64(2), null, f32(3), 1, f64(1), null, boosterSpec(spec), null] as const;
const [booster, spent] = await Promise.all([1, 2].map(() => native.boosterCreate(...boosterArgs())));
const CENTRES = { clusters: 1, init: 'kMeans++', centres: null, restarts: 1, seed: 1 };
const BATCHES = { initSize: 2, batchSize: 2, maxIter: 1, maxNoImprovement: 0, tol: 0, reassignmentRatio: 0 };
/** Dense from 3 to 2, then softmax. */
const network = native.networkCreate(Float64Array.of(0, 9, 3, 2, 1, 1, 1, 0, 0, 0, 0, 1, 4, 2, 17, 1, 2), 1);
/** A GPU whose plug-in is not there. */
const absent = { plugin: '/no/such/plug-in.so', device: 0 };
const objective = () => ({
  loss: 6,
  logits: false,
  delta: 1,
  labelSmoothing: 0,
  weightedMean: false,
  penaltyPerRow: false,
  metrics: Int32Array.of(2),
  weightedMetrics: false,
  batchSize: 1,
  threads: 1,
});
const training = () => ({
  ...objective(),
  optimizer: {
    kind: 3,
    momentum: 0,
    dampening: 0,
    nesterov: false,
    rateInVelocity: true,
    rho: 0.9,
    centered: false,
    beta1: 0.9,
    beta2: 0.999,
    amsgrad: false,
    epsilon: 1e-7,
    epsilonHat: true,
    initialAccumulator: 0.1,
    weightDecay: 0,
  },
  rates: Float64Array.of(0.1),
  clipNorm: 0,
  clipGlobalNorm: 0,
  clipValue: 0,
  live: shared(2),
  placed: false,
});
const networkRows = () => [network, f32(6), 2, Int32Array.of(0, 1), null];
const MIXTURE = {
  ...{ components: 1, covarianceType: 'full', tol: 1e-3, regCovar: 1, maxIter: 2, lowerBound: -Infinity },
  ...{ weights: null, means: null, precisions: null },
};
const AXES = {
  ...{ components: f64(0), values: f64(0), mean: f64(0), variance: f64(0), seen: 0 },
  ...{ kept: 1, batchRows: 2, least: 1 },
};
const FACTORS = {
  ...{ components: 1, multiplicative: false, beta: 2, maxIter: 3, tol: 0, shuffle: false, seed: 1 },
  ...{ l1W: 0, l2W: 0, l1H: 0, l2H: 0 },
};
const factor = (rows: number, cols: number, spec: object) =>
  raw.fitNMF(f64(rows * cols), rows, cols, f64(rows), f64(cols), { ...FACTORS, ...spec }, null, null);
const LOGISTIC = { c: 1, l1Ratio: 0, solver: 'lbfgs', fitIntercept: true, maxIter: 9, tol: 1e-4, seed: 0 };
const DESCENT = { fitIntercept: true, positive: false, random: false, maxIter: 9, tol: 1e-4, seed: 0 };
const SGD = {
  ...{ loss: 'squaredError', penalty: 'l2', learningRate: 'constant', alpha: 0.1, l1Ratio: 0, epsilon: 0.1 },
  ...{ eta0: 0.01, powerT: 0.5, fitIntercept: true, shuffle: true, earlyStopping: false, maxIter: 3 },
  ...{ nIterNoChange: 2, tol: 1e-3, validationFraction: 0.1, average: 0, seed: 0 },
};
const SVM = {
  shrinking: true,
  ...{
    task: 'classifier',
    kernel: 'rbf',
    gamma: 1,
    scaleGamma: false,
    coef0: 0,
    degree: 3,
    c: 1,
    epsilon: 0.1,
    nu: 0.5,
  },
  ...{ tol: 1e-3, maxIter: 0, cacheSize: 1, probability: true, seed: 1 },
};
const LINEAR_SVM = {
  ...{
    squared: true,
    l1: false,
    dual: true,
    joint: false,
    c: 1,
    epsilon: 0,
    bias: 1,
    tol: 1e-4,
    maxIter: 10,
    seed: 1,
  },
};
const SEARCH = { metric: 0, search: 2, leafSize: 1, p: 2 };
const neighborIndex = await native.neighborIndex(f64(6), 2, 3, SEARCH, null);
const GRAPH = {
  offsets: Float64Array.of(0, 1, 2, 2),
  columns: Int32Array.of(1, 0),
  weights: Float64Array.of(0.5, 0.5),
};
const TSNE_SPEC = {
  ...{ components: 2, exact: false, earlyExaggeration: 12, learningRate: 50, maxIter: 3 },
  ...{ nIterWithoutProgress: 300, minGradNorm: 0, angle: 0.5 },
};
const FUZZY = { neighbors: 2, localConnectivity: 1, setOpMixRatio: 1, far: 5 };
const UMAP_SPEC = {
  ...{ components: 2, epochs: 3, learningRate: 1, a: 1.5, b: 0.9, repulsionStrength: 1 },
  ...{ negativeSampleRate: 5, seed: 0 },
};
const SELECTION = { alpha: 1, epsilon: 0, maxClusterSize: 0, leaves: false, allowSingle: true };
const HDBSCAN = { ...SEARCH, ...SELECTION, minClusterSize: 2, minSamples: 1 };

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
    ['ERR_PARAMETER', 'moments: out is x', () => raw.columnMomentsSync(both, 4, 3, both)],
    [
      'ERR_PARAMETER',
      'moments: out ends in x',
      () => raw.columnMomentsSync(both.subarray(3, 9), 2, 3, both.subarray(0, 6)),
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
    ['ERR_SHAPE', 'groups: codes', () => raw.groupMoments(f32(6), 2, 3, new Int32Array(3), 2, null, null)],
    [
      'ERR_PARAMETER',
      'groups: a code',
      () => raw.groupMoments(f32(2), 2, 1, Int32Array.of(0, 2), 2, null, null),
    ],
    ['ERR_PARAMETER', 'allowNan', () => raw.findInvalid(f32(2), 2, 1, 1)],
    ['ERR_EMPTY', 'no rows', () => raw.fitLeastSquares(f32(0), 0, 3, f64(0), 1, null, 0, true, null)],
    ['ERR_PARAMETER', 'no y', () => raw.fitLeastSquares(f32(6), 2, 3, null, 1, null, 0, true, null)],
    ['ERR_SHAPE', 'y', () => raw.fitLeastSquares(f32(6), 2, 3, f64(3), 1, null, 0, true, null)],
    [
      'ERR_SHAPE',
      'many targets',
      () => raw.fitLeastSquares(f32(6), 2, 3, f64(3), 2 ** 53 - 1, null, 0, true, null),
    ],
    ['ERR_PARAMETER', 'alpha', () => raw.fitLeastSquares(f32(6), 2, 3, f64(2), 1, null, -1, true, null)],
    [
      'ERR_LABELS',
      'a cluster that is not there',
      () => raw.silhouettes(f64(6), 2, 3, Int32Array.of(0, 2), f64(2), 0, null),
    ],
    ['ERR_PARAMETER', 'a metric', () => raw.silhouettes(f64(6), 2, 3, new Int32Array(2), f64(2), 4, null)],
    ['ERR_SHAPE', 'no distances', () => raw.silhouettes(f64(6), 2, 3, new Int32Array(2), f64(2), -1, null)],
    ['ERR_SHAPE', 'a row that is not there', () => raw.takeRows(f64(6), 2, 3, f64(1).fill(2))],
    ['ERR_SHAPE', 'a mean of the scatter', () => raw.scatterMatrix(f64(6), 2, 3, f64(2), null)],
    ['ERR_SHAPE', 'a mean of the scatter now', () => raw.scatterMatrixSync(f64(6), 2, 3, f64(2))],
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
    ['ERR_PARAMETER', 'a hinge in the primal', () => linearSvm({ squared: false, dual: false })],
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

  const forest = (
    spec: object,
    x: Float32Array | Float64Array = f32(6),
    more: unknown[] = [null, 0, f64(2), null],
  ) => raw.fitForest(x, 2, 3, ...more, { ...forestSpec(), ...spec }, null, null);
  const sgd = (y: number[], weights: number[] | null, params: object = {}, start: object | null = null) =>
    raw.fitSgd(
      ...[f64(6), 2, 3, Float64Array.from(y), weights && Float64Array.from(weights), null],
      ...[{ ...SGD, ...params }, start, null, null],
    );
  const folds = (of: number[], count: number, spec: object = {}) =>
    raw.crossValidateElasticNet(
      ...[f64(6), 2, 3, f64(2), null, Int32Array.from(of)],
      ...[
        { ...DESCENT, folds: count, l1Ratios: f64(1), alphas: f64(1), nAlphas: 0, eps: 0.1, ...spec },
        null,
        null,
      ],
    );
  it.each<[string, string, () => unknown]>([
    ['ERR_LABELS', 'a class too large', () => sgd([0, 2], [1, 1])],
    ['ERR_LABELS', 'a class that is no whole number', () => sgd([0, 0.5], [1, 1])],
    ['ERR_LABELS', 'one class', () => sgd([0, 0], [1])],
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
    ['ERR_PARAMETER', 'one fold', () => folds([0, 0], 1)],
    ['ERR_PARAMETER', 'more folds than rows', () => folds([0, 1], 3)],
    ['ERR_PARAMETER', 'a fold too large', () => folds([0, 2], 2)],
    ['ERR_PARAMETER', 'an empty fold', () => folds([0, 0], 2)],
    ['ERR_PARAMETER', 'a negative strength', () => folds([0, 1], 2, { alphas: Float64Array.of(-1) })],
    ['ERR_PARAMETER', 'too many strengths', () => folds([0, 1], 2, { alphas: null, nAlphas: 1e9 })],
    [
      'ERR_PARAMETER',
      'no strength of ridge',
      () =>
        raw.ridgeLeaveOneOut(
          ...[f64(6), 2, 3, f64(2), 1, null],
          ...[{ alphas: f64(1), fitIntercept: true, keepErrors: false }, null],
        ),
    ],
  ])('%s: linear models, %s', async (code, _, call) => {
    expect(await codeOf(call)).toBe(code);
  });

  it.each<[string, string, () => unknown]>([
    ['ERR_PARAMETER', 'no trees', () => forest({ trees: 0 })],
    ['ERR_PARAMETER', 'too many features', () => forest({ maxFeatures: 4 })],
    ['ERR_PARAMETER', 'too many samples', () => forest({ maxSamples: 2 ** 31 })],
    ['ERR_PARAMETER', 'an unknown criterion', () => forest({ criterion: 'hinge' })],
    ['ERR_PARAMETER', 'one leaf', () => forest({ maxLeaves: 1 })],
    ['ERR_PARAMETER', 'constraints of another number', () => forest({ monotonic: new Int32Array(2) })],
    ['ERR_PARAMETER', 'a constraint that is no sign', () => forest({ monotonic: Int32Array.of(0, 0, 2) })],
    ['ERR_DTYPE', 'constraints of another type', () => forest({ monotonic: new Uint8Array(3) })],
    ['ERR_PARAMETER', 'out of bag without a bag', () => forest({ outOfBag: true, bootstrap: false })],
    ['ERR_SHAPE', 'gini for targets', () => forest({ criterion: 'gini' })],
    ['ERR_SHAPE', 'neither classes nor targets', () => forest({}, f32(6), [null, 0, null, null])],
    [
      'ERR_LABELS',
      'a class too large',
      () => forest({ criterion: 'gini' }, f32(6), [Int32Array.of(0, 5), 2, null, null]),
    ],
    ['ERR_SHAPE', 'targets', () => forest({}, f32(6), [null, 0, f64(3), null])],
    [
      'ERR_PARAMETER',
      'no parameters',
      () => raw.fitForest(f32(6), 2, 3, null, 0, f64(2), null, null, null, null),
    ],
    [
      'ERR_PARAMETER',
      'progress',
      () => raw.fitForest(f32(6), 2, 3, null, 0, f64(2), null, forestSpec(), null, 1),
    ],
  ])('forest, %s: %s', async (code, _, call) => {
    expect(await codeOf(call)).toBe(code);
  });

  const boosting = (spec: object, more: unknown[] = [f64(2), null, f64(2)]) =>
    raw.fitBoosting(f32(6), 2, 3, ...more, { ...boostingSpec(), ...spec }, null, null);
  it.each<[string, string, () => unknown]>([
    ['no error', 'nothing wrong', () => boosting({})],
    ['ERR_PARAMETER', 'no rounds', () => boosting({ rounds: 0 })],
    ['ERR_PARAMETER', 'learning rate', () => boosting({ learningRate: -1 })],
    ['ERR_PARAMETER', 'subsample', () => boosting({ subsample: 0 })],
    ['ERR_PARAMETER', 'alpha', () => boosting({ alpha: 1 })],
    ['ERR_PARAMETER', 'an unknown loss', () => boosting({ loss: 'hinge' })],
    ['ERR_PARAMETER', 'no rows to train on', () => boosting({ validationRows: 2 })],
    ['ERR_PARAMETER', 'one class', () => boosting({ loss: 'multinomial', classCount: 1 })],
    ['ERR_LABELS', 'no class', () => boosting({ loss: 'logistic' }, [f64(2).fill(0.5), null, f64(2)])],
    ['ERR_SHAPE', 'raw', () => boosting({ loss: 'multinomial', classCount: 3 })],
    ['ERR_SHAPE', 'weights', () => boosting({}, [f64(2), f64(3), f64(2)])],
  ])('boosting, %s: %s', async (code, _, call) => {
    expect(await codeOf(call)).toBe(code);
  });

  it.each<[string, string, () => unknown]>([
    [
      'ERR_DTYPE',
      'validation rows of another type',
      () => raw.boosterCreate(...boosterArgs().with(5, f64(3))),
    ],
    ['ERR_SHAPE', 'validation rows too few', () => raw.boosterCreate(...boosterArgs().with(6, 2))],
    ['ERR_SHAPE', 'targets too few', () => raw.boosterCreate(...boosterArgs().with(3, f64(1)))],
    ['ERR_SHAPE', 'scores too few', () => native.boosterCreate(...boosterArgs({ scores: f64(1) }))],
    [
      'ERR_SHAPE',
      'marks too few',
      () => native.boosterCreate(...boosterArgs({ categorical: new Int32Array(2) })),
    ],
    ['ERR_PARAMETER', 'one leaf', () => native.boosterCreate(...boosterArgs({ maxLeaves: 1 }))],
    ['ERR_PARAMETER', 'too many bins', () => native.boosterCreate(...boosterArgs({ maxBins: 256 }))],
    ['ERR_PARAMETER', 'no rate', () => native.boosterCreate(...boosterArgs({ learningRate: Number.NaN }))],
    [
      'ERR_LABELS',
      'too many classes',
      () => native.boosterCreate(...boosterArgs({ loss: 'softmax', classes: 9 })),
    ],
    [
      'ERR_PARAMETER',
      'gradients in memory that may move',
      () => {
        const three = {
          raw: new Float64Array(3),
          gradient: new Float32Array(3),
          hessian: new Float32Array(3),
        };
        return raw.boosterRound(booster, true, true, three, null);
      },
    ],
    ['ERR_PARAMETER', 'a round of something else', () => raw.boosterRound(program, true, true, null, null)],
  ])('booster, %s: %s', async (code, _, call) => {
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
    expect(() => raw.fitForest(f32(6), 2, 3, null, 0, f64(2), null, spec, null, null)).toThrow(RangeError);
  });

  it('positions come along', async () => {
    const x = Float64Array.of(0, 1, 2, 3, 1e300, 5);
    await expect(forest({}, x)).rejects.toMatchObject({ code: 'ERR_INPUT_INFINITE', row: 1, column: 1 });
    await expect(logistic([1, 7])).rejects.toMatchObject({ code: 'ERR_LABELS', row: 1 });
    await expect(native.programCreateAsync(affineOps(3), [f64(3), f64(2)], 'float32')).rejects.toMatchObject({
      code: 'ERR_PLAN',
      op: 0,
    });
  });
});

describe('treeShap', () => {
  const call = (change: Record<number, unknown>) => {
    const values = shapArguments();
    for (const [at, value] of Object.entries(change)) values[Number(at)] = value;
    return raw.treeShap(...values);
  };
  const spec = { divisor: 1, interactions: false };
  it.each<[string, string, Record<number, unknown>]>([
    ['ERR_PLAN', 'no forest', { 3: affineOps(3), 4: affineConstants(3) }],
    ['ERR_PLAN', 'a hostile plan', { 3: Int32Array.of(1, 3, 1, 12, 1, 0, 0, 0) }],
    ['ERR_SHAPE', 'a plan of other columns', { 0: f32(6), 1: 1, 2: 6 }],
    ['ERR_SHAPE', 'a background of other columns', { 6: f32(4) }],
    ['ERR_DTYPE', 'a background of another type', { 6: f64(3) }],
    ['ERR_PARAMETER', 'a divisor of 0', { 5: { ...spec, divisor: 0 } }],
    ['ERR_NOT_SUPPORTED', 'interactions and a background', { 5: { ...spec, interactions: true }, 6: f32(3) }],
  ])('%s: %s', async (code, _, change) => {
    expect(await codeOf(() => call(change))).toBe(code);
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

/** The documents 'aa b' and 'aa'. */
const TEXT = () => [
  Uint8Array.of(97, 97, 32, 98, 97, 97),
  Float64Array.of(0, 4, 6),
  { analyzer: 'word', least: 1, most: 2 },
  null,
];
/** [[0, 1, 0], [2, 0, 3]] */
const CSR = () => [Int32Array.of(0, 1, 3), Int32Array.of(1, 0, 2), Float64Array.of(1, 2, 3), 3];

describe('text and sparse rows', () => {
  it.each<[string, string, () => unknown]>([
    [
      'ERR_SHAPE',
      'documents beyond their bytes',
      () => raw.textHash(...TEXT().with(1, Float64Array.of(0, 9)), 4, true, null, null, null),
    ],
    [
      'ERR_SHAPE',
      'documents that go back',
      () => raw.textHash(...TEXT().with(1, Float64Array.of(4, 2)), 4, true, null, null, null),
    ],
    ['ERR_SHAPE', 'no starts', () => raw.textHash(...TEXT().with(1, f64(0)), 4, true, null, null, null)],
    [
      'ERR_SHAPE',
      'too few values',
      () => raw.textHash(...TEXT(), 4, true, f64(1), Float64Array.of(0, 2, 3), null),
    ],
    ['ERR_PARAMETER', 'no columns', () => raw.textHash(...TEXT(), 0, true, null, null, null)],
    ['ERR_PARAMETER', 'a term twice', () => raw.termsCreate(Uint8Array.of(97, 255, 97, 255))],
    [
      'ERR_SHAPE',
      'a column that is not there',
      () => raw.csrColumnCounts(...CSR().with(1, Int32Array.of(1, 0, 9)), null),
    ],
    [
      'ERR_SHAPE',
      'rows that go back',
      () => raw.csrColumnCounts(...CSR().with(0, Int32Array.of(0, 3, 1)), null),
    ],
    [
      'ERR_PARAMETER',
      'a group that is not there',
      () => raw.csrGroupSums(...CSR(), Int32Array.of(0, 2), 2, null, null),
    ],
    [
      'ERR_PARAMETER',
      'a solver that reads dense rows',
      () =>
        raw.csrLogistic(
          ...[...CSR(), Int32Array.of(0, 1), 2, null],
          ...[{ ...LOGISTIC, solver: 'newton-cholesky' }, null, null],
        ),
    ],
    [
      'ERR_SHAPE',
      'a start of another shape',
      () =>
        raw.csrLogistic(
          ...[...CSR(), Int32Array.of(0, 1), 2, null],
          ...[{ ...LOGISTIC, startCoef: f64(1), startIntercept: f64(1) }, null, null],
        ),
    ],
    [
      'ERR_SHAPE',
      'y of another length',
      () => raw.csrElasticNet(...CSR(), f64(3), null, { ...DESCENT, alphas: f64(1), l1Ratio: 1 }, null),
    ],
  ])('%s: %s', async (code, _, call) => {
    expect(await codeOf(call)).toBe(code);
  });
});

/** Arguments that work, fresh for each call. */
const valid: Record<keyof NativeAddon, () => unknown[]> = {
  info: () => [],
  cudaDevices: () => ['/no/such/plug-in.so'],
  cudaBreakEvenRows: () => [affineOps(3), affineConstants(3), '/no/such/plug-in.so', 0],
  cudaTrainingNs: () => [{ plugin: '/no/plug-in.so', device: 0 }, {}],
  createCancel: () => [],
  cancel: () => [native.createCancel()],
  programCreate: () => [affineOps(3), affineConstants(3), 'float32'],
  programCreateAsync: () => [affineOps(3), affineConstants(3), 'float64'],
  programInfo: () => [program],
  programExplain: () => [program],
  programRunSync: () => [program, f32(6), 2, f32(6), 0],
  programRun: () => [program, f32(6), 2, f32(6), null],
  programBind: () => [program, f32(6), f32(6)],
  programDispose: () => [native.programCreate(affineOps(3), affineConstants(3), 'float32')],
  programShare: () => [program],
  programAdopt: () => [native.programShare(program)],
  duplicateFd: () => [1],
  adviseHugePages: () => [f32(6)],
  markOwned: () => [f32(6)],
  csvNumbers: () => [Buffer.from('1,2\n'), 44, 34, 2, Buffer.from('NA\xff', 'latin1')],
  columnMoments: () => [f64(6), 2, 3, f64(2).fill(1), null],
  columnMomentsSync: () => [f64(6), 2, 3],
  groupMoments: () => [f64(6), 2, 3, new Int32Array(2), 1, f64(2).fill(1), null],
  columnQuantiles: () => [f32(6), 2, 3, f64(2), 'linear', null],
  weightedQuantiles: () => [f32(6), 2, 3, f64(2).fill(1), f64(2), true, null],
  powerExponents: () => [f32(6), 2, 3, 'yeoJohnson', null],
  mutualInformation: () => [
    ...[f64(6), 2, 3, f64(2), new Uint8Array(3)],
    ...[{ nNeighbors: 1, discreteTarget: false, seed: 1 }, null],
  ],
  columnModes: () => [f32(6), 2, 3, null],
  columnDistinct: () => [f32(6), 2, 3, null],
  takeRows: () => [f64(6), 2, 3, f64(4)],
  findInvalid: () => [f64(6), 2, 3, true],
  findNegative: () => [f64(6), 2, 3],
  matrixBinary: () => [0, f32(6), f32(6), f32(6), 3],
  matrixBinaryAsync: () => [1, f64(6), f64(6), f64(6), 3, null],
  matrixDistance: () => [0, f32(6), f32(3), f32(2), 2, 1, 3],
  matrixDistanceAsync: () => [1, f64(6), null, f64(4), 2, 2, 3, null],
  matrixTopK: () => [0, f32(6), f32(2), new Int32Array(2), 2, 3, 1],
  matrixTopKAsync: () => [1, f64(6), f64(2), new Int32Array(2), 2, 3, 1, null],
  matrixUnary: () => [8, f32(6), f32(6)],
  matrixUnaryAsync: () => [9, f64(6), f64(6), null],
  matrixSoftmax: () => [0, f32(6), f32(6), 2, 3],
  matrixSoftmaxAsync: () => [7, f64(6), f64(6), 2, 3, null],
  matrixTranspose: () => [1, f64(6), f64(6), 2, 3],
  matrixTransposeAsync: () => [0, f32(6), f32(6), 2, 3, null],
  matrixConvert: () => [1, f64(6), f32(6), 2, 3],
  matrixConvertAsync: () => [0, f32(6), f64(6), 2, 3, null],
  matrixReduce: () => [0, f32(6), f32(3), 2, 3, 0],
  matrixReduceAsync: () => [5, f64(6), null, 2, 3, 0, null],
  matrixArgReduce: () => [10, f32(6), new Int32Array(2), 2, 3],
  matrixArgReduceAsync: () => [5, f64(6), null, 2, 3, null],
  matrixPack: () => [1, f64(6), 3, 2],
  matrixPackAsync: () => [6, f32(6), 3, 2, null],
  matrixPackedGemm: () => [1, f32(6), packed, f32(4), 2, null],
  matrixPackedGemmAsync: () => [128, new Uint16Array(6), packed, f32(4), 2, f32(2), null],
  matrixToBfloat16: () => [f32(6), new Uint16Array(6), 2, 3],
  matrixToBfloat16Async: () => [f32(6), new Uint16Array(6), 2, 3, null],
  matrixFromBfloat16: () => [new Uint16Array(6), f32(6), 2, 3],
  matrixFromBfloat16Async: () => [new Uint16Array(6), f32(6), 2, 3, null],
  matrixGemm: () => [0, f32(6), f32(3), f32(2), 2, 3, 1, null],
  matrixGemmAsync: () => [1, f64(6), f64(3), f64(2), 2, 3, 1, f64(1), null],
  matrixDecompose: () => [2 << 1, f32(6), 2, 3, null, 0, 0, f32(4), f32(2), f32(6)],
  matrixDecomposeAsync: () => [
    (6 << 1) | 1,
    Float64Array.of(1, 0, 0, 1),
    2,
    2,
    f64(2),
    1,
    0,
    f64(2),
    null,
    null,
    null,
  ],
  matrixQuantize: () => [0, f32(6), new Uint8Array(6), f32(1), new Int32Array(1), 2, 3],
  matrixQuantizeAsync: () => [6, f32(6), new Int8Array(6), f32(3), new Int32Array(3), 2, 3, null],
  matrixDequantize: () => [0, new Uint8Array(6), f32(1), new Int32Array(1), f32(6), 2, 3],
  matrixDequantizeAsync: () => [5, new Int8Array(6), f32(2), new Int32Array(2), f32(6), 2, 3, null],
  int8Weights: () => [0, new Int8Array(6), f32(1), 3, 2, true],
  int8Product: () => [0, f32(6), null, null, int8, f32(2), f32(4), 2, null],
  int8ProductAsync: () => [
    (2 << 8) | (1 << 6),
    new Uint8Array(6),
    f32(1),
    new Int32Array(1),
    int8,
    null,
    new Int8Array(4),
    2,
    Float64Array.of(1, 0),
    null,
  ],
  fitLeastSquares: () => [f64(6), 2, 3, f64(2), 1, null, 0, true, null],
  silhouettes: () => [f64(6), 2, 3, Int32Array.of(0, 1), f64(2).fill(1), 0, null],
  scatterMatrix: () => [f64(6), 2, 3, f64(3), null],
  scatterMatrixSync: () => [f64(6), 2, 3, f64(3)],
  fitAgglomerative: () => [f64(6), 2, 3, 'ward', 0, null, null],
  fitMixture: () => [f64(6).map(Math.random), 2, 3, f64(2).fill(1), { ...MIXTURE }, null, null],
  fitNMF: () => [f64(6).fill(1), 2, 3, f64(2).fill(1), f64(3).fill(1), { ...FACTORS }, null, null],
  fitIncrementalAxes: () => [f64(6).map(Math.random), 2, 3, { ...AXES }, null],
  fitMinCovDet: () => [f64(6).map(Math.random), 2, 3, 2, false, 1, null],
  fitKMeans: () => [
    f64(6),
    2,
    3,
    f64(2).fill(1),
    { ...CENTRES, maxIter: 3, tol: 0, elkan: false },
    null,
    null,
  ],
  fitMiniBatchKMeans: () => [f64(6), 2, 3, null, { ...CENTRES, ...BATCHES }, null, null],
  stepMiniBatchKMeans: () => [f64(6), 2, 3, null, { ...CENTRES, ...BATCHES }, null, null],
  termsCreate: () => [Uint8Array.of(97, 255)],
  textLearn: () => [...TEXT(), { minDocuments: 1, maxDocuments: 2, maxTerms: 0, binary: false }, null],
  textCount: () => [...TEXT(), native.termsCreate(Uint8Array.of(97, 97, 255)), false, null],
  textHash: () => [...TEXT(), 16, true, null, null, null],
  csrCheck: () => CSR(),
  csrProduct: () => [...CSR(), f64(6), f64(2), 2, false, null],
  csrWeigh: () => [...CSR(), true, f64(3), 2, null],
  csrColumnCounts: () => [...CSR(), null],
  csrLogistic: () => [...CSR(), Int32Array.of(0, 1), 2, f64(2).fill(1), { ...LOGISTIC }, null, null],
  csrTranspose: () => [...CSR(), null],
  csrMoments: () => [...CSR(), f64(2).fill(1), null],
  csrLeastSquares: () => [
    ...[...CSR(), f64(2), 1, f64(2).fill(1)],
    ...[{ alpha: 1, fitIntercept: true, tol: 1e-4, maxIter: 0 }, null],
  ],
  csrElasticNet: () => [...CSR(), f64(2), null, { ...DESCENT, alphas: f64(1), l1Ratio: 1 }, null],
  csrSgd: () => [...CSR(), f64(2), null, null, { ...SGD }, null, null, null],
  csrLinearSvm: () => [
    ...[...CSR(), Float64Array.of(0, 1), 2, f64(2), f64(2).fill(1)],
    ...[{ ...LINEAR_SVM }, null],
  ],
  csrNMF: () => [...CSR(), f64(2).fill(1), f64(3).fill(1), { ...FACTORS }, null, null],
  csrGroupSums: () => [...CSR(), Int32Array.of(0, 1), 2, f64(2), null],
  fitSvm: () => [f64(6), 2, 3, Float64Array.of(0, 1), 2, f64(2).fill(1), { ...SVM }, null, null],
  fitLinearSvm: () => [
    f32(6),
    2,
    3,
    Float64Array.of(0, 1),
    2,
    f64(2),
    f64(2).fill(1),
    { ...LINEAR_SVM },
    null,
  ],
  fitSigmoids: () => [f64(6), 3, 2, Int32Array.of(0, 1, 0), f64(3).fill(1), null],
  fitTemperature: () => [f64(6), 3, 2, Int32Array.of(0, 1, 0), null, null],
  fitIsotonic: () => [f64(6), f64(6), f64(6).fill(1), 'rising', -1, 1, null],
  fitLogistic: () => [f64(6), 2, 3, Int32Array.of(0, 1), 2, f64(2).fill(1), { ...LOGISTIC }, null, null],
  fitElasticNet: () => [f64(6), 2, 3, f64(2), null, { ...DESCENT, alphas: f64(1), l1Ratio: 1 }, null],
  crossValidateElasticNet: () => [
    ...[f64(6), 2, 3, f64(2), null, Int32Array.of(0, 1)],
    ...[{ ...DESCENT, folds: 2, l1Ratios: f64(1).fill(1), alphas: null, nAlphas: 3, eps: 0.1 }, null, null],
  ],
  ridgeLeaveOneOut: () => [
    ...[f64(6), 2, 3, f64(2), 1, null],
    ...[{ alphas: f64(1).fill(1), fitIntercept: true, keepErrors: true }, null],
  ],
  fitBayesianRidge: () => [
    ...[f64(6), 2, 3, f64(2), null],
    {
      ...{ maxIter: 5, tol: 1e-3, alpha1: 1, alpha2: 1, lambda1: 1, lambda2: 1, alphaInit: -1 },
      ...{ lambdaInit: -1, computeScore: true, fitIntercept: true },
    },
    null,
  ],
  fitGlm: () => [
    ...[f64(6), 2, 3, f64(2).fill(1), null],
    ...[{ power: 1, logLink: true, alpha: 1, fitIntercept: true, maxIter: 5, tol: 1e-4 }, null, null],
  ],
  fitQuantile: () => [
    ...[f64(6), 2, 3, f64(2), null],
    ...[{ quantile: 0.5, alpha: 1, fitIntercept: true, maxIter: 9 }, null, null],
  ],
  fitHuber: () => [
    ...[f64(6), 2, 3, f64(2), null],
    ...[{ epsilon: 1.5, alpha: 0, fitIntercept: true, maxIter: 5, tol: 1e-5, start: null }, null, null],
  ],
  fitSgd: () => [f64(6), 2, 3, f64(2), null, null, { ...SGD }, null, null, null],
  fitBoosting: () => [f32(6), 2, 3, f64(2), f64(2).fill(1), f64(2), boostingSpec(), null, () => {}],
  fitForest: () => [f32(6), 2, 3, null, 0, f64(2), null, forestSpec({ trees: 2 }), null, null],
  treeShap: () => shapArguments(),
  neighborIndex: () => [f64(6), 2, 3, { ...SEARCH }, null],
  neighborsNearest: () => [neighborIndex, f64(6), 2, 3, 1, true, null],
  neighborsWithin: () => [neighborIndex, f64(6), 2, 3, 1, false, true, null],
  fitDbscan: () => [f32(6), 2, 3, null, { ...SEARCH, eps: 1, minSamples: 2 }, null],
  fitHdbscan: () => [f32(6), 2, 3, { ...HDBSCAN }, null, null],
  tsneAffinities: () => [f64(6), 3, 2, { ...SEARCH, neighbors: 2, perplexity: 1 }, null],
  fitTsne: () => [{ ...GRAPH }, f64(6), { ...TSNE_SPEC }, null, null],
  fuzzySet: () => [f64(6), 3, 2, new Int32Array(3), { ...FUZZY, ...SEARCH }, null],
  fitUmap: () => [{ ...GRAPH }, f64(6), { ...UMAP_SPEC }, null, null],
  fitLocalOutliers: () => [f64(6), 2, 3, { ...SEARCH }, 1, null],
  boosterCreate: () => [...boosterArgs()],
  boosterRound: () => [booster, true, true, null, null],
  boosterDrop: () => [booster, null, null],
  boosterScores: () => [booster, false],
  boosterFinish: () => [spent],
  boosterRelease: () => [spent],
  networkCreate: () => [Float64Array.of(2, 2, 3, 0.5), 1],
  networkParameters: () => [network],
  networkSetParameters: () => [network, f32(8)],
  networkOptimizerState: () => [network],
  networkSetOptimizerState: () => [network, 1, f32(16)],
  networkTrain: () => [...networkRows(), Int32Array.of(1, 0), training(), null, null],
  cudaRowsPlace: () => [f32(6), 3, 2, f64(2), { device: absent }, null],
  cudaRowsGram: () => [{}, null],
  cudaRowsTimes: () => [{}, f64(2), 1, false, null],
  cudaRowsRelease: () => [{}],
  networkPlace: () => [...networkRows(), { ...objective(), device: absent }, null],
  networkRelease: () => [networkRows()[0]],
  networkEvaluate: () => [...networkRows(), objective(), null],
  networkGradient: () => [...networkRows(), objective(), null],
  tensorRunSync: () => [Int32Array.of(28, 2, 0, 0), [f32(3)]],
  tensorRun: () => [Int32Array.of(28, 2, 0, 0), [f32(3)], null],
  networkMinimize: () => [
    ...networkRows(),
    { ...objective(), maxIterations: 2, maxEvaluations: 9, tolerance: 1e-4 },
    null,
    null,
  ],
};

/** What needs a GPU says that there is no plug-in, or has no handle of what would lie there. */
function codeOfValid(name: string): string {
  if (['cudaRowsGram', 'cudaRowsTimes', 'cudaRowsRelease'].includes(name)) return 'ERR_PARAMETER';
  return name.startsWith('cuda') || name === 'networkPlace' ? 'ERR_CUDA_PLUGIN' : 'no error';
}

it('no arguments do worse than an error with a code', async () => {
  expect(Object.keys(native).sort()).toEqual(Object.keys(valid).sort());
  for (const [name, args] of Object.entries(valid)) {
    expect(await codeOf(() => raw[name as keyof NativeAddon](...args())), name).toBe(codeOfValid(name));
  }
  const numbers = [
    0,
    1,
    2,
    3,
    6,
    -1,
    -0,
    0.5,
    2 ** 31,
    2 ** 32,
    2 ** 53,
    1e300,
    Number.NaN,
    Number.POSITIVE_INFINITY,
  ];
  const numeric = fc.oneof(fc.constantFrom(...numbers), fc.double(), fc.integer());
  const view = fc
    .tuple(
      fc.constantFrom(Float32Array, Float64Array, Int32Array, Uint8Array, Uint16Array, BigInt64Array),
      fc.constantFrom<new (bytes: number) => ArrayBufferLike>(ArrayBuffer, SharedArrayBuffer),
      fc.nat(12),
    )
    .map(([View, Memory, length]) => new View(new Memory(length * View.BYTES_PER_ELEMENT) as ArrayBuffer));
  const filled = fc.array(numeric, { maxLength: 12 });
  const anything: fc.Arbitrary<unknown> = fc.oneof(
    numeric,
    view,
    filled.map((values) => Float32Array.from(values)),
    filled.map((values) => Float64Array.from(values)),
    filled.map((values) => Int32Array.from(values)),
    fc.nat(12).map((length) => detached(f32(length))),
    fc.constantFrom<unknown>(
      null,
      undefined,
      true,
      false,
      'float32',
      'gini',
      '',
      Symbol('s'),
      10n,
      () => 1,
      {},
      [],
    ),
    fc.constantFrom<unknown>(
      affine(native, 3), // one of its own, which programDispose may meet
      packed,
      int8,
      native.createCancel(),
      new DataView(new ArrayBuffer(8)),
      new ArrayBuffer(8),
    ),
    fc
      .tuple(fc.nat(48), fc.nat(3))
      .map(([length, offset]) => new DataView(new ArrayBuffer(length + offset), offset)),
    fc.array(view, { maxLength: 3 }),
    fc
      .tuple(fc.constantFrom(...Object.keys(forestSpec())), numeric)
      .filter(([key, value]) => (key !== 'trees' && key !== 'maxSamples') || value < 100)
      .map(([key, value]) => ({ ...forestSpec(), [key]: value })),
    fc
      .tuple(fc.constantFrom(...Object.keys(LOGISTIC)), numeric)
      .map(([key, value]) => ({ ...LOGISTIC, [key]: value })),
  );
  const change = fc.tuple(fc.nat(10), anything);
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...(Object.keys(valid) as (keyof NativeAddon)[])),
      fc.array(change, { minLength: 1, maxLength: 3 }),
      async (name, changes) => {
        const args = valid[name]();
        for (const [position, value] of changes) args[position % (args.length + 1)] = value;
        const code = await codeOf(() => raw[name](...args));
        expect(code === 'no error' || Object.hasOwn(ERROR_CODES, code as string), `${name}: ${code}`).toBe(
          true,
        );
      },
    ),
    { numRuns: 5000 },
  );
});

it('finds the first of several values below 0, whichever thread meets one first', () => {
  const x = f64(3000 * 40);
  expect(native.findNegative(x, 3000, 40)).toBe(-1);
  for (const position of [119_999, 70_000, 40_005, 40_004]) {
    x[position] = -1;
    expect(native.findNegative(x, 3000, 40)).toBe(position);
  }
});
