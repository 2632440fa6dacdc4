/** What selectors share that take columns away and keep the model of those that stay. */
import { Estimator } from '../core/estimator.js';
import { type Predictor, predictTarget, type ScoreOptions } from '../core/kinds.js';
import type { Matrix, MatrixLike } from '../core/matrix.js';
import { checkLength, custom, int32s, type Rule, uint8s } from '../core/params.js';
import type { Column } from '../core/schema.js';
import { StateError } from '../errors.js';
import { checkModelWidth, FeatureSelector, type SelectorState } from './selector.js';

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

type Ask = 'predict' | 'predictProba' | 'decisionFunction' | 'score';

/** Base of selectors that keep the model of the columns that stay, and predict by it. */
export abstract class Eliminator<P extends object, S extends EliminatorState> extends FeatureSelector<P, S> {
  protected override checkState(state: S, columns: readonly Column[]): void {
    super.checkState(state, columns);
    const { support, model, ranking } = state;
    checkLength(this, 'ranking', ranking, columns.length);
    checkModelWidth(this, model, support.filter((kept) => kept === 1).length);
  }

  /** The model, fitted on the columns that stay. @throws {ERR_NOT_FITTED} before `fit` */
  get estimator(): Estimator {
    return this.state.model;
  }

  /** How many columns stay. @throws {ERR_NOT_FITTED} before `fit` */
  get nFeatures(): number {
    return this.selected.length;
  }

  /** 1 for columns that stay, 2 for those that went last, and so on. @throws {ERR_NOT_FITTED} before `fit` */
  get ranking(): Int32Array {
    return this.state.ranking.slice();
  }

  /** What the model predicts of all columns' rows. @throws {ERR_NOT_SUPPORTED} where it predicts nothing */
  async predict(X: MatrixLike): Promise<unknown> {
    return predictTarget(this.#asked('predict') as unknown as Predictor, await this.transform(X));
  }

  /** The model's probabilities, [rows, classes]. @throws {ERR_NOT_SUPPORTED} where it has none */
  async predictProba(X: MatrixLike): Promise<Matrix> {
    return this.#asked('predictProba').predictProba(await this.transform(X));
  }

  /** The model's scores before the link. @throws {ERR_NOT_SUPPORTED} where it has none */
  async decisionFunction(X: MatrixLike): Promise<Matrix> {
    return this.#asked('decisionFunction').decisionFunction(await this.transform(X));
  }

  /** The model's score. @throws {ERR_NOT_SUPPORTED} where it has none */
  async score(X: MatrixLike, y: ArrayLike<unknown>, options?: ScoreOptions): Promise<number> {
    return this.#asked('score').score(await this.transform(X), y, options);
  }

  #asked<M extends Ask>(method: M): Pick<Model, M> {
    const { model } = this.state;
    if (typeof (model as Partial<Model>)[method] === 'function') return model as unknown as Pick<Model, M>;
    throw new StateError('ERR_NOT_SUPPORTED', `${model.constructor.name} has no ${method}.`);
  }
}

/** What a model may offer. */
interface Model {
  predict(X: MatrixLike): Promise<unknown>;
  predictProba(X: MatrixLike): Promise<Matrix>;
  decisionFunction(X: MatrixLike): Promise<Matrix>;
  score(X: MatrixLike, y: ArrayLike<unknown>, options?: ScoreOptions): Promise<number>;
}
