/** The fit of linear support vector machines, and of logistic regression of their form, on dense rows or sparse ones. */
import { native, type SvmAddon } from '../native.js';
import type { Matrix } from './matrix.js';
import { CsrMatrix, csrArguments } from './sparse/csr-matrix.js';

type Rest = Parameters<SvmAddon['fitLinearSvm']> extends [unknown, unknown, unknown, ...infer R] ? R : never;

/** As the native function of dense rows. */
export function fitLinearSvm(x: Matrix | CsrMatrix, ...rest: Rest): ReturnType<SvmAddon['fitLinearSvm']> {
  if (x instanceof CsrMatrix) return native.csrLinearSvm(...csrArguments(x), ...rest);
  return native.fitLinearSvm(x.data, x.rows, x.cols, ...rest);
}
