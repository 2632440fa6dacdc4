/** Watching models: experiments, drift. */
export { ABTest, type ABTestOptions, type Variant } from './ab-test.js';
export { type Chi2Options, type Chi2Result, chi2Contingency } from './chi2-contingency.js';
export type { Comparison } from './column-drift.js';
export {
  type ColumnDrift,
  type DriftAlert,
  DriftMonitor,
  type DriftMonitorOptions,
  type DriftReport,
  type DriftThresholds,
} from './drift-monitor.js';
export { type KsAlternative, type KsMethod, type KsOptions, type KsResult, ks2samp } from './ks2samp.js';
export type { ExperimentStats, VariantComparison, VariantStats } from './outcomes.js';
export { type PsiOptions, psi } from './psi.js';
