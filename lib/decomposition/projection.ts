/** What transformers that project rows onto a few axes share. */
import type { State } from '../core/estimator.js';
import { InvertibleTransformer } from '../core/invertible.js';
import { Matrix } from '../core/matrix.js';
import { checkLength } from '../core/params.js';
import type { PlanBuilder, Slot } from '../core/plan-builder.js';
import type { Column } from '../core/schema.js';
import { ValidationError } from '../errors.js';

/** Learned by all projections. */
export interface ProjectionState extends State {
  /** The axes, [components, columns] row-major. */
  readonly components: Float64Array;
  /** Variance along each axis, [components]. */
  readonly explainedVariance: Float64Array;
  /** Its share of the variance of all columns, [components]. */
  readonly explainedVarianceRatio: Float64Array;
  /** [components] */
  readonly singularValues: Float64Array;
}

/** Base of transformers that project rows onto axes: (x - centre) axes' / scale. */
export abstract class Projection<P extends object, S extends ProjectionState> extends InvertibleTransformer<
  P,
  S
> {
  /** What is subtracted first, [columns]; null: nothing. */
  protected abstract get centre(): Float64Array | null;
  /** What the coordinates are divided by, [components]; null: nothing. */
  protected abstract get axisScale(): Float64Array | null;

  protected override checkState(state: S, columns: readonly Column[]): void {
    const count = state.singularValues.length;
    checkLength(this, 'components', state.components, count * columns.length);
    checkLength(this, 'explainedVariance', state.explainedVariance, count);
    checkLength(this, 'explainedVarianceRatio', state.explainedVarianceRatio, count);
  }

  /** The axes as rows, [components, columns], each with its largest component positive. @throws {ERR_NOT_FITTED} before `fit` */
  get components(): Matrix {
    return new Matrix(this.state.components.slice(), this.nComponents, this.nFeaturesIn);
  }

  /** Variance of the training rows along each axis. @throws {ERR_NOT_FITTED} before `fit` */
  get explainedVariance(): Float64Array {
    return this.state.explainedVariance.slice();
  }

  /** Share of each axis of the variance of all columns. @throws {ERR_NOT_FITTED} before `fit` */
  get explainedVarianceRatio(): Float64Array {
    return this.state.explainedVarianceRatio.slice();
  }

  /** Singular values that belong to the axes, descending. @throws {ERR_NOT_FITTED} before `fit` */
  get singularValues(): Float64Array {
    return this.state.singularValues.slice();
  }

  /** The number of axes. @throws {ERR_NOT_FITTED} before `fit` */
  get nComponents(): number {
    return this.state.singularValues.length;
  }

  outputColumns(): readonly Column[] {
    const prefix = this.constructor.name.toLowerCase();
    return Array.from({ length: this.nComponents }, (_, k) => ({ name: `${prefix}${k}`, kind: 'number' }));
  }

  lower(plan: PlanBuilder, x: Slot): Slot {
    const { components, explainedVariance } = this.state;
    const { axisScale, centre, nComponents } = this;
    const weights = new Float64Array(components.length);
    // Of the centre along each axis, and a bound of the terms that it is the sum of.
    const along = new Float64Array(nComponents);
    let isNear = true;
    for (let k = 0; k < nComponents; k++) {
      let terms = 0;
      for (let j = 0; j < x.width; j++) {
        const weight = components[k * x.width + j] / (axisScale?.[k] ?? 1);
        const term = (centre?.[j] ?? 0) * weight;
        weights[j * nComponents + k] = weight;
        along[k] += term;
        terms += Math.abs(term);
      }
      const deviation = Math.sqrt(explainedVariance[k]) / (axisScale?.[k] ?? 1);
      isNear &&= terms <= NEAR * deviation;
    }
    // Subtracting the centre last saves a pass over the rows, and costs the digits that it is larger than the rows vary.
    if (isNear)
      return plan.dense(
        x,
        weights,
        along.map((value) => 0 - value),
      );
    const centred = plan.affine(x, centre as Float64Array, new Float64Array(x.width).fill(1));
    return plan.dense(centred, weights, new Float64Array(nComponents));
  }

  /** What `transform` left out is lost. @internal */
  lowerInverse(plan: PlanBuilder, x: Slot): Slot {
    const { components } = this.state;
    const { axisScale, centre, nFeaturesIn } = this;
    const weights = components.map((value, i) => value * (axisScale?.[Math.floor(i / nFeaturesIn)] ?? 1));
    return plan.dense(x, weights, centre ?? new Float64Array(nFeaturesIn));
  }
}

/** In deviations along an axis: a centre no farther off costs at most a digit or so. */
const NEAR = 10;

/** @throws {ERR_PARAMETER} when there are not so many axes */
export function checkComponents(owner: object, components: number, most: number, what: string): void {
  if (components <= most) return;
  throw new ValidationError(
    'ERR_PARAMETER',
    `${owner.constructor.name}: nComponents is ${components}, but ${what} has only ${most} of them.`,
  );
}
