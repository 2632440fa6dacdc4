/** Columns left when the least important are taken away, again and again. */
import { Estimator } from '../core/estimator.js';
import { type FitInput, toShared } from '../core/fit-input.js';
import { type ImportanceGetter, importanceGetterRule } from '../core/importances.js';
import { custom, either, int, nothing, type Rules, real } from '../core/params.js';
import { Schema } from '../core/schema.js';
import { ValidationError } from '../errors.js';
import { eliminate, stepOf } from './elimination.js';
import { Eliminator, type EliminatorState, eliminatorStateRules } from './eliminator.js';

/** Parameters of {@link RFE}. */
export interface RFEParams {
  /** A model with `coef` or `featureImportances` once it is fitted. */
  estimator: Estimator;
  /** How many columns stay: a whole number, a share in (0, 1), or null for half of them. Default null. */
  nFeaturesToSelect: number | null;
  /** How many columns go at a time: a whole number, or a share in (0, 1) of all. Default 1. */
  step: number;
  /** Where the fitted model has the weights of its columns. Default 'auto': `coef`, else `featureImportances`. */
  importanceGetter: ImportanceGetter;
}

/** Learned by {@link RFE}. */
export type RFEState = EliminatorState;

/**
 * Recursive feature elimination (Guyon, Weston, Barnhill and Vapnik 2002): fits the model, takes away the columns with the smallest
 * squared coefficients or importances, and starts over with the others.
 *
 * It predicts as the model of the columns that stay does, and is what that is, a classifier or a regressor, in cross-validation,
 * searches and at the end of a pipeline; before other steps of a pipeline it is a transformer.
 *
 * @typeParam F - the model, which decides what `predict` returns
 * @example
 * ```ts
 * import { loadDiabetes, RFE, Ridge } from 'boreal';
 * const { data, target } = loadDiabetes();
 * const selector = await new RFE(new Ridge(), { nFeaturesToSelect: 3 }).fit(data, target);
 * selector.selected.length; // 3
 * (await selector.score(data, target)) > 0.4; // true
 * ```
 */
export class RFE<F extends Estimator = Estimator> extends Eliminator<RFEParams, RFEState, F> {
  /** @param estimator - cloned for each fit, and left as it is */
  constructor(estimator: F, options: Partial<Omit<RFEParams, 'estimator'>> = {}) {
    super({ nFeaturesToSelect: null, step: 1, importanceGetter: 'auto', ...options, estimator });
  }

  static override fromParams({ estimator, ...options }: RFEParams): RFE {
    return new RFE(estimator, options);
  }

  get rules(): Rules<RFEParams> {
    const share = real(0, 1, 'both');
    return {
      estimator: custom('an estimator', (v) => v instanceof Estimator),
      nFeaturesToSelect: either(int(1), share, nothing),
      step: either(int(1), share),
      importanceGetter: importanceGetterRule,
    };
  }

  get stateRules(): Rules<RFEState> {
    return eliminatorStateRules;
  }

  override checkParams(): void {
    super.checkParams();
    this.params.estimator.checkParams();
  }

  protected fitState(input: FitInput): Promise<RFEState> {
    return this.eliminateFrom(input);
  }

  /** What `fit` learns. @internal */
  async eliminateFrom(input: FitInput): Promise<RFEState> {
    const { cols } = input.x;
    const { step, importanceGetter } = this.params;
    const plan = { columns: cols, wanted: this.#wanted(cols), step: stepOf(step, cols), importanceGetter };
    const { left, model, ranking } = await eliminate(plan, (columns) => this.#fit(input, columns));
    const support = new Uint8Array(cols);
    for (const j of left) support[j] = 1;
    return { support, model, ranking };
  }

  #wanted(cols: number): number {
    const { nFeaturesToSelect } = this.params;
    if (nFeaturesToSelect === null) return Math.max(1, Math.floor(cols / 2));
    if (nFeaturesToSelect < 1) return Math.max(1, Math.floor(cols * nFeaturesToSelect));
    if (nFeaturesToSelect <= cols) return nFeaturesToSelect;
    throw new ValidationError(
      'ERR_PARAMETER',
      `RFE: nFeaturesToSelect is ${nFeaturesToSelect}, but X has only ${cols} columns.`,
    );
  }

  async #fit(input: FitInput, columns: readonly number[]): Promise<Estimator> {
    const model = this.params.estimator.clone();
    const part = {
      ...input,
      x: toShared(input.x.columns(columns)),
      columns: columns.map((j) => input.columns[j]),
      onProgress: undefined,
    };
    await model.fitInput(part, Schema.named(part.columns));
    return model;
  }
}
