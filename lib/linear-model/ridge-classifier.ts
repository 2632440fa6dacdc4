/** Classification by ridge regression on targets of -1 and 1. */
import { type FitInput, fitLabels, type SparseFitInput } from '../core/fit-input.js';
import { type ClassWeight, classWeights } from '../core/kinds.js';
import type { EncodedLabels } from '../core/labels.js';
import { Matrix } from '../core/matrix.js';
import { classWeight, type Rules, real } from '../core/params.js';
import { isRidgeSummedInPlace } from './gram.js';
import { fitDense, fitPositive, fitSparseRows } from './least-squares.js';
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
export function ridgeTargets({ codes, classes }: EncodedLabels): Matrix<Float64Array> {
  const outputs = outputsOf(classes);
  const y = new Float64Array(codes.length * outputs).fill(-1);
  codes.forEach((code, i) => {
    if (outputs > 1) y[i * outputs + code] = 1;
    else if (code === 1) y[i] = 1;
  });
  return new Matrix(y, codes.length, outputs);
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
    const { rows, y, classes } = this.#problem(input);
    const { coef, intercept } = positive
      ? await fitPositive(rows, y, this.params)
      : await fitDense(rows, y, { alphas: [alpha], fitIntercept });
    return { coef, intercept, classes };
  }

  protected override async fitSparse(input: SparseFitInput): Promise<LinearClassifierState> {
    const { rows, y, classes } = this.#problem(input);
    const fit = this.params.positive ? fitPositive : fitSparseRows;
    return { ...(await fit(rows, y, this.params)), classes };
  }

  #problem<Input extends FitInput | SparseFitInput>(input: Input) {
    const encoded = fitLabels(input);
    const sampleWeight = classWeights(this.params.classWeight, encoded, input.sampleWeight, 'rows');
    return { rows: { ...input, sampleWeight }, y: ridgeTargets(encoded), classes: encoded.classes };
  }
}
