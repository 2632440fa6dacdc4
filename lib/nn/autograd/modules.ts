/** The layers of torch.nn, with PyTorch's arguments, defaults and initial weights. */
import { show } from '../../core/params.js';
import { ValidationError } from '../../errors.js';
import * as F from './functional.js';
import { Module, Parameter } from './module.js';
import { Tensor } from './tensor.js';

function requireSize(name: string, value: unknown): void {
  if (Number.isInteger(value) && (value as number) >= 1) return;
  throw new ValidationError('ERR_PARAMETER', `${name} must be a whole number >= 1; got ${show(value)}.`);
}

/** Uniform in +-1 / sqrt(fan in): what PyTorch's layers begin with (He's with a = sqrt 5). */
function initial(shape: readonly number[], fanIn: number): Parameter {
  const bound = 1 / Math.sqrt(fanIn);
  return new Parameter(Tensor.uniform(shape, -bound, bound));
}

/**
 * x W^T + b: [..., in] to [..., out].
 *
 * @example
 * ```ts
 * import { Linear, Tensor } from 'boreal/nn';
 * new Linear(3, 2).forward(Tensor.zeros([5, 3])).shape; // [5, 2]
 * ```
 */
export class Linear extends Module {
  /** [out, in] */
  readonly weight: Parameter;
  /** [out], or null. */
  readonly bias: Parameter | null;

  constructor(
    readonly inFeatures: number,
    readonly outFeatures: number,
    options: { readonly bias?: boolean } = {},
  ) {
    super();
    requireSize('inFeatures', inFeatures);
    requireSize('outFeatures', outFeatures);
    this.weight = initial([outFeatures, inFeatures], inFeatures);
    this.bias = (options.bias ?? true) ? initial([outFeatures], inFeatures) : null;
  }
  forward(x: Tensor): Tensor {
    return F.linear(x, this.weight, this.bias);
  }
}

/** Convolution of images [batch, in, height, width]. */
export class Conv2d extends Module {
  /** [out, in / groups, height, width] */
  readonly weight: Parameter;
  /** [out], or null. */
  readonly bias: Parameter | null;
  readonly options: F.Conv2dOptions;

  /**
   * @param kernelSize - height and width of the kernel
   * @param options - those of {@link F.conv2d}, and `bias` (default true)
   */
  constructor(
    readonly inChannels: number,
    readonly outChannels: number,
    readonly kernelSize: F.Pair,
    options: F.Conv2dOptions & { readonly bias?: boolean } = {},
  ) {
    super();
    requireSize('inChannels', inChannels);
    requireSize('outChannels', outChannels);
    const { bias = true, ...rest } = options;
    const [height, width] = typeof kernelSize === 'number' ? [kernelSize, kernelSize] : kernelSize;
    requireSize('kernelSize', height);
    requireSize('kernelSize', width);
    const groups = rest.groups ?? 1;
    if (inChannels % groups !== 0 || outChannels % groups !== 0) {
      throw new ValidationError('ERR_PARAMETER', `groups must divide the channels; got ${show(groups)}.`);
    }
    this.options = rest;
    const fanIn = (inChannels / groups) * height * width;
    this.weight = initial([outChannels, inChannels / groups, height, width], fanIn);
    this.bias = bias ? initial([outChannels], fanIn) : null;
  }
  forward(x: Tensor): Tensor {
    return F.conv2d(x, this.weight, this.bias, this.options);
  }
}

/** Options of {@link BatchNorm2d}. */
export interface NormOptions {
  /** Added to the variance. Default 1e-5. */
  readonly eps?: number;
  /** The share of the batch in the running statistics. Default 0.1. */
  readonly momentum?: number;
  /** Whether there are a scale and a shift. Default true. */
  readonly affine?: boolean;
  /** Whether there are running statistics. Default true. */
  readonly trackRunningStats?: boolean;
}

abstract class BatchNorm extends Module {
  readonly weight: Parameter | null;
  readonly bias: Parameter | null;
  readonly runningMean: Tensor | null;
  readonly runningVar: Tensor | null;

  constructor(
    readonly numFeatures: number,
    readonly options: NormOptions = {},
  ) {
    super();
    requireSize('numFeatures', numFeatures);
    const affine = options.affine ?? true;
    const tracks = options.trackRunningStats ?? true;
    this.weight = affine ? new Parameter(Tensor.ones([numFeatures])) : null;
    this.bias = affine ? new Parameter(Tensor.zeros([numFeatures])) : null;
    this.runningMean = tracks ? Tensor.zeros([numFeatures]) : null;
    this.runningVar = tracks ? Tensor.ones([numFeatures]) : null;
  }
  protected normalize(x: Tensor, ranks: readonly number[]): Tensor {
    if (!ranks.includes(x.rank) || x.shape[1] !== this.numFeatures) {
      const message = `Batch normalisation of ${this.numFeatures} channels does not fit [${x.shape.join(', ')}].`;
      throw new ValidationError('ERR_SHAPE', message);
    }
    const { eps, momentum } = this.options;
    const { weight, bias, training } = this;
    return F.batchNorm(x, this.runningMean, this.runningVar, { weight, bias, training, momentum, eps });
  }
}
/** Batch normalisation of [batch, channels] or [batch, channels, length]. */
export class BatchNorm1d extends BatchNorm {
  forward(x: Tensor): Tensor {
    return this.normalize(x, [2, 3]);
  }
}
/** Batch normalisation of images [batch, channels, height, width]. */
export class BatchNorm2d extends BatchNorm {
  forward(x: Tensor): Tensor {
    return this.normalize(x, [4]);
  }
}

/** Layer normalisation over the last axes. */
export class LayerNorm extends Module {
  readonly normalizedShape: readonly number[];
  readonly weight: Parameter | null;
  readonly bias: Parameter | null;
  readonly eps: number;

  constructor(
    normalizedShape: number | readonly number[],
    options: { readonly eps?: number; readonly elementwiseAffine?: boolean; readonly bias?: boolean } = {},
  ) {
    super();
    this.normalizedShape = Array.isArray(normalizedShape) ? normalizedShape : [normalizedShape];
    for (const extent of this.normalizedShape) requireSize('normalizedShape', extent);
    this.eps = options.eps ?? 1e-5;
    const affine = options.elementwiseAffine ?? true;
    this.weight = affine ? new Parameter(Tensor.ones(this.normalizedShape)) : null;
    this.bias = affine && (options.bias ?? true) ? new Parameter(Tensor.zeros(this.normalizedShape)) : null;
  }
  forward(x: Tensor): Tensor {
    return F.layerNorm(x, this.normalizedShape, this.weight, this.bias, this.eps);
  }
}

/** Rows of a table by their index: [...] to [..., embeddingDim]. */
export class Embedding extends Module {
  /** [numEmbeddings, embeddingDim] */
  readonly weight: Parameter;

  constructor(
    readonly numEmbeddings: number,
    readonly embeddingDim: number,
  ) {
    super();
    requireSize('numEmbeddings', numEmbeddings);
    requireSize('embeddingDim', embeddingDim);
    this.weight = new Parameter(Tensor.randn([numEmbeddings, embeddingDim]));
  }
  forward(index: Tensor): Tensor {
    return F.embedding(index, this.weight);
  }
}

/** Sets a share p of values to 0 in training, and divides the others by 1 - p. */
export class Dropout extends Module {
  constructor(readonly p = 0.5) {
    super();
    if (!(p >= 0 && p <= 1))
      throw new ValidationError('ERR_PARAMETER', `p must be in [0, 1]; got ${show(p)}.`);
  }
  forward(x: Tensor): Tensor {
    return F.dropout(x, this.p, this.training);
  }
}

/** All axes from `startDim` (1) on as one. */
export class Flatten extends Module {
  constructor(
    readonly startDim = 1,
    readonly endDim = -1,
  ) {
    super();
  }
  forward(x: Tensor): Tensor {
    return x.flatten(this.startDim, this.endDim);
  }
}

/** The largest value of each window of images. */
export class MaxPool2d extends Module {
  constructor(
    readonly kernelSize: F.Pair,
    readonly options: F.PoolOptions = {},
  ) {
    super();
  }
  forward(x: Tensor): Tensor {
    return F.maxPool2d(x, this.kernelSize, this.options);
  }
}
/** The mean of each window of images. */
export class AvgPool2d extends Module {
  constructor(
    readonly kernelSize: F.Pair,
    readonly options: F.AvgPoolOptions = {},
  ) {
    super();
  }
  forward(x: Tensor): Tensor {
    return F.avgPool2d(x, this.kernelSize, this.options);
  }
}
/** The mean of each channel: [batch, channels, height, width] to [batch, channels, 1, 1] (AdaptiveAvgPool2d(1)). */
export class GlobalAvgPool2d extends Module {
  forward(x: Tensor): Tensor {
    return F.globalAvgPool2d(x);
  }
}

// ---- Activations as modules ------------------------------------------------------------------------------------------

/** max(x, 0) */
export class ReLU extends Module {
  forward(x: Tensor): Tensor {
    return x.relu();
  }
}
/** x > 0 ? x : slope x */
export class LeakyReLU extends Module {
  constructor(readonly negativeSlope = 0.01) {
    super();
  }
  forward(x: Tensor): Tensor {
    return x.leakyRelu(this.negativeSlope);
  }
}
/** x > 0 ? x : alpha (e^x - 1) */
export class ELU extends Module {
  constructor(readonly alpha = 1) {
    super();
  }
  forward(x: Tensor): Tensor {
    return x.elu(this.alpha);
  }
}
/** x Phi(x) */
export class GELU extends Module {
  constructor(readonly approximate: 'none' | 'tanh' = 'none') {
    super();
  }
  forward(x: Tensor): Tensor {
    return x.gelu(this.approximate);
  }
}
/** x sigmoid(x) */
export class SiLU extends Module {
  forward(x: Tensor): Tensor {
    return x.silu();
  }
}
/** 1 / (1 + e^-x) */
export class Sigmoid extends Module {
  forward(x: Tensor): Tensor {
    return x.sigmoid();
  }
}
/** The hyperbolic tangent. */
export class Tanh extends Module {
  forward(x: Tensor): Tensor {
    return x.tanh();
  }
}
/** exp(x) / sum exp(x) along an axis */
export class Softmax extends Module {
  constructor(readonly dim = -1) {
    super();
  }
  forward(x: Tensor): Tensor {
    return x.softmax(this.dim);
  }
}
/** The logarithm of softmax. */
export class LogSoftmax extends Module {
  constructor(readonly dim = -1) {
    super();
  }
  forward(x: Tensor): Tensor {
    return x.logSoftmax(this.dim);
  }
}

/**
 * Modules one after the other: torch.nn.Sequential. (`Sequential` is the Keras-like model.)
 *
 * @example
 * ```ts
 * import { Linear, ReLU, SequentialModule, Tensor } from 'boreal/nn';
 * const net = new SequentialModule(new Linear(4, 8), new ReLU(), new Linear(8, 3));
 * net.forward(Tensor.zeros([2, 4])).shape; // [2, 3]
 * Object.keys(net.stateDict()); // ['0.weight', '0.bias', '2.weight', '2.bias']
 * ```
 */
export class SequentialModule extends Module {
  readonly layers: readonly Module[];

  constructor(...layers: Module[]) {
    super();
    this.layers = layers;
  }
  override *namedChildren(): IterableIterator<[name: string, module: Module]> {
    for (const [i, layer] of this.layers.entries()) yield [String(i), layer];
  }
  forward(x: Tensor): Tensor {
    return this.layers.reduce((y, layer) => layer.forward(y), x);
  }
}

/** Modules in a list that belongs to a module's state: torch.nn.ModuleList. */
export class ModuleList extends SequentialModule {
  override forward(): Tensor {
    throw new ValidationError('ERR_PARAMETER', 'A ModuleList has no forward: call its layers.');
  }
}
