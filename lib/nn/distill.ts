/**
 * Distillation (Hinton, Vinyals & Dean, 2015): a small network learns the probabilities of a large model, softened by a
 * temperature T: the cross-entropy of softmax(z / T) and softmax(t / T), z and t being what comes before the softmax.
 *
 * The division by T is moved into the last layer: it is trained with weights divided by T, and multiplied by T in the end.
 */
import type { Label } from '../core/labels.js';
import { codesOfLabels } from '../core/labels.js';
import type { Matrix } from '../core/matrix.js';
import { checkParams, custom, either, nothing, real, show } from '../core/params.js';
import { Schema } from '../core/schema.js';
import { StateError, ValidationError } from '../errors.js';
import { rowsOf, type Samples } from './data.js';
import type { SequentialFitOptions } from './fit-options.js';
import type { DenseLayer, Layer } from './layer-types.js';
import { categoricalCrossentropy } from './losses.js';
import { Sequential } from './sequential.js';

/** A classifier that knows probabilities: a network, a forest, a pipeline ... */
export interface Teacher {
  readonly classes: readonly Label[];
  predictProba(X: Samples): Promise<Matrix>;
}
/** Options of {@link distill}, beside those of `fit`. */
export interface DistillOptions
  extends Omit<SequentialFitOptions, 'classWeight' | 'validationData' | 'validation'> {
  /** How far probabilities are softened, > 0. Default 3. */
  readonly temperature?: number;
  /** The true labels, one per row; their share of the targets is `alpha`. Default none. */
  readonly y?: ArrayLike<Label> | null;
  /** The share of true labels in the targets, in [0, 1]. Default 0.1. */
  readonly alpha?: number;
}

const RULES = {
  temperature: real(0, Infinity, 'min'),
  y: either(
    nothing,
    custom('one label per row', (v) => typeof (v as ArrayLike<unknown>)?.length === 'number'),
  ),
  alpha: real(0, 1),
};

/**
 * Trains a student on what a teacher predicts; no labels are needed.
 *
 * True labels are mixed into the softened targets: at temperature 1 that is the weighted sum of both losses, above it labels are
 * softened less than in the paper.
 *
 * @param teacher - a fitted classifier: anything with `classes` and `predictProba`
 * @param student - compiled with a cross-entropy over classes and with a dense layer (its activation linear or softmax) at its
 *   end, an output for each class; trained from new weights
 * @param X - the rows to learn from
 * @returns the student, trained; its classes are the teacher's
 * @throws {ERR_PARAMETER | ERR_SHAPE} for a student that does not fit, or a bad option
 * @throws {ERR_LABELS} for a y that is no class of the teacher
 * @throws {ERR_ABORTED} when options.signal fires; the student stays as it was
 * @example
 * ```ts
 * import { loadIris, RandomForestClassifier } from 'boreal';
 * import { adam, dense, distill, Sequential } from 'boreal/nn';
 * const { data, target } = loadIris();
 * const teacher = await new RandomForestClassifier({ nEstimators: 50, randomState: 1 }).fit(data, target);
 * const student = new Sequential([dense(16, { activation: 'tanh' }), dense(3, { activation: 'softmax' })], { randomState: 1 });
 * student.compile({ optimizer: adam({ learningRate: 0.01 }), loss: 'sparseCategoricalCrossentropy' });
 * await distill(teacher, student, data, { temperature: 1, epochs: 60, batchSize: 8, verbose: 0 });
 * (await student.score(data, target)) > 0.93; // true
 * ```
 */
export async function distill(
  teacher: Teacher,
  student: Sequential,
  X: Samples,
  options: DistillOptions = {},
): Promise<Sequential> {
  const { temperature = 3, y = null, alpha = 0.1, ...fitOptions } = options;
  checkParams('distill', { temperature, y, alpha }, RULES);
  if (typeof teacher?.predictProba !== 'function') {
    throw new ValidationError(
      'ERR_PARAMETER',
      `distill: the teacher must have predictProba; got ${show(teacher)}.`,
    );
  }
  if (!(student instanceof Sequential)) {
    throw new ValidationError(
      'ERR_PARAMETER',
      `distill: the student must be a Sequential; got ${show(student)}.`,
    );
  }
  const classes = [...teacher.classes];
  const { layers, name, ...params } = student.params;
  const last = lastDense(layers, classes.length);
  const proba = await teacher.predictProba(X);
  const targets = soften(proba, temperature, y === null ? null : codesOfLabels(y, classes, 'y'), alpha);
  const loss = categoricalCrossentropy({ fromLogits: last.activation.type === 'linear' });
  const worker = new Sequential(layers, { ...params, name, loss, metrics: [] });
  worker.build(shapeOf(X));
  worker.setWeights(scaled(worker, last, 1 / temperature));
  await worker.fit(X, targets, fitOptions);
  worker.setWeights(scaled(worker, last, temperature));
  const { fitted } = worker.snapshot();
  if (fitted === null) throw new StateError('ERR_INTERNAL', 'distill: the student has not learned anything.');
  const schema = fitted.schema.withTarget({ kind: 'class', classes });
  // Moments are those of the divided weights.
  const state = { ...fitted.state, classes, steps: 0, moments: null };
  student.restore({ ...fitted, state, schema });
  return student;
}

/** @throws {ERR_PARAMETER} unless the last layer is dense, with an output for each class and no other activation than softmax */
function lastDense(layers: readonly Layer[], classes: number): DenseLayer {
  const last = layers.at(-1);
  const isFit = last?.type === 'dense' && ['linear', 'softmax'].includes(last.activation.type);
  if (!isFit) {
    const message = 'distill: the student must end in a dense layer whose activation is linear or softmax.';
    throw new ValidationError('ERR_PARAMETER', message);
  }
  if (last.units === classes) return last;
  const message = `distill: the teacher has ${classes} classes, but the student has ${last.units} outputs.`;
  throw new ValidationError('ERR_SHAPE', message);
}

/** The shape of a sample, where the model does not say. */
function shapeOf(X: Samples): readonly number[] {
  const { X: rows, shape } = rowsOf(X);
  return shape ?? [Schema.infer(rows).columns.length];
}

/** The weights, those of the last layer times a factor. */
function scaled(model: Sequential, last: DenseLayer, factor: number): Float32Array[] {
  const weights = model.getWeights();
  const first = weights.length - (last.useBias ? 2 : 1);
  return weights.map((values, k) => (k < first ? values : values.map((value) => value * factor)));
}

/** p ^ (1 / T), normalised, and a share of the true labels. */
function soften(
  { data, rows, cols }: Matrix,
  temperature: number,
  codes: Int32Array | null,
  alpha: number,
): { data: Float32Array; rows: number; cols: number } {
  if (codes !== null && codes.length !== rows) {
    throw new ValidationError('ERR_SHAPE', `X has ${rows} rows, but y has ${codes.length} values.`);
  }
  const share = codes === null ? 0 : alpha;
  const targets = new Float32Array(rows * cols);
  for (let i = 0; i < rows; i++) {
    let total = 0;
    for (let k = i * cols; k < (i + 1) * cols; k++) total += data[k] ** (1 / temperature);
    for (let j = 0; j < cols; j++) {
      const soft = data[i * cols + j] ** (1 / temperature) / total;
      targets[i * cols + j] = (1 - share) * soft + (codes?.[i] === j ? share : 0);
    }
  }
  return { data: targets, rows, cols };
}
