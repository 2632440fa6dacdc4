/** The class whose centre is nearest. */

import type { Output, ResolvedCompileOptions } from '../core/compile-options.js';
import type { EstimatorTags } from '../core/estimator-tags.js';
import {
  type FitInput,
  fitLabels,
  type SparseFitInput,
  takeSharedRows,
  toShared,
} from '../core/fit-input.js';
import { Classifier, type ClassifierState } from '../core/kinds.js';
import type { Label } from '../core/labels.js';
import { Matrix } from '../core/matrix.js';
import {
  checkLength,
  custom,
  either,
  float64s,
  labels,
  nothing,
  oneOf,
  type Rules,
  real,
} from '../core/params.js';
import type { PlanBuilder, Slot } from '../core/plan-builder.js';
import type { Column } from '../core/schema.js';
import { CsrMatrix, csrArguments } from '../core/sparse/csr-matrix.js';
import { sparseGroupSums } from '../core/sparse/group-sums.js';
import { replaceValues } from '../core/sparse/weigh.js';
import { ValidationError } from '../errors.js';
import { native } from '../native.js';

/** Parameters of {@link NearestCentroid}. */
export interface NearestCentroidParams {
  /** 'euclidean': centres are means; 'manhattan': medians. Default 'euclidean'. */
  metric: 'euclidean' | 'manhattan';
  /** By how many deviations centres are drawn towards that of all rows, > 0, which leaves out columns that tell little; null: not. Default null. */
  shrinkThreshold: number | null;
  /** Probabilities of the classes: alike, those of the training rows, or by class in their order. Default 'uniform'. */
  priors: 'uniform' | 'empirical' | readonly number[];
}

/** Learned by {@link NearestCentroid}. */
export interface NearestCentroidState extends ClassifierState {
  /** [classes, columns] */
  readonly centroids: Float64Array;
  /** [classes] */
  readonly priors: Float64Array;
  /** [columns] Deviations of the columns within the classes. */
  readonly spread: Float64Array;
  /** [classes, columns] How far a centre is from that of all rows, in deviations, after shrinking. */
  readonly deviations: Float64Array;
}

const given = custom('a list of numbers >= 0, not all 0', (v) => {
  return Array.isArray(v) && v.every((p) => Number.isFinite(p) && p >= 0) && v.some((p) => p > 0);
});

/**
 * Gives each row to the class with the nearest centre; with `shrinkThreshold` the nearest shrunken centroids (Tibshirani, Hastie,
 * Narasimhan and Chu 2002, "Diagnosis of multiple cancer types by shrunken centroids of gene expression"). Probabilities, and labels
 * where classes have other priors than 'uniform', come from the distances in units of the deviations within classes: as in
 * scikit-learn, the label need not be the most probable one where columns differ in scale.
 *
 * Differs from scikit-learn: priors that do not sum to 1 are scaled without a warning; columns that do not vary are no error. As
 * there, `fit` ignores weights. Sparse rows are read as they are for 'euclidean', and made dense for medians.
 *
 * @example
 * ```ts
 * import { NearestCentroid } from 'boreal';
 * const model = await new NearestCentroid().fit([[1], [2], [8], [9]], ['low', 'low', 'high', 'high']);
 * model.predictSync([[3], [7]]); // ['low', 'high']
 * ```
 */
export class NearestCentroid extends Classifier<NearestCentroidParams, NearestCentroidState> {
  constructor(params: Partial<NearestCentroidParams> = {}) {
    super({ metric: 'euclidean', shrinkThreshold: null, priors: 'uniform', ...params });
  }

  get rules(): Rules<NearestCentroidParams> {
    return {
      metric: oneOf('euclidean', 'manhattan'),
      shrinkThreshold: either(real(0, Infinity, 'min'), nothing),
      priors: either(oneOf('uniform', 'empirical'), given),
    };
  }

  override get tags(): EstimatorTags {
    return { ...super.tags, ignoresWeights: true };
  }

  get stateRules(): Rules<NearestCentroidState> {
    const numbers = float64s();
    return { centroids: numbers, priors: numbers, spread: numbers, deviations: numbers, classes: labels };
  }

  protected override checkState(state: NearestCentroidState, columns: readonly Column[]): void {
    const classes = state.classes.length;
    checkLength(this, 'centroids', state.centroids, classes * columns.length);
    checkLength(this, 'deviations', state.deviations, classes * columns.length);
    checkLength(this, 'spread', state.spread, columns.length);
    checkLength(this, 'priors', state.priors, classes);
  }

  override get outputs(): readonly Output[] {
    return this.params.metric === 'euclidean' ? ['label', 'proba', 'decision'] : ['label'];
  }

  protected async fitState(input: FitInput): Promise<NearestCentroidState> {
    const { x, cancel } = input;
    const { codes, classes } = fitLabels(input);
    const { data, rows, cols } = x;
    const moments = await native.groupMoments(data, rows, cols, codes, classes.length, null, cancel);
    const isMean = this.params.metric === 'euclidean';
    const centres = isMean ? null : await medians(input, codes, classes.length);
    return this.#learn(input, classes, moments, centres);
  }

  protected override async fitSparse(input: SparseFitInput): Promise<NearestCentroidState> {
    const { x, cancel } = input;
    if (this.params.metric === 'manhattan')
      return this.fitState({ ...input, x: toShared(x.toDense()), validation: null, queries: null });
    const { codes, classes } = fitLabels(input);
    const sumsOf = async (rows: CsrMatrix) =>
      (await sparseGroupSums(csrArguments(rows), codes, classes.length, null, cancel)).sums;
    const sum = await sumsOf(x);
    const weight = new Float64Array(classes.length);
    for (const code of codes) weight[code] += 1;
    const means = sum.map((total, k) => total / weight[Math.floor(k / x.cols)]);
    const stored = await sumsOf(replaceValues(x.astype('float64'), () => 1));
    const deviations = deviationsFrom(means, x, codes);
    const shift = await sumsOf(deviations);
    const squares = await sumsOf(replaceValues(deviations, (value) => value * value));
    // Of each class: the deviations, which would sum to 0 without rounding, and their squares; zeros that are not stored deviate, too.
    const variance = squares.map((total, k) => {
      const count = weight[Math.floor(k / x.cols)];
      const zeros = count - stored[k];
      const rest = shift[k] - zeros * means[k];
      return Math.max(0, (total + zeros * means[k] ** 2 - rest * (rest / count)) / count);
    });
    return this.#learn(input, classes, { weight, sum, variance }, null);
  }

  /** @param centres - where they are not the means */
  async #learn(
    { x: { rows, cols }, cancel }: FitInput | SparseFitInput,
    classes: readonly Label[],
    { weight, sum, variance }: Record<'weight' | 'sum' | 'variance', Float64Array>,
    centres: Float64Array | null,
  ): Promise<NearestCentroidState> {
    const count = classes.length;
    const means = sum.map((total, k) => total / weight[Math.floor(k / cols)]);
    const centroids = centres ?? means;
    const spread = Float64Array.from({ length: cols }, (_, j) => {
      let squares = 0;
      for (let k = j; k < means.length; k += cols) {
        squares += weight[Math.floor(k / cols)] * (variance[k] + (means[k] - centroids[k]) ** 2);
      }
      return rows > count ? Math.sqrt(squares / (rows - count)) : 0;
    });
    const middle = Float64Array.from({ length: cols }, (_, j) => {
      let total = 0;
      for (let k = j; k < sum.length; k += cols) total += sum[k];
      return total / rows;
    });
    const [typical] = await native.columnQuantiles(spread, cols, 1, Float64Array.of(0.5), 'linear', cancel);
    const units = means.map((_, k) => {
      return Math.sqrt(1 / weight[Math.floor(k / cols)] - 1 / rows) * (spread[k % cols] + typical);
    });
    const threshold = this.params.shrinkThreshold ?? 0;
    const deviations = units.map((unit, k) => {
      const away = unit > 0 ? (centroids[k] - middle[k % cols]) / unit : 0;
      return Math.sign(away) * Math.max(Math.abs(away) - threshold, 0);
    });
    const shrunk =
      threshold === 0 ? centroids : centroids.map((_, k) => middle[k % cols] + units[k] * deviations[k]);
    return { centroids: shrunk, priors: this.#priors(weight), spread, deviations, classes };
  }

  #priors(counts: Float64Array): Float64Array {
    const { priors } = this.params;
    if (priors === 'uniform') return new Float64Array(counts.length).fill(1 / counts.length);
    const values = priors === 'empirical' ? counts : Float64Array.from(priors);
    if (values.length !== counts.length) {
      const message = `NearestCentroid: there are ${values.length} priors for ${counts.length} classes.`;
      throw new ValidationError('ERR_PARAMETER', message);
    }
    const total = values.reduce((sum, value) => sum + value, 0);
    return values.map((value) => value / total);
  }

  /** The centres, [classes, columns]. @throws {ERR_NOT_FITTED} before `fit` */
  get centroids(): Matrix<Float64Array> {
    return this.#byClass(this.state.centroids);
  }

  /** How far each centre is from that of all rows, in deviations, after shrinking. @throws {ERR_NOT_FITTED} before `fit` */
  get deviations(): Matrix<Float64Array> {
    return this.#byClass(this.state.deviations);
  }

  /** Probabilities of the classes. @throws {ERR_NOT_FITTED} before `fit` */
  get classPrior(): Float64Array {
    return this.state.priors.slice();
  }

  /** Deviations of the columns within the classes. @throws {ERR_NOT_FITTED} before `fit` */
  get withinClassStdDev(): Float64Array {
    return this.state.spread.slice();
  }

  #byClass(values: Float64Array): Matrix<Float64Array> {
    return new Matrix(values.slice(), this.state.classes.length, this.nFeaturesIn);
  }

  lower(plan: PlanBuilder, x: Slot, { output }: ResolvedCompileOptions): Slot {
    const { centroids, priors, classes } = this.state;
    const alike = priors.every((prior) => Math.abs(prior - 1 / classes.length) <= 1e-5 / classes.length);
    if (output !== 'proba' && output !== 'decision' && alike) {
      const distances = plan.distance(x, this.fittedParams.metric, centroids, classes.length);
      return plan.argmax(plan.activation(distances, 'negate'));
    }
    const scores = this.#lowerScores(plan, x);
    if (output === 'proba') return plan.softmax(scores);
    if (output !== 'decision') return plan.argmax(scores);
    if (classes.length > 2) return scores;
    return plan.binaryOf([plan.gather(scores, [1]), plan.gather(scores, [0])], 'sub');
  }

  /** Minus the squared distances in deviations, and twice the logarithms of the priors. */
  #lowerScores(plan: PlanBuilder, x: Slot): Slot {
    const { centroids, priors, spread } = this.state;
    const scale = spread.map((deviation) => (deviation > 0 ? deviation : 1));
    const scaled = plan.affine(x, new Float64Array(x.width), scale);
    const centres = centroids.map((value, k) => value / scale[k % x.width]);
    const squares =
      this.fittedParams.metric === 'euclidean'
        ? plan.distance(scaled, 'squaredEuclidean', centres, priors.length)
        : plan.activation(plan.distance(scaled, 'manhattan', centres, priors.length), 'square');
    const shift = priors.map((prior) => 2 * Math.log(Math.max(prior, Number.MIN_VALUE)));
    return plan.binary(plan.activation(squares, 'negate'), 'add', shift);
  }
}

/** The stored values less the means of the classes of their rows, float64. */
function deviationsFrom(means: Float64Array, x: CsrMatrix, codes: Int32Array): CsrMatrix {
  const { indices, indptr, cols } = x;
  const data = Float64Array.from(x.data);
  for (let i = 0; i < x.rows; i++)
    for (let k = indptr[i]; k < indptr[i + 1]; k++) data[k] -= means[codes[i] * cols + indices[k]];
  return new CsrMatrix({ data, indices, indptr, cols });
}

/** Medians of the columns by class, [classes, columns]. */
async function medians({ x, cancel }: FitInput, codes: Int32Array, classes: number): Promise<Float64Array> {
  const result = new Float64Array(classes * x.cols);
  for (let c = 0; c < classes; c++) {
    const rows = Int32Array.from(codes.keys()).filter((i) => codes[i] === c);
    const { data } = takeSharedRows(x, rows);
    const half = Float64Array.of(0.5);
    result.set(await native.columnQuantiles(data, rows.length, x.cols, half, 'linear', cancel), c * x.cols);
  }
  return result;
}
