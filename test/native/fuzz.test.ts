/** JavaScript is never trusted: whatever it passes, the addon answers with a result or an error with a code. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ERROR_CODES } from '../../lib/errors.ts';
import { type NativeAddon, native } from '../../lib/native.ts';
import { codeOf, codeOfValid, detached, f32, int8, LOGISTIC, packed, raw, valid } from './calls.ts';
import { affine, forestSpec } from './support.ts';

it('no arguments do worse than an error with a code', async () => {
  expect(Object.keys(native).sort()).toEqual(Object.keys(valid).sort());
  for (const [name, args] of Object.entries(valid)) {
    expect(await codeOf(() => raw[name as keyof NativeAddon](...args())), name).toBe(codeOfValid(name));
  }
  const numbers = [
    0,
    1,
    2,
    3,
    6,
    -1,
    -0,
    0.5,
    2 ** 31,
    2 ** 32,
    2 ** 53,
    1e300,
    Number.NaN,
    Number.POSITIVE_INFINITY,
  ];
  const numeric = fc.oneof(fc.constantFrom(...numbers), fc.double(), fc.integer());
  const view = fc
    .tuple(
      fc.constantFrom(Float32Array, Float64Array, Int32Array, Uint8Array, Uint16Array, BigInt64Array),
      fc.constantFrom<new (bytes: number) => ArrayBufferLike>(ArrayBuffer, SharedArrayBuffer),
      fc.nat(12),
    )
    .map(([View, Memory, length]) => new View(new Memory(length * View.BYTES_PER_ELEMENT) as ArrayBuffer));
  const filled = fc.array(numeric, { maxLength: 12 });
  const anything: fc.Arbitrary<unknown> = fc.oneof(
    numeric,
    view,
    filled.map((values) => Float32Array.from(values)),
    filled.map((values) => Float64Array.from(values)),
    filled.map((values) => Int32Array.from(values)),
    fc.nat(12).map((length) => detached(f32(length))),
    fc.constantFrom<unknown>(
      null,
      undefined,
      true,
      false,
      'float32',
      'gini',
      '',
      Symbol('s'),
      10n,
      () => 1,
      {},
      [],
    ),
    fc.constantFrom<unknown>(
      affine(native, 3), // one of its own, which programDispose may meet
      packed,
      int8,
      native.createCancel(),
      new DataView(new ArrayBuffer(8)),
      new ArrayBuffer(8),
    ),
    fc
      .tuple(fc.nat(48), fc.nat(3))
      .map(([length, offset]) => new DataView(new ArrayBuffer(length + offset), offset)),
    fc.array(view, { maxLength: 3 }),
    fc
      .tuple(fc.constantFrom(...Object.keys(forestSpec())), numeric)
      .filter(([key, value]) => (key !== 'trees' && key !== 'maxSamples') || value < 100)
      .map(([key, value]) => ({ ...forestSpec(), [key]: value })),
    fc
      .tuple(fc.constantFrom(...Object.keys(LOGISTIC)), numeric)
      .map(([key, value]) => ({ ...LOGISTIC, [key]: value })),
  );
  const change = fc.tuple(fc.nat(10), anything);
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...(Object.keys(valid) as (keyof NativeAddon)[])),
      fc.array(change, { minLength: 1, maxLength: 3 }),
      async (name, changes) => {
        const args = valid[name]();
        for (const [position, value] of changes) args[position % (args.length + 1)] = value;
        const code = await codeOf(() => raw[name](...args));
        expect(code === 'no error' || Object.hasOwn(ERROR_CODES, code as string), `${name}: ${code}`).toBe(
          true,
        );
      },
    ),
    { numRuns: 5000 },
  );
});
