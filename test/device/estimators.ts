/**
 * Every estimator's plans on the first GPU, beside the CPU's: a line of JSON for each. A part of the bundle of scripts/cuda-bundle.mjs,
 * which makes one script of it.
 */
import { EXAMPLES } from '../support/estimators.js';
import { differencesOnGpu, whyNotOnGpu } from '../support/plans-on-gpu.js';

for (const example of EXAMPLES) {
  const { name } = example;
  const skipped = whyNotOnGpu(example);
  if (skipped !== undefined) {
    console.log(JSON.stringify({ name, skipped }));
    continue;
  }
  try {
    const differences = await differencesOnGpu(example);
    const same = Object.keys(differences).length === 0;
    console.log(JSON.stringify(same ? { name, same } : { name, same, differences }));
    if (!same) process.exitCode = 1;
  } catch (error) {
    const { code, message } = error as Error & { code?: string };
    console.log(JSON.stringify({ name, same: false, code, error: message }));
    process.exitCode = 1;
  }
}
