/** What a fitted model answers, as one matrix: how explanations that know nothing of its inside ask it. */
import type { Estimator } from '../core/estimator.js';
import { requireEstimator } from '../core/inner-models.js';
import type { Label } from '../core/labels.js';
import { Matrix } from '../core/matrix.js';
import { StateError } from '../errors.js';

/** The faces of a model that are asked. */
interface Answering {
  predict?(X: Matrix): Promise<ArrayLike<number>>;
  predictProba?(X: Matrix): Promise<Matrix>;
  decisionFunction?(X: Matrix): Promise<Matrix>;
}

/** A model as something that is asked. */
export interface Answers {
  readonly name: string;
  /** How many numbers a row is answered with. */
  readonly outputs: number;
  /** The labels that the numbers stand for; empty for a regressor. */
  readonly classes: Label[];
  /** [rows, outputs] for rows that the model's schema has encoded. */
  ask(x: Matrix): Promise<Matrix>;
}

/**
 * @param response - of a classifier; 'auto' is probabilities where there are some
 * @throws {ERR_NOT_FITTED} before `fit`
 * @throws {ERR_NOT_SUPPORTED} when the model is no classifier or regressor, or has no such response
 */
export function answersOf(
  owner: string,
  model: Estimator,
  response: 'auto' | 'predictProba' | 'decisionFunction' = 'auto',
): Answers {
  requireEstimator(model);
  const { target } = model.schema;
  const name = model.constructor.name;
  const asked = model as Estimator & Answering;
  if (target.kind === 'number' && typeof asked.predict === 'function') {
    return {
      ...{ name, outputs: 1, classes: [] },
      ask: async (x) => {
        const values = await asked.predict!(x);
        return new Matrix(Float64Array.from(values), x.rows, 1);
      },
    };
  }
  if (target.kind !== 'class') {
    const several = target.kind === 'numbers' || target.kind === 'classes';
    const why = several ? 'predicts several targets: ask a model of each' : 'is neither';
    const message = `${owner} asks classifiers and regressors; ${name} ${why}.`;
    throw new StateError('ERR_NOT_SUPPORTED', message);
  }
  const outputs = target.classes.length === 2 ? 1 : target.classes.length;
  const classes = outputs === 1 ? [...target.classes.slice(-1)] : [...target.classes];
  const hasProba = model.outputs.includes('proba') && typeof asked.predictProba === 'function';
  const method = response === 'auto' ? (hasProba ? 'predictProba' : 'decisionFunction') : response;
  if (typeof asked[method] !== 'function')
    throw new StateError('ERR_NOT_SUPPORTED', `${owner}: ${name} has no ${method}.`);
  return {
    ...{ name, outputs, classes },
    ask: async (x) => {
      const scores = await asked[method]!(x);
      if (scores.cols === outputs) return scores;
      return outputs === 1 ? scores.columns([1]) : scores;
    },
  };
}
