/** Classification by ridge regression on targets of -1 and 1. */
import { type FitInput, fitLabels, type SparseFitInput, type Targets, toShared } from '../core/fit-input.js';
import { type ClassWeight, classWeights } from '../core/kinds.js';
import type { EncodedLabels } from '../core/labels.js';
import { Matrix } from '../core/matrix.js';
import { classWeight, type Rules, real } from '../core/params.js';
import { csrArguments } from '../core/sparse/csr-matrix.js';
import { native } from '../native.js';
import { isRidgeSummedInPlace, ridgeNow } from './gram.js';
import { fitPositive } from './least-squares.js';
import { LinearClassifier, type LinearClassifierState, outputsOf } from './linear-classifier.js';
import { type RidgeSettings, ridgeDefaults, ridgeRules } from './ridge.js';

/** Parameters of {@link RidgeClassifier}. */
export interface RidgeClassifierParams extends RidgeSettings {
  /** Strength of the penalty, >= 0. Default 1. */
  alpha: number;
  /** Weights of classes: null, 'balanced', or by label. Default null. */
  classWeight: ClassWeight;
}

/** -1 and 1 for two classes, else a column for each class: [rows, outputs]. */
export function ridgeTargets({ codes, classes }: EncodedLabels): Float64Array {
  const outputs = outputsOf(classes);
  const y = new Float64Array(codes.length * outputs).fill(-1);
  codes.forEach((code, i) => {
    if (outputs > 1) y[i * outputs + code] = 1;
    else if (code === 1) y[i] = 1;
  });
  return y;
}

/** Some rows of values [rows, width]. */
export function rowsOf(values: Float64Array, width: number, rows: readonly number[]): Float64Array {
  const result = new Float64Array(rows.length * width);
  for (const [r, i] of rows.entries()) result.set(values.subarray(i * width, (i + 1) * width), r * width);
  return result;
}

/**
 * Classification by {@link Ridge} regression on -1 and 1, one output for each class when there are more than two: the largest
 * wins. A quick and steady baseline; it has no probabilities.
 *
 * Differs from scikit-learn: the solver follows from the rows, as in {@link Ridge}.
 *
 * @example
 * ```ts
 * import { RidgeClassifier } from 'boreal';
 * const model = await new RidgeClassifier().fit([[0], [1], [2], [3]], ['no', 'no', 'yes', 'yes']);
 * model.predictSync([[0.2], [2.9]]); // ['no', 'yes']
 * ```
 */
export class RidgeClassifier extends LinearClassifier<RidgeClassifierParams, LinearClassifierState> {
  constructor(params: Partial<RidgeClassifierParams> = {}) {
    super({ alpha: 1, ...ridgeDefaults, classWeight: null, ...params });
  }

  get rules(): Rules<RidgeClassifierParams> {
    return { alpha: real(0), ...ridgeRules, classWeight };
  }

  get stateRules(): Rules<LinearClassifierState> {
    return this.linearRules;
  }

  protected override learnsInPlace(x: Matrix): boolean {
    const { alpha, positive, classWeight } = this.params;
    return !positive && classWeight === null && isRidgeSummedInPlace(x, alpha);
  }

  protected async fitState(input: FitInput): Promise<LinearClassifierState> {
    const { alpha, fitIntercept, positive } = this.params;
    if (positive) return this.#learnPositive(input);
    const { y, outputs, weights, classes } = this.#problem(input);
    // Before anything is waited for: the rows may be the caller's.
    const found =
      outputs === 1 ? ridgeNow({ ...input, sampleWeight: weights }, y, alpha, fitIntercept) : undefined;
    if (found !== undefined) return { ...found, classes };
    const { data, rows, cols } = toShared(input.x);
    const { coef, intercept } = await native.fitLeastSquares(
      ...([
        data,
        rows,
        cols,
        y,
        outputs,
        weights,
        Float64Array.of(alpha),
        fitIntercept,
        input.cancel,
      ] as const),
    );
    return { coef, intercept, classes };
  }

  protected override async fitSparse(input: SparseFitInput): Promise<LinearClassifierState> {
    const { alpha, fitIntercept, tol, maxIter, positive } = this.params;
    if (positive) return this.#learnPositive(input);
    const { y, outputs, weights, classes } = this.#problem(input);
    const spec = { alpha, fitIntercept, tol, maxIter: maxIter ?? 0 };
    const { coef, intercept } = await native.csrLeastSquares(
      ...([...csrArguments(input.x), y, outputs, weights, spec, input.cancel] as const),
    );
    return { coef, intercept, classes };
  }

  async #learnPositive(input: FitInput | SparseFitInput): Promise<LinearClassifierState> {
    const { y, outputs, weights, classes } = this.#problem(input);
    const { x, cancel } = input;
    const targets = new Matrix(y, x.rows, outputs);
    const fitted = await fitPositive({ x, sampleWeight: weights, cancel }, targets, this.params);
    return { ...fitted, classes };
  }

  #problem(input: Targets) {
    const encoded = fitLabels(input);
    const { classes } = encoded;
    const weights = classWeights(this.params.classWeight, encoded, input.sampleWeight, 'rows');
    return { y: ridgeTargets(encoded), outputs: outputsOf(classes), weights, classes };
  }
}
