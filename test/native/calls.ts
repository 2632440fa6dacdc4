/** Arguments that work for each function of the addon, and the pieces that they are made of. */
import { PlanBuilder } from '../../lib/core/plan-builder.ts';
import { type CsrArguments, type NativeAddon, native } from '../../lib/native.ts';
import { affine, affineConstants, affineOps, boosterSpec, boostingSpec, forestSpec } from './support.ts';

export { codeOfAsync as codeOf } from '../support/codes.ts';

/** Calls with arguments that the types forbid. */
export const raw = native as unknown as Record<keyof NativeAddon, (...args: unknown[]) => unknown>;

export function detached<T extends Float32Array | Float64Array>(array: T): T {
  structuredClone(array.buffer, { transfer: [array.buffer as ArrayBuffer] });
  return array;
}

export const f32 = (length: number) => new Float32Array(length);
export const f64 = (length: number) => new Float64Array(length);
export const shared = (length: number) => new Float64Array(new SharedArrayBuffer(length * 8));
export const program = affine(native, 3);
export const int8 = native.int8Weights(2, new Int8Array(6), f32(2), 3, 2, false);
export const packed = native.matrixPack(2, f32(6), 3, 2);
export const both = f32(12);
export const shapPlan = (() => {
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
export const shapArguments = (): unknown[] => [
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
export const boosterArgs = (spec = {}) =>
  [f32(6), 2, 3, f64(2), null, f32(3), 1, f64(1), null, boosterSpec(spec), null] as const;
export const [booster, spent] = await Promise.all([1, 2].map(() => native.boosterCreate(...boosterArgs())));
export const CENTRES = { clusters: 1, init: 'kMeans++', centres: null, restarts: 1, seed: 1 };
export const BATCHES = {
  initSize: 2,
  batchSize: 2,
  maxIter: 1,
  maxNoImprovement: 0,
  tol: 0,
  reassignmentRatio: 0,
};
/** Dense from 3 to 2, then softmax. */
export const network = native.networkCreate(
  Float64Array.of(0, 9, 3, 2, 1, 1, 1, 0, 0, 0, 0, 1, 4, 2, 17, 1, 2),
  1,
);
/** A GPU whose plug-in is not there. */
export const absent = { plugin: '/no/such/plug-in.so', device: 0 };
export const objective = () => ({
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
export const training = () => ({
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
export const networkRows = () => [network, f32(6), 2, Int32Array.of(0, 1), null];
export const MIXTURE = {
  ...{ components: 1, covarianceType: 'full', tol: 1e-3, regCovar: 1, maxIter: 2, lowerBound: -Infinity },
  ...{ weights: null, means: null, precisions: null },
};
export const AXES = {
  ...{ components: f64(0), values: f64(0), mean: f64(0), variance: f64(0), seen: 0 },
  ...{ kept: 1, batchRows: 2, least: 1 },
};
export const FACTORS = {
  ...{ components: 1, multiplicative: false, beta: 2, maxIter: 3, tol: 0, shuffle: false, seed: 1 },
  ...{ l1W: 0, l2W: 0, l1H: 0, l2H: 0 },
};
export const factor = (rows: number, cols: number, spec: object) =>
  raw.fitNMF(f64(rows * cols), rows, cols, f64(rows), f64(cols), { ...FACTORS, ...spec }, null, null);
export const LOGISTIC = {
  c: 1,
  l1Ratio: 0,
  solver: 'lbfgs',
  fitIntercept: true,
  maxIter: 9,
  tol: 1e-4,
  seed: 0,
};
const gramProblem = () => ({
  ...{ rows: 2, gram: f64(9).fill(1), xy: f64(3), yy: f64(1).fill(1), xMean: f64(3), yMean: f64(1) },
});
export const DESCENT = {
  ...{ fitIntercept: true, positive: false, random: false, maxIter: 9, tol: 1e-4, seed: 0 },
  products: 'auto',
};
export const SGD = {
  ...{ loss: 'squaredError', penalty: 'l2', learningRate: 'constant', alpha: 0.1, l1Ratio: 0, epsilon: 0.1 },
  ...{ eta0: 0.01, powerT: 0.5, fitIntercept: true, shuffle: true, earlyStopping: false, maxIter: 3 },
  ...{ nIterNoChange: 2, tol: 1e-3, validationFraction: 0.1, average: 0, seed: 0 },
};
export const SVM = {
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
export const LINEAR_SVM = {
  ...{
    loss: 'squared',
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
export const SEARCH = { metric: 0, search: 2, leafSize: 1, p: 2 };
export const neighborIndex = await native.neighborIndex(f64(6), 2, 3, SEARCH, null);
export const GRAPH = {
  offsets: Float64Array.of(0, 1, 2, 2),
  columns: Int32Array.of(1, 0),
  weights: Float64Array.of(0.5, 0.5),
};
export const TSNE_SPEC = {
  ...{ components: 2, exact: false, earlyExaggeration: 12, learningRate: 50, maxIter: 3 },
  ...{ nIterWithoutProgress: 300, minGradNorm: 0, angle: 0.5 },
};
export const FUZZY = { neighbors: 2, localConnectivity: 1, setOpMixRatio: 1, far: 5 };
export const UMAP_SPEC = {
  ...{ components: 2, epochs: 3, learningRate: 1, a: 1.5, b: 0.9, repulsionStrength: 1 },
  ...{ negativeSampleRate: 5, seed: 0 },
};
export const SELECTION = { alpha: 1, epsilon: 0, maxClusterSize: 0, leaves: false, allowSingle: true };
export const HDBSCAN = { ...SEARCH, ...SELECTION, minClusterSize: 2, minSamples: 1 };

/** The documents 'aa b' and 'aa'. */
export const TEXT = () => [
  Uint8Array.of(97, 97, 32, 98, 97, 97),
  Float64Array.of(0, 4, 6),
  { analyzer: 'word', least: 1, most: 2 },
  null,
];
/** [[0, 1, 0], [2, 0, 3]] */
export const sparseSearch = (search = {}) => ({
  metric: 'cosine',
  count: 0,
  radius: 0,
  own: false,
  ...search,
});
export const sparseVote = () => ({
  ...sparseSearch({ count: 1 }),
  ...{ vote: 'mean', distanceWeights: false, outputs: 1, classes: new Int32Array(0), values: f64(2) },
});
export const sparseKernel = () => ({
  ...{ kernel: 'rbf', gamma: 1, coef0: 0, degree: 3 },
  ...{ weights: f64(2), bias: f64(1) },
});
export const CSR = () => [Int32Array.of(0, 1, 3), Int32Array.of(1, 0, 2), Float64Array.of(1, 2, 3), 3];
const sparseRows = await native.csrOperator(...(CSR() as unknown as CsrArguments), null);

/** Arguments that work, fresh for each call. */
export const valid: Record<keyof NativeAddon, () => unknown[]> = {
  info: () => [],
  cudaDevices: () => ['/no/such/plug-in.so'],
  cudaOpen: () => [absent, true],
  cudaBreakEvenRows: () => [affineOps(3), affineConstants(3), absent],
  cudaBreakEvenRowsAsync: () => [affineOps(3), affineConstants(3), absent],
  cudaTrainingNs: () => [absent, {}],
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
  detachBuffer: () => [new ArrayBuffer(8)],
  recycledBuffer: () => [2 ** 22],
  csvNumbers: () => [
    Buffer.from('1,2\n'),
    44,
    34,
    [new Float64Array(3), new Float64Array(3)],
    1,
    Buffer.from('NA\xff', 'latin1'),
  ],
  columnMoments: () => [f64(6), 2, 3, f64(2).fill(1), null],
  columnMomentsSync: () => [f64(6), 2, 3, null, false],
  groupMoments: () => [f64(6), 2, 3, new Int32Array(2), 1, f64(2).fill(1), null],
  groupSums: () => [f64(6), 2, 3, new Int32Array(2), 1, f64(2).fill(1), null],
  groupSumsSync: () => [f64(6), 2, 3, new Int32Array(2), 1, f64(2).fill(1)],
  columnQuantiles: () => [f32(6), 2, 3, f64(2), 'linear', null],
  weightedQuantiles: () => [f32(6), 2, 3, f64(2).fill(1), f64(2), true, null],
  powerExponents: () => [f32(6), 2, 3, 'yeoJohnson', null],
  mutualInformation: () => [
    ...[f64(6), 2, 3, f64(2), new Uint8Array(3)],
    ...[{ nNeighbors: 1, discreteTarget: false, seed: 1 }, null],
  ],
  columnModes: () => [f32(6), 2, 3, null],
  columnDistinct: () => [f32(6), 2, 3, null],
  encodeSmallLabels: () => [f64(6), new Int32Array(6)],
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
  fitLeastSquares: () => [f64(6), 2, 3, f64(2), 1, null, f64(1), true, null],
  silhouettes: () => [f64(6), 2, 3, Int32Array.of(0, 1), f64(2).fill(1), 0, null],
  scatterMatrix: () => [f64(6), 2, 3, f64(3), null],
  measuredScatter: () => [f64(6), 2, 3, null],
  measuredScatterSync: () => [f64(6), 2, 3],
  fitAgglomerative: () => [f64(6), 2, 3, 'ward', 0, null, null],
  fitAgglomerativeAlong: () => [f64(6), 2, 3, 'average', 0, Int32Array.of(0, 1), 1, null, null],
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
  csrProduct: () => [...CSR(), f64(6), f64(2), 2, false, false, null],
  csrWeigh: () => [...CSR(), true, f64(3), 2, null],
  csrColumnCounts: () => [...CSR(), null],
  csrLogistic: () => [...CSR(), Int32Array.of(0, 1), 2, f64(2).fill(1), { ...LOGISTIC }, null, null],
  csrNearest: () => [...CSR(), ...CSR(), sparseSearch({ count: 1, own: true }), null],
  csrWithin: () => [...CSR(), ...CSR(), sparseSearch({ radius: 1 }), true, null],
  csrVotes: () => [...CSR(), ...CSR(), sparseVote(), null],
  csrLocalOutliers: () => [...CSR(), sparseSearch({ count: 1, own: true }), null],
  csrKernelExpansion: () => [...CSR(), ...CSR(), sparseKernel(), null],
  csrOfDense: () => [f32(6), 2, 3, null],
  csrOfCodes: () => [f64(6), 2, 3, Int32Array.of(1, 2, 3), Int32Array.of(-1, 0, 2), null],
  csrSideBySide: () => [[...CSR(), ...CSR()], null],
  csrTranspose: () => [...CSR(), null],
  csrOperator: () => [...CSR(), null],
  csrOperatorProduct: () => [sparseRows, true, f64(2), f64(3), 1, null],
  csrColumnQuantiles: () => [...CSR(), f64(1).fill(0.5), 'linear', true, null],
  csrColumnModes: () => [...CSR(), null],
  csrMoments: () => [...CSR(), f64(2).fill(1), null],
  csrLeastSquares: () => [
    ...[...CSR(), f64(2), 1, f64(2).fill(1)],
    ...[{ alpha: 1, fitIntercept: true, tol: 1e-4, maxIter: 0 }, null],
  ],
  csrElasticNet: () => [...CSR(), f64(2), null, { ...DESCENT, alphas: f64(1), l1Ratio: 1 }, null],
  csrSgd: () => [...CSR(), f64(2), null, null, { ...SGD }, null, null, null],
  csrSvm: () => [...CSR(), Float64Array.of(0, 1), 2, f64(2).fill(1), { ...SVM }, null, null],
  csrLinearSvm: () => [
    ...[...CSR(), Float64Array.of(0, 1), 2, f64(2), f64(2).fill(1)],
    ...[{ ...LINEAR_SVM }, null],
  ],
  csrMiniBatchKMeans: () => [...CSR(), null, { ...CENTRES, ...BATCHES }, null, null],
  csrMiniBatchStep: () => [...CSR(), null, { ...CENTRES, ...BATCHES }, null, null],
  csrKMeans: () => [
    ...[...CSR(), f64(2).fill(1), { ...CENTRES, maxIter: 3, tol: 0, elkan: false }],
    ...[null, null],
  ],
  csrNMF: () => [...CSR(), f64(2).fill(1), f64(3).fill(1), { ...FACTORS }, null, null],
  csrGroupSums: () => [...CSR(), Int32Array.of(0, 1), 2, f64(2), false, null],
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
  gramProblem: () => [f64(6), 2, 3, f64(4), 2, true, null],
  gramProblemSync: () => [f32(6), 2, 3, f64(4), 2, true],
  ridgeOfGram: () => [gramProblem(), 1],
  elasticNetOfGram: () => [gramProblem(), { ...DESCENT, alphas: f64(1), l1Ratio: 1 }, null],
  fitMultiTask: () => [f64(6), 2, 3, f64(4), 2, null, { ...DESCENT, alphas: f64(1), l1Ratio: 1 }, null],
  crossValidateElasticNet: () => [
    ...[f64(6), 2, 3, f64(2), null],
    {
      ...{ ...DESCENT, l1Ratios: f64(1).fill(1), alphas: null, nAlphas: 3, eps: 0.1 },
      ...{ tests: { rows: Int32Array.of(0, 1), ends: Float64Array.of(1, 2) }, trains: null },
    },
    ...[null, null],
  ],
  ridgeLeaveOneOut: () => [
    ...[f64(6), 2, 3, f64(2), 1, null],
    ...[{ alphas: f64(1).fill(1), fitIntercept: true, keepErrors: true, bySvd: true }, null],
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
  fitForest: () => [f32(6), 2, 3, null, null, f64(2), null, forestSpec({ trees: 2 }), null, null],
  drawnRows: () => [new Int32Array(6), null, 3, 7, 1],
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
  networkOutputs: () => [...networkRows(), objective(), null],
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
export function codeOfValid(name: string): string {
  if (['cudaRowsGram', 'cudaRowsTimes', 'cudaRowsRelease'].includes(name)) return 'ERR_PARAMETER';
  return name.startsWith('cuda') || name === 'networkPlace' ? 'ERR_CUDA_PLUGIN' : 'no error';
}
