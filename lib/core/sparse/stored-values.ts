/** Ops on the values that sparse rows store, which read nothing of what is left out. */
import { applyOps } from '../apply.js';
import { toShared } from '../fit-input.js';
import { newArray } from '../linalg/memory.js';
import { Matrix } from '../matrix.js';
import type { PlanBuilder, Slot } from '../plan-builder.js';
import { Schema } from '../schema.js';
import { CsrMatrix } from './csr-matrix.js';

/** Ops that treat each column by itself: x holds those at these positions, side by side. */
export type ColumnOps = (plan: PlanBuilder, x: Slot, columns: readonly number[]) => Slot;

/**
 * Sparse rows whose stored values, zeros too, are what ops make of them, bit for bit what they make of these values in dense rows.
 * Columns of about as many values stand side by side in one matrix, so that all of these hold at most twice what is stored.
 */
export async function applyToStored(x: CsrMatrix, lower: ColumnOps): Promise<CsrMatrix> {
  const { dtype, indices, indptr, cols } = x;
  const counts = new Int32Array(cols);
  for (const j of indices) counts[j] += 1;
  // By the leading zeros of their number of values; those without a value come last.
  const packs = Array.from({ length: 33 }, (): number[] => []);
  const packOf = (j: number) => Math.clz32(counts[j]);
  const place = counts.map((_, j) => packs[packOf(j)].push(j) - 1);
  const packed = packs.map((columns) => {
    const height = columns.reduce((most, j) => Math.max(most, counts[j]), 0);
    return new Matrix(newArray(dtype, height * columns.length), height, columns.length);
  });
  const filled = new Int32Array(cols);
  const at = Uint32Array.from(indices, (j) => filled[j]++ * packs[packOf(j)].length + place[j]);
  indices.forEach((j, k) => {
    packed[packOf(j)].data[at[k]] = x.data[k];
  });
  const made: Matrix[] = [];
  for (const [pack, own] of packed.entries()) {
    const ops = (plan: PlanBuilder, slot: Slot) => lower(plan, slot, packs[pack]);
    made.push(own.rows === 0 ? own : await applyOps(toShared(own), Schema.unnamed(own.cols), ops, null));
  }
  const data = newArray(dtype, x.nnz);
  indices.forEach((j, k) => {
    data[k] = made[packOf(j)].data[at[k]];
  });
  return new CsrMatrix({ data, indices, indptr, cols });
}

/** The rows without the zeros that they store. */
export function withoutZeros(x: CsrMatrix): CsrMatrix {
  if (!x.data.includes(0)) return x;
  const indptr = new Int32Array(x.rows + 1);
  for (let i = 0; i < x.rows; i++) {
    let count = indptr[i];
    for (let k = x.indptr[i]; k < x.indptr[i + 1]; k++) if (x.data[k] !== 0) count++;
    indptr[i + 1] = count;
  }
  const indices = x.indices.filter((_, k) => x.data[k] !== 0);
  return new CsrMatrix({ data: x.data.filter((value) => value !== 0), indices, indptr, cols: x.cols });
}
