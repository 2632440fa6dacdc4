/**
 * Every estimator's plans on the emulated GPU that `npm run test:native` builds, beside the CPU's in float32; without it they are
 * skipped by name.
 */
import { expect, test } from 'vitest';
import { Subject } from '../lib/testing/subject.js';
import { describeOnEmulatedGpu } from './support/emulated-gpu.js';
import { EXAMPLES } from './support/estimators.js';

/** The check of plans whose exceptions hold here, too. */
const ROUNDING = 'float32 plans of every output agree with float64 up to rounding';
/** Of a value, relative to the largest of its result. */
const TOLERANCE = 1e-4;

describeOnEmulatedGpu('on an emulated GPU', () => {
  for (const { name, make, exceptions } of EXAMPLES) {
    const subject = new Subject(make);
    if (!subject.hasPlan) continue;
    const reason = exceptions?.[ROUNDING];
    test.skipIf(reason !== undefined)(reason === undefined ? name : `${name} (no: ${reason})`, async () => {
      const model = await subject.fitted();
      for (const output of new Set(['value', ...model.outputs] as const)) {
        const expected = model
          .compile({ device: 'cpu', precision: 'float32', output })
          .runSync(subject.X).data;
        const plan = model.compile({ device: 'cuda', output });
        const values = plan.runSync(subject.X).data;
        plan.dispose();
        const scale = Math.max(1, ...Array.from(expected).filter(Number.isFinite).map(Math.abs));
        const differs = (value: number, i: number) =>
          !Object.is(value, expected[i]) && !(Math.abs(value - expected[i]) <= TOLERANCE * scale);
        expect(Array.from(values).filter(differs), output).toEqual([]);
      }
    });
  }
});
