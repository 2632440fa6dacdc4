export {
  classLikelihoodRatios,
  cohenKappaScore,
  hammingLoss,
  type LikelihoodRatios,
  zeroOneLoss,
} from './agreement.js';
export { type CalibrationCurveOptions, calibrationCurve } from './calibration.js';
export { type CheckScoringOptions, checkScoring, type ScorerOfSeveral } from './check-scoring.js';
export { type ChunkedOptions, distanceMetrics, pairwiseDistancesChunked } from './chunked.js';
export { type ClassWeightOptions, computeClassWeight, computeSampleWeight } from './class-weight.js';
export {
  type AverageScores,
  accuracyScore,
  balancedAccuracy,
  type ClassScores,
  confusionMatrix,
  f1Score,
  fbetaScore,
  matthews,
  precisionRecallFscoreSupport,
  precisionScore,
  recallScore,
  type ScoreAverage,
  type ScoreOptions,
  type WeightOptions,
} from './classification.js';
export {
  calinskiHarabaszScore,
  daviesBouldinScore,
  type SilhouetteOptions,
  silhouetteSamples,
  silhouetteScore,
} from './cluster-shape.js';
export {
  adjustedMutualInfoScore,
  adjustedRandScore,
  completenessScore,
  type EntropyAverage,
  entropy,
  expectedMutualInformation,
  fowlkesMallowsScore,
  type HomogeneityScores,
  homogeneityCompletenessVMeasure,
  homogeneityScore,
  mutualInfoScore,
  normalizedMutualInfoScore,
  randScore,
  vMeasureScore,
} from './clustering.js';
export { contingencyMatrix, pairConfusionMatrix } from './contingency.js';
export { auc, type CurveOptions, detCurve, precisionRecallCurve, rocCurve } from './curves.js';
export { hingeLoss, topKAccuracyScore } from './decision.js';
export {
  type DevianceOptions,
  d2AbsoluteErrorScore,
  d2PinballScore,
  d2TweedieScore,
  meanGammaDeviance,
  meanPinballLoss,
  meanPoissonDeviance,
  meanSquaredLogError,
  meanTweedieDeviance,
  rootMeanSquaredLogError,
} from './deviance.js';
export type { Average, LabelRows, Labels, MatrixInput } from './input.js';
export {
  additiveChi2Kernel,
  chi2Kernel,
  cosineSimilarity,
  type Kernel,
  type KernelName,
  type KernelOptions,
  kernelMetrics,
  laplacianKernel,
  linearKernel,
  pairwiseKernels,
  polynomialKernel,
  rbfKernel,
  sigmoidKernel,
} from './kernels.js';
export {
  coverageError,
  type JaccardOptions,
  jaccardScore,
  labelRankingAveragePrecisionScore,
  labelRankingLoss,
  multilabelConfusionMatrix,
} from './multilabel.js';
export { type DcgOptions, dcgScore, ndcgScore, type RankingOptions } from './ndcg.js';
export {
  cosineDistances,
  cosineDistancesAsync,
  type EuclideanOptions,
  euclideanDistances,
  euclideanDistancesAsync,
  type Metric,
  manhattanDistances,
  manhattanDistancesAsync,
  type PairwiseOptions,
  pairwiseDistances,
  pairwiseDistancesAsync,
} from './pairwise.js';
export { brierScore, d2BrierScore, d2LogLossScore, logLoss } from './probability.js';
export { averagePrecision, type RocAucOptions, rocAucScore } from './ranking.js';
export {
  explainedVariance,
  maxError,
  meanAbsoluteError,
  meanAbsolutePercentageError,
  meanSquaredError,
  medianAbsoluteError,
  type RegressionMetricOptions,
  r2Score,
  rootMeanSquaredError,
  type Targets,
  type VarianceOptions,
} from './regression.js';
export { classificationReport, type ReportObject, type ReportOptions, type ReportRow } from './report.js';
export {
  getScorer,
  type MakeScorerOptions,
  makeScorer,
  type ScorableEstimator,
  type ScoredModel,
  type Scorer,
  type ScorerName,
  type ScorerOptions,
  scorerNames,
} from './scorers.js';
export {
  haversineDistances,
  type NearestRows,
  type NearestRowsOptions,
  nanEuclideanDistances,
  pairedDistances,
  pairwiseDistancesArgmin,
  pairwiseDistancesArgminMin,
} from './special-distances.js';
export {
  type CountsAtThresholds,
  confusionMatrixAtThresholds,
  metricAtThresholds,
  type ThresholdOptions,
} from './thresholds.js';
export { type TrustworthinessOptions, trustworthiness } from './trustworthiness.js';
