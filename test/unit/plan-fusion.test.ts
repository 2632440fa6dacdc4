/** Scales and activations that products and convolutions take in: what is joined, what is not, and how far results move. */
import { describe, expect, test } from 'vitest';
import { resolveCompileOptions } from '../../lib/core/compile-options.js';
import { type Conv2dLayer, conv2dCode } from '../../lib/core/layer-code.js';
import { Plan } from '../../lib/core/plan.js';
import { PlanBuilder, type Slot } from '../../lib/core/plan-builder.js';
import { Matrix, Schema } from '../../lib/index.js';

const numbers = (count: number, seed: number) =>
  Float64Array.from({ length: count }, (_, i) => Math.sin(seed + 1.7 * i));

function compile(width: number, lower: (plan: PlanBuilder, x: Slot) => Slot): Plan {
  const builder = new PlanBuilder(width);
  const columns = Array.from({ length: width }, (_, j) => ({ name: `x${j}`, kind: 'number' as const }));
  const schema = new Schema(columns, { kind: 'none' }, false);
  return Plan.compile(
    builder.build(lower(builder, builder.input)),
    schema,
    resolveCompileOptions({}, 'float32'),
  );
}

const opsOf = (plan: Plan) =>
  plan
    .explain()
    .split('\n')
    .slice(3, -1)
    .map((line) => line.trim().split(/\s+/)[1]);

const rows = (count: number, width: number) =>
  new Matrix(Float32Array.from(numbers(count * width, 3)), count, width);

const dense = (plan: PlanBuilder, x: Slot) => plan.dense(x, numbers(12 * 20, 1), numbers(20, 2));
const layer: Omit<Conv2dLayer, 'useBias'> = {
  image: [6, 5, 3],
  filters: 20,
  kernel: [3, 3],
  strides: [1, 1],
  padding: [1, 1, 1, 1],
  dilation: [1, 1],
  groups: 1,
};
const convolution = (useBias: boolean) => (plan: PlanBuilder, x: Slot) => {
  const parameters = Float32Array.from(numbers(27 * 20 + (useBias ? 20 : 0), 4));
  return plan.layer(x, conv2dCode({ ...layer, useBias }), parameters, 30 * 20);
};
const factor = numbers(20, 5).map((v) => 3 * v);
const term = numbers(20, 6);

describe.each([
  ['a product', 12, 12, dense],
  ['a convolution', 90, 27, convolution(true)],
  ['a convolution without a bias', 90, 27, convolution(false)],
] as const)('%s', (_, width, terms, lower) => {
  test('takes in the activation that follows, and no bit changes', () => {
    const joined = compile(width, (plan, x) => plan.activation(lower(plan, x), 'gelu'));
    // The second reader keeps them apart.
    const apart = compile(width, (plan, x) => {
      const y = lower(plan, x);
      return plan.concat([plan.activation(y, 'gelu'), plan.gather(y, [0])]);
    });
    expect(opsOf(joined)).toHaveLength(1);
    expect(opsOf(apart)).toHaveLength(4);
    const x = rows(9, width);
    const expected = apart.runSync(x);
    joined
      .runSync(x)
      .toArray()
      .forEach((row, i) => {
        expect(row).toEqual(expected.toArray()[i].slice(0, -1));
      });
  });

  test('takes in the scale that follows, within the rounding of its weights', () => {
    const joined = compile(width, (plan, x) =>
      plan.activation(plan.scale(lower(plan, x), factor, term), 'relu'),
    );
    const apart = compile(width, (plan, x) => {
      const y = lower(plan, x);
      return plan.concat([plan.activation(plan.scale(y, factor, term), 'relu'), plan.gather(y, [0])]);
    });
    // Sums of |w x| bound what each of the roundings can be.
    const bound = compile(width, (plan, x) => {
      const absolute: Slot = plan.activation(x, 'abs');
      const positive = new Proxy(plan, {
        get(target, name) {
          if (name === 'dense')
            return (slot: Slot, w: Float64Array, b: Float64Array) =>
              target.dense(slot, w.map(Math.abs), b.map(Math.abs));
          if (name === 'layer')
            return (slot: Slot, code: number[], w: Float32Array, outputs: number) =>
              target.layer(slot, code, w.map(Math.abs), outputs);
          return Reflect.get(target, name, target);
        },
      });
      return plan.scale(lower(positive, absolute), factor.map(Math.abs), term.map(Math.abs));
    });
    expect(opsOf(joined)).toHaveLength(1);
    expect(opsOf(apart)).toContain('Scale');
    const x = rows(9, width);
    const [a, b, most] = [joined, apart, bound].map((plan) => plan.runSync(x).toArray());
    a.forEach((row, i) => {
      row.forEach((value, j) => {
        expect(Math.abs(value - b[i][j])).toBeLessThanOrEqual((terms + 4) * 2 ** -24 * 2 * most[i][j]);
      });
    });
  });
});

test('what is not for all its channels, or comes after an activation, stays an op', () => {
  const short = compile(12, (plan, x) => plan.scale(dense(plan, x), factor.slice(0, 10), term.slice(0, 10)));
  expect(opsOf(short)).toEqual(['Dense', 'Scale']);
  const late = compile(12, (plan, x) => plan.scale(plan.activation(dense(plan, x), 'relu'), factor, term));
  expect(opsOf(late)).toEqual(['Dense', 'Scale']);
  const twice = compile(12, (plan, x) => plan.activation(plan.activation(dense(plan, x), 'relu'), 'exp'));
  expect(opsOf(twice)).toEqual(['Dense', 'Activation']);
  expect(opsOf(compile(20, (plan, x) => plan.activation(plan.scale(x, factor, term), 'relu')))).toEqual([
    'Scale',
    'Activation',
  ]);
});

test('slots behind what was joined keep their meaning, and so do the names of columns', () => {
  const plan = compile(12, (p, x) => {
    const checked = p.check(x, false, [...'abcdefghijkl']);
    const y = p.activation(dense(p, checked), 'relu');
    const late = p.check(p.gather(checked, [1, 0]), false, ['b', 'a']);
    return p.concat([p.gather(y, [3]), late, y]);
  });
  const x = rows(2, 12);
  const plain = compile(12, dense).runSync(x).toArray();
  const expected = plain.map((row, i) => {
    const relu = row.map((v) => Math.max(v, 0));
    return [relu[3], x.data[12 * i + 1], x.data[12 * i], ...relu];
  });
  expect(plan.runSync(x).toArray()).toEqual(expected);
  const bad = rows(2, 12);
  bad.data[12 + 4] = Number.NaN;
  expect(() => plan.runSync(bad)).toThrow("Row 1, column 'e'");
});
