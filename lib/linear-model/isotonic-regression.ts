/** Monotone regression of one column. */
import { type FitInput, fitTargets } from '../core/fit-input.js';
import { Regressor } from '../core/kinds.js';
import {
  bool,
  checkLength,
  either,
  float64s,
  int,
  nothing,
  oneOf,
  type Rules,
  real,
} from '../core/params.js';
import type { PlanBuilder, Slot } from '../core/plan-builder.js';
import type { Outside } from '../core/plan-types.js';
import type { Column } from '../core/schema.js';
import { transforming } from '../core/transforming.js';
import { ValidationError } from '../errors.js';
import { native } from '../native.js';

/** Parameters of {@link IsotonicRegression}. */
export interface IsotonicRegressionParams {
  /** No prediction is below this; null: no bound. Default null. */
  yMin: number | null;
  /** No prediction is above this; null: no bound. Default null. */
  yMax: number | null;
  /** Whether predictions rise with X or fall; 'auto' by the sign of Spearman's correlation. Default true. */
  increasing: 'auto' | boolean;
  /** Beyond the range of training: NaN, the nearest prediction ('clip'), or an error ('raise'). Default 'nan'. */
  outOfBounds: Outside;
  /** Which column of X is read; null: X has one. Default null. */
  column: number | null;
}

/** Learned by {@link IsotonicRegression}: the points of a piecewise linear function. */
export interface IsotonicRegressionState {
  readonly xThresholds: Float64Array;
  readonly yThresholds: Float64Array;
  readonly increasing: boolean;
}

/**
 * The monotone function of least squares of one column, by pooling adjacent violators (Best and Chakravarti 1990); linear
 * between the training rows, equal ones being averaged. `transform` gives the predictions as a column, for the next step of a pipeline.
 *
 * Differs from scikit-learn: X may have more columns, of which `column` is read.
 *
 * @example
 * ```ts
 * import { IsotonicRegression } from 'boreal';
 * const model = await new IsotonicRegression({ outOfBounds: 'clip' }).fit([[1], [2], [3], [4]], [1, 3, 2, 5]);
 * await model.predict([[2], [3.5], [9]]); // [2.5, 3.75, 5]
 * ```
 */
export class IsotonicRegression extends transforming(
  Regressor<IsotonicRegressionParams, IsotonicRegressionState>,
) {
  constructor(params: Partial<IsotonicRegressionParams> = {}) {
    super({ yMin: null, yMax: null, increasing: true, outOfBounds: 'nan', column: null, ...params });
  }

  get rules(): Rules<IsotonicRegressionParams> {
    const bound = either(real(), nothing);
    return {
      ...{ yMin: bound, yMax: bound, increasing: either(oneOf('auto'), bool) },
      ...{ outOfBounds: oneOf('nan', 'clip', 'raise'), column: either(int(0), nothing) },
    };
  }

  get stateRules(): Rules<IsotonicRegressionState> {
    return { xThresholds: float64s(), yThresholds: float64s(), increasing: bool };
  }

  override checkParams(): void {
    super.checkParams();
    const { yMin, yMax } = this.params;
    if (yMin !== null && yMax !== null && yMin > yMax)
      throw new ValidationError('ERR_PARAMETER', 'IsotonicRegression: yMin is above yMax.');
  }

  protected override checkState(
    { xThresholds, yThresholds }: IsotonicRegressionState,
    columns: readonly Column[],
  ): void {
    checkLength(this, 'yThresholds', yThresholds, xThresholds.length);
    this.#columnOf(columns.length);
  }

  protected async fitState(input: FitInput): Promise<IsotonicRegressionState> {
    const { x, sampleWeight, cancel } = input;
    const { yMin, yMax, increasing } = this.params;
    const y = fitTargets(input);
    const column = this.#columnOf(x.cols);
    const values = new Float64Array(x.rows);
    for (let i = 0; i < x.rows; i++) values[i] = x.data[i * x.cols + column];
    const direction = increasing === 'auto' ? 'correlation' : increasing ? 'rising' : 'falling';
    const bounds = [yMin ?? -Infinity, yMax ?? Infinity] as const;
    const fit = await native.fitIsotonic(values, y, sampleWeight, direction, ...bounds, cancel);
    return { xThresholds: fit.x, yThresholds: fit.y, increasing: fit.rising };
  }

  /** @throws {ERR_SHAPE} when there is not that column, or not just one */
  #columnOf(columns: number): number {
    const { column } = this.params;
    if (column === null && columns === 1) return 0;
    if (column !== null && column < columns) return column;
    throw new ValidationError(
      'ERR_SHAPE',
      `IsotonicRegression reads one column; X has ${columns}${column === null ? ', so that column must say which' : `, and no column ${column}`}.`,
    );
  }

  /** Where the function bends, rising. @throws {ERR_NOT_FITTED} before `fit` */
  get xThresholds(): Float64Array {
    return this.state.xThresholds.slice();
  }

  /** Its values there. @throws {ERR_NOT_FITTED} before `fit` */
  get yThresholds(): Float64Array {
    return this.state.yThresholds.slice();
  }

  /** The smallest x of training. @throws {ERR_NOT_FITTED} before `fit` */
  get xMin(): number {
    return this.state.xThresholds[0];
  }

  /** The largest x of training. @throws {ERR_NOT_FITTED} before `fit` */
  get xMax(): number {
    return this.state.xThresholds[this.state.xThresholds.length - 1];
  }

  /** Whether predictions rise. @throws {ERR_NOT_FITTED} before `fit` */
  get increasing(): boolean {
    return this.state.increasing;
  }

  /** One: what is predicted. @throws {ERR_NOT_FITTED} before `fit` */
  override outputColumns(): readonly Column[] {
    const length = this.countOf(this.state);
    return Array.from({ length }, (_, k) => ({ name: `isotonicregression${k}`, kind: 'number' }));
  }

  lower(plan: PlanBuilder, x: Slot): Slot {
    const { xThresholds, yThresholds } = this.state;
    const { column, outOfBounds } = this.fittedParams;
    const index = column ?? 0;
    const points = [Int32Array.of(0, xThresholds.length), xThresholds, yThresholds] as const;
    return plan.interpolate(plan.gather(x, [index]), outOfBounds, points, [this.featureNamesIn[index]]);
  }
}
