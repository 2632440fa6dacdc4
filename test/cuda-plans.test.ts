/**
 * Every estimator's plans on the emulated GPU that `npm run test:native` builds, beside the CPU's in float32; without it they are
 * skipped by name.
 */
import { expect, test } from 'vitest';
import { Subject } from '../lib/testing/subject.js';
import { describeOnEmulatedGpu } from './support/emulated-gpu.js';
import { EXAMPLES } from './support/estimators.js';
import { differencesOnGpu, whyNotOnGpu } from './support/plans-on-gpu.js';

describeOnEmulatedGpu('on an emulated GPU', () => {
  for (const example of EXAMPLES) {
    if (!new Subject(example.make).hasPlan) continue;
    const reason = whyNotOnGpu(example);
    const { name } = example;
    test.skipIf(reason !== undefined)(reason === undefined ? name : `${name} (no: ${reason})`, async () => {
      expect(await differencesOnGpu(example)).toEqual({});
    });
  }
});
