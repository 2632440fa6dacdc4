/**
 * Optimizers, with the arguments, defaults and formulas of torch.optim. A step is one pass over parameters, gradients
 * and state by the routines that also train `Sequential` (native/nn/optimizer.h).
 */
import type { SignalOptions } from '../../core/linalg/call.js';
import { bool, checkParams, type Rules, real } from '../../core/params.js';
import { ValidationError } from '../../errors.js';
import { type Change, evaluate, evaluateSync } from './evaluate.js';
import * as ops from './ops.js';
import { requireTensor, requireTensors, Tensor } from './tensor.js';
import { noGrad } from './tensor-base.js';
import { doubleWords, keyWords, Value } from './value.js';

/** Numbers of native/nn/optimizer.h. */
interface NativeOptimizer {
  readonly kind: 0 | 1 | 2 | 3 | 4;
  readonly momentum: number;
  readonly dampening: number;
  readonly nesterov: boolean;
  readonly rho: number;
  readonly centred: boolean;
  readonly beta1: number;
  readonly beta2: number;
  readonly amsgrad: boolean;
  readonly epsilon: number;
  readonly weightDecay: number;
  readonly l2: number;
  readonly maximize: boolean;
  /** Arrays of state. */
  readonly slots: number;
  readonly initial: number;
  readonly rate: (lr: number, step: number) => number;
}
const plain: NativeOptimizer = {
  kind: 0,
  momentum: 0,
  dampening: 0,
  nesterov: false,
  rho: 0,
  centred: false,
  beta1: 0,
  beta2: 0,
  amsgrad: false,
  epsilon: 0,
  weightDecay: 0,
  l2: 0,
  maximize: false,
  slots: 0,
  initial: 0,
  rate: (lr) => lr,
};

/** Options of every optimizer. */
export interface CommonOptions {
  /** The learning rate, >= 0. */
  readonly lr?: number;
  /** The weight of w^2 / 2 in the loss; of AdamW: of w in the step. Default 0, of AdamW 0.01. */
  readonly weightDecay?: number;
  /** Steps uphill. Default false. */
  readonly maximize?: boolean;
}
/** Parameters with options of their own. */
export type ParamGroup<O> = { params: Tensor[] } & O;
interface ParameterState {
  step: number;
  slots: Value[];
}
/** The state of an optimizer: options of its groups, and arrays of each parameter in order. */
export interface OptimizerState {
  readonly groups: readonly Record<string, unknown>[];
  readonly state: readonly ({ readonly step: number; readonly slots: readonly Float32Array[] } | null)[];
}

/** What all optimizers share. */
export abstract class Optimizer<O extends CommonOptions = CommonOptions> {
  /** Groups of parameters; their options, such as `lr`, may be changed between steps. */
  readonly paramGroups: ParamGroup<Required<O>>[];
  readonly #state = new Map<Tensor, ParameterState>();
  /** @internal */
  protected abstract readonly rules: Rules<Required<O>>;
  /** @internal */
  protected abstract native(options: Required<O>): NativeOptimizer;

  /**
   * @param params - parameters, or groups of them with options of their own
   * @throws {ERR_EMPTY} when there are none
   */
  constructor(params: Iterable<Tensor> | Iterable<{ params: Iterable<Tensor> } & O>, defaults: Required<O>) {
    requireTensors(params, 'params');
    const given = [...params];
    if (given.length === 0) throw new ValidationError('ERR_EMPTY', 'An optimizer needs parameters.');
    const groups =
      given[0] instanceof Tensor
        ? [{ params: given as Tensor[] }]
        : (given as { params: Iterable<Tensor> }[]);
    this.paramGroups = groups.map((group) => {
      requireTensors(group?.params, 'params of a group');
      return { ...defaults, ...group, params: [...group.params] };
    });
    const all = this.paramGroups.flatMap((group) => group.params);
    if (all.some((p) => !(p instanceof Tensor) || !p.isLeaf)) {
      throw new ValidationError(
        'ERR_PARAMETER',
        'An optimizer changes leaves: tensors that were not computed.',
      );
    }
    if (new Set(all).size !== all.length) {
      throw new ValidationError('ERR_PARAMETER', 'A parameter stands in the list twice.');
    }
  }

  /** Forgets the gradients of all parameters. */
  zeroGrad(): void {
    for (const { params } of this.paramGroups) for (const parameter of params) parameter.grad = null;
  }

  /**
   * Changes the parameters that have gradients by one step, off the event loop.
   *
   * Differs from PyTorch: await it.
   *
   * @throws {ERR_PARAMETER} when an option is out of range
   * @throws {ERR_ABORTED} when the signal fires; some parameters may then have changed
   */
  async step(options: SignalOptions = {}): Promise<void> {
    await evaluate([], this.#changes(), options.signal);
  }

  /** {@link step} on this thread's time, for small models. */
  stepSync(): void {
    evaluateSync([], this.#changes());
  }

  /** Takes a step with given gradients: TensorFlow's `apply_gradients`. */
  async applyGradients(
    pairs: Iterable<readonly [gradient: Tensor | null, parameter: Tensor]>,
  ): Promise<void> {
    for (const [gradient, parameter] of pairs) parameter.grad = gradient;
    await this.step();
  }

  /** What the options of a group are natively. @throws {ERR_PARAMETER} when one is out of range */
  #native(group: ParamGroup<Required<O>>): NativeOptimizer {
    const { params: _, ...options } = group;
    checkParams(this.constructor.name, options as unknown as Required<O>, this.rules);
    return this.native(group);
  }

  #changes(): Change[] {
    const changes: Change[] = [];
    for (const group of this.paramGroups) {
      const { params } = group;
      const native = this.#native(group);
      for (const parameter of params) {
        const grad = parameter.peekGrad();
        if (grad === null) continue;
        if (!ops.sameShape(grad.shape, parameter.shape)) {
          throw new ValidationError('ERR_SHAPE', 'A gradient does not have the shape of its parameter.');
        }
        changes.push(this.#change(parameter, grad, native, group.lr!));
      }
    }
    return changes;
  }

  #change(parameter: Tensor, grad: Tensor, native: NativeOptimizer, lr: number): Change {
    const state = this.#stateOf(parameter, native);
    state.step++;
    // What was recorded with the old values, and not computed or differentiated yet, keeps them.
    if (parameter.value.readers > 0 || parameter.value.viewed) parameter.value = ops.copy(parameter.value);
    const slots = [0, 1, 2].map((k) => state.slots[k] ?? null);
    const words = [
      native.kind,
      ...doubleWords(native.momentum),
      ...doubleWords(native.dampening),
      Number(native.nesterov),
      ...doubleWords(native.rho),
      Number(native.centred),
      ...doubleWords(native.beta1),
      ...doubleWords(native.beta2),
      Number(native.amsgrad),
      ...doubleWords(native.epsilon),
      ...doubleWords(native.weightDecay),
      ...doubleWords(native.l2),
      Number(native.maximize),
      ...doubleWords(native.rate(lr, state.step)),
      ...keyWords(state.step),
    ];
    return { code: ops.OP.update, outputs: [parameter.value, ...slots], inputs: [grad.value], words };
  }

  #stateOf(parameter: Tensor, native: NativeOptimizer): ParameterState {
    const { slots: length } = native;
    let state = this.#state.get(parameter);
    if (state !== undefined && state.slots.length === length) return state;
    // A momentum that comes or goes between steps starts anew; of other arrays nobody could say which one is which.
    if (state !== undefined && state.slots.length > 0 && length > 0) {
      const message = `${this.constructor.name}: options that change what is kept of past gradients cannot change between steps.`;
      throw new ValidationError('ERR_PARAMETER', message);
    }
    const slot = () => Value.of(new Float32Array(parameter.size).fill(native.initial), parameter.shape);
    state = { step: state?.step ?? 0, slots: Array.from({ length }, slot) };
    this.#state.set(parameter, state);
    return state;
  }

  /** A copy of options and state. */
  stateDict(): OptimizerState {
    const all = this.paramGroups.flatMap((group) => group.params);
    return {
      groups: this.paramGroups.map(({ params: _, ...options }) => options),
      state: all.map((parameter) => {
        const state = this.#state.get(parameter);
        return state === undefined
          ? null
          : { step: state.step, slots: state.slots.map((slot) => slot.buffer!.slice()) };
      }),
    };
  }

  /**
   * Takes over what {@link stateDict} gave of an optimizer of the same parameters.
   *
   * @throws {ERR_PARAMETER} when it does not fit; nothing is then changed
   */
  loadStateDict(from: OptimizerState): void {
    const misfit = 'The state is of an optimizer of other parameters or options.';
    const { groups, state } = (from ?? {}) as Partial<OptimizerState>;
    if (!Array.isArray(groups) || !Array.isArray(state) || groups.length !== this.paramGroups.length) {
      throw new ValidationError('ERR_PARAMETER', misfit);
    }
    const loaded = this.paramGroups.map(
      (group, i): ParamGroup<Required<O>> => ({ ...group, ...groups[i], params: group.params }),
    );
    const owners = loaded.flatMap((group) => {
      const { slots } = this.#native(group);
      return group.params.map((parameter) => ({ parameter, slots }));
    });
    const fits =
      state.length === owners.length &&
      owners.every(({ parameter, slots }, i) => state[i] === null || isStateOf(state[i], slots, parameter));
    if (!fits) throw new ValidationError('ERR_PARAMETER', misfit);
    for (const [i, group] of loaded.entries()) Object.assign(this.paramGroups[i], group);
    this.#state.clear();
    for (const [i, { parameter }] of owners.entries()) {
      const own = state[i] as OptimizerState['state'][number];
      if (own === null) continue;
      const slots = own.slots.map((slot) => Value.of(slot.slice(), parameter.shape));
      this.#state.set(parameter, { step: own.step, slots });
    }
  }
}

/** Whether a saved state has as many arrays, each as long as the parameter. */
function isStateOf(value: unknown, count: number, { size }: Tensor): boolean {
  const { step, slots } = (value ?? {}) as Record<string, unknown>;
  return (
    Number.isSafeInteger(step) &&
    (step as number) >= 0 &&
    Array.isArray(slots) &&
    slots.length === count &&
    slots.every((slot) => slot instanceof Float32Array && slot.length === size)
  );
}

type Params<O> = Iterable<Tensor> | Iterable<{ params: Iterable<Tensor> } & O>;
const share = real(0, 1);
const rate = real(0, 1, 'max');
const common = { lr: real(0), weightDecay: real(0), maximize: bool };
const betas = {
  allows: (v: unknown) => Array.isArray(v) && v.length === 2 && v.every((b) => rate.allows(b)),
  allowed: 'two numbers >= 0 and < 1',
};

/** Options of {@link SGD}. */
export interface SGDOptions extends CommonOptions {
  /** Default 0. */
  readonly momentum?: number;
  /** Default 0. */
  readonly dampening?: number;
  /** Default false. */
  readonly nesterov?: boolean;
}
/**
 * Gradient descent with momentum (Sutskever et al., 2013, in PyTorch's form).
 *
 * @example
 * ```ts
 * import { SGD, tensor } from 'boreal/nn';
 * const w = tensor([1, 2], { requiresGrad: true });
 * const optimizer = new SGD([w], { lr: 0.5 });
 * await w.square().sum().backward();
 * await optimizer.step();
 * w.toArray(); // [0, 0]
 * ```
 */
export class SGD extends Optimizer<SGDOptions> {
  protected readonly rules = { ...common, momentum: share, dampening: share, nesterov: bool };

  constructor(params: Params<SGDOptions>, options: SGDOptions = {}) {
    const defaults = {
      lr: 1e-3,
      weightDecay: 0,
      maximize: false,
      momentum: 0,
      dampening: 0,
      nesterov: false,
    };
    const all = { ...defaults, ...options };
    if (all.nesterov && (all.momentum <= 0 || all.dampening !== 0)) {
      throw new ValidationError('ERR_PARAMETER', 'nesterov needs a momentum and no dampening.');
    }
    super(params, all);
  }
  protected native({
    momentum,
    dampening,
    nesterov,
    weightDecay: l2,
    maximize,
  }: Required<SGDOptions>): NativeOptimizer {
    return { ...plain, momentum, dampening, nesterov, l2, maximize, slots: momentum === 0 ? 0 : 1 };
  }
}

/** Options of {@link Adam}. */
export interface AdamOptions extends CommonOptions {
  /** Of the means of gradients and of their squares. Default [0.9, 0.999]. */
  readonly betas?: readonly [number, number];
  /** Default 1e-8. */
  readonly eps?: number;
  /** Uses the largest mean of squares so far (Reddi et al., 2018). Default false. */
  readonly amsgrad?: boolean;
}
const adamRules = { ...common, betas, eps: real(0), amsgrad: bool };
const adamDefaults = {
  lr: 1e-3,
  betas: [0.9, 0.999] as const,
  eps: 1e-8,
  weightDecay: 0,
  amsgrad: false,
  maximize: false,
};
function adam(o: Required<AdamOptions>): NativeOptimizer {
  const [beta1, beta2] = o.betas;
  const { amsgrad, maximize } = o;
  return { ...plain, kind: 3, beta1, beta2, epsilon: o.eps, amsgrad, maximize, slots: amsgrad ? 3 : 2 };
}
/** Kingma & Ba, "Adam", 2015, algorithm 1. */
export class Adam extends Optimizer<AdamOptions> {
  protected readonly rules = adamRules;

  constructor(params: Params<AdamOptions>, options: AdamOptions = {}) {
    super(params, { ...adamDefaults, ...options });
  }
  protected native(options: Required<AdamOptions>): NativeOptimizer {
    return { ...adam(options), l2: options.weightDecay };
  }
}
/** Adam with decoupled weight decay (Loshchilov & Hutter, 2019). */
export class AdamW extends Optimizer<AdamOptions> {
  protected readonly rules = adamRules;

  constructor(params: Params<AdamOptions>, options: AdamOptions = {}) {
    super(params, { ...adamDefaults, weightDecay: 0.01, ...options });
  }
  protected native(options: Required<AdamOptions>): NativeOptimizer {
    return { ...adam(options), kind: 4, weightDecay: options.weightDecay };
  }
}

/** Options of {@link RMSprop}. */
export interface RMSpropOptions extends CommonOptions {
  /** Of the mean of squares. Default 0.99. */
  readonly alpha?: number;
  /** Default 1e-8. */
  readonly eps?: number;
  /** Default 0. */
  readonly momentum?: number;
  /** Divides by the deviation instead of the root of the mean square. Default false. */
  readonly centered?: boolean;
}
/** Tieleman & Hinton, lecture 6.5 of "Neural Networks for Machine Learning", 2012; centred: Graves, 2013. */
export class RMSprop extends Optimizer<RMSpropOptions> {
  protected readonly rules = { ...common, alpha: share, eps: real(0), momentum: share, centered: bool };

  constructor(params: Params<RMSpropOptions>, options: RMSpropOptions = {}) {
    const defaults = {
      lr: 0.01,
      alpha: 0.99,
      eps: 1e-8,
      weightDecay: 0,
      momentum: 0,
      centered: false,
      maximize: false,
    };
    super(params, { ...defaults, ...options });
  }
  protected native(o: Required<RMSpropOptions>): NativeOptimizer {
    const { alpha: rho, eps: epsilon, momentum, centered: centred, weightDecay: l2, maximize } = o;
    const slots = 1 + Number(momentum !== 0) + Number(centred);
    return { ...plain, kind: 1, rho, epsilon, momentum, centred, l2, maximize, slots };
  }
}

/** Options of {@link Adagrad}. */
export interface AdagradOptions extends CommonOptions {
  /** Divides the rate by 1 + (step - 1) lrDecay. Default 0. */
  readonly lrDecay?: number;
  /** Default 0. */
  readonly initialAccumulatorValue?: number;
  /** Default 1e-10. */
  readonly eps?: number;
}
/** Duchi, Hazan & Singer, 2011. */
export class Adagrad extends Optimizer<AdagradOptions> {
  protected readonly rules = { ...common, lrDecay: real(0), initialAccumulatorValue: real(0), eps: real(0) };

  constructor(params: Params<AdagradOptions>, options: AdagradOptions = {}) {
    const defaults = {
      lr: 0.01,
      lrDecay: 0,
      weightDecay: 0,
      initialAccumulatorValue: 0,
      eps: 1e-10,
      maximize: false,
    };
    super(params, { ...defaults, ...options });
  }
  protected native(o: Required<AdagradOptions>): NativeOptimizer {
    const { eps: epsilon, weightDecay: l2, maximize, lrDecay, initialAccumulatorValue: initial } = o;
    const rateOf = (lr: number, step: number) => lr / (1 + (step - 1) * lrDecay);
    return { ...plain, kind: 2, epsilon, l2, maximize, slots: 1, initial, rate: rateOf };
  }
}

/** @throws {ERR_PARAMETER} unless they are tensors */
function withGradients(parameters: Iterable<Tensor>): Tensor[] {
  requireTensors(parameters, 'parameters');
  const all = [...parameters];
  for (const p of all) requireTensor(p, 'a parameter');
  return all.filter((p) => p.peekGrad() !== null);
}

/**
 * Scales the gradients of parameters together so that their norm is at most `maxNorm`.
 *
 * @returns the norm before
 */
export function clipGradNorm(parameters: Iterable<Tensor>, maxNorm: number): Tensor {
  return noGrad(() => {
    const held = withGradients(parameters);
    const squares = held.map((p) => p.peekGrad()!.square().sum());
    const norm = squares.reduce((sum, s) => sum.add(s), Tensor.zeros([])).sqrt();
    const scale = norm.add(1e-6).reciprocal().mul(maxNorm).minimum(1);
    for (const p of held) p.grad = p.peekGrad()!.mul(scale);
    return norm;
  });
}
/** Limits each value of the gradients to [-limit, limit]. */
export function clipGradValue(parameters: Iterable<Tensor>, limit: number): void {
  for (const p of withGradients(parameters)) p.grad = noGrad(() => p.peekGrad()!.clamp(-limit, limit));
}
