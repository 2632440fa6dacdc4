/** From the data and options of `fit` to what the loop over epochs takes. */

import type { FitInput } from '../core/fit-input.js';
import type { Label } from '../core/labels.js';
import { resolveSeed } from '../core/params.js';
import { Schema } from '../core/schema.js';
import { sizeOf } from '../core/shape.js';
import { resolveTrainingDevice } from '../core/training-device.js';
import { ValidationError } from '../errors.js';
import type { Architecture } from './architecture.js';
import { Engine } from './engine.js';
import {
  checkedValidation,
  type Encoding,
  encodeRows,
  type ResolvedFitOptions,
  sharedFloats,
  splitRows,
  trainingRows,
} from './fit-options.js';
import type { SequentialParams, SequentialState } from './layered-model.js';
import { isCategorical, type Loss, resolveLoss } from './losses.js';
import { type MetricSpec, resolveMetric } from './metrics.js';
import { resolveOptimizer } from './optimizers.js';
import { classesOf, encodeY, kindOf, type Targets } from './targets.js';
import type { TrainingSession } from './training.js';

/** A training that can begin. */
export interface Prepared {
  readonly session: TrainingSession;
  readonly classes: readonly Label[] | null;
  /** An engine with initial weights. */
  readonly createEngine: () => Promise<Engine>;
}

/**
 * The loss and the metrics of a model.
 *
 * @throws {ERR_PARAMETER} when it has no loss, or two metrics of one name
 */
export function objectiveOf({ loss, metrics }: SequentialParams): {
  readonly loss: Loss;
  readonly metrics: readonly MetricSpec[];
} {
  if (loss === null) {
    const message =
      "The model has no loss: call compile({ optimizer: 'adam', loss: 'mse' }) or the like first.";
    throw new ValidationError('ERR_PARAMETER', message);
  }
  const resolved = resolveLoss(loss);
  const specs = metrics.map((metric) => resolveMetric(metric, resolved));
  const names = specs.map(({ name }) => name);
  const twice = names.find((name, i) => name === 'loss' || names.indexOf(name) < i);
  if (twice !== undefined) {
    throw new ValidationError(
      'ERR_PARAMETER',
      `Two values would be called '${twice}': give a metric another name.`,
    );
  }
  return { loss: resolved, metrics: specs };
}

/**
 * Reads and checks everything a training needs.
 *
 * @param state - of a model that is trained further
 */
export function prepareTraining(of: {
  readonly params: SequentialParams;
  readonly architecture: Architecture;
  readonly state: SequentialState | null;
  readonly input: FitInput;
  readonly y: Targets | undefined;
  readonly options: ResolvedFitOptions;
}): Prepared {
  const { params, architecture, state, input, y, options } = of;
  const { loss, metrics } = objectiveOf(params);
  const optimizer = resolveOptimizer(params.optimizer);
  const outputs = outputsFor(loss, architecture);
  if (y === undefined || y === null) {
    const message = 'fit needs y: one label or target, or one row of them, per row of X.';
    throw new ValidationError('ERR_PARAMETER', message);
  }
  const isKnown = state !== null && state.steps > 0 && state.classes !== null;
  const stays = isKnown && kindOf(loss, outputs) === 'classifier';
  const classes = stays ? state.classes : classesOf(y, loss, outputs);
  const schema = new Schema(input.columns, { kind: 'none' }, false);
  const encoding: Encoding = { schema, loss, outputs, classes };
  const targets = encodeY(y, loss, input.x.rows, outputs, classes);
  const all = trainingRows(sharedFloats(input.x), targets, input.sampleWeight, options.classWeight, encoding);
  const { validationData, validationSplit } = options;
  const [train, validation] =
    validationData !== undefined
      ? [all, validationRows(validationData, encoding)]
      : validationSplit > 0
        ? splitRows(all, validationSplit, outputs)
        : [all, null];
  const seed = state?.seed ?? resolveSeed(params.randomState);
  const session: TrainingSession = {
    ...{ train, validation, loss, optimizer, metrics, seed },
    ...{ ...options, validationData: undefined, sampleWeight: undefined },
    device: resolveTrainingDevice(options.device),
  };
  return { session, classes, createEngine: () => Engine.createAsync(architecture, seed) };
}

function validationRows(data: unknown, encoding: Encoding) {
  const [X, y, weights] = checkedValidation(data);
  return encodeRows(X, y, weights, encoding);
}

/** @throws {ERR_SHAPE} when a loss of classes has outputs of several axes */
function outputsFor(loss: Loss, { outputShape }: Architecture): number {
  if (isCategorical(loss) && (outputShape.length !== 1 || outputShape[0] < 2)) {
    const message = `${loss.type} needs two outputs or more, one for each class; the model gives [${outputShape.join(', ')}].`;
    throw new ValidationError('ERR_SHAPE', message);
  }
  return sizeOf(outputShape);
}
