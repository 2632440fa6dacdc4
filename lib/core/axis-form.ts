/** Quadratic forms x' M x of which M is known along a few axes, and alike in all other directions: covariances, and their inverses. */
import { Matrix } from './matrix.js';
import type { PlanBuilder, Slot } from './plan-builder.js';

/** M = sum over k of scale_k^2 axis_k axis_k', and otherwise^2 in all directions at right angles to the axes. */
export interface AxisForm {
  /** [count, columns] row-major, at right angles, of length 1. */
  readonly axes: Float64Array;
  /** [count] */
  readonly scales: Float64Array;
  /** Not read where there are as many axes as columns. */
  readonly otherwise: number;
}

/** x' M x of each row. */
export function lowerForm(plan: PlanBuilder, x: Slot, { axes, scales, otherwise }: AxisForm): Slot {
  const columns = x.width;
  const count = scales.length;
  const parts: Slot[] = [];
  if (count > 0) {
    const scaled = transposed(axes, columns, (k) => scales[k]);
    parts.push(plan.dense(x, scaled, new Float64Array(count)));
  }
  if (count < columns) {
    // Not from the lengths: those of rows near the axes would cancel.
    const rest = count === 0 ? x : lowerRest(plan, x, axes, count);
    parts.push(plan.binary(rest, 'mul', new Float64Array(columns).fill(otherwise)));
  }
  return plan.reduce(plan.activation(plan.concat(parts), 'square'), 'sum');
}

/** What of a row lies at right angles to the axes. */
function lowerRest(plan: PlanBuilder, x: Slot, axes: Float64Array, count: number): Slot {
  const columns = x.width;
  const along = plan.dense(
    x,
    transposed(axes, columns, () => 1),
    new Float64Array(count),
  );
  return plan.binaryOf([x, plan.dense(along, axes, new Float64Array(columns))], 'sub');
}

/** M, [columns, columns]. */
export function formMatrix({ axes, scales, otherwise }: AxisForm, columns: number): Matrix<Float64Array> {
  const rest = scales.length === columns ? 0 : otherwise ** 2;
  const data = new Float64Array(columns * columns);
  for (let j = 0; j < columns; j++) data[j * (columns + 1)] = rest;
  scales.forEach((scale, k) => {
    const weight = scale ** 2 - rest;
    const axis = axes.subarray(k * columns, (k + 1) * columns);
    for (let i = 0; i < columns; i++) {
      for (let j = 0; j < columns; j++) data[i * columns + j] += weight * axis[i] * axis[j];
    }
  });
  return new Matrix(data, columns, columns);
}

/** [count, columns] -> [columns, count], row k times a factor. */
function transposed(axes: Float64Array, columns: number, factor: (k: number) => number): Float64Array {
  const count = axes.length / columns;
  return Float64Array.from({ length: axes.length }, (_, at) => {
    const k = at % count;
    return axes[k * columns + Math.floor(at / count)] * factor(k);
  });
}
