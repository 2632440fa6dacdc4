/** What classifiers by support vectors share: one class against one, probabilities, decisions. */

import type { Output, ResolvedCompileOptions } from '../core/compile-options.js';
import { type FitInput, fitLabels, type SparseFitInput } from '../core/fit-input.js';
import { Classifier, type ClassifierState, type ClassWeight, classWeights } from '../core/kinds.js';
import { Matrix } from '../core/matrix.js';
import {
  bool,
  checkLength,
  classWeight,
  float64s,
  labels,
  oneOf,
  type Rules,
  resolveSeed,
  seed,
} from '../core/params.js';
import type { PlanBuilder, Slot } from '../core/plan-builder.js';
import type { Column } from '../core/schema.js';
import { StateError, ValidationError } from '../errors.js';
import {
  checkKernelState,
  fitKernel,
  KERNEL_DEFAULTS,
  KERNEL_RULES,
  KERNEL_STATE_RULES,
  type KernelParams,
  type KernelState,
  type KernelTask,
  linearCoef,
  lowerKernel,
  requireLinear,
} from './kernel.js';

/** Parameters of {@link SVC} and {@link NuSVC}. */
export interface KernelClassifierParams extends KernelParams {
  /** Also learn probabilities, by Platt's sigmoid on five-fold decisions; takes five more fits. Default false. */
  probability: boolean;
  /** Weights of classes: null, 'balanced', or by label. Default null. */
  classWeight: ClassWeight;
  /** Of three classes or more: a decision for each class ('ovr') or for each pair ('ovo'). Default 'ovr'. */
  decisionFunctionShape: 'ovr' | 'ovo';
  /** Of classes that win as many pairs, predict that of the largest decision, not the first. Default false. */
  breakTies: boolean;
  /** Seed of the folds of `probability`; null takes a new one for each fit. Default null. */
  randomState: number | null;
}

/** Learned by {@link SVC} and {@link NuSVC}. Pairs (a, b), a < b; a decision above 0 speaks for a. */
export interface SVCState extends ClassifierState, KernelState {
  /** P(a) = 1 / (1 + exp(probA f + probB)) of each pair; empty without `probability`. */
  readonly probA: Float64Array;
  readonly probB: Float64Array;
}

/** Keeps probabilities of pairs away from 0 and 1, as LIBSVM does. */
const LEAST_PROBABILITY = 1e-7;

/** Defaults of {@link KernelClassifierParams}. */
export const KERNEL_CLASSIFIER_DEFAULTS: KernelClassifierParams = {
  ...KERNEL_DEFAULTS,
  ...{ probability: false, classWeight: null, decisionFunctionShape: 'ovr', breakTies: false },
  randomState: null,
};

/** Rules of {@link KernelClassifierParams}. */
export const KERNEL_CLASSIFIER_RULES: Rules<KernelClassifierParams> = {
  ...KERNEL_RULES,
  probability: bool,
  classWeight,
  decisionFunctionShape: oneOf('ovr', 'ovo'),
  breakTies: bool,
  randomState: seed,
};

/** Base of classifiers by support vectors. */
export abstract class KernelClassifier<P extends KernelClassifierParams> extends Classifier<P, SVCState> {
  /** What the solver minimises. */
  protected abstract get task(): Pick<KernelTask, 'task' | 'c' | 'nu'>;

  get stateRules(): Rules<SVCState> {
    return { ...KERNEL_STATE_RULES, classes: labels, probA: float64s(), probB: float64s() };
  }

  override get outputs(): readonly Output[] {
    return this.params.probability ? ['label', 'proba', 'decision'] : ['label', 'decision'];
  }

  override checkParams(): void {
    super.checkParams();
    if (this.params.breakTies && this.params.decisionFunctionShape === 'ovo') {
      throw new ValidationError(
        'ERR_PARAMETER',
        `${this.constructor.name}: breakTies compares decisions of classes, so that decisionFunctionShape must be 'ovr'.`,
      );
    }
  }

  protected override checkState(state: SVCState, columns: readonly Column[]): void {
    checkKernelState(this, this.params, state, columns, state.classes.length);
    const { probA, probB, intercept } = state;
    if (probA.length > 0) checkLength(this, 'probA', probA, intercept.length);
    checkLength(this, 'probB', probB, probA.length);
  }

  protected override fitSparse(input: SparseFitInput): Promise<SVCState> {
    return this.#learn(input);
  }

  protected fitState(input: FitInput): Promise<SVCState> {
    return this.#learn(input);
  }

  async #learn(input: FitInput | SparseFitInput): Promise<SVCState> {
    const { probability, classWeight, randomState } = this.params;
    const encoded = fitLabels(input);
    const fitted = await fitKernel(this, this.params, input, {
      ...this.task,
      y: Float64Array.from(encoded.codes),
      classCount: encoded.classes.length,
      weights: classWeights(classWeight, encoded, input.sampleWeight, 'rows'),
      ...{ probability, seed: probability ? resolveSeed(randomState) : 0 },
    });
    return { ...fitted, classes: encoded.classes };
  }

  /**
   * [classes - 1, vectors]: y alpha of each vector against the other classes in their order. Of two classes above 0 for the
   * second. @throws {ERR_NOT_FITTED} before `fit`
   */
  get dualCoef(): Matrix {
    const { dualCoef, support, classes } = this.state;
    return new Matrix(
      dualCoef.map((value) => value * this.#sign),
      classes.length - 1,
      support.length,
    );
  }

  /** Constant terms of the pairs of classes. @throws {ERR_NOT_FITTED} before `fit` */
  get intercept(): Float64Array {
    return this.state.intercept.map((value) => value * this.#sign);
  }

  /** [pairs, columns] weights of the columns. @throws {ERR_NOT_FITTED | ERR_NOT_SUPPORTED} before `fit`, or unless the kernel is linear */
  get coef(): Matrix {
    requireLinear(this.fittedParams);
    const { intercept } = this.state;
    const columns = this.nFeaturesIn;
    const coef = linearCoef(this.state, pairWeights(this.state), columns, intercept.length);
    const out = new Matrix(new Float64Array(coef.length), intercept.length, columns);
    for (let k = 0; k < intercept.length; k++) {
      for (let j = 0; j < columns; j++)
        out.data[k * columns + j] = coef[j * intercept.length + k] * this.#sign;
    }
    return out;
  }

  /** Slopes of Platt's sigmoids of the pairs; empty without `probability`. @throws {ERR_NOT_FITTED} before `fit` */
  get probA(): Float64Array {
    return this.state.probA.slice();
  }

  /** Constants of Platt's sigmoids. @throws {ERR_NOT_FITTED} before `fit` */
  get probB(): Float64Array {
    return this.state.probB.slice();
  }

  /** Iterations for each pair. @throws {ERR_NOT_FITTED} before `fit` */
  get nIter(): Float64Array {
    return this.state.iterations.slice();
  }

  /** Two classes are shown the other way round: above 0 speaks for the second. */
  get #sign(): 1 | -1 {
    return this.state.classes.length === 2 ? -1 : 1;
  }

  lower(plan: PlanBuilder, x: Slot, { output }: ResolvedCompileOptions): Slot {
    const { state, fittedParams } = this;
    const scores = lowerKernel(plan, x, fittedParams, state, [pairWeights(state), state.intercept]);
    const classes = state.classes.length;
    if (output === 'proba') return lowerProbabilities(plan, scores, state);
    if (classes === 2) {
      return output === 'decision'
        ? plan.activation(scores, 'negate')
        : plan.binary(scores, 'lessEqual', Float64Array.of(0));
    }
    if (output === 'decision' && fittedParams.decisionFunctionShape === 'ovo') return scores;
    if (output === 'decision' || fittedParams.breakTies) {
      const decisions = lowerDecisions(plan, scores, classes);
      return output === 'decision' ? decisions : plan.argmax(decisions);
    }
    return plan.argmax(votes(plan, plan.binary(scores, 'greater', new Float64Array(scores.width)), classes));
  }
}

/** [vectors, pairs] of the coefficients: a vector counts in the pairs of its class. */
function pairWeights({ dualCoef, nSupport, support, intercept }: SVCState): Float64Array {
  const classes = nSupport.length;
  const pairs = intercept.length;
  const weights = new Float64Array(support.length * pairs);
  const starts = Array.from(nSupport, (_, c) =>
    nSupport.subarray(0, c).reduce((sum, count) => sum + count, 0),
  );
  let pair = 0;
  for (let a = 0; a < classes; a++) {
    for (let b = a + 1; b < classes; b++, pair++) {
      for (const [of, line] of [
        [a, b - 1],
        [b, a],
      ]) {
        for (let v = starts[of]; v < starts[of] + nSupport[of]; v++)
          weights[v * pairs + pair] = dualCoef[line * support.length + v];
      }
    }
  }
  return weights;
}

/** How many pairs each class wins, from 1 where the first of a pair wins and 0 where the second does. */
function votes(plan: PlanBuilder, isFirst: Slot, classes: number): Slot {
  return plan.dense(
    isFirst,
    pairSums(classes),
    Float64Array.from({ length: classes }, (_, c) => c),
  );
}

/** [pairs, classes]: 1 for the first class of a pair, -1 for the second. */
function pairSums(classes: number): Float64Array {
  const sums = new Float64Array(((classes * (classes - 1)) / 2) * classes);
  let pair = 0;
  for (let a = 0; a < classes; a++) {
    for (let b = a + 1; b < classes; b++, pair++) {
      sums[pair * classes + a] = 1;
      sums[pair * classes + b] = -1;
    }
  }
  return sums;
}

/** The votes of each class, and between classes of as many the sum of their decisions, brought into (-1/3, 1/3). */
function lowerDecisions(plan: PlanBuilder, scores: Slot, classes: number): Slot {
  const isFirst = plan.binary(scores, 'greaterEqual', new Float64Array(scores.width));
  const sums = plan.dense(scores, pairSums(classes), new Float64Array(classes));
  const bounds = plan.binary(plan.activation(sums, 'abs'), 'add', new Float64Array(classes).fill(1));
  const scaled = plan.binary(bounds, 'mul', new Float64Array(classes).fill(3));
  return plan.binaryOf([votes(plan, isFirst, classes), plan.binaryOf([sums, scaled], 'div')], 'add');
}

function lowerProbabilities(plan: PlanBuilder, scores: Slot, { probA, probB, classes }: SVCState): Slot {
  if (probA.length === 0) {
    throw new StateError(
      'ERR_NOT_SUPPORTED',
      'This model was fitted without probability: true, and has no probabilities.',
    );
  }
  const { width } = scores;
  const shares = plan.activation(
    plan.activation(plan.binary(plan.binary(scores, 'mul', probA), 'add', probB), 'negate'),
    'sigmoid',
  );
  if (classes.length === 2) return plan.dense(shares, Float64Array.of(1, -1), Float64Array.of(0, 1));
  const least = plan.binary(shares, 'max', new Float64Array(width).fill(LEAST_PROBABILITY));
  const most = plan.binary(least, 'min', new Float64Array(width).fill(1 - LEAST_PROBABILITY));
  return plan.coupling(most, classes.length);
}
