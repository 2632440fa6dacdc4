/** A regressor of a transformed target, whose predictions are turned back. */
import { applyOps, TRANSFORM } from '../core/apply.js';
import type { Output, ResolvedCompileOptions } from '../core/compile-options.js';
import { Estimator, type State } from '../core/estimator.js';
import { type FitInput, fitTargetMatrix, toShared } from '../core/fit-input.js';
import { frontOf } from '../core/inner-models.js';
import { InvertibleTransformer } from '../core/invertible.js';
import { Regressor } from '../core/kinds.js';
import type { FloatArray, Matrix } from '../core/matrix.js';
import { bool, custom, either, nothing, type Rules } from '../core/params.js';
import type { PlanBuilder, Slot } from '../core/plan-builder.js';
import { warnOfNoInverse } from '../core/round-trip.js';
import { type Column, Schema } from '../core/schema.js';
import { targetsOf } from '../core/targets.js';
import { ValidationError } from '../errors.js';
import {
  type FunctionSteps,
  FunctionTransformer,
  functionSteps,
  refuseMath,
} from '../preprocessing/function-transformer.js';

/** Parameters of {@link TransformedTargetRegressor}. */
export interface TransformedTargetRegressorParams {
  /** The model; cloned by `fit`. */
  regressor: Estimator;
  /** What y goes through, and its inverse predictions: a transformer of a column for each target. Default null: `func`. */
  transformer: Estimator | null;
  /** In place of a transformer: functions of y, see {@link FunctionTransformer}. Default null. */
  func: FunctionSteps | null;
  /** What undoes `func`. */
  inverseFunc: FunctionSteps | null;
  /** Warn by `fit` when the inverse does not undo the transformation of y: for about ten rows, within a relative 1e-5. Default true. */
  checkInverse: boolean;
}

/** Learned by {@link TransformedTargetRegressor}. */
export interface TransformedTargetRegressorState extends State {
  readonly regressor: Estimator;
  readonly transformer: Estimator;
}

/**
 * Fits a regressor to transformed targets and undoes the transformation of what it predicts; both are one native plan.
 *
 * Several targets, [rows, targets], go to regressors that take them.
 *
 * Differs from scikit-learn: `func` and `inverseFunc` are names (see {@link FunctionTransformer}).
 *
 * @typeParam Y - what `predict` gives: `Matrix` of several targets
 * @example
 * ```ts
 * import { LinearRegression, TransformedTargetRegressor } from 'boreal';
 * const model = new TransformedTargetRegressor(new LinearRegression(), { func: 'log', inverseFunc: 'exp' });
 * await model.fit([[0], [1], [2]], [1, 10, 100]);
 * Math.round(model.predictSync([[3]])[0]); // 1000
 * ```
 */
export class TransformedTargetRegressor<Y extends FloatArray | Matrix = FloatArray> extends Regressor<
  TransformedTargetRegressorParams,
  TransformedTargetRegressorState,
  Y
> {
  constructor(
    regressor: Estimator,
    options: Partial<Omit<TransformedTargetRegressorParams, 'regressor'>> = {},
  ) {
    super({
      ...{ transformer: null, func: null, inverseFunc: null, checkInverse: true },
      ...options,
      regressor,
    });
  }

  static override fromParams({ regressor, ...options }: TransformedTargetRegressorParams) {
    return new TransformedTargetRegressor(regressor, options);
  }

  get rules(): Rules<TransformedTargetRegressorParams> {
    return {
      regressor: custom('a regressor', (v) => v instanceof Estimator && v.kind === 'regressor'),
      transformer: either(
        nothing,
        custom('a transformer that has an inverse', (v) => v instanceof InvertibleTransformer),
      ),
      func: functionSteps,
      inverseFunc: functionSteps,
      checkInverse: bool,
    };
  }

  get stateRules(): Rules<TransformedTargetRegressorState> {
    return {
      regressor: custom(
        'a fitted regressor',
        (v) => v instanceof Estimator && v.kind === 'regressor' && v.isFitted,
      ),
      transformer: custom('a fitted transformer', (v) => v instanceof InvertibleTransformer && v.isFitted),
    };
  }

  override get tags() {
    return { ...this.params.regressor?.tags, watchesValidation: false, delegates: true };
  }

  override get outputs(): readonly Output[] {
    return ['value'];
  }

  override checkParams(): void {
    const { regressor, transformer, func, inverseFunc } = this.params;
    refuseMath(this, func, inverseFunc);
    super.checkParams();
    if (transformer !== null && (func !== null || inverseFunc !== null)) {
      throw new ValidationError(
        'ERR_PARAMETER',
        'TransformedTargetRegressor takes a transformer or functions, not both.',
      );
    }
    if ((func === null) !== (inverseFunc === null)) {
      throw new ValidationError(
        'ERR_PARAMETER',
        'TransformedTargetRegressor: func and inverseFunc are needed together.',
      );
    }
    this.#transformer().checkParams();
    regressor.checkParams();
  }

  #transformer(): InvertibleTransformer<object, State> {
    const { transformer, func, inverseFunc } = this.params;
    const own = { func, inverseFunc, allowNan: false, checkInverse: false };
    return (transformer?.clone() as InvertibleTransformer<object, State>) ?? new FunctionTransformer(own);
  }

  protected override front({ regressor }: TransformedTargetRegressorState) {
    return frontOf([regressor]);
  }

  protected async fitState(input: FitInput): Promise<TransformedTargetRegressorState> {
    const { cancel, columns } = input;
    const y = toShared(fitTargetMatrix(input));
    const name = (t: number) => (y.cols === 1 ? 'y' : `y${t}`);
    const schema = Schema.named(
      Array.from({ length: y.cols }, (_, t): Column => ({ name: name(t), kind: 'number' })),
    );
    const transformer = this.#transformer();
    await transformer.fitInput(
      {
        ...input,
        x: y,
        given: undefined,
        columns: schema.columns,
        y: undefined,
        validation: null,
        queries: null,
        onProgress: undefined,
        device: 'cpu',
      },
      schema,
    );
    if (this.params.checkInverse) {
      const roundTrip = (plan: PlanBuilder, x: Slot) =>
        transformer.lowerInverse(plan, transformer.lowerChecked(plan, x, TRANSFORM));
      await warnOfNoInverse(
        roundTrip,
        { x: y, cancel },
        {
          ...{ owner: this.constructor.name, rows: 10 },
          ...{ relative: 1e-5, absolute: 1e-8 },
        },
      );
    }
    const transformed = await applyOps(
      y,
      schema,
      (plan, x) => transformer.lowerChecked(plan, x, TRANSFORM),
      cancel,
    );
    const regressor = this.params.regressor.clone();
    await regressor.fitInput(
      { ...input, y: targetsOf(transformed), validation: null },
      Schema.named(columns),
    );
    return { regressor, transformer };
  }

  /** The fitted model of the transformed target. @throws {ERR_NOT_FITTED} before `fit` */
  get regressor(): Estimator {
    return this.state.regressor;
  }

  /** What the target went through. @throws {ERR_NOT_FITTED} before `fit` */
  get transformer(): Estimator {
    return this.state.transformer;
  }

  protected override countOf({ transformer }: TransformedTargetRegressorState): number {
    return transformer.nFeaturesIn;
  }

  lower(plan: PlanBuilder, x: Slot, options: ResolvedCompileOptions): Slot {
    const { regressor, transformer } = this.state;
    const predicted = regressor.lowerChecked(plan, x, { ...options, output: 'value' });
    return (transformer as InvertibleTransformer<object, State>).lowerInverse(plan, predicted);
  }
}
