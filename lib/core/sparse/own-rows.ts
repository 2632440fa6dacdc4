/** Sparse rows that belong to a fit: nobody else can change them while it waits. */
import { ownCopy } from '../own-copy.js';
import type { CsrMatrix } from './csr-matrix.js';

/** Those that this module has made. They must not reach a caller. */
const owned = new WeakSet<CsrMatrix>();

/** A copy of a caller's rows, for as long as a fit reads them; the rows themselves where they are such a copy: models within make no other. */
export function ownRows(x: CsrMatrix): CsrMatrix {
  if (owned.has(x)) return x;
  const copy = ownCopy(x);
  owned.add(copy);
  return copy;
}
