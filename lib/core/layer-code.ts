/**
 * Layers of networks as the numbers by which the native core knows them (native/nn/layer_code.h): the kind, how many numbers follow,
 * and those. What trains layers, what puts them into plans and what writes them to files all say them so.
 */

/** Rows and columns. */
type Pair = readonly [rows: number, cols: number];
/** Height, width and channels of an image; channels come last. */
export type ImageShape = readonly [height: number, width: number, channels: number];
/** Zeros at each edge. */
export type Edges = readonly [top: number, bottom: number, left: number, right: number];

/** What training needs to know of the parameters of a layer; plans take none of it. */
export interface TrainedCode {
  readonly trainable: boolean;
  /** l1 and l2 of the kernel and of the bias. */
  readonly kernelPenalty?: readonly [l1: number, l2: number];
  readonly biasPenalty?: readonly [l1: number, l2: number];
}
const FIXED: TrainedCode = { trainable: false };
const NONE = [0, 0] as const;

/** Parameters: weights [width, units], bias [units]. */
export interface DenseLayer {
  readonly width: number;
  readonly units: number;
  /** Rows of the width in one sample. */
  readonly positions: number;
  readonly useBias: boolean;
}
/** Parameters: weights [rows, cols, channels / groups, filters], bias [filters]. */
export interface Conv2dLayer {
  readonly image: ImageShape;
  readonly filters: number;
  readonly kernel: Pair;
  readonly strides: Pair;
  readonly padding: Edges;
  readonly dilation: Pair;
  readonly groups: number;
  readonly useBias: boolean;
}
/** The largest value, or the mean, of each window; padding does not count. */
export interface Pool2dLayer {
  readonly average: boolean;
  readonly image: ImageShape;
  readonly kernel: Pair;
  readonly strides: Pair;
  readonly padding: Edges;
}
/** Parameters: gamma [width], beta [width]. */
export interface LayerNormLayer {
  readonly positions: number;
  readonly width: number;
  readonly epsilon: number;
  readonly scale: boolean;
  readonly center: boolean;
}
/** Parameters: a row for each of the entries. */
export interface EmbeddingLayer {
  readonly positions: number;
  readonly entries: number;
  readonly width: number;
}

const coded = (kind: number, values: readonly number[]): number[] => [kind, values.length, ...values];

export function denseCode(
  { width, units, positions, useBias }: DenseLayer,
  { trainable, kernelPenalty = NONE, biasPenalty = NONE } = FIXED,
): number[] {
  const shape = [width, units, positions, Number(useBias), Number(trainable)];
  return coded(0, [...shape, ...kernelPenalty, ...biasPenalty]);
}

/** `kind`: the place of the function in native/kernels/neural_kernels.h; `width`: values that a softmax goes over. */
export function activationCode(size: number, kind: number, alpha: number, width: number): number[] {
  return coded(1, [size, kind, alpha, width]);
}

export function dropoutCode(size: number, rate: number): number[] {
  return coded(2, [size, rate]);
}

export function conv2dCode(
  { image, filters, kernel, strides, padding, dilation, groups, useBias }: Conv2dLayer,
  { trainable, kernelPenalty = NONE, biasPenalty = NONE } = FIXED,
): number[] {
  const shape = [...image, filters, ...kernel, ...strides, ...padding, ...dilation, groups];
  return coded(3, [...shape, Number(useBias), Number(trainable), ...kernelPenalty, ...biasPenalty]);
}

export function pool2dCode({ average, image, kernel, strides, padding }: Pool2dLayer): number[] {
  return coded(4, [Number(average), ...image, ...kernel, ...strides, ...padding]);
}

export function globalAvgPoolCode(positions: number, channels: number): number[] {
  return coded(5, [positions, channels]);
}

export function batchNormCode(
  [positions, channels]: readonly [number, number],
  [momentum, epsilon]: readonly [number, number],
  flags: readonly boolean[],
): number[] {
  return coded(6, [positions, channels, momentum, epsilon, ...flags.map(Number)]);
}

export function layerNormCode(
  { positions, width, epsilon, scale, center }: LayerNormLayer,
  { trainable } = FIXED,
): number[] {
  return coded(7, [positions, width, epsilon, ...[scale, center, trainable].map(Number)]);
}

export function embeddingCode(
  { positions, entries, width }: EmbeddingLayer,
  { trainable, kernelPenalty = NONE } = FIXED,
): number[] {
  return coded(8, [positions, entries, width, Number(trainable), ...kernelPenalty]);
}

/** A layer that plans have, read back from its code. */
export type ReadLayer =
  | ({ readonly kind: 'dense' } & DenseLayer)
  | { readonly kind: 'softmax' | 'logSoftmax'; readonly size: number; readonly width: number }
  | ({ readonly kind: 'conv2d' } & Conv2dLayer)
  | ({ readonly kind: 'pool2d' } & Pool2dLayer)
  | { readonly kind: 'globalAvgPool'; readonly positions: number; readonly channels: number }
  | ({ readonly kind: 'layerNorm' } & LayerNormLayer)
  | ({ readonly kind: 'embedding' } & EmbeddingLayer);

/** The place of softmax among the activations; logSoftmax follows it. */
export const SOFTMAX = 17;

/** What a code says, or null for one that no plan holds. */
export function readLayer(code: ArrayLike<number>): ReadLayer | null {
  const [kind, , ...v] = Array.from(code);
  const pair = (at: number) => [v[at], v[at + 1]] as const;
  const image = (at: number) => [v[at], v[at + 1], v[at + 2]] as const;
  const edges = (at: number) => [v[at], v[at + 1], v[at + 2], v[at + 3]] as const;
  switch (kind) {
    case 0:
      return { kind: 'dense', width: v[0], units: v[1], positions: v[2], useBias: v[3] === 1 };
    case 1:
      if (v[1] !== SOFTMAX && v[1] !== SOFTMAX + 1) return null;
      return { kind: v[1] === SOFTMAX ? 'softmax' : 'logSoftmax', size: v[0], width: v[3] };
    case 3: {
      const windows = { kernel: pair(4), strides: pair(6), padding: edges(8), dilation: pair(12) };
      return {
        kind: 'conv2d',
        image: image(0),
        filters: v[3],
        ...windows,
        groups: v[14],
        useBias: v[15] === 1,
      };
    }
    case 4: {
      const windows = { kernel: pair(4), strides: pair(6), padding: edges(8) };
      return { kind: 'pool2d', average: v[0] === 1, image: image(1), ...windows };
    }
    case 5:
      return { kind: 'globalAvgPool', positions: v[0], channels: v[1] };
    case 7: {
      const [positions, width, epsilon] = v;
      return { kind: 'layerNorm', positions, width, epsilon, scale: v[3] === 1, center: v[4] === 1 };
    }
    case 8:
      return { kind: 'embedding', positions: v[0], entries: v[1], width: v[2] };
    default:
      return null;
  }
}
