/** What every machine with a kernel tells of its fit, whichever kind of estimator it is. */

import type { Estimator } from '../core/estimator.js';
import type { EstimatorTags } from '../core/estimator-tags.js';
import { Matrix } from '../core/matrix.js';
import type { Face } from '../core/mixin.js';
import { type KernelParams, type KernelState, linearCoef, requireLinear, supportMatrix } from './kernel.js';

/** The support vectors of a fitted machine. */
export interface KernelMachine {
  /** Rows of training that are support vectors, ascending, or those of the first class first. @throws {ERR_NOT_FITTED} before `fit` */
  readonly support: Int32Array;
  /** [vectors, columns], dense. @throws {ERR_NOT_FITTED | ERR_NOT_SUPPORTED | ERR_DENSE} before `fit`, of a precomputed kernel, or of sparse ones too large for that */
  readonly supportVectors: Matrix;
  /** The number of support vectors of each class; one number where there are none. @throws {ERR_NOT_FITTED} before `fit` */
  readonly nSupport: Int32Array;
  /** gamma as it was used. @throws {ERR_NOT_FITTED} before `fit` */
  readonly gamma: number;
  /** Whether the solver reached `tol` before `maxIter`, for all pairs of classes. @throws {ERR_NOT_FITTED} before `fit` */
  readonly converged: boolean;
}

/** A machine with one output. */
export interface SingleKernelMachine extends KernelMachine {
  /** [1, vectors] coefficients. @throws {ERR_NOT_FITTED} before `fit` */
  readonly dualCoef: Matrix;
  /** The constant term. @throws {ERR_NOT_FITTED} before `fit` */
  readonly intercept: number;
  /** Weights of the columns. @throws {ERR_NOT_FITTED | ERR_NOT_SUPPORTED} before `fit`, or unless the kernel is linear */
  readonly coef: Float64Array;
  /** Iterations the solver took. @throws {ERR_NOT_FITTED} before `fit` */
  readonly nIter: number;
}

/** Estimators that are machines with a kernel. */
export function kernelMachine<P extends KernelParams, S extends KernelState, F extends Face<Estimator<P, S>>>(
  Base: F & Face<Estimator<P, S>>,
): F & Face<KernelMachine> {
  abstract class Machine extends Base implements KernelMachine {
    override get tags(): EstimatorTags {
      return {
        pairwise: this.params.kernel === 'precomputed',
        keepsSparse: this.isFitted && this.state.sparseVectors !== undefined,
      };
    }

    get support(): Int32Array {
      return this.state.support.slice();
    }

    get supportVectors(): Matrix {
      return supportMatrix(this.fittedParams, this.state);
    }

    get nSupport(): Int32Array {
      return this.state.nSupport.slice();
    }

    get gamma(): number {
      return this.state.gamma;
    }

    get converged(): boolean {
      return this.state.converged;
    }
  }
  return Machine;
}

/** Estimators that are machines with a kernel and one output. */
export function singleKernelMachine<
  P extends KernelParams,
  S extends KernelState,
  F extends Face<Estimator<P, S>>,
>(Base: F & Face<Estimator<P, S>>): F & Face<SingleKernelMachine> {
  abstract class Machine extends kernelMachine<P, S, Face<Estimator<P, S>>>(Base) {
    get dualCoef(): Matrix {
      return new Matrix(this.state.dualCoef.slice(), 1, this.state.support.length);
    }

    get intercept(): number {
      return this.state.intercept[0];
    }

    get coef(): Float64Array {
      requireLinear(this.fittedParams);
      return linearCoef(this.state, this.state.dualCoef, this.nFeaturesIn, 1);
    }

    get nIter(): number {
      return this.state.iterations[0];
    }
  }
  return Machine as unknown as F & Face<SingleKernelMachine>;
}
