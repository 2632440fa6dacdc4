/** Rows made sparse, on the pool. */
import { type CancelHandle, native } from '../../native.js';
import { applyOps } from '../apply.js';
import { withCancel } from '../cancellation.js';
import type { Estimator } from '../estimator.js';
import { toShared } from '../fit-input.js';
import { precisionOf } from '../forms.js';
import type { SignalOptions } from '../linalg/call.js';
import type { Matrix, MatrixLike } from '../matrix.js';
import type { PlanBuilder, Slot } from '../plan-builder.js';
import { CsrMatrix } from './csr-matrix.js';

/** The values that are not 0. */
export async function toSparse(x: Matrix, cancel: CancelHandle | null = null): Promise<CsrMatrix> {
  return CsrMatrix.ofNative(await native.csrOfDense(x.data, x.rows, x.cols, cancel), x.cols);
}

/** Codes, and the indicators that they stand for: what {@link PlanBuilder.oneHot} reads. */
export interface Indicators {
  readonly codes: Slot;
  readonly sizes: Int32Array;
  readonly drop: Int32Array;
}

/** The indicators of rows as sparse rows, which are never dense: a plan makes the codes. */
export async function indicatorRows(
  model: Estimator,
  X: MatrixLike,
  { signal }: SignalOptions,
  lower: (plan: PlanBuilder, x: Slot) => Indicators,
): Promise<CsrMatrix> {
  const { schema, dtype, tags, featureNamesIn } = model;
  const x = toShared(schema.encode(X, precisionOf(X, dtype)));
  return withCancel(signal, async (cancel) => {
    const found: Indicators[] = [];
    const codes = await applyOps(
      x,
      schema,
      (plan, slot) => {
        const indicators = lower(plan, plan.check(slot, tags.allowNan ?? false, featureNamesIn));
        found.push(indicators);
        return indicators.codes;
      },
      cancel,
    );
    const [{ sizes, drop }] = found;
    const width = sizes.reduce((sum, size, j) => sum + size - (drop[j] >= 0 ? 1 : 0), 0);
    const { data, rows, cols } = codes;
    return CsrMatrix.ofNative(await native.csrOfCodes(data, rows, cols, sizes, drop, cancel), width);
  });
}
