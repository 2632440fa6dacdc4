/** importONNX: what nodes of constants give, and what they refuse. */
import { describe, expect, test } from 'vitest';
import { recordSteps } from '../../lib/core/plan-steps.js';
import { importONNX } from '../../lib/index.js';
import { type AttributeProto, ELEMENT } from '../../lib/interchange/onnx/messages.js';
import { file, int, node, numbers, run, whole } from '../support/onnx-files.js';

describe('folds of constants', () => {
  const fold = (op: string, dims: number[], axes: number[], attribute: AttributeProto[] = []) => {
    const values = Array.from({ length: dims.reduce((a, b) => a * b, 1) }, (_, k) => k + 1);
    const nodes = [node(op, ['m', 'a'], ['s'], attribute), node('Add', ['X', 's'], ['Y'])];
    return run([2], nodes, [numbers('m', values, dims), whole('a', axes)]);
  };

  test('of nothing are 0, 1 and the infinities', () => {
    expect(fold('ReduceSum', [0, 2], [0])).toEqual([0, 1]);
    expect(fold('ReduceProd', [0, 2], [0])).toEqual([1, 2]);
    expect(fold('ReduceMax', [0, 2], [0])).toEqual([-Infinity, -Infinity]);
    expect(fold('ReduceMin', [0, 2], [0])).toEqual([Infinity, Infinity]);
  });

  test('without axes fold all of them or none', () => {
    const noop = (i: number) => fold('ReduceSum', [1, 2], [], [int('noop_with_empty_axes', i)]);
    expect(noop(0)).toEqual([3, 4]);
    expect(noop(1)).toEqual([1, 3]);
  });

  test('have axes within the shape', () => {
    expect(fold('ReduceSum', [2, 2], [-2])).toEqual([4, 7]);
    expect(() => fold('ReduceSum', [2, 2], [2])).toThrow('not those of a constant of shape 2 x 2');
    expect(() => fold('ReduceSum', [2, 2], [-3])).toThrow(expect.objectContaining({ code: 'ERR_IMPORT' }));
  });
});

test.each(['Where', 'Range'])('%s of too few constants is refused', (op) => {
  const nodes = [node(op, ['m', 'm'], ['s']), node('Add', ['X', 's'], ['Y'])];
  expect(() => run([2], nodes, [numbers('m', [1])])).toThrow(
    expect.objectContaining({ code: 'ERR_IMPORT', message: expect.stringContaining('it has no input 2') }),
  );
});

test('ReduceLogSumExp of an infinite value is infinite', () => {
  const nodes = [node('Add', ['X', 'k'], ['Z']), node('ReduceLogSumExp', ['Z', 'a'], ['Y'])];
  const of = (k: number[], axis: number) => run([2, 2], nodes, [numbers('k', k, [2, 2]), whole('a', [axis])]);
  expect(of([Infinity, 0, -Infinity, -Infinity], 2)).toEqual([Infinity, -Infinity]);
  const [first, second] = of([Infinity, 0, -Infinity, 0], 1);
  expect(first).toBe(Infinity);
  expect(second).toBeCloseTo(3 + Math.log(1 + Math.exp(-2)), 5);
});

describe('zeros and scales of quantized nodes are one, or one for each column or filter', () => {
  const codes = (name: string, int32Data: number[], dims = [int32Data.length]) => ({
    ...{ name, dims, dataType: ELEMENT.uint8, int32Data },
  });
  const quantize = node('QuantizeLinear', ['X', 'one', 'zero'], ['A']);
  const given = [numbers('one', [1], []), codes('zero', [0], [])];

  test('MatMulInteger', () => {
    const nodes = [quantize, node('MatMulInteger', ['A', 'B', 'zero', 'z'], ['Y'])];
    const of = (zeros: number[]) =>
      run([2], nodes, [...given, codes('B', [1, 2, 3, 4], [2, 2]), codes('z', zeros)]);
    expect(of([1, 2])).toEqual([2, 2]);
    expect(of([1])).toEqual([2, 3]);
    expect(() => of([1, 2, 3])).toThrow('its zero has 3 values, and not 1 or 2');
    expect(() => of([])).toThrow('its zero has 0 values');
  });

  test('ConvInteger', () => {
    const nodes = [quantize, node('ConvInteger', ['A', 'W', 'zero', 'z'], ['Y'])];
    const of = (zeros: number[]) =>
      run([1, 1, 2], nodes, [...given, codes('W', [3, 5, 7], [3, 1, 1, 1]), codes('z', zeros)]);
    expect(of([1, 2, 3])).toEqual([0, 2, 0, 3, 0, 4]);
    expect(() => of([1, 2])).toThrow('its zero has 2 values, and not 1 or 3');
  });

  test('QLinearMatMul', () => {
    const nodes = [
      quantize,
      node('QLinearMatMul', ['A', 'one', 'zero', 'B', 's', 'z', 'one', 'zero'], ['Y']),
    ];
    const of = (scales: number[], zeros: number[]) =>
      run([2], nodes, [...given, codes('B', [1, 2, 3, 4], [2, 2]), numbers('s', scales), codes('z', zeros)]);
    expect(of([1, 2], [0])).toEqual([3, 8]);
    expect(() => of([1, 2, 3], [0])).toThrow('its scale has 3 values, and not 1 or 2');
    expect(() => of([1, 2], [0, 0, 0])).toThrow('its zero has 3 values, and not 1 or 2');
  });

  test('DequantizeLinear of a constant', () => {
    const nodes = [
      node('DequantizeLinear', ['B', 's', 'z'], ['W'], [int('axis', 1)]),
      node('MatMul', ['X', 'W'], ['Y']),
    ];
    const of = (scales: number[], zeros: number[]) =>
      run([2], nodes, [codes('B', [1, 2, 3, 4], [2, 2]), numbers('s', scales), codes('z', zeros)]);
    expect(of([1, 2], [1, 2])).toEqual([2, 4]);
    expect(() => of([1, 2], [1, 2, 3])).toThrow('its zero has 3 values, and not 1 or 2');
  });
});

test('labels of classes are refused where there are none', () => {
  const nodes = [node('ReduceSum', ['X', 'a'], ['Y'])];
  expect(() => importONNX(file([2], nodes, [whole('a', [1])]), { classes: ['no', 'yes'] })).toThrow(
    'it has no classes',
  );
});

test('what is asked again counts, though it makes no step', () => {
  const recording = recordSteps(4);
  const { plan, steps } = recording;
  for (const columns of [
    [1, 2],
    [1, 2],
    [0, 1, 2, 3],
  ])
    plan.gather(plan.input, columns);
  expect(steps.length).toBe(1);
  expect(recording.asked).toBe(8);
});
