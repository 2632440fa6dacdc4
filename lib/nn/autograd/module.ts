/** Modules: functions with parameters, as in torch.nn. */
import type { LowersSamples } from '../../core/lowers-samples.js';
import type { Plan } from '../../core/plan.js';
import type { PlanBuilder, Slot } from '../../core/plan-builder.js';
import { ValidationError } from '../../errors.js';
import { compileModule, lowerModule, type ModuleCompileOptions } from './lowering.js';
import { requireTensor, Tensor, tensor } from './tensor.js';

/** A leaf that requires a gradient and belongs to a module's parameters. */
export class Parameter extends Tensor {
  constructor(data: Tensor, requiresGrad = true) {
    requireTensor(data, 'data');
    super(data.detach().value, requiresGrad);
  }
}

/** A tensor of a state dictionary: its shape and its values. */
export interface StateEntry {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}
/** Parameters and buffers by name. */
export type StateDict = Record<string, StateEntry>;
/** What {@link Module.loadStateDict} takes: numbers of any type, such as {@link importSafetensors} gives. */
export type LoadableState = Readonly<
  Record<string, { readonly shape: readonly number[]; readonly data: ArrayLike<number> | ArrayLike<bigint> }>
>;

/**
 * A function of tensors with parameters. Subclasses assign parameters ({@link Parameter}), buffers (other tensors) and
 * modules to their properties, or arrays of modules, and define `forward`. Names are those of the properties, joined by
 * dots, as PyTorch's.
 *
 * Differs from PyTorch: a module is called by `forward(x)` or `call(x)`; names in state dictionaries are the properties'
 * own (`runningMean`), which `loadStateDict` also finds under PyTorch's (`running_mean`).
 *
 * @example
 * ```ts
 * import { Linear, Module, tensor } from 'boreal/nn';
 * class Net extends Module {
 *   hidden = new Linear(2, 8);
 *   out = new Linear(8, 1);
 *   forward(x) {
 *     return this.out.forward(this.hidden.forward(x).relu());
 *   }
 * }
 * const net = new Net();
 * net.forward(tensor([[1, 2]])).shape; // [1, 1]
 * Object.keys(net.stateDict()); // ['hidden.weight', 'hidden.bias', 'out.weight', 'out.bias']
 * ```
 */
export abstract class Module implements LowersSamples {
  /** Whether layers such as Dropout behave as in training. Set it by `train()` and `eval()`. */
  training = true;

  /** What the module computes. */
  abstract forward(...inputs: Tensor[]): Tensor;

  /** {@link forward} */
  call(...inputs: Tensor[]): Tensor {
    return this.forward(...inputs);
  }

  /** The modules it is made of, with their names. */
  *namedChildren(): IterableIterator<[name: string, module: Module]> {
    for (const [name, held] of Object.entries(this)) {
      if (held instanceof Module) yield [name, held];
      else if (Array.isArray(held)) {
        for (const [i, item] of held.entries()) if (item instanceof Module) yield [`${name}.${i}`, item];
      }
    }
  }
  children(): Module[] {
    return [...this.namedChildren()].map(([, module]) => module);
  }
  /** Itself and all modules within, each once, with their names; '' is itself. */
  *namedModules(prefix = '', seen = new Set<Module>()): IterableIterator<[name: string, module: Module]> {
    if (seen.has(this)) return;
    seen.add(this);
    yield [prefix, this];
    for (const [name, child] of this.namedChildren()) {
      yield* child.namedModules(prefix === '' ? name : `${prefix}.${name}`, seen);
    }
  }
  modules(): Module[] {
    return [...this.namedModules()].map(([, module]) => module);
  }

  *#tensors(): IterableIterator<[name: string, value: Tensor]> {
    const seen = new Set<Tensor>();
    for (const [prefix, module] of this.namedModules()) {
      for (const [name, held] of Object.entries(module)) {
        if (!(held instanceof Tensor) || seen.has(held)) continue;
        seen.add(held);
        yield [prefix === '' ? name : `${prefix}.${name}`, held];
      }
    }
  }
  /** What an optimizer changes. */
  parameters(): Parameter[] {
    return [...this.namedParameters()].map(([, parameter]) => parameter);
  }
  *namedParameters(): IterableIterator<[name: string, parameter: Parameter]> {
    for (const [name, held] of this.#tensors()) if (held instanceof Parameter) yield [name, held];
  }
  /** Tensors of the state that are no parameters, such as running statistics. */
  *namedBuffers(): IterableIterator<[name: string, buffer: Tensor]> {
    for (const [name, held] of this.#tensors()) if (!(held instanceof Parameter)) yield [name, held];
  }

  /** Sets `training` here and in all modules within. */
  train(mode = true): this {
    for (const module of this.modules()) module.training = mode;
    return this;
  }
  /** `train(false)` */
  eval(): this {
    return this.train(false);
  }
  /** Forgets the gradients of all parameters. */
  zeroGrad(): void {
    for (const parameter of this.parameters()) parameter.grad = null;
  }
  /** Calls fn with each module, innermost first. */
  apply(fn: (module: Module) => void): this {
    for (const child of this.children()) child.apply(fn);
    fn(this);
    return this;
  }
  /** Whether parameters require gradients: false freezes the module. */
  requiresGrad(required = true): this {
    for (const parameter of this.parameters()) parameter.requiresGrad = required;
    return this;
  }

  /**
   * The module as a {@link Plan}, as it predicts: with the weights of now and in `eval()` mode. `forward` is recorded for one row.
   *
   * @param options - `inputShape`, the shape of one sample, without the batch; `precision`, default 'float32'; `device`, `expectedRows` and
   *   `libraries` as of any model; `calibrate` for precision 'int8', rows of samples
   * @returns a plan from rows of the sample's values to rows of the result's
   * @throws {ERR_NOT_SUPPORTED} when `forward` does what plans cannot, or mixes the rows of a batch; for precision 'int8' where nothing is a
   *   product with weights
   * @example
   * ```ts
   * import { Linear, ReLU, SequentialModule } from 'boreal/nn';
   * const net = new SequentialModule(new Linear(4, 8), new ReLU(), new Linear(8, 3));
   * const plan = net.compile({ inputShape: [4] });
   * plan.runSync([[1, 2, 3, 4]]).cols; // 3
   * ```
   */
  compile(options: ModuleCompileOptions): Plan {
    return compileModule(this, options);
  }

  /**
   * Adds the module, as it predicts, to a plan: how {@link exportONNX} writes it.
   *
   * @throws {ERR_NOT_SUPPORTED} as {@link compile}
   */
  lowerSamples(plan: PlanBuilder, x: Slot, inputShape: readonly number[]): Slot {
    return lowerModule(this, plan, x, inputShape);
  }

  /** A copy of all parameters and buffers, by name. */
  stateDict(): StateDict {
    const state: StateDict = {};
    for (const [name, held] of this.#tensors()) state[name] = { shape: held.shape, data: held.data };
    return state;
  }

  /**
   * Takes over parameters and buffers: those of {@link stateDict}, or of PyTorch's names in snake case, as from a file of
   * PyTorch's that {@link importSafetensors} reads.
   *
   * @param strict - whether names must agree one by one. Default true
   * @returns the names that had no entry, and the entries that had no name
   * @throws {ERR_PARAMETER} when `strict` and some don't agree; nothing is then changed
   * @throws {ERR_SHAPE} when a shape differs; nothing is then changed
   */
  loadStateDict(
    state: LoadableState,
    { strict = true }: { readonly strict?: boolean } = {},
  ): { missing: string[]; unexpected: string[] } {
    const open = new Set(Object.keys(state).filter((name) => !name.endsWith('num_batches_tracked')));
    const missing: string[] = [];
    const changes: [Tensor, Tensor][] = [];
    for (const [name, held] of this.#tensors()) {
      const snake = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
      const found = open.has(name) ? name : open.has(snake) ? snake : null;
      if (found === null) {
        missing.push(name);
        continue;
      }
      open.delete(found);
      const { data, shape } = state[found];
      const source = tensor(Float32Array.from(data as ArrayLike<number | bigint>, Number), { shape });
      if (source.shape.join() !== held.shape.join()) {
        const message = `'${name}' has shape [${held.shape.join(', ')}], the state [${shape.join(', ')}].`;
        throw new ValidationError('ERR_SHAPE', message);
      }
      changes.push([held, source]);
    }
    const unexpected = [...open];
    if (strict && missing.length + unexpected.length > 0) {
      const message = `The state does not agree with the module: missing [${missing.join(', ')}], unexpected [${unexpected.join(', ')}].`;
      throw new ValidationError('ERR_PARAMETER', message);
    }
    for (const [held, source] of changes) held.copyFrom(source);
    return { missing, unexpected };
  }
}
