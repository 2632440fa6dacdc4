/** Why a served model predicts what it does: Shapley values of the model as it was when its endpoint was made. */
import type { Estimator } from '../../core/estimator.js';
import { toShared } from '../../core/fit-input.js';
import { type FloatArray, Matrix } from '../../core/matrix.js';
import {
  addsUpTrees,
  countNodes,
  type TreeShapValues,
  treeShapOfEncoded,
} from '../../inspection/tree-shap.js';

/** The work of a request, in nodes of all trees times rows: about a second of one core. */
const MAX_WORK = 1e8;
const MAX_ROWS = 1000;

/** See the head of this file. */
export class Explainer {
  readonly #freeze: () => Estimator;
  #frozen: Estimator | undefined;
  #maxRows: number | undefined;

  private constructor(freeze: () => Estimator) {
    this.#freeze = freeze;
  }

  /** @returns undefined for a model without trees */
  static of(model: Estimator): Explainer | undefined {
    if (!addsUpTrees(model)) return undefined;
    // What was learned is never changed in place, so that a snapshot shares its memory with the model.
    const { params, fitted } = model.snapshot();
    const { fromParams } = model.constructor as typeof Estimator;
    return new Explainer(() => {
      const frozen = fromParams.call(model.constructor as typeof Estimator, params);
      frozen.restore(fitted!);
      return frozen;
    });
  }

  /**
   * Most rows of a request: an explanation of a large forest takes a thousand times as long as its prediction.
   *
   * @throws {ERR_NOT_SUPPORTED} for trees that cannot be explained
   */
  get maxRows(): number {
    this.#maxRows ??= Math.max(1, Math.min(MAX_ROWS, Math.floor(MAX_WORK / countNodes(this.#model))));
    return this.#maxRows;
  }

  get #model(): Estimator {
    this.#frozen ??= this.#freeze();
    return this.#frozen;
  }

  /**
   * @param input - [rows, columns of the model], encoded; not to be changed until the answer is there
   * @throws {ERR_NOT_SUPPORTED} for trees that do not say how many training rows came to each node
   * @throws {ERR_ABORTED} when the signal fires
   */
  explain(input: FloatArray, rows: number, signal?: AbortSignal): Promise<TreeShapValues> {
    return treeShapOfEncoded(this.#model, toShared(new Matrix(input, rows, input.length / rows)), {
      signal,
    });
  }
}
