/** What a model's answer says, as an object and as JSON. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Label } from '../../lib/core/labels.js';
import type { Target } from '../../lib/core/schema.js';
import { decoderOf, writerOf } from '../../lib/serve/model/decode.js';

const CLASSES: readonly (readonly Label[])[] = [
  [0, 1, 2],
  ['10', '9', 'a'],
  [false, true],
  ['"quoted"', '__proto__', 'constructor', 'é\u2028'],
  [-1.5, 2],
];

describe('writerOf', () => {
  it('writes what JSON.stringify would', () => {
    const number = fc.oneof(fc.double(), fc.constantFrom(0, -0, 1, Number.NaN, Number.POSITIVE_INFINITY));
    for (const classes of CLASSES) {
      const target = { kind: 'class', classes } as Target;
      const [decode, write] = [decoderOf(target), writerOf(target)];
      fc.assert(
        fc.property(fc.array(number, { minLength: classes.length, maxLength: classes.length }), (values) => {
          const prediction = decode(Float64Array.from(values), 0);
          expect(write(prediction)).toBe(JSON.stringify(prediction));
        }),
      );
    }
  });

  it('writes warnings, and answers without classes', () => {
    const warnings = [{ code: 'ERR_OUT_OF_RANGE', warning: 'far', field: 'x' }] as const;
    const target = { kind: 'class', classes: [0, 1] } as unknown as Target;
    const warned = { ...decoderOf(target)(Float64Array.of(0.25, 0.75), 0), warnings };
    expect(writerOf(target)(warned)).toBe(JSON.stringify(warned));
    const number = { prediction: 1.5, interval: { lower: 1, upper: 2, coverage: 0.9 }, warnings };
    expect(writerOf({ kind: 'number' } as Target)(number)).toBe(JSON.stringify(number));
  });
});
