/** The 8-bit functions of the addon under arguments that the TypeScript side would never pass. */
import { describe, expect, it } from 'vitest';
import { type NativeAddon, native } from '../../lib/native.ts';
import { codeOfAsync } from '../support/codes.js';

const raw = native as unknown as Record<keyof NativeAddon, (...args: unknown[]) => unknown>;

const f32 = (length: number) => new Float32Array(length).fill(1);
const u8 = (length: number) => new Uint8Array(length);
const s8 = (length: number) => new Int8Array(length);
const i32 = (length: number) => new Int32Array(length);
const weights = native.int8Weights(0, s8(6), f32(1), 3, 2, true);
const U8 = 1 << 6;
const TO_S32 = 3 << 8;
const TO_U8 = 1 << 8;
const PER_ROW = 1 << 10;

/** A right call of int8Product with some of its arguments replaced. */
function product(changes: Record<number, unknown> = {}) {
  const args: unknown[] = [U8, u8(6), f32(1), i32(1), weights, null, f32(4), 2, null];
  for (const [i, value] of Object.entries(changes)) args[Number(i)] = value;
  return args;
}

describe('wrong arguments have a code, now and on the pool', () => {
  it.each<[string, string, Record<number, unknown>]>([
    ['no error', 'nothing is wrong', {}],
    ['ERR_PARAMETER', 'no such code', { 0: 1 << 11 }],
    ['ERR_PARAMETER', 'no such activation', { 0: U8 | 63 }],
    ['ERR_PARAMETER', 'x of int32', { 0: 3 << 6 }],
    ['ERR_SHAPE', 'x is short', { 1: u8(5) }],
    ['ERR_DTYPE', 'x is int8 for uint8', { 1: s8(6) }],
    ['ERR_SHAPE', 'no scale', { 2: f32(0) }],
    ['ERR_SHAPE', 'one scale for two rows', { 0: U8 | PER_ROW }],
    ['ERR_PARAMETER', 'a zero that is no code', { 3: Int32Array.of(256) }],
    ['ERR_PARAMETER', 'a zero far away', { 3: Int32Array.of(-(2 ** 31)) }],
    ['ERR_PARAMETER', 'an object for weights', { 4: {} }],
    ['ERR_PARAMETER', 'another handle for weights', { 4: native.createCancel() }],
    ['ERR_SHAPE', 'bias is long', { 5: f32(3) }],
    ['ERR_SHAPE', 'out is short', { 6: f32(3) }],
    ['ERR_DTYPE', 'out is float32 for int32', { 0: U8 | TO_S32 }],
    ['ERR_SHAPE', 'm overflows', { 7: 2 ** 52 }],
    ['ERR_PARAMETER', 'codes without a scale', { 0: U8 | TO_U8, 6: u8(4) }],
    ['ERR_PARAMETER', 'codes with scale 0', { 0: U8 | TO_U8, 6: u8(4), 8: Float64Array.of(0, 0) }],
    ['ERR_PARAMETER', 'codes with zero NaN', { 0: U8 | TO_U8, 6: u8(4), 8: Float64Array.of(1, NaN) }],
    ['ERR_PARAMETER', 'float32 rows to int32', { 0: TO_S32, 1: f32(6), 6: i32(4) }],
  ])('%s: %s', async (code, _, changes) => {
    expect(await codeOfAsync(() => raw.int8Product(...product(changes)))).toBe(code);
    expect(await codeOfAsync(() => raw.int8ProductAsync(...product(changes), null))).toBe(code);
  });

  it.each<[string, string, unknown[]]>([
    ['no error', 'nothing is wrong', [0, s8(6), f32(1), 3, 2, true]],
    ['no error', 'later', [2, s8(6), f32(2), 3, 2, false]],
    ['ERR_PARAMETER', 'no such code', [8, s8(6), f32(1), 3, 2, true]],
    ['ERR_PARAMETER', 'scales by input', [1, s8(6), f32(3), 3, 2, true]],
    ['ERR_SHAPE', 'weights are short', [0, s8(5), f32(1), 3, 2, true]],
    ['ERR_SHAPE', 'scales are short', [2, s8(6), f32(1), 3, 2, true]],
    ['ERR_DTYPE', 'weights are uint8', [0, u8(6), f32(1), 3, 2, true]],
    ['ERR_SHAPE', 'too many inputs', [0, s8(65794), f32(1), 65794, 1, true]],
    ['ERR_PARAMETER', 'k is negative', [0, s8(6), f32(1), -3, -2, true]],
  ])('weights: %s: %s', async (code, _, args) => {
    expect(await codeOfAsync(() => raw.int8Weights(...args))).toBe(code);
  });

  it('too many inputs, found on the pool', async () => {
    const many = native.int8Weights(0, s8(65794), f32(1), 65794, 1, false);
    const args = product({ 1: u8(65794), 4: many, 6: f32(1), 7: 1 });
    for (let i = 0; i < 2; i++)
      expect(await codeOfAsync(() => raw.int8ProductAsync(...args, null))).toBe('ERR_SHAPE');
  });

  it.each<[string, string, unknown[]]>([
    ['no error', 'nothing is wrong', [0, f32(6), u8(6), f32(1), i32(1), 2, 3]],
    ['ERR_PARAMETER', 'no such grain', [3, f32(6), u8(6), f32(1), i32(1), 2, 3]],
    ['ERR_DTYPE', 'codes of another type', [4, f32(6), u8(6), f32(1), i32(1), 2, 3]],
    ['ERR_SHAPE', 'codes are short', [0, f32(6), u8(5), f32(1), i32(1), 2, 3]],
    ['ERR_SHAPE', 'zeros are short', [1, f32(6), u8(6), f32(2), i32(1), 2, 3]],
    ['ERR_PARAMETER', 'a given scale of 0', [16, f32(6), u8(6), new Float32Array(1), i32(1), 2, 3]],
    ['ERR_DTYPE', 'x is float64', [0, new Float64Array(6), u8(6), f32(1), i32(1), 2, 3]],
  ])('quantize: %s: %s', async (code, _, args) => {
    expect(await codeOfAsync(() => raw.matrixQuantize(...args))).toBe(code);
    expect(await codeOfAsync(() => raw.matrixQuantizeAsync(...args, null))).toBe(code);
  });

  it.each<[string, string, unknown[]]>([
    ['no error', 'nothing is wrong', [2, u8(6), f32(3), i32(3), f32(6), 2, 3]],
    ['ERR_PARAMETER', 'no such bits', [8, u8(6), f32(1), i32(1), f32(6), 2, 3]],
    ['ERR_SHAPE', 'scales are short', [2, u8(6), f32(2), i32(3), f32(6), 2, 3]],
    ['ERR_SHAPE', 'out is short', [0, u8(6), f32(1), i32(1), f32(5), 2, 3]],
  ])('dequantize: %s: %s', async (code, _, args) => {
    expect(await codeOfAsync(() => raw.matrixDequantize(...args))).toBe(code);
    expect(await codeOfAsync(() => raw.matrixDequantizeAsync(...args, null))).toBe(code);
  });
});
