import { type CancelHandle, type CsrArguments, type CsrGroupSums, native } from '../../native.js';
import { isReadInPlace } from '../linalg/memory.js';

/**
 * Sums of the rows by their group: at once, since a copy of the rows takes as long, but by a job where they lie in
 * shared memory, whose indices have to be copied in any case.
 */
export function sparseGroupSums(
  [starts, columns, values, cols]: CsrArguments,
  codes: Int32Array,
  groups: number,
  weights: Float64Array | null,
  cancel: CancelHandle | null,
): CsrGroupSums | Promise<CsrGroupSums> {
  const of = [starts, columns, values, cols, codes, groups, weights] as const;
  return [starts, columns, values].some(isReadInPlace)
    ? native.csrGroupSums(...of, false, cancel)
    : native.csrGroupSums(...of, true, null);
}
