/**
 * Layers as functions of tensors: torch.nn.functional, exported as `F`. Images are [batch, channels, height, width] and
 * kernels [out, in / groups, height, width], as in PyTorch.
 */
import { requireOptions, show } from '../../core/params.js';
import { ValidationError } from '../../errors.js';
import { alsoEvaluate } from './evaluate.js';
import * as ops from './ops.js';
import { nextKey, requireTensor, Tensor } from './tensor.js';
import { productOf } from './tensor-arithmetic.js';
import { apply, fromValue, noGrad } from './tensor-base.js';
import { sizeOf, type Value } from './value.js';

/** One number for both sides of a window, or [height, width]. */
export type Pair = number | readonly [height: number, width: number];

/** Options of {@link conv2d}. */
export interface Conv2dOptions {
  /** How far windows are apart. Default 1. */
  readonly stride?: Pair;
  /**
   * Zeros on each side; 'same' keeps the image's size (stride 1 only, as in PyTorch), 'valid' is 0; four numbers are
   * [top, bottom, left, right]. Default 0.
   */
  readonly padding?: Pair | 'same' | 'valid' | readonly [number, number, number, number];
  /** How far the places of a kernel are apart. Default 1. */
  readonly dilation?: Pair;
  /** Parts of the channels that are convolved apart; as many as channels: depthwise. Default 1. */
  readonly groups?: number;
}

/** Options of {@link maxPool2d}. */
export interface PoolOptions {
  /** Default: the size of the window. */
  readonly stride?: Pair;
  /** Default 0. */
  readonly padding?: Pair;
  /** Whether a last window may hang over the edge. Default false. */
  readonly ceilMode?: boolean;
}
/** Options of {@link avgPool2d}. */
export interface AvgPoolOptions extends PoolOptions {
  /** Whether the mean counts zeros of the padding. Default true. */
  readonly countIncludePad?: boolean;
}

function pairOf(name: string, given: unknown, least: number): [number, number] {
  const pair = typeof given === 'number' ? [given, given] : given;
  if (!Array.isArray(pair) || pair.length !== 2 || pair.some((n) => !Number.isInteger(n) || n < least)) {
    const message = `${name} must be a whole number >= ${least}, or two of them; got ${show(given)}.`;
    throw new ValidationError('ERR_PARAMETER', message);
  }
  return [pair[0], pair[1]];
}

function convWindow(kernel: readonly number[], options: Conv2dOptions): ops.WindowAttributes {
  requireOptions(options);
  const stride = pairOf('stride', options.stride ?? 1, 1);
  const dilation = pairOf('dilation', options.dilation ?? 1, 1);
  const { padding = 0, groups = 1 } = options;
  if (!Number.isInteger(groups) || groups < 1) {
    throw new ValidationError('ERR_PARAMETER', `groups must be a whole number >= 1; got ${show(groups)}.`);
  }
  let sides: readonly number[];
  if (padding === 'same') {
    if (stride[0] !== 1 || stride[1] !== 1) {
      throw new ValidationError('ERR_PARAMETER', "padding 'same' needs a stride of 1.");
    }
    sides = [0, 1].flatMap((d) => {
      const total = (kernel[d] - 1) * dilation[d];
      return [Math.floor(total / 2), total - Math.floor(total / 2)];
    });
  } else if (Array.isArray(padding) && padding.length === 4) {
    sides = [...pairOf('padding', padding.slice(0, 2), 0), ...pairOf('padding', padding.slice(2), 0)];
  } else {
    const [h, w] = pairOf('padding', padding === 'valid' ? 0 : padding, 0);
    sides = [h, h, w, w];
  }
  return {
    kernel: [kernel[0], kernel[1]],
    stride,
    padding: sides as unknown as ops.WindowAttributes['padding'],
    dilation,
    groups,
    ceilMode: false,
    countIncludePad: true,
  };
}

function poolWindow(kernelSize: Pair, options: AvgPoolOptions): ops.WindowAttributes {
  requireOptions(options);
  const kernel = pairOf('kernelSize', kernelSize, 1);
  const [h, w] = pairOf('padding', options.padding ?? 0, 0);
  if (2 * h > kernel[0] || 2 * w > kernel[1]) {
    throw new ValidationError('ERR_PARAMETER', 'The padding of a pooling is at most half its window.');
  }
  return {
    kernel,
    stride: pairOf('stride', options.stride ?? kernel, 1),
    padding: [h, h, w, w],
    dilation: [1, 1],
    groups: 1,
    ceilMode: options.ceilMode ?? false,
    countIncludePad: options.countIncludePad ?? true,
  };
}

function requireRank(x: Tensor, rank: number, what: string): void {
  requireTensor(x, what);
  if (x.rank !== rank) {
    throw new ValidationError('ERR_SHAPE', `${what} is of ${rank} axes; got [${x.shape.join(', ')}].`);
  }
}

const toChannelsLast = (x: Tensor) => x.permute([0, 2, 3, 1]);
const toChannelsFirst = (x: Tensor) => x.permute([0, 3, 1, 2]);

/**
 * x W^T + b.
 *
 * @param x - [..., in]
 * @param weight - [out, in]
 * @param bias - [out]
 * @returns [..., out]
 * @throws {ERR_SHAPE} when the shapes don't fit
 */
export function linear(x: Tensor, weight: Tensor, bias?: Tensor | null): Tensor {
  requireTensor(x, 'x');
  requireTensor(weight, 'weight');
  if (x.rank === 1) return linear(x.unsqueeze(0), weight, bias).squeeze(0);
  return productOf(x, weight, bias ?? undefined, true);
}

/**
 * Convolution of images (without turning the kernel round, as in every library).
 *
 * @param x - [batch, in, height, width]
 * @param weight - [out, in / groups, height, width]
 * @param bias - [out]
 * @throws {ERR_SHAPE} when the shapes don't fit
 * @throws {ERR_PARAMETER} when an option is out of range
 */
export function conv2d(x: Tensor, weight: Tensor, bias?: Tensor | null, options: Conv2dOptions = {}): Tensor {
  requireRank(x, 4, 'An image');
  requireRank(weight, 4, 'A kernel of a convolution');
  const window = convWindow(weight.shape.slice(2), options);
  const operands = [toChannelsLast(x), weight.permute([2, 3, 1, 0])];
  if (bias) operands.push(bias);
  return toChannelsFirst(apply('conv2d', operands, { window }));
}

/** The largest value of each window of images [batch, channels, height, width]. */
export function maxPool2d(x: Tensor, kernelSize: Pair, options: PoolOptions = {}): Tensor {
  requireRank(x, 4, 'An image');
  return toChannelsFirst(apply('maxPool', [toChannelsLast(x)], { window: poolWindow(kernelSize, options) }));
}

/** The mean of each window of images [batch, channels, height, width]. */
export function avgPool2d(x: Tensor, kernelSize: Pair, options: AvgPoolOptions = {}): Tensor {
  requireRank(x, 4, 'An image');
  return toChannelsFirst(apply('avgPool', [toChannelsLast(x)], { window: poolWindow(kernelSize, options) }));
}

/** The mean of each channel: [batch, channels, height, width] to [batch, channels, 1, 1]. */
export function globalAvgPool2d(x: Tensor): Tensor {
  requireRank(x, 4, 'An image');
  return x.mean([2, 3], true);
}

/** Options of {@link batchNorm}. */
export interface BatchNormOptions {
  readonly weight?: Tensor | null;
  readonly bias?: Tensor | null;
  /** Whether the batch's own statistics are used, and the running ones moved towards them. Default false. */
  readonly training?: boolean;
  /** The share of the batch in the running statistics. Default 0.1. */
  readonly momentum?: number;
  /** Added to the variance. Default 1e-5. */
  readonly eps?: number;
}

/**
 * Batch normalisation over all but axis 1.
 *
 * @param x - [batch, channels] or [batch, channels, ...]
 * @param runningMean - [channels]; null: the batch's own is used always
 * @param runningVar - [channels]
 */
export function batchNorm(
  x: Tensor,
  runningMean: Tensor | null,
  runningVar: Tensor | null,
  options: BatchNormOptions = {},
): Tensor {
  requireOptions(options);
  requireTensor(x, 'x');
  if (x.rank < 2) throw new ValidationError('ERR_SHAPE', 'Batch normalisation is of [batch, channels, ...].');
  const { weight, bias, training = false, momentum = 0.1, eps = 1e-5 } = options;
  const last = x.rank === 2 ? x : x.permute([0, ...x.shape.map((_, d) => d).slice(2), 1]);
  const channels = x.shape[1];
  const operands = [last];
  if (weight) operands.push(weight, bias ?? Tensor.zeros([channels]));
  const own = training || runningMean === null || runningVar === null;
  let statistics: Value;
  if (own) {
    const count = x.size / channels;
    if (training && count < 2) {
      throw new ValidationError(
        'ERR_SHAPE',
        'Batch normalisation needs more than one value a channel in training.',
      );
    }
    statistics = ops.batchStatistics(last.value);
    if (training && runningMean !== null && runningVar !== null) {
      noGrad(() => {
        const of = (i: number) => fromValue(ops.view(statistics, [channels], i * channels));
        const moved = (running: Tensor, batch: Tensor) => running.mul(1 - momentum).add(batch.mul(momentum));
        runningMean.value = moved(runningMean, of(0)).value;
        runningVar.value = moved(runningVar, of(1).mul(count / (count - 1))).value;
        alsoEvaluate(runningMean);
        alsoEvaluate(runningVar);
      });
    }
  } else {
    statistics = ops.concat([runningMean.value, runningVar.value], 0);
  }
  const y = apply('batchNorm', operands, { statistics, epsilon: eps, fixed: !own });
  return x.rank === 2 ? y : y.permute([0, x.rank - 1, ...x.shape.map((_, d) => d).slice(1, -1)]);
}

/**
 * Layer normalisation over the last axes.
 *
 * @param normalizedShape - extents of the axes it runs over
 * @param weight - of that shape
 * @param bias - of that shape
 */
export function layerNorm(
  x: Tensor,
  normalizedShape: readonly number[],
  weight?: Tensor | null,
  bias?: Tensor | null,
  eps = 1e-5,
): Tensor {
  const tail = x.shape.slice(x.rank - normalizedShape.length);
  if (!ops.sameShape(tail, normalizedShape)) {
    const message = `Layer normalisation over [${normalizedShape.join(', ')}] does not fit [${x.shape.join(', ')}].`;
    throw new ValidationError('ERR_SHAPE', message);
  }
  const width = sizeOf(normalizedShape);
  const operands = [x.reshape([-1, width])];
  if (weight) operands.push(weight.reshape([width]), bias ? bias.reshape([width]) : Tensor.zeros([width]));
  return apply('layerNorm', operands, { epsilon: eps }).reshape(x.shape);
}

/** Rows of a table [rows, width] by index [...]: [..., width]. */
export function embedding(index: Tensor, weight: Tensor): Tensor {
  requireRank(weight, 2, 'A table of embeddings');
  return weight.indexSelect(0, index).reshape([...index.shape, weight.shape[1]]);
}

/** Sets a share p of values to 0 and divides the others by 1 - p, in training. */
export function dropout(x: Tensor, p = 0.5, training = true): Tensor {
  if (!(p >= 0 && p <= 1)) throw new ValidationError('ERR_PARAMETER', `p must be in [0, 1]; got ${show(p)}.`);
  if (!training || p === 0) return x;
  return p === 1 ? x.mul(0) : apply('dropout', [x], { rate: p, key: nextKey() });
}

/** 1 at each index, 0 elsewhere: [...] to [..., classes]. */
export function oneHot(index: Tensor, classes: number): Tensor {
  return index.unsqueeze(-1).eq(Tensor.arange(classes));
}

export const relu = (x: Tensor): Tensor => x.relu();
export const leakyRelu = (x: Tensor, negativeSlope = 0.01): Tensor => x.leakyRelu(negativeSlope);
export const elu = (x: Tensor, alpha = 1): Tensor => x.elu(alpha);
export const gelu = (x: Tensor, approximate: 'none' | 'tanh' = 'none'): Tensor => x.gelu(approximate);
export const silu = (x: Tensor): Tensor => x.silu();
export const sigmoid = (x: Tensor): Tensor => x.sigmoid();
export const tanh = (x: Tensor): Tensor => x.tanh();
export const softplus = (x: Tensor): Tensor => x.softplus();
export const softmax = (x: Tensor, dim = -1): Tensor => x.softmax(dim);
export const logSoftmax = (x: Tensor, dim = -1): Tensor => x.logSoftmax(dim);
