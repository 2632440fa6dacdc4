/** The face of classifiers of several targets. */
import type { Output } from '../core/compile-options.js';
import { Estimator, type State } from '../core/estimator.js';
import { type FitInput, requireY } from '../core/fit-input.js';
import { decodeLabelRows, decodeLabels, decodeProba, type ScoreOptions } from '../core/kinds.js';
import { encodeLabels, type Label } from '../core/labels.js';
import type { Matrix, MatrixLike } from '../core/matrix.js';
import type { Target } from '../core/schema.js';
import { accuracy } from '../core/score.js';
import { type TargetsLike, targetColumns, targetRows } from '../core/targets.js';

/** Base of classifiers whose y may have several columns. Of one column they are what any classifier is: `predict` gives a list. */
export abstract class SeveralClassesClassifier<P extends object, S extends State> extends Estimator<P, S> {
  readonly kind = 'classifier' as const;

  /** The classes of each target. */
  protected abstract classesOf(state: S): ReadonlyArray<readonly Label[]>;

  protected targetOf(state: S): Target {
    const classes = this.classesOf(state);
    return classes.length === 1 ? { kind: 'class', classes: classes[0] } : { kind: 'classes', classes };
  }

  /** The sorted labels of each target; of one target its labels. @throws {ERR_NOT_FITTED} before `fit` */
  get classes(): Label[][] {
    const classes = this.classesOf(this.state).map((own) => [...own]);
    return (classes.length === 1 ? classes[0] : classes) as Label[][];
  }

  #decode(indices: Matrix, { target }: { readonly target: Target }): Label[][] {
    if (target.kind === 'classes') return decodeLabelRows(indices, target.classes);
    return decodeLabels(indices, target.kind === 'class' ? target.classes : []) as unknown as Label[][];
  }

  /** The labels of each row, on the pool: [rows][targets], of one target [rows]. @throws see {@link Plan.run} */
  async predict(X: MatrixLike): Promise<Label[][]> {
    // Read before waiting: a fit may end meanwhile.
    const { schema } = this;
    return this.#decode(await this.run(X, { output: 'label' }), schema);
  }

  /** As `predict`, on this thread's time. */
  predictSync(X: MatrixLike): Label[][] {
    return this.#decode(this.runSync(X, { output: 'label' }), this.schema);
  }

  /** As `predictProba` of a subclass gives them. */
  protected async probabilities(X: MatrixLike): Promise<Matrix | Matrix[]> {
    const { target } = this.schema;
    return decodeProba(await this.run(X, { output: 'proba' }), target);
  }

  /** As `probabilities`, on this thread's time. */
  protected probabilitiesSync(X: MatrixLike): Matrix | Matrix[] {
    return decodeProba(this.runSync(X, { output: 'proba' }), this.schema.target);
  }

  /** The share of rows of which all labels are predicted right, in [0, 1]. */
  async score(X: MatrixLike, y: TargetsLike, options?: ScoreOptions): Promise<number> {
    return accuracy(targetRows(y), await this.predict(X), options?.sampleWeight);
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

/** The classes that fitted classifiers of one target know. */
export function classesOfModels(models: readonly Estimator[]): ReadonlyArray<readonly Label[]> {
  return models.map(({ schema }) => (schema.target.kind === 'class' ? schema.target.classes : []));
}
