/** The face of classifiers of several targets that are made of classifiers of one. */
import type { Classes } from '../core/class-lists.js';
import type { Output } from '../core/compile-options.js';
import type { Estimator, State } from '../core/estimator.js';
import { type FitInput, requireY } from '../core/fit-input.js';
import { decodeProba, LabelPredictor } from '../core/kinds.js';
import { encodeLabels, type Label } from '../core/labels.js';
import { logNormalised, logOf } from '../core/log-proba.js';
import type { Matrix, MatrixLike } from '../core/matrix.js';
import { targetColumns } from '../core/targets.js';

/** Base of these. Of one column they are what any classifier is: `predict` gives a list. */
export abstract class SeveralClassesClassifier<P extends object, S extends State> extends LabelPredictor<
  P,
  S,
  Label[]
> {
  /** As `predictProba` of a subclass gives them. */
  protected async probabilities(X: MatrixLike): Promise<Matrix | Matrix[]> {
    const { target } = this.schema;
    return decodeProba(await this.run(X, { output: 'proba' }), target);
  }

  /** As `predictLogProba` of a subclass gives them. */
  protected async logProbabilities(X: MatrixLike): Promise<Matrix | Matrix[]> {
    if (!this.outputs.includes('jointLogProba')) return logOf(await this.probabilities(X));
    const { target } = this.schema;
    return logNormalised(decodeProba(await this.run(X, { output: 'jointLogProba' }), target));
  }

  /** As `probabilities`, on this thread's time. */
  protected probabilitiesSync(X: MatrixLike): Matrix | Matrix[] {
    return decodeProba(this.runSync(X, { output: 'proba' }), this.schema.target);
  }
}

/** Which of these outputs a classifier has. */
export function outputsAmong(estimator: Estimator | undefined, wanted: readonly Output[]): Output[] {
  return wanted.filter((output) => estimator?.outputs.includes(output));
}

/** The columns of y, checked as labels. @throws as {@link encodeLabels} */
export function labelColumns(input: FitInput): Array<ArrayLike<unknown>> {
  const columns = targetColumns(requireY(input));
  for (const [t, column] of columns.entries())
    encodeLabels(column, input.x.rows, columns.length === 1 ? 'y:' : `y: column ${t},`);
  return columns;
}

/** The classes that fitted classifiers of one target know, in this order. */
export function classesOfModels(models: readonly Estimator[]): Classes {
  const lists = models.map(classesOfModel);
  return lists.length === 1 ? lists[0] : lists;
}

/** The classes that a fitted classifier of one target knows. */
export function classesOfModel({ schema }: Estimator): readonly Label[] {
  return schema.target.kind === 'class' ? schema.target.classes : [];
}
