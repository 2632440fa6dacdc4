/** What classifiers say of rows beside labels: decisions or probabilities. */
import { Estimator } from '../core/estimator.js';
import { isSparse } from '../core/forms.js';
import type { Classifier, ClassifierState } from '../core/kinds.js';
import type { Matrix, MatrixLike } from '../core/matrix.js';
import { custom, type Rule } from '../core/params.js';

/** What a classifier is asked for. */
export type Response = 'decision' | 'proba';

const RESPONSES: readonly Response[] = ['decision', 'proba'];

/** A parameter that is a classifier with one of them. */
export const respondingRule: Rule = custom(
  'a classifier with decisions or probabilities',
  (v) =>
    v instanceof Estimator &&
    v.kind === 'classifier' &&
    RESPONSES.some((response) => v.outputs.includes(response)),
);

/** The first of the wanted responses that a classifier has. */
export function responseOf({ outputs }: Estimator, wanted: readonly Response[] = RESPONSES): Response {
  return wanted.find((response) => outputs.includes(response)) ?? wanted[0];
}

/** Scores in float64: a column of two classes, that of the second, else one for each class. */
export async function scoresOf(
  model: Estimator,
  X: MatrixLike,
  response: Response,
): Promise<Matrix<Float64Array>> {
  const said = await allScoresOf(model, X, response);
  const scores = said.astype('float64') as Matrix<Float64Array>;
  return scores.cols === 2 ? (scores.columns([1]) as Matrix<Float64Array>) : scores;
}

async function allScoresOf(model: Estimator, X: MatrixLike, response: Response): Promise<Matrix> {
  if (model.vectorizers.length > 0 || isSparse(X)) {
    const { decisionFunction, predictProba } = model as unknown as Classifier<object, ClassifierState>;
    return (response === 'proba' ? predictProba : decisionFunction).call(model, X);
  }
  const plan = await model.compileAsync({ output: response, precision: 'float64' });
  return plan.run(X);
}
