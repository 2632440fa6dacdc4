export {
  type AverageScores,
  accuracyScore,
  balancedAccuracy,
  type ClassScores,
  confusionMatrix,
  f1Score,
  matthews,
  precisionRecallFscoreSupport,
  precisionScore,
  recallScore,
  type ScoreOptions,
  type WeightOptions,
} from './classification.js';
export type { Average, Labels, MatrixInput } from './input.js';
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
export { brierScore, logLoss } from './probability.js';
export {
  averagePrecision,
  type CurveOptions,
  precisionRecallCurve,
  type RocAucOptions,
  rocAucScore,
  rocCurve,
} from './ranking.js';
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
  type ScorableEstimator,
  type ScoredModel,
  type Scorer,
  type ScorerName,
  type ScorerOptions,
  scorerNames,
} from './scorers.js';
