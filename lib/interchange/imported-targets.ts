/** Tree ensembles of another library with several targets. */
import type { FitInput } from '../core/fit-input.js';
import { Transformer } from '../core/kinds.js';
import type { Matrix, MatrixLike } from '../core/matrix.js';
import type { Rules } from '../core/params.js';
import type { PlanBuilder, Slot } from '../core/plan-builder.js';
import type { Column } from '../core/schema.js';
import type { TreeModel, TreeScores } from '../core/tree-scores.js';
import {
  cannotFit,
  checkSums,
  type ForestSums,
  type ImportedParams,
  lowerScores,
  paramRules,
  sumRules,
  treeScores,
} from './imported-forest.js';
import { applyLink } from './links.js';

/**
 * A model of several targets that another library has trained, made by {@link importXGBoost} and {@link importCatBoost}: regression of several numbers,
 * several quantiles, or the probabilities of labels that do not exclude one another.
 *
 * It predicts a matrix with a column for each target, `target0` and so on, and serves as a transformer does.
 */
export class ImportedMultiRegressor extends Transformer<ImportedParams, ForestSums> implements TreeModel {
  get rules(): Rules<ImportedParams> {
    return paramRules;
  }

  get stateRules(): Rules<ForestSums> {
    return sumRules;
  }

  override get tags() {
    return { allowNan: true };
  }

  protected override checkState(state: ForestSums): void {
    checkSums(this, state);
  }

  protected fitState(_input: FitInput): Promise<ForestSums> {
    throw cannotFit(this);
  }

  /** The predictions, [rows, targets], on the pool. @throws see {@link Plan.run} */
  predict(X: MatrixLike): Promise<Matrix> {
    return this.transform(X);
  }

  /** As {@link ImportedMultiRegressor.predict}, on this thread's time. */
  predictSync(X: MatrixLike): Matrix {
    return this.transformSync(X);
  }

  outputColumns(): readonly Column[] {
    return Array.from(this.state.base, (_, k) => ({ name: `target${k}`, kind: 'number' }));
  }

  /** @internal */
  treeScores(): TreeScores {
    return treeScores(this, this.state);
  }

  lower(plan: PlanBuilder, x: Slot): Slot {
    const { link, slope } = this.state;
    return applyLink(plan, lowerScores(plan, x, this.state), link, slope);
  }
}
