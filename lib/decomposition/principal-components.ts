/** What PCA and IncrementalPCA share: rows that vary along axes, and alike, as noise, in all other directions (Tipping and Bishop 1999). */
import { type AxisForm, formMatrix } from '../core/axis-form.js';
import type { Matrix } from '../core/matrix.js';
import { checkLength } from '../core/params.js';
import type { Column } from '../core/schema.js';
import { Projection, type ProjectionState } from './projection.js';

/** Learned by both. */
export interface PrincipalComponentsState extends ProjectionState {
  /** Means of the columns, [columns]. */
  readonly mean: Float64Array;
  /** [1] mean variance of what is left out */
  readonly noise: Float64Array;
}

/** How far rows lie from their mean: along the axes, and beside them. */
export type Deviations = Omit<AxisForm, 'axes'>;

/** Base of principal components. */
export abstract class PrincipalComponents<
  P extends { readonly whiten: boolean },
  S extends PrincipalComponentsState,
> extends Projection<P, S> {
  protected override checkState(state: S, columns: readonly Column[]): void {
    super.checkState(state, columns);
    checkLength(this, 'mean', state.mean, columns.length);
  }

  protected get centre(): Float64Array {
    return this.state.mean;
  }

  protected get axisScale(): Float64Array | null {
    if (!this.fittedParams.whiten) return null;
    return this.state.explainedVariance.map((v) => Math.max(Math.sqrt(v), Number.EPSILON));
  }

  /** Means of the columns. @throws {ERR_NOT_FITTED} before `fit` */
  get mean(): Float64Array {
    return this.state.mean.slice();
  }

  /** Mean variance of the components that were left out (Tipping and Bishop 1999). @throws {ERR_NOT_FITTED} before `fit` */
  get noiseVariance(): number {
    return this.state.noise[0];
  }

  /** Of the model's normal distribution, along the components and beside them. */
  protected deviations(): Deviations {
    const noise = this.noiseVariance;
    const { explainedVariance } = this.state;
    const whole = explainedVariance.length === this.nFeaturesIn;
    return {
      scales: explainedVariance.map((variance) => Math.sqrt(Math.max(variance, noise))),
      otherwise: whole ? 1 : Math.sqrt(noise),
    };
  }

  /** The covariance of the columns under the model, with `whiten`, too; [columns, columns]. @throws {ERR_NOT_FITTED} before `fit` */
  getCovariance(): Matrix<Float64Array> {
    return formMatrix({ axes: this.state.components, ...this.deviations() }, this.nFeaturesIn);
  }

  /** The inverse of the covariance under the model: infinite where the rows do not vary. @throws {ERR_NOT_FITTED} before `fit` */
  getPrecision(): Matrix<Float64Array> {
    return formMatrix({ axes: this.state.components, ...inverse(this.deviations()) }, this.nFeaturesIn);
  }
}

export function inverse({ scales, otherwise }: Deviations): Deviations {
  return { scales: scales.map((scale) => 1 / scale), otherwise: 1 / otherwise };
}
