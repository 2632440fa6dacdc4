/** The estimator under test, and the small data set it is tested on. */

import type { Output } from '../core/compile-options.js';
import type { Estimator } from '../core/estimator.js';
import type { Label } from '../core/labels.js';
import { Matrix, type MatrixLike } from '../core/matrix.js';
import { Random } from '../core/random.js';
import type { TargetsLike } from '../core/targets.js';
import type { Result } from './check.js';

/** An estimator seen through the methods that any kind may have. */
export type Model = Estimator & {
  readonly classes?: readonly Label[];
  readonly embedding?: Matrix;
  readonly labels?: Int32Array;
  predict?(X: MatrixLike): Promise<ArrayLike<unknown>>;
  predictSync?(X: MatrixLike): ArrayLike<unknown>;
  predictTarget?(X: MatrixLike): Promise<ArrayLike<unknown>>;
  predictTargetSync?(X: MatrixLike): ArrayLike<unknown>;
  predictProba?(X: MatrixLike): Promise<Matrix>;
  predictProbaSync?(X: MatrixLike): Matrix;
  decisionFunction?(X: MatrixLike): Promise<Matrix>;
  transform?(X: MatrixLike): Promise<Matrix>;
  transformSync?(X: MatrixLike): Matrix;
  score?(X: MatrixLike, y: ArrayLike<never>, options?: { sampleWeight?: ArrayLike<number> }): Promise<number>;
  getFeatureNamesOut?(): string[];
  fitPredict?(X: MatrixLike): Promise<ArrayLike<unknown>>;
};

const ROWS = 60;
const COLUMNS = 4;

/** What checks know about the estimator under test. */
export class Subject {
  readonly #make: () => Estimator;
  readonly name: string;
  readonly kind: Estimator['kind'];
  readonly tags: Estimator['tags'];
  /** Rows of numbers, all multiples of 1/8: their float32 form is exact. */
  readonly X: Matrix<Float64Array>;
  /** Labels of three classes (or two), grades or numbers, whichever the estimator learns; it depends on X and some noise. */
  readonly y: number[];

  constructor(make: () => Estimator) {
    this.#make = make;
    const example = make();
    this.name = example.constructor.name;
    this.kind = example.kind;
    this.tags = example.tags;
    this.X = this.grid(ROWS, COLUMNS, 1);
    this.y = this.targets(this.X, 2);
  }

  /** Random multiples of 1/8, or whole numbers, that the estimator takes. */
  grid(rows: number, cols: number, seed: number): Matrix<Float64Array> {
    const random = new Random(seed);
    const data = Float64Array.from({ length: rows * cols }, () => {
      const value = Math.round(random.normal() * 8) / 8;
      if (this.tags.whole) return Math.min(4, Math.round(Math.abs(2 * value)));
      // Adding 0 turns -0, which JSON does not know, into 0.
      return this.tags.positive ? Math.abs(value) : value + 0;
    });
    return new Matrix(data, rows, cols);
  }

  /** A new estimator; where it has a seed, the same one each time. */
  make(): Model {
    const model = this.#make().clone() as Model;
    if ('randomState' in model.params && model.params.randomState === null)
      model.setParams({ randomState: 7 } as object);
    return model;
  }

  /** A new estimator, fitted on the data set. */
  fitted(X: MatrixLike = this.X, y: TargetsLike = this.y): Promise<Model> {
    return this.make().fit(X, y) as Promise<Model>;
  }

  /** Targets that can be learned from X. */
  targets({ data, rows, cols }: Matrix, seed: number): number[] {
    const random = new Random(seed);
    return Array.from({ length: rows }, (_, i) => {
      const value = 2 * data[i * cols] - data[i * cols + cols - 1] + random.normal() / 4;
      if (this.tags.binary) return Math.min(classOf(value), 1);
      if (this.kind === 'classifier' || this.tags.ranks) return classOf(value);
      return this.tags.positiveTargets ? Math.exp(value / 4) : value;
    });
  }

  /** Whether the estimator is a transformer, if perhaps a clusterer, too. */
  get givesColumns(): boolean {
    return this.hasPlan && (this.kind === 'transformer' || this.make().outputs.includes('transform'));
  }

  /** Whether there is a plan: clusterers and transformers may know nothing but their training rows. */
  get hasPlan(): boolean {
    return (this.kind !== 'clusterer' && this.kind !== 'transformer') || this.make().outputs.length > 0;
  }

  /** Predictions or transformed rows; without a plan the clusters or the layout of the training rows, which X should be. */
  async apply(model: Model, X: MatrixLike): Promise<Result> {
    if (!this.hasPlan) return this.#own(model);
    if (this.kind === 'transformer') return model.transform!(X);
    return model.predictTarget ? model.predictTarget(X) : model.predict!(X);
  }

  /** As {@link Subject.apply}, synchronously. */
  applySync(model: Model, X: MatrixLike): Result {
    if (!this.hasPlan) return this.#own(model);
    if (this.kind === 'transformer') return model.transformSync!(X);
    return model.predictTargetSync ? model.predictTargetSync(X) : model.predictSync!(X);
  }

  #own(model: Model): Result {
    return this.kind === 'transformer' ? model.embedding! : model.labels!;
  }

  /** The result as numbers, of the plan where there is one. */
  values(model: Model, X: Matrix, output: Output = 'value'): Matrix {
    if (this.hasPlan) return model.compile({ output }).runSync(X);
    const own = this.#own(model);
    if (own instanceof Matrix) return own;
    const labels = Float64Array.from(own as ArrayLike<number>);
    return new Matrix(labels, labels.length, 1);
  }

  /** Whether the estimator learns a target: then it has a score, too. */
  get isSupervised(): boolean {
    return this.kind === 'classifier' || this.kind === 'regressor';
  }

  /** Whether the estimator gives probabilities. */
  get hasProba(): boolean {
    return this.make().outputs.includes('proba');
  }
}

const classOf = (value: number) => (value < -1 ? 0 : value < 1 ? 1 : 2);

/** The same numbers as a table, its columns named as those of a matrix are. */
export function toTable(X: Matrix): Record<string, number[]> {
  const columns = Array.from(
    { length: X.cols },
    (_, j) => [`x${j}`, Array.from(X.columns([j]).data)] as const,
  );
  return Object.fromEntries(columns);
}
