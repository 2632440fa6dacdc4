/** Plans of an estimator on a GPU beside the CPU's in float32: on the emulated one in the tests, on a real one in the bundle for it. */
import { Subject } from '../../lib/testing/subject.js';
import type { Example } from './estimators/example.js';

/** The check of plans whose exceptions hold here, too. */
const ROUNDING = 'float32 plans of every output agree with float64 up to rounding';
/** Of a value, relative to the largest of its result. */
const TOLERANCE = 1e-4;

/** Why the plans of an estimator are not compared; undefined: they are. */
export function whyNotOnGpu({ make, exceptions }: Example): string | undefined {
  return new Subject(make).hasPlan ? exceptions?.[ROUNDING] : 'it has no plan';
}

/** The values of each output that differ, by its name; none of those that agree. */
export async function differencesOnGpu({ make }: Example): Promise<Record<string, number[]>> {
  const subject = new Subject(make);
  const model = await subject.fitted();
  const found: Record<string, number[]> = {};
  for (const output of new Set(['value', ...model.outputs] as const)) {
    const expected = model.compile({ device: 'cpu', precision: 'float32', output }).runSync(subject.X).data;
    const plan = model.compile({ device: 'cuda', output });
    const values = plan.runSync(subject.X).data;
    plan.dispose();
    const scale = Math.max(1, ...Array.from(expected).filter(Number.isFinite).map(Math.abs));
    const differs = (value: number, i: number) =>
      !Object.is(value, expected[i]) && !(Math.abs(value - expected[i]) <= TOLERANCE * scale);
    const differing = Array.from(values).filter(differs);
    if (differing.length > 0) found[output] = differing;
  }
  return found;
}
