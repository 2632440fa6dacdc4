/** What selectors share that take columns away, keep the model of those that stay, and predict by it. */
import type { Output, ResolvedCompileOptions } from '../core/compile-options.js';
import { Estimator, type EstimatorKind } from '../core/estimator.js';
import type { EstimatorTags } from '../core/estimator-tags.js';
import type { ScoreOptions } from '../core/kinds.js';
import type { Matrix, MatrixLike, NumericMatrixLike } from '../core/matrix.js';
import { MetaEstimator } from '../core/meta-estimator.js';
import { checkLength, custom, int32s, type Rule, uint8s } from '../core/params.js';
import type { PlanBuilder, Slot } from '../core/plan-builder.js';
import type { Column, Target } from '../core/schema.js';
import type { TargetsLike } from '../core/targets.js';
import { StateError, ValidationError } from '../errors.js';
import { checkModelWidth, checkSupport, placesOf, putBack, type SelectorState } from './selector.js';

/** What all of them are told. */
export interface EliminatorParams {
  estimator: Estimator;
}

/** Learned by {@link RFE} and {@link RFECV}. */
export interface EliminatorState extends SelectorState {
  /** Fitted on the columns that stay. */
  readonly model: Estimator;
  /** [columns] */
  readonly ranking: Int32Array;
}

/** The rules of {@link EliminatorState}. */
export const eliminatorStateRules = {
  support: uint8s(),
  model: custom('a fitted estimator', (v) => v instanceof Estimator && v.isFitted),
  ranking: int32s(),
} satisfies Record<string, Rule>;

/**
 * Base of selectors that keep the model of the columns that stay, and predict by it.
 *
 * @typeParam F - that model, which decides what `predict` returns
 */
export abstract class Eliminator<
  P extends EliminatorParams,
  S extends EliminatorState,
  F extends Estimator = Estimator,
> extends MetaEstimator<P, S, F> {
  /** The model, fitted or not. */
  get #model(): Estimator | undefined {
    return this.isFitted ? this.state.model : this.params.estimator;
  }

  get kind(): EstimatorKind {
    return this.#model?.kind ?? 'transformer';
  }

  get outputs(): readonly Output[] {
    return [...(this.#model?.outputs ?? []), 'transform'];
  }

  override get tags(): EstimatorTags {
    const { allowNan, positive, whole, positiveTargets, binary, multiOutput, ownScore } =
      this.params.estimator?.tags ?? {};
    return { allowNan, positive, whole, positiveTargets, binary, multiOutput, ownScore };
  }

  protected override checkState({ support, model, ranking }: S, columns: readonly Column[]): void {
    checkSupport(this, support, columns.length);
    checkLength(this, 'ranking', ranking, columns.length);
    checkModelWidth(this, model, placesOf(support).length);
    if (model.kind === this.params.estimator.kind) return;
    const message = `${this.constructor.name} state: the model is a ${model.kind}, unlike the estimator.`;
    throw new ValidationError('ERR_PARAMETER', message);
  }

  protected targetOf({ model }: S): Target {
    return model.schema.target;
  }

  /** The model, fitted on the columns that stay. @throws {ERR_NOT_FITTED} before `fit` */
  get estimator(): F {
    return this.state.model as F;
  }

  protected override get within(): unknown {
    return this.estimator;
  }

  /** How many columns stay. @throws {ERR_NOT_FITTED} before `fit` */
  get nFeatures(): number {
    return this.selected.length;
  }

  /** 1 for columns that stay, 2 for those that went last, and so on. @throws {ERR_NOT_FITTED} before `fit` */
  get ranking(): Int32Array {
    return this.state.ranking.slice();
  }

  /** Which columns stay, by column. @throws {ERR_NOT_FITTED} before `fit` */
  getSupport(): boolean[] {
    return Array.from(this.state.support, (kept) => kept === 1);
  }

  /** The places of the columns that stay. @throws {ERR_NOT_FITTED} before `fit` */
  get selected(): number[] {
    return placesOf(this.state.support);
  }

  /**
   * Puts columns back where they were, with zeros for those that were left out.
   *
   * @throws {ERR_NOT_FITTED} before `fit`
   * @throws {ERR_SHAPE} when X has another number of columns than stay
   */
  inverseTransform(X: NumericMatrixLike): Matrix {
    return putBack(X, this.state.support);
  }

  override outputColumns(): readonly Column[] {
    return this.selected.map((j) => this.schema.columns[j]);
  }

  /** The model's own score of the columns that stay. @throws {ERR_NOT_SUPPORTED} where it has none */
  override async score(X: MatrixLike, y: TargetsLike, options?: ScoreOptions): Promise<number> {
    const model = this.state.model as Estimator & Partial<Scoring>;
    if (model.score === undefined)
      throw new StateError('ERR_NOT_SUPPORTED', `${model.constructor.name} has no score.`);
    return model.score(await this.transform(X), y, options);
  }

  lower(plan: PlanBuilder, x: Slot, options: ResolvedCompileOptions): Slot {
    const kept = plan.gather(x, this.selected);
    return options.output === 'transform' ? kept : this.state.model.lowerChecked(plan, kept, options);
  }
}

interface Scoring {
  score(X: MatrixLike, y: TargetsLike, options?: ScoreOptions): Promise<number>;
}
