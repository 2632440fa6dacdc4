// Random forests of full trees on 100,000 and a million rows of 28 columns, with 1 and 2 threads, beside scikit-learn; then
// on 255 bins; then the cost against rows and columns. A million rows get 10 trees and columns 20, since scikit-learn takes 5 to 10 seconds
// for each. Quick: 2,000 rows.
import { RandomForestClassifier } from '../dist/index.js';
import { runTraining } from './support/training.mjs';

function makeCase(rows, cols, trees, threads, group, maxBins = null) {
  const make = () =>
    new RandomForestClassifier({ nEstimators: trees, maxBins, nJobs: threads, randomState: 0 });
  return { model: 'forest', rows, cols, trees, threads, group, bins: maxBins, make };
}

export async function run({ quick, ...flags }) {
  if (quick) return runTraining([makeCase(2000, 28, 10, 1, 'fit'), makeCase(2000, 28, 10, 2, 'fit')], flags);
  const cases = [1, 2].flatMap((threads) => [
    makeCase(100_000, 28, 100, threads, 'fit'),
    makeCase(1_000_000, 28, 10, threads, 'fit'),
  ]);
  cases.push(
    makeCase(100_000, 28, 100, 2, 'bins', 255),
    makeCase(1_000_000, 28, 10, 2, 'bins', 255),
    makeCase(10_000, 28, 100, 2, 'cost'),
    makeCase(100_000, 14, 20, 2, 'cost'),
    makeCase(100_000, 112, 20, 2, 'cost'),
  );
  return runTraining(cases, flags);
}
