// Histogram boosting, 100 rounds on a million rows of 28 columns: leaf-wise with 255 leaves and level by level to depth 6,
// with 1 and 2 threads, beside LightGBM and XGBoost (hist); then the cost against rows and columns. Quick: 10,000 rows.
import { HistGradientBoostingClassifier } from '../dist/index.js';
import { runTraining } from './support/training.mjs';

const GROWTH = {
  leaves255: { growth: 'leafWise', maxLeafNodes: 255 },
  depth6: { growth: 'depthWise', maxLeafNodes: null, maxDepth: 6 },
};
const TREES = 100;

function makeCase(model, rows, cols, threads, group) {
  const params = { ...GROWTH[model], maxIter: TREES, earlyStopping: false, nJobs: threads, randomState: 0 };
  const make = () => new HistGradientBoostingClassifier(params);
  return { model, rows, cols, trees: TREES, threads, group, make };
}

export async function run({ quick, ...flags }) {
  const rows = quick ? 10_000 : 1_000_000;
  const cases = [];
  for (const threads of [1, 2]) {
    for (const model of Object.keys(GROWTH)) cases.push(makeCase(model, rows, 28, threads, 'fit'));
  }
  if (quick) return runTraining(cases, flags);
  cases.push(
    makeCase('leaves255', 10_000, 28, 2, 'cost'),
    makeCase('leaves255', 100_000, 28, 2, 'cost'),
    makeCase('leaves255', 100_000, 28, 1, 'cost'),
    makeCase('leaves255', 100_000, 14, 2, 'cost'),
    makeCase('leaves255', 100_000, 112, 2, 'cost'),
  );
  return runTraining(cases, flags);
}
