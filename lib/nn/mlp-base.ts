/** What both MLP estimators say of what they learned. */

import type { Estimator } from '../core/estimator.js';
import type { EstimatorTags } from '../core/estimator-tags.js';
import { Matrix } from '../core/matrix.js';
import type { Face } from '../core/mixin.js';
import { checkLength } from '../core/params.js';
import type { PlanBuilder, Slot } from '../core/plan-builder.js';
import type { Column } from '../core/schema.js';
import { ValidationError } from '../errors.js';
import type { ActivationType } from './layer-spec.js';
import { countParameters, type MLPParams, type MLPState, splitParameters } from './mlp-params.js';
import { mlpLayers } from './mlp-training.js';
import { lowerNetwork } from './network.js';
import { placeLayers } from './network-layers.js';

/** @throws {ERR_PARAMETER} for a restored state whose parts do not agree */
export function checkMLPState(
  owner: object,
  state: MLPState,
  outputs: number,
  columns: readonly Column[],
): void {
  const { layerSizes } = state;
  if (layerSizes[0] !== columns.length || layerSizes.at(-1) !== outputs) {
    const message = `${owner.constructor.name} state: layerSizes [${layerSizes.join(', ')}] must go from ${columns.length} to ${outputs}.`;
    throw new ValidationError('ERR_PARAMETER', message);
  }
  checkLength(owner, 'parameters', state.parameters, countParameters(layerSizes));
}

/** What perceptrons say of what they learned. */
export interface MLPLearned {
  /** Weights of each layer, [inputs, outputs]. @throws {ERR_NOT_FITTED} before `fit` */
  readonly coefs: Matrix[];
  /** Constant terms of each layer. @throws {ERR_NOT_FITTED} before `fit` */
  readonly intercepts: Float32Array[];
  /** The loss of the last epoch, the penalty included. @throws {ERR_NOT_FITTED} before `fit` */
  readonly loss: number;
  /** The least loss of an epoch. @throws {ERR_NOT_FITTED} before `fit` */
  readonly bestLoss: number;
  /** The loss after each epoch, or each iteration of 'lbfgs'. @throws {ERR_NOT_FITTED} before `fit` */
  readonly lossCurve: Float64Array;
  /** Accuracy, or R2, of the rows set aside after each epoch; empty without early stopping. @throws {ERR_NOT_FITTED} before `fit` */
  readonly validationScores: Float64Array;
  /** The best of them; -Infinity without early stopping. @throws {ERR_NOT_FITTED} before `fit` */
  readonly bestValidationScore: number;
  /** Epochs, or iterations of 'lbfgs'. @throws {ERR_NOT_FITTED} before `fit` */
  readonly nIter: number;
  /** Rows seen while training. @throws {ERR_NOT_FITTED} before `fit` */
  readonly t: number;
  /** Whether the fit ended before `maxIter` because progress did. @throws {ERR_NOT_FITTED} before `fit` */
  readonly converged: boolean;
  /** Layers, the input's included. @throws {ERR_NOT_FITTED} before `fit` */
  readonly nLayers: number;
}

/** Classifiers or regressors that are perceptrons. */
export function perceptron<P extends MLPParams, S extends MLPState, F extends Face<Estimator<P, S>>>(
  Base: F & Face<Estimator<P, S>>,
): F & Face<MLPLearned> {
  abstract class Perceptron extends Base implements MLPLearned {
    override get tags(): EstimatorTags {
      return { ...super.tags, trainsOnGpu: this.params.solver !== 'lbfgs' };
    }

    get coefs(): Matrix[] {
      const { layerSizes } = this.state;
      const parts = splitParameters(this.state);
      return layerSizes.slice(1).map((units, i) => new Matrix(parts[2 * i].slice(), layerSizes[i], units));
    }

    get intercepts(): Float32Array[] {
      return splitParameters(this.state)
        .filter((_, i) => i % 2 === 1)
        .map((bias) => bias.slice());
    }

    get loss(): number {
      return this.state.loss;
    }

    get bestLoss(): number {
      return Math.min(...this.state.lossCurve);
    }

    get lossCurve(): Float64Array {
      return this.state.lossCurve.slice();
    }

    get validationScores(): Float64Array {
      return this.state.validationScores.slice();
    }

    get bestValidationScore(): number {
      return Math.max(...this.state.validationScores);
    }

    get nIter(): number {
      return this.state.nIter;
    }

    get t(): number {
      return this.state.t;
    }

    get converged(): boolean {
      return this.state.converged;
    }

    get nLayers(): number {
      return this.state.layerSizes.length;
    }
  }
  return Perceptron;
}

/** All layers, the last activation replaced by `output`. */
export function lowerMLP(
  plan: PlanBuilder,
  x: Slot,
  state: MLPState,
  activation: MLPParams['activation'],
  output: ActivationType,
): Slot {
  const layers = placeLayers(mlpLayers(state.layerSizes, activation, output, 0), [state.layerSizes[0]]);
  return lowerNetwork(layers, splitParameters(state), plan, x);
}
