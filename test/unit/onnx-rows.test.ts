/** importONNX: parts of rows along any axis, shapes that are computed, and what is put around values or moved between channels. */
import { describe, expect, test } from 'vitest';
import { importONNX } from '../../lib/index.js';
import { ELEMENT, type NodeProto } from '../../lib/interchange/onnx/messages.js';
import { file, int, ints, node, numbers, run, text, whole } from '../support/onnx-files.js';

describe('parts of a row', () => {
  test('Slice along several axes, with steps and backwards', () => {
    const given = [whole('s', [2, -1]), whole('e', [0, -100]), whole('a', [1, -1]), whole('t', [-1, -2])];
    expect(run([3, 4], [node('Slice', ['X', 's', 'e', 'a', 't'], ['Y'])], given)).toEqual([11, 9, 7, 5]);
  });

  test('Split along any axis, by lengths and by the number of outputs', () => {
    const nodes = [node('Split', ['X', 'l'], ['A', 'Y'], [int('axis', 1)])];
    expect(run([3, 2], nodes, [whole('l', [1, 2])])).toEqual([2, 3, 4, 5]);
    const alike = [node('Split', ['X'], ['A', 'Y'], [int('axis', -1), int('num_outputs', 2)])];
    expect(run([2, 3], alike)).toEqual([2, 5]);
    expect(() => run([3, 2], nodes, [whole('l', [1, 1])])).toThrow('splits 3 parts into 2');
  });

  test('Gather along any axis by a number, a list or a matrix', () => {
    const gather = (axis: number) => [node('Gather', ['X', 'i'], ['Y'], [int('axis', axis)])];
    expect(run([3, 2], gather(1), [whole('i', [-1], [])])).toEqual([4, 5]);
    expect(run([3, 2], gather(1), [whole('i', [2, 0])])).toEqual([4, 5, 0, 1]);
    expect(run([2, 2], gather(2), [whole('i', [1, 0, 1, 1], [2, 2])])).toEqual([1, 0, 1, 1, 3, 2, 3, 3]);
    expect(() => run([3, 2], gather(1), [whole('i', [3])])).toThrow('it takes part 3 of 3');
    expect(() => run([3, 2], gather(0), [whole('i', [0])])).toThrow('axis 0 is not supported');
  });

  test('Expand and Tile repeat, Pad puts values around', () => {
    expect(run([1, 2], [node('Expand', ['X', 'd'], ['Y'])], [whole('d', [1, 2, 1])])).toEqual([0, 1, 0, 1]);
    expect(run([2], [node('Tile', ['X', 'r'], ['Y'])], [whole('r', [1, 2])])).toEqual([0, 1, 0, 1]);
    const pad = (mode: string, pads: number[]) =>
      run(
        [3],
        [node('Pad', ['X', 'p', 'v'], ['Y'], [{ name: 'mode', s: text(mode) }])],
        [...[whole('p', [0, pads[0], 0, pads[1]]), numbers('v', [9], [])]],
      );
    expect(pad('constant', [1, 2])).toEqual([9, 0, 1, 2, 9, 9]);
    expect(pad('constant', [-1, 0])).toEqual([1, 2]);
    expect(pad('reflect', [2, 1])).toEqual([2, 1, 0, 1, 2, 1]);
    expect(pad('edge', [1, 1])).toEqual([0, 0, 1, 2, 2]);
    expect(pad('wrap', [1, 2])).toEqual([2, 0, 1, 2, 0, 1]);
    expect(() => pad('mirror', [1, 1])).toThrow("mode 'mirror'");
  });

  test('DepthToSpace in both modes, and SpaceToDepth', () => {
    const move = (op: string, dims: number[], mode = 'DCR') =>
      run(dims, [node(op, ['X'], ['Y'], [int('blocksize', 2), { name: 'mode', s: text(mode) }])]);
    expect(move('DepthToSpace', [8, 1, 1])).toEqual([0, 2, 4, 6, 1, 3, 5, 7]);
    expect(move('DepthToSpace', [8, 1, 1], 'CRD')).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(move('SpaceToDepth', [1, 2, 4])).toEqual([0, 2, 1, 3, 4, 6, 5, 7]);
  });
});

describe('shapes and constants that nodes compute', () => {
  test('a shape whose first length is the rows', () => {
    const nodes = [
      node('Shape', ['X'], ['S']),
      node('Gather', ['S', 'zero'], ['N']),
      node('Unsqueeze', ['N', 'axis'], ['R']),
      node('Mul', ['two', 'two'], ['four']),
      node('Concat', ['R', 'four', 'rest'], ['D'], [int('axis', 0)]),
      node('Reshape', ['X', 'D'], ['Z']),
      node('Transpose', ['Z'], ['Y'], [ints('perm', [0, 2, 1])]),
    ];
    const given = [whole('zero', [0], []), whole('axis', [0]), whole('two', [2]), whole('rest', [-1])];
    const model = importONNX(file([2, 4], nodes, given));
    const rows = [Float32Array.from({ length: 8 }, (_, k) => k), new Float32Array(8).fill(5)];
    expect(model.compile().runSync(rows).toArray()).toEqual([[0, 2, 4, 6, 1, 3, 5, 7], new Array(8).fill(5)]);
  });

  test('a constant of one row stands beside every row', () => {
    const nodes = [
      node('Shape', ['X'], ['S'], [int('end', 1)]),
      node('Concat', ['S', 'two'], ['D'], [int('axis', 0)]),
      node('ConstantOfShape', ['D'], ['C']),
      node('Concat', ['C', 'X'], ['Y'], [int('axis', 1)]),
    ];
    expect(run([3], nodes, [whole('two', [2])])).toEqual([0, 0, 0, 1, 2]);
  });

  describe('the number of rows', () => {
    const shape = node('Shape', ['X'], ['S']);
    const given = [
      ...[
        whole('zero', [0], []),
        whole('axis', [0]),
        whole('two', [2]),
        whole('one', [1]),
        whole('rest', [-1]),
      ],
      ...[whole('half', [1, 2]), whole('back', [-1, 2, 3])],
    ];
    /** Of rows [2, 3] a softmax of what is made of them by a shape that starts with what `first` makes of S. */
    const softmax = (first: NodeProto[]) => {
      const nodes = [
        ...[shape, node('Gather', ['S', 'axis'], ['N']), ...first],
        node('Concat', ['R', 'rest'], ['D'], [int('axis', 0)]),
        ...[node('Reshape', ['X', 'D'], ['Z']), node('Softmax', ['Z'], ['P'], [int('axis', -1)])],
        node('Reshape', ['P', 'back'], ['Y']),
      ];
      return run([2, 3], nodes, given);
    };

    test('is kept by what leaves it alone', () => {
      const sum = (values: number[]) => values.reduce((a, b) => a + b, 0);
      for (const [op, other] of [
        ['Mul', 'one'],
        ['Div', 'one'],
        ['Add', 'zero'],
        ['Sub', 'zero'],
      ])
        expect(sum(softmax([node(op, ['N', other], ['R'])]))).toBeCloseTo(1, 5);
      const moves = [
        node('Cast', ['N'], ['f'], [int('to', ELEMENT.float)]),
        node('Floor', ['f'], ['g']),
        node('Cast', ['g'], ['i'], [int('to', ELEMENT.int64)]),
        node('Squeeze', ['i', 'axis'], ['q']),
        node('Unsqueeze', ['q', 'axis'], ['u']),
        node('Concat', ['two', 'u'], ['c'], [int('axis', 0)]),
        node('Slice', ['c', 'one', 'two'], ['v']),
        node('ReduceProd', ['v'], ['R']),
      ];
      expect(sum(softmax(moves))).toBeCloseTo(1, 5);
    });

    test.each([
      ['Mul', 'two'],
      ['Add', 'one'],
      ['Sub', 'one'],
      ['Div', 'two'],
      ['Pow', 'two'],
      ['Max', 'one'],
      ['Mul', 'N'],
    ])('times, plus or less something is none: %s %s', (op, other) => {
      expect(() => softmax([node(op, ['N', other], ['R'])])).toThrow('the shape NaN x -1 is not supported');
    });

    test('is no length of another axis', () => {
      const nodes = [
        shape,
        node('Gather', ['S', 'axis'], ['N']),
        node('Concat', ['rest', 'N'], ['D'], [int('axis', 0)]),
        node('Reshape', ['X', 'D'], ['Y']),
      ];
      expect(() => run([4], nodes, given)).toThrow('the shape -1 x NaN is not supported');
      const expand = [shape, node('Mul', ['S', 'half'], ['D']), node('Expand', ['X', 'D'], ['Y'])];
      expect(() => run([1], [...expand.slice(0, 1), node('Expand', ['X', 'S'], ['Y'])], given)).not.toThrow();
      expect(run([1], expand, given)).toEqual([0, 0]);
      expect(() =>
        run([1], [shape, node('Gather', ['S', 'axis'], ['N']), node('Expand', ['X', 'N'], ['Y'])], given),
      ).toThrow('the shape NaN is not supported');
      const twice = [shape, node('Mul', ['S', 'two'], ['D']), node('Expand', ['X', 'D'], ['Y'])];
      expect(() => run([1], twice, given)).toThrow('is not supported');
    });

    test('is compared with numbers below 0 only', () => {
      const choice = (op: string, limit: number) => {
        const nodes = [
          ...[shape, node('Gather', ['S', 'axis'], ['N']), node(op, ['N', 'limit'], ['c'])],
          ...[node('Where', ['c', 'a', 'b'], ['k']), node('Mul', ['X', 'k'], ['Y'])],
        ];
        return run([2], nodes, [...given, whole('limit', [limit]), numbers('a', [10]), numbers('b', [-1])]);
      };
      expect(choice('Greater', -1)).toEqual([0, 10]);
      expect(choice('Equal', -1)).toEqual([-0, -1]);
      for (const op of ['Greater', 'GreaterOrEqual', 'Less', 'LessOrEqual', 'Equal'])
        expect(() => choice(op, 0)).toThrow('it compares the number of rows');
      for (const op of ['And', 'Or']) expect(() => choice(op, -1)).toThrow('it compares the number of rows');
    });

    test('is no condition and no factor', () => {
      const number = [shape, node('Gather', ['S', 'axis'], ['N'])];
      const last =
        (...nodes: NodeProto[]) =>
        () =>
          run([2], [...number, ...nodes], given);
      const message = 'depends on the number of rows';
      expect(last(node('Where', ['N', 'one', 'two'], ['k']), node('Mul', ['X', 'k'], ['Y']))).toThrow(
        message,
      );
      expect(last(node('Not', ['N'], ['k']), node('Mul', ['X', 'k'], ['Y']))).toThrow(message);
      expect(last(node('Mul', ['X', 'N'], ['Y']))).toThrow(message);
      expect(last(node('Range', ['zero', 'N', 'one'], ['k']), node('Mul', ['X', 'k'], ['Y']))).toThrow(
        message,
      );
    });

    test('stands where expand() puts it', () => {
      const nodes = [
        ...[
          shape,
          node('Gather', ['S', 'axis'], ['N']),
          node('Concat', ['N', 'two', 'rest'], ['D'], [int('axis', 0)]),
        ],
        ...[node('Equal', ['D', 'rest'], ['c']), node('Where', ['c', 'one', 'D'], ['E'])],
        ...[node('Expand', ['m', 'E'], ['M']), node('Concat', ['M', 'X'], ['Y'], [int('axis', 1)])],
      ];
      expect(run([1, 1], nodes, [...given, numbers('m', [7], [1, 1, 1])])).toEqual([7, 7, 0]);
    });
  });

  test('arithmetic, comparisons, ranges and folds of constants', () => {
    const nodes = [
      node('Range', ['zero', 'three', 'one'], ['r']),
      node('ReduceSum', ['m', 'axis'], ['s'], [int('keepdims', 0)]),
      node('Greater', ['s', 'r'], ['g']),
      node('Where', ['g', 's', 'r'], ['w']),
      node('Sqrt', ['w'], ['q']),
      node('Mul', ['X', 'q'], ['Y']),
    ];
    const given = [
      ...[numbers('zero', [0], []), numbers('three', [3], []), numbers('one', [1], [])],
      ...[numbers('m', [1, 0, 8, 3, 0, 8], [2, 3]), whole('axis', [0])],
    ];
    expect(run([3], nodes, given)).toEqual([0, 1, 8]);
  });

  test('an operator that is not read is named before the shapes made for it', () => {
    const nodes = [
      node('Shape', ['X'], ['S']),
      node('ConstantOfShape', ['S'], ['H']),
      node('Gather', ['H', 'S'], ['Z'], [int('axis', 1)]),
      node('LSTM', ['X', 'Z'], ['Y']),
    ];
    expect(() => run([4], nodes)).toThrow("node 'Y' (LSTM): this operator is not supported");
  });

  describe('a few bytes do not ask for constants without end', () => {
    const square = [1 << 11, 1 << 11];
    test.each([
      ['Neg', [1 << 22], []],
      ['Transpose', square, []],
      ['Gather', square, ['zero']],
      ['ReduceSum', square, []],
      ['Slice', square, ['zero', 'one']],
      ['LabelEncoder', [1 << 22], []],
    ])('%s', (op, d, rest) => {
      const attribute = op === 'LabelEncoder' ? [ints('keys_int64s', [0]), ints('values_int64s', [0])] : [];
      const domain = op === 'LabelEncoder' ? 'ai.onnx.ml' : '';
      const nodes = [
        node('ConstantOfShape', ['d'], ['c']),
        ...Array.from({ length: 20 }, (_, k) => ({
          ...node(op, ['c', ...rest], [`u${k}`], attribute),
          domain,
        })),
        node('Mul', ['X', 'one'], ['Y']),
      ];
      const given = [whole('d', d), whole('zero', [0]), whole('one', [1])];
      expect(() => run([4], nodes, given)).toThrow('more than 16777216 elements');
    });
  });

  test('a few bytes do not ask for steps without end', () => {
    const scaled = [
      node('ConstantOfShape', ['d'], ['C']),
      ...Array.from({ length: 65 }, (_, k) => node('Mul', [k === 0 ? 'X' : `t${k}`, 'C'], [`t${k + 1}`])),
    ];
    expect(() => importONNX(file([1 << 20], scaled, [whole('d', [1, 1 << 20])]))).toThrow(
      'more than 67108864 elements',
    );
    expect(() => run([4], [node('ConstantOfShape', ['d'], ['Y'])], [whole('d', [1 << 30])])).toThrow(
      'more than 4194304',
    );
  });
});

test('ReduceLogSumExp does not overflow, over all axes and over some', () => {
  const nodes = [node('Mul', ['X', 'k'], ['Z']), node('ReduceLogSumExp', ['Z', 'a'], ['Y'])];
  const log = Math.log(1 + Math.exp(-1));
  const k = numbers('k', [1], []);
  const [first, second] = run([2, 2], nodes, [k, whole('a', [2])]);
  expect(first).toBeCloseTo(1 + log, 6);
  expect(second).toBeCloseTo(3 + log, 6);
  const large = numbers('k', [1000], []);
  expect(run([4], nodes, [large, whole('a', [1])])).toEqual([3000]);
});

test('GroupNormalization and InstanceNormalization', () => {
  const given = (count: number) => [numbers('s', new Array(count).fill(2)), numbers('b', [0, 1, 2, 3])];
  const instance = run([4, 2], [node('InstanceNormalization', ['X', 's', 'b'], ['Y'])], given(4));
  const one = 2 / Math.sqrt(1 + 4e-5);
  const near = [-one, one, 1 - one, 1 + one, 2 - one, 2 + one, 3 - one, 3 + one];
  near.forEach((value, i) => {
    expect(instance[i]).toBeCloseTo(value, 4);
  });
  const nodes = [node('GroupNormalization', ['X', 's', 'b'], ['Y'], [int('num_groups', 2)])];
  const grouped = run([4, 1], nodes, given(4));
  [-one, 1 + one, 2 - one, 3 + one].forEach((value, i) => {
    expect(grouped[i]).toBeCloseTo(value, 4);
  });
  expect(() => run([3, 1], nodes, given(4))).toThrow('do not go with rows of shape 3 x 1');
});

describe('a number for each class beside the labels', () => {
  const nodes = [
    node('ArgMax', ['X'], ['i'], [int('axis', 1)]),
    { ...node('ArrayFeatureExtractor', ['c', 'i'], ['l']), domain: 'ai.onnx.ml' },
    node('Split', ['X'], ['p', 'q'], [int('axis', 1), int('num_outputs', 2)]),
    node('ReduceSum', ['X', 'a'], ['s']),
  ];
  const labels = { name: 'c', dims: [2], dataType: ELEMENT.string, stringData: ['no', 'yes'].map(text) };
  const read = (names: string[]) => {
    const output = names.map((name) => ({ name }));
    const model = importONNX(file([2], nodes, [labels, whole('a', [1])], { output }));
    if (!('predictProbaSync' in model)) throw new Error('It is no classifier.');
    expect(model.predictSync([[0.25, 0.75]])).toEqual(['yes']);
    return model;
  };

  test('gives probabilities where these are the columns of one matrix', () => {
    expect(
      read(['l', 'p', 'q'])
        .predictProbaSync([[0.25, 0.75]])
        .toArray(),
    ).toEqual([[0.25, 0.75]]);
  });

  test.each([[['l', 'p', 's']], [['l', 's', 's']], [['l', 'q', 'p']]])(
    'gives none otherwise: %s',
    (names) => {
      expect(() => read(names).predictProbaSync([[0.25, 0.75]])).toThrow(
        expect.objectContaining({ code: 'ERR_NOT_SUPPORTED' }),
      );
    },
  );
});
