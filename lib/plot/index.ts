/** Plots: functions that return specifications of Vega-Lite, which draw themselves as SVG and PNG. */
export { type ConfusionMatrixPlotOptions, confusionMatrix } from './confusion.js';
export {
  type CalibrationPlotOptions,
  type CurvePlotOptions,
  type CurveScores,
  calibrationCurve,
  precisionRecallCurve,
  rocCurve,
} from './curves.js';
export {
  type CorrelationHeatmapOptions,
  correlationHeatmap,
  type HistogramsOptions,
  histograms,
  type ResidualsOptions,
  residuals,
  silhouette,
} from './data.js';
export {
  type FeaturePlotOptions,
  featureImportances,
  type ImportancesLike,
  type ShapSummaryOptions,
  type ShapWaterfallOptions,
  shapSummary,
  shapWaterfall,
} from './importances.js';
export { type ReportOptions, report } from './report.js';
export {
  type CurveResult,
  type HistoryLike,
  type LearningCurvePlotOptions,
  learningCurve,
  type TrainingHistoryPlotOptions,
  trainingHistory,
  type ValidationCurvePlotOptions,
  validationCurve,
} from './scores.js';
export { Plot, type PlotOptions, type VegaLiteSpec } from './spec.js';
export {
  type BoundaryModel,
  type DecisionBoundaryOptions,
  decisionBoundary,
  type PartialDependencePlotOptions,
  partialDependence,
} from './surfaces.js';
export type { Theme } from './theme.js';
