/** Linear models that another library has trained, as fitted estimators. */

import type { Output, ResolvedCompileOptions } from '../core/compile-options.js';
import type { State } from '../core/estimator.js';
import type { FitInput } from '../core/fit-input.js';
import { Classifier, type ClassifierState, Regressor } from '../core/kinds.js';
import { checkLength, float64s, labels, type Rules } from '../core/params.js';
import type { PlanBuilder, Slot } from '../core/plan-builder.js';
import type { Column } from '../core/schema.js';
import { cannotFit, type ImportedParams, paramRules } from './imported-forest.js';
import { applyLink, type Link, linkRule, lowerClasses } from './links.js';

/** Scores: bias + x weights, a missing value counting as 0. */
export interface LinearScores extends State {
  /** [columns, scores] */
  readonly weights: Float64Array;
  /** One for each score. */
  readonly bias: Float64Array;
  readonly link: Link;
}

const scoreRules: Rules<LinearScores> = { weights: float64s(), bias: float64s(), link: linkRule };

function checkScores(owner: object, { weights, bias }: LinearScores, columns: readonly Column[]): void {
  checkLength(owner, 'weights', weights, columns.length * bias.length);
}

function lowerScores(plan: PlanBuilder, x: Slot, { weights, bias }: LinearScores): Slot {
  return plan.dense(plan.impute(x, new Float64Array(x.width)), weights, bias);
}

/** A linear classifier that another library has trained; made by {@link importXGBoost}. It predicts, and cannot be fitted. */
export class ImportedLinearClassifier extends Classifier<ImportedParams, LinearScores & ClassifierState> {
  get rules(): Rules<ImportedParams> {
    return paramRules;
  }

  get stateRules(): Rules<LinearScores & ClassifierState> {
    return { ...scoreRules, classes: labels };
  }

  override get outputs(): readonly Output[] {
    return ['label', 'proba', 'decision'];
  }

  override get tags() {
    return { allowNan: true };
  }

  protected override checkState(state: LinearScores & ClassifierState, columns: readonly Column[]): void {
    checkScores(this, state, columns);
    const scores = state.classes.length === 2 ? [1, 2] : [state.classes.length];
    if (!scores.includes(state.bias.length)) checkLength(this, 'bias', state.bias, state.classes.length);
  }

  protected fitState(_input: FitInput): Promise<never> {
    throw cannotFit(this);
  }

  lower(plan: PlanBuilder, x: Slot, { output }: ResolvedCompileOptions): Slot {
    const scores = lowerScores(plan, x, this.state);
    if (output === 'decision') return scores;
    return lowerClasses(plan, applyLink(plan, scores, this.state.link, 1), output);
  }
}

/** A linear regressor that another library has trained. See {@link ImportedLinearClassifier}. */
export class ImportedLinearRegressor extends Regressor<ImportedParams, LinearScores> {
  get rules(): Rules<ImportedParams> {
    return paramRules;
  }

  get stateRules(): Rules<LinearScores> {
    return scoreRules;
  }

  override get tags() {
    return { allowNan: true };
  }

  protected override checkState(state: LinearScores, columns: readonly Column[]): void {
    checkScores(this, state, columns);
    checkLength(this, 'bias', state.bias, 1);
  }

  protected fitState(_input: FitInput): Promise<never> {
    throw cannotFit(this);
  }

  lower(plan: PlanBuilder, x: Slot): Slot {
    return applyLink(plan, lowerScores(plan, x, this.state), this.state.link, 1);
  }
}
