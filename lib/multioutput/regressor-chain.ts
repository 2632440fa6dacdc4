/** Regressors of several targets that hand on what they predict. */
import type { ResolvedCompileOptions } from '../core/compile-options.js';
import { Estimator } from '../core/estimator.js';
import type { EstimatorTags } from '../core/estimator-tags.js';
import { type FitInput, fitTargetMatrix } from '../core/fit-input.js';
import { Regressor } from '../core/kinds.js';
import type { FloatArray, Matrix } from '../core/matrix.js';
import { custom, type Rules } from '../core/params.js';
import type { PlanBuilder, Slot } from '../core/plan-builder.js';
import type { Column } from '../core/schema.js';
import {
  type ChainState,
  chainDefaults,
  chainRules,
  chainStateRules,
  checkChain,
  fitChain,
  lowerChain,
  type RegressorChainParams,
  tagsOfChain,
} from './chain.js';

/**
 * A model of several targets, [rows, targets], made of one regressor for each, in a chain: each reads X and the targets before its own
 * (Read, Pfahringer, Holmes and Frank, Machine Learning 85, 2011), in training those that are true, then those that are predicted. The
 * chain is one native plan. Sparse rows are made dense.
 *
 * Differs from scikit-learn: y of one column is one target, of which `predict` gives a list; random orders are others; fitted clones are
 * in `models`; no documents.
 *
 * @typeParam Y - what `predict` gives: `FloatArray` of one target
 * @throws {ERR_PARAMETER} from `fit`, for an order that does not name each target once, and unless `cv` tests every row once
 * @example
 * ```ts
 * import { loadIris, RegressorChain, Ridge } from 'boreal';
 * const { data } = loadIris();
 * const [X, y] = [data.columns([0, 1]), data.columns([2, 3])];
 * const chain = await new RegressorChain(new Ridge(), { order: [1, 0] }).fit(X, y);
 * chain.models[1].nFeaturesIn; // 3
 * ```
 */
export class RegressorChain<Y extends FloatArray | Matrix = Matrix> extends Regressor<
  RegressorChainParams,
  ChainState,
  Y
> {
  /** @param estimator - a regressor of one target, cloned by `fit` */
  constructor(estimator: Estimator, options: Partial<Omit<RegressorChainParams, 'estimator'>> = {}) {
    super({ ...chainDefaults, ...options, estimator });
  }

  static override fromParams({ estimator, ...options }: RegressorChainParams): RegressorChain {
    return new RegressorChain(estimator, options);
  }

  get rules(): Rules<RegressorChainParams> {
    const estimator = custom('a regressor', (v) => v instanceof Estimator && v.kind === 'regressor');
    return { estimator, ...chainRules };
  }

  get stateRules(): Rules<ChainState> {
    return chainStateRules;
  }

  override get tags(): EstimatorTags {
    return tagsOfChain(this.params);
  }

  override checkParams(): void {
    super.checkParams();
    this.params.estimator.checkParams();
  }

  protected override checkState(state: ChainState, columns: readonly Column[]): void {
    checkChain(this, state, 'number', columns);
  }

  protected fitState(input: FitInput): Promise<ChainState> {
    const y = fitTargetMatrix(input);
    const targets = Array.from({ length: y.cols }, (_, t) => {
      const numbers = y.columns([t]).data as Float64Array;
      return { y: numbers, numbers };
    });
    return fitChain(this, this.params, input, targets);
  }

  protected override countOf({ models }: ChainState): number {
    return models.length;
  }

  /** The fitted models, in the order of the chain. @throws {ERR_NOT_FITTED} before `fit` */
  get models(): readonly Estimator[] {
    return this.state.models;
  }

  /** The target of each model. @throws {ERR_NOT_FITTED} before `fit` */
  get order(): Int32Array {
    return this.state.order.slice();
  }

  lower(plan: PlanBuilder, x: Slot, options: ResolvedCompileOptions): Slot {
    return lowerChain(plan, x, this.state, (model, rows) => {
      const result = model.lowerChecked(plan, rows, options);
      return { result, next: () => result };
    });
  }
}
