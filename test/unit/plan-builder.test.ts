/** What the builder writes, read back op by op, and what the native core makes of it. */
import { describe, expect, test } from 'vitest';
import { resolveCompileOptions } from '../../lib/core/compile-options.js';
import { Plan } from '../../lib/core/plan.js';
import { PlanBuilder, type PlanSource, type Slot } from '../../lib/core/plan-builder.js';
import { Matrix, Schema } from '../../lib/index.js';

interface ReadOp {
  opcode: number;
  inputs: number[];
  ints: number[];
  constants: number[];
}

function read({ ops }: PlanSource): { version: number; width: number; ops: ReadOp[] } {
  const [version, width, count, ...code] = ops;
  let at = 0;
  const list = () => {
    const length = code[at++];
    at += length;
    return code.slice(at - length, at);
  };
  const read = Array.from({ length: count }, () => ({
    opcode: code[at++],
    inputs: list(),
    ints: list(),
    constants: list(),
  }));
  expect(at).toBe(code.length);
  return { version, width, ops: read };
}

function run(width: number, lower: (plan: PlanBuilder, x: Slot) => Slot, rows: number[][]): number[][] {
  const builder = new PlanBuilder(width);
  const output = lower(builder, builder.input);
  const schema = Schema.infer([Array.from({ length: width }, () => 0)]);
  const plan = Plan.compile(builder.build(output), schema, resolveCompileOptions({}, 'float64'));
  expect(plan.outputWidth).toBe(output.width);
  return plan.runSync(Matrix.from(rows)).toArray();
}

describe('the wire format', () => {
  test('ops with their inputs, whole numbers and constants', () => {
    const plan = new PlanBuilder(3);
    const checked = plan.check(plan.input, true, ['a', 'b', 'c']);
    const part = plan.gather(checked, [2, 0]);
    const filled = plan.impute(part, Float64Array.of(1, 2));
    const both = plan.concat([filled, part]);
    const output = plan.dense(both, new Float64Array(4), Float64Array.of(0));
    const source = plan.build(output);
    expect(read(source)).toEqual({
      version: 1,
      width: 3,
      ops: [
        { opcode: 1, inputs: [0], ints: [1], constants: [] },
        { opcode: 2, inputs: [1], ints: [2, 0], constants: [] },
        { opcode: 4, inputs: [2], ints: [], constants: [0] },
        { opcode: 3, inputs: [3, 2], ints: [], constants: [] },
        { opcode: 8, inputs: [4], ints: [1, 0], constants: [1, 2] },
      ],
    });
    expect(source.constants).toEqual([Float64Array.of(1, 2), new Float64Array(4), Float64Array.of(0)]);
    expect([...source.columnNames]).toEqual([[0, ['a', 'b', 'c']]]);
  });

  test('what changes nothing writes nothing', () => {
    const plan = new PlanBuilder(2);
    expect(plan.gather(plan.input, [0, 1])).toBe(plan.input);
    expect(plan.concat([plan.input])).toBe(plan.input);
    expect(plan.gather(plan.input, [1, 0])).not.toBe(plan.input);
  });

  test('an output that is not the last slot is copied to the end', () => {
    const plan = new PlanBuilder(2);
    const first = plan.gather(plan.input, [1]);
    plan.gather(plan.input, [0]);
    expect(read(plan.build(first)).ops.at(-1)).toEqual({ opcode: 2, inputs: [1], ints: [0], constants: [] });
    expect(read(new PlanBuilder(2).build({ id: 0, width: 2 })).ops).toHaveLength(1);
  });
});

describe('the native core agrees', () => {
  const rows = [
    [1, Number.NaN, 3],
    [4, 5, 6],
  ];

  test.each<[string, (plan: PlanBuilder, x: Slot) => Slot, number[][]]>([
    ['nothing', (_, x) => x, rows],
    [
      'gather',
      (p, x) => p.gather(x, [2, 2, 0]),
      [
        [3, 3, 1],
        [6, 6, 4],
      ],
    ],
    [
      'concat',
      (p, x) => p.concat([x, p.gather(x, [0])]),
      [
        [1, Number.NaN, 3, 1],
        [4, 5, 6, 4],
      ],
    ],
    [
      'impute',
      (p, x) => p.impute(x, Float64Array.of(7, 8, 9)),
      [
        [1, 8, 3],
        [4, 5, 6],
      ],
    ],
    [
      'affine',
      (p, x) => p.affine(x, Float64Array.of(1, 0, 0), Float64Array.of(3, 1, 2)),
      [
        [0, Number.NaN, 1.5],
        [1, 5, 3],
      ],
    ],
    ['activation', (p, x) => p.activation(p.gather(x, [0]), 'relu'), [[1], [4]]],
    ['argmax', (p, x) => p.argmax(p.gather(x, [0, 2])), [[1], [1]]],
    [
      'quantile',
      (p, x) => p.quantile(p.gather(x, [0, 2]), Float64Array.of(0, 0.5)),
      [
        [1, 2],
        [4, 5],
      ],
    ],
  ])('%s', (_, lower, expected) => {
    expect(run(3, lower, rows)).toEqual(expected);
  });

  test('category and oneHot', () => {
    const lower = (p: PlanBuilder, x: Slot) => {
      const codes = p.category(x, Int32Array.of(0, 2, 4), Float64Array.of(10, 20, 5, Number.NaN), false, [
        'a',
        'b',
      ]);
      return p.oneHot(codes, Int32Array.of(2, 2), Int32Array.of(0, -1));
    };
    expect(
      run(2, lower, [
        [20, 5],
        [10, Number.NaN],
        [15, 6],
      ]),
    ).toEqual([
      [1, 1, 0],
      [0, 0, 1],
      [0, 0, 0],
    ]);
  });

  test('softmax and dense', () => {
    const lower = (p: PlanBuilder, x: Slot) =>
      p.softmax(p.dense(x, Float64Array.of(1, 0, 0, 1), Float64Array.of(0, Math.log(3))));
    expect(run(2, lower, [[0, 0]])[0][1]).toBeCloseTo(0.75, 15);
  });

  test('a product checks its input, whatever its weights, and results may overflow', () => {
    const lower = (p: PlanBuilder, x: Slot) =>
      p.dense(p.check(x, false, ['x0', 'x1']), Float64Array.of(0, 1e308), Float64Array.of(0));
    expect(run(2, lower, [[1, 10]])).toEqual([[Number.POSITIVE_INFINITY]]);
    const codes = { [Number.NaN]: 'ERR_INPUT_NAN', Infinity: 'ERR_INPUT_INFINITE' };
    for (const [value, code] of Object.entries(codes)) {
      const bad = { code, row: 1, column: 0 };
      const rows = [
        [1, 10],
        [Number(value), 1],
        [Number.NaN, 1],
      ];
      expect(() => run(2, lower, rows)).toThrow(expect.objectContaining(bad));
    }
  });

  test.each([2, 32, 33])('argmax of %i columns: the first largest, a NaN before all', (width) => {
    const rows = Array.from({ length: 150 }, (_, i) => Array.from({ length: width }, (_, j) => (i * j) % 7));
    rows[70][1] = Number.NaN;
    const largest = (row: number[]) => {
      const nan = row.findIndex(Number.isNaN);
      return nan < 0 ? row.indexOf(Math.max(...row)) : nan;
    };
    expect(run(width, (p, x) => p.argmax(x), rows)).toEqual(rows.map((row) => [largest(row)]));
  });

  test('a part without columns may stand beside others', () => {
    const lower = (p: PlanBuilder, x: Slot) => p.concat([p.gather(x, []), p.gather(x, [1])]);
    expect(
      run(2, lower, [
        [1, 2],
        [3, 4],
      ]),
    ).toEqual([[2], [4]]);
    expect(
      run(2, (p, x) => p.gather(x, []), [
        [1, 2],
        [3, 4],
      ]),
    ).toEqual([[], []]);
  });

  test('a matrix may be wider than a call has arguments', () => {
    const width = 200_000;
    const row = Array.from({ length: width }, (_, j) => j);
    const lower = (p: PlanBuilder, x: Slot) => p.gather(x, row.toReversed());
    expect(run(width, lower, [row])[0]).toEqual(row.toReversed());
  });
});

test("a width that no plan has is the core's to refuse, beside categories too", () => {
  const builder = new PlanBuilder(1, [{ name: 'a', kind: 'category', categories: ['x', 'y'] }]);
  const wide = builder.oneHot(builder.input, Int32Array.of(2 ** 31 - 1), Int32Array.of(-1));
  const output = builder.concat([builder.input, wide, wide]);
  const schema = Schema.infer([[0]]);
  const compile = () => Plan.compile(builder.build(output), schema, resolveCompileOptions({}, 'float64'));
  expect(compile).toThrow(expect.objectContaining({ code: 'ERR_PLAN' }));
});
