/**
 * Collects the ops of a plan while estimators lower themselves into it. The result is one Int32Array and a list of
 * constants (wire format: native/plan/plan.h), so that the native core never reads an object's fields.
 */
import { GIVEN_DISTANCES } from './neighbor-search.js';
import { fuse, type PlanOp } from './plan-fusion.js';
import type {
  Activation,
  BinaryFunction,
  Constant,
  DivergenceSpec,
  Fold,
  ForestConstants,
  KernelConstants,
  KernelFunction,
  KernelSpec,
  LeafModels,
  Metric,
  NeighborsConstants,
  Norm,
  Outside,
} from './plan-types.js';
import type { Column } from './schema.js';
import { planRows } from './sparse/densify.js';

/** A value inside a plan: a matrix of `width` columns, one row per input row. */
export interface Slot {
  readonly id: number;
  readonly width: number;
  /** Of columns that hold codes, what these stand for; absent where no column does, or nobody knows any more. */
  readonly categories?: ReadonlyArray<Column['categories']>;
}

const VERSION = 1;
const OPCODE = {
  check: 1,
  gather: 2,
  concat: 3,
  impute: 4,
  affine: 5,
  category: 6,
  oneHot: 7,
  dense: 8,
  activation: 9,
  softmax: 10,
  argmax: 11,
  forest: 12,
  quantile: 13,
  leafLinear: 14,
  binary: 15,
  select: 16,
  constant: 17,
  reduce: 18,
  lookup: 19,
  float32: 20,
  distance: 21,
  coupling: 22,
  nonNegative: 23,
  kernelExpansion: 24,
  interpolate: 25,
  neighbors: 26,
  neighborImpute: 27,
  layer: 28,
  draw: 29,
  scale: 30,
  quantize: 31,
  int8Dense: 32,
  int8Conv2d: 33,
  divergence: 34,
} as const;
const ACTIVATION: Record<Activation, number> = {
  identity: 0,
  relu: 1,
  sigmoid: 2,
  tanh: 3,
  exp: 4,
  expm1: 5,
  log: 6,
  log1p: 7,
  sqrt: 8,
  erf: 9,
  gelu: 10,
  silu: 11,
  softplus: 12,
  abs: 13,
  negate: 14,
  square: 15,
  reciprocal: 16,
  floor: 17,
  ceil: 18,
  round: 19,
  sign: 20,
  sinPi: 21,
  cosPi: 22,
  normalQuantile: 23,
};
const BINARY: Record<BinaryFunction, number> = {
  add: 0,
  sub: 1,
  mul: 2,
  div: 3,
  min: 4,
  max: 5,
  pow: 6,
  greater: 7,
  greaterEqual: 8,
  less: 9,
  lessEqual: 10,
  equal: 11,
};
const FOLD: Record<Fold, number> = { sum: 0, sumAbs: 1, product: 4, min: 5, max: 6, maxAbs: 7 };
const METRIC: Record<Metric, number> = { euclidean: 0, squaredEuclidean: 1, manhattan: 2 };
const KERNEL: Record<KernelFunction, number> = { linear: 0, poly: 1, rbf: 2, sigmoid: 3 };
const OUTSIDE: Record<Outside, number> = { clip: 0, nan: 1, raise: 2 };
const AGGREGATE = { mean: 0, sum: 1, perTree: 2 } as const;
const VOTE = { classes: 0, mean: 1, outlier: 2, distances: 3, place: 4 } as const;
const COMPARE = { float32: 0, float64: 1 } as const;
const NONE = new Int32Array(0);
const NO_NUMBERS = new Float64Array(0);

/** What the native core compiles. */
export interface PlanSource {
  readonly ops: Int32Array;
  readonly constants: Constant[];
  /** For ops that can refuse a value: the names of the columns they read, by op index. */
  readonly columnNames: ReadonlyMap<number, readonly string[]>;
}

/** Of a slot; kMaxWidth of native/plan/plan.h. */
const MOST_COLUMNS = 1 << 22;

/** Builds a plan op by op; each method returns the slot that the op writes. */
export class PlanBuilder {
  readonly input: Slot;
  readonly #ops: PlanOp[] = [];

  /** @param columns - those of the input, where they may be categories */
  constructor(inputWidth: number, columns: readonly Column[] = []) {
    const isCoded = columns.some(({ categories }) => categories !== undefined);
    this.input = withCategories(
      { id: 0, width: inputWidth },
      isCoded ? columns.map((c) => c.categories) : undefined,
    );
  }

  /** Refuses infinities, and NaN unless allowed; `names` are used in the error. */
  check(x: Slot, allowNan: boolean, names: readonly string[]): Slot {
    return withCategories(this.emit('check', [x], [allowNan ? 1 : 0], [], x.width, names), x.categories);
  }

  /** The given columns of x, in that order. */
  gather(x: Slot, columns: readonly number[]): Slot {
    if (columns.length === x.width && columns.every((c, j) => c === j)) return x;
    const categories = x.categories && columns.map((j) => x.categories?.[j]);
    return withCategories(this.emit('gather', [x], columns, [], columns.length), categories);
  }

  /** Slots side by side. */
  concat(parts: readonly Slot[]): Slot {
    if (parts.length === 1) return parts[0];
    const width = parts.reduce((sum, part) => sum + part.width, 0);
    // Damaged files ask for widths that no plan has, which the core refuses: no list may be that long.
    const isCoded = width <= MOST_COLUMNS && parts.some(({ categories }) => categories !== undefined);
    const categoriesOf = (part: Slot) => part.categories ?? new Array<undefined>(part.width).fill(undefined);
    const slot = this.emit('concat', parts, [], [], width);
    return withCategories(slot, isCoded ? parts.flatMap(categoriesOf) : undefined);
  }

  /** NaN -> fill[j], which may be a code that x does not have. */
  impute(x: Slot, fill: Float64Array): Slot {
    return this.emit('impute', [x], [], [fill], x.width);
  }

  /** (x - shift[j]) / scale[j]. */
  affine(x: Slot, shift: Float64Array, scale: Float64Array): Slot {
    return this.emit('affine', [x], [], [shift, scale], x.width);
  }

  /** Value -> index among its column's sorted `values` (from offsets[j] to offsets[j + 1]), or -1. */
  category(
    x: Slot,
    offsets: Int32Array,
    values: Float64Array,
    rejectUnknown: boolean,
    names: readonly string[],
  ): Slot {
    return this.emit('category', [x], [rejectUnknown ? 1 : 0], [offsets, values], x.width, names);
  }

  /** Code -> indicator columns; sizes[j] of them, without the column drop[j] (-1: none). */
  oneHot(x: Slot, sizes: Int32Array, drop: Int32Array): Slot {
    let width = 0;
    for (let j = 0; j < sizes.length; j++) width += sizes[j] - (drop[j] >= 0 ? 1 : 0);
    return this.emit('oneHot', [x], [], [sizes, drop], width);
  }

  /** x W + b with W of shape [x.width, bias.length], row-major. */
  dense(x: Slot, weights: Float64Array, bias: Float64Array): Slot {
    return this.emit('dense', [x], [bias.length, ACTIVATION.identity], [weights, bias], bias.length);
  }

  activation(x: Slot, kind: Activation): Slot {
    return this.emit('activation', [x], [ACTIVATION[kind]], [], x.width);
  }

  softmax(x: Slot): Slot {
    return this.emit('softmax', [x], [], [], x.width);
  }

  /** Index of the first largest column. */
  argmax(x: Slot): Slot {
    return this.emit('argmax', [x], [], [], 1);
  }

  /** Trees, their leaf values averaged, summed, or one column per tree. */
  forest(x: Slot, forest: ForestConstants, outputs: number, aggregate: keyof typeof AGGREGATE): Slot {
    const { treeOffsets, feature, threshold, left, rules, cover, values, compare = 'float32' } = forest;
    const { setOffsets = NONE, setWords = NONE, groups = NONE } = forest;
    const width = aggregate === 'perTree' ? treeOffsets.length - 1 : outputs;
    const trees = [treeOffsets, feature, threshold, left, rules, cover, values];
    const constants = [...trees, setOffsets, setWords, groups];
    const ints = [AGGREGATE[aggregate], outputs, COMPARE[compare]];
    return this.emit('forest', [x], ints, constants, width);
  }

  /**
   * Linear models in the leaves of trees; `leaves` has one column for each tree, which numbers a leaf. See
   * native/plan/op.h.
   */
  leafLinear([x, leaves]: readonly [Slot, Slot], models: LeafModels): Slot {
    const { intercept, otherwise, offsets, features, coefficients } = models;
    return this.emit(
      'leafLinear',
      [x, leaves],
      [],
      [intercept, otherwise, offsets, features, coefficients],
      1,
    );
  }

  /** Quantiles over the columns of each row. */
  quantile(x: Slot, probabilities: Float64Array): Slot {
    return this.emit('quantile', [x], [], [probabilities], probabilities.length);
  }

  /** f(x, operand[j]) of each column. */
  binary(x: Slot, kind: BinaryFunction, operand: Float64Array): Slot {
    return this.emit('binary', [x], [BINARY[kind]], [operand], x.width);
  }

  /** f(a, b) of two slots; a slot of one column stands for all columns of the other. */
  binaryOf([a, b]: readonly [Slot, Slot], kind: BinaryFunction): Slot {
    return this.emit('binary', [a, b], [BINARY[kind]], [], Math.max(a.width, b.width));
  }

  /** condition != 0 ? a : b, of slots of one width. */
  select([condition, a, b]: readonly [Slot, Slot, Slot]): Slot {
    return this.emit('select', [condition, a, b], [], [], condition.width);
  }

  /** The same values in each row of x. */
  constant(x: Slot, values: Float64Array): Slot {
    return this.emit('constant', [x], [], [values], values.length);
  }

  /** One column: the fold of each row. */
  reduce(x: Slot, fold: Fold): Slot {
    return this.emit('reduce', [x], [FOLD[fold]], [], 1);
  }

  /** Each row over its length; a length of 0 becomes 1. */
  normalize(x: Slot, norm: Norm): Slot {
    const length = lengths(this, x, norm);
    const isZero = this.binary(length, 'equal', new Float64Array(1));
    return this.binaryOf([x, this.binaryOf([length, isZero], 'add')], 'div');
  }

  /** Code c of column j -> values[offsets[j] + c], or otherwise[j] for what is no code of that column. */
  lookup(x: Slot, offsets: Int32Array, values: Float64Array, otherwise: Float64Array): Slot {
    return this.emit('lookup', [x], [], [offsets, values, otherwise], x.width);
  }

  /** Each value rounded to float32. */
  float32(x: Slot): Slot {
    return this.emit('float32', [x], [], [], x.width);
  }

  /** Distances from points of shape [outputs, x.width], row-major. */
  distance(x: Slot, metric: Metric, points: Float64Array, outputs: number): Slot {
    return this.emit('distance', [x], [METRIC[metric], outputs], [points], outputs);
  }

  /** Probabilities of classes from those of each pair of them (Wu, Lin and Weng, 2004). */
  coupling(x: Slot, classes: number): Slot {
    return this.emit('coupling', [x], [classes], [], classes);
  }

  /** Non-negative w with the least w' gram w / 2 - x' w, gram of shape [x.width, x.width]; see native/plan/op.h. */
  nonNegative(x: Slot, gram: Float64Array, tolerance: number, rounds: number): Slot {
    return this.emit('nonNegative', [x], [rounds], [gram, Float64Array.of(tolerance)], x.width);
  }

  /** Non-negative w with the least beta-divergence between x and w parts, parts of shape [n, x.width]; see native/plan/op.h. */
  divergence(x: Slot, parts: Float64Array, spec: DivergenceSpec): Slot {
    const { beta, l1, l2, tolerance, rounds } = spec;
    const outputs = parts.length / x.width;
    const constants = [parts, Float64Array.of(beta, l1, l2, tolerance)];
    return this.emit('divergence', [x], [outputs, rounds], constants, outputs);
  }

  /** bias + sum over the vectors [n, x.width] of the kernel of x and a vector times its row of weights [n, bias.length]. */
  kernelExpansion(
    x: Slot,
    { kernel, gamma, coef0, degree }: KernelSpec,
    [vectors, weights, bias]: KernelConstants,
  ): Slot {
    const constants = [Float64Array.of(gamma, coef0, degree), planRows(vectors), weights, bias];
    return this.emit('kernelExpansion', [x], [KERNEL[kernel], bias.length], constants, bias.length);
  }

  /** Each column by its piecewise linear function: points from offsets[j] to offsets[j + 1], `from` rising. */
  interpolate(
    x: Slot,
    outside: Outside,
    [offsets, from, to]: readonly [offsets: Int32Array, from: Float64Array, to: Float64Array],
    names: readonly string[],
  ): Slot {
    return this.emit('interpolate', [x], [OUTSIDE[outside]], [offsets, from, to], x.width, names);
  }

  /** What the training rows near each row say of it; of given distances, which x then holds, there are no points. */
  neighbors(
    x: Slot,
    { search, points, neighbors, radius = 0, vote, distanceWeights }: NeighborsConstants,
  ): Slot {
    let width = 1;
    let codes: Int32Array = NONE;
    let values: Float64Array = NO_NUMBERS;
    const numbers = vote.kind === 'place' ? vote.numbers : [];
    if (vote.kind === 'classes') {
      width = vote.classes;
      codes = vote.codes;
    } else if (vote.kind === 'mean') {
      width = vote.outputs;
      values = vote.targets;
    } else if (vote.kind === 'outlier') {
      values = vote.values;
    } else if (vote.kind === 'place') {
      width = vote.dimensions;
      values = vote.embedding;
    } else {
      width = neighbors;
    }
    const how = [search.metric, search.search, search.leafSize, neighbors, VOTE[vote.kind]];
    const ints = [...how, distanceWeights ? 1 : 0, width];
    return this.emit(
      'neighbors',
      [x],
      ints,
      [
        search.metric === GIVEN_DISTANCES ? NO_NUMBERS : planRows(points),
        Float64Array.of(search.p, radius, ...numbers),
        ...[codes, values],
      ],
      width,
    );
  }

  /** NaN -> the mean over the nearest of `points` [rows, x.width] that have the column; fill[j] where none has. */
  neighborImpute(
    x: Slot,
    neighbors: number,
    distanceWeights: boolean,
    points: Float64Array,
    fill: Float64Array,
  ): Slot {
    return this.emit('neighborImpute', [x], [neighbors, distanceWeights ? 1 : 0], [points, fill], x.width);
  }

  /**
   * One layer of a neural network, by the code and the parameters that the native core trains it with; in float32 whatever the
   * precision of the plan.
   */
  layer(x: Slot, code: ArrayLike<number>, parameters: Float32Array, outputs: number): Slot {
    const ints = [outputs, ACTIVATION.identity];
    return this.emit('layer', [x], ints, [Float64Array.from(code), parameters], outputs);
  }

  /** x * factor[c] + term[c], where column j is of channel c = j % factor.length: a batch normalisation that predicts. */
  scale(x: Slot, factor: Float64Array, term: Float64Array): Slot {
    return this.emit('scale', [x], [], [factor, term], x.width);
  }

  /** One column: a number in (0, 1), uniform over rows, that the row's values and the seed, 32 bits, decide. */
  draw(x: Slot, seed: number): Slot {
    return this.emit('draw', [x], [seed | 0], [], 1);
  }

  /** Numbers as 8-bit codes, which 8-bit ops alone read: x = scale (code - zero), `codes` being scale and zero. */
  quantize(x: Slot, codes: Float32Array): Slot {
    return this.emit('quantize', [x], [], [codes], x.width);
  }

  /**
   * The activation of x W + b at each position of x, W being `weights` (two's complement, [inputs, outputs] row-major) times the
   * scale of their column. x is codes, or numbers that get a range for each position; with `codes` the result is such codes, too.
   */
  int8Dense(
    x: Slot,
    positions: number,
    activation: Activation,
    weights: Uint8Array,
    scale: Float32Array,
    bias: Float32Array,
    ...codes: Float32Array[]
  ): Slot {
    const ints = [positions, bias.length, ACTIVATION[activation]];
    return this.emit('int8Dense', [x], ints, [weights, scale, bias, ...codes], positions * bias.length);
  }

  /** As {@link PlanBuilder.int8Dense}, of a convolution without groups, by its code: numbers get a range for each image. */
  int8Conv2d(
    x: Slot,
    code: ArrayLike<number>,
    outputs: number,
    activation: Activation,
    weights: Uint8Array,
    scale: Float32Array,
    bias: Float32Array,
    ...codes: Float32Array[]
  ): Slot {
    const constants = [Float64Array.from(code), weights, scale, bias, ...codes];
    return this.emit('int8Conv2d', [x], [outputs, ACTIVATION[activation]], constants, outputs);
  }

  /** The finished plan, whose output is `output`. */
  build(output: Slot): PlanSource {
    const { ops, output: place } = fuse(this.#ops, output.id);
    if (place === ops.length && place > 0) return this.#encode(ops);
    // The native core's output is its last slot: name the wanted one by a copy.
    const ints = Array.from({ length: output.width }, (_, j) => j);
    return this.#encode([...ops, { op: 'gather', inputs: [place], ints, constants: [] }]);
  }

  #encode(ops: readonly PlanOp[]): PlanSource {
    const code = [VERSION, this.input.width, ops.length];
    const constants: Constant[] = [];
    const columnNames = new Map<number, readonly string[]>();
    ops.forEach((each, k) => {
      const indices = each.constants.map((constant) => constants.push(constant) - 1);
      code.push(OPCODE[each.op as keyof typeof OPCODE]);
      for (const list of [each.inputs, each.ints, indices]) {
        code.push(list.length);
        // One by one: a call cannot take as many arguments as a wide matrix has columns.
        for (const value of list) code.push(value);
      }
      if (each.columnNames !== undefined) columnNames.set(k, each.columnNames);
    });
    return { ops: Int32Array.from(code), constants, columnNames };
  }

  protected emit(
    op: keyof typeof OPCODE,
    inputs: readonly Slot[],
    ints: readonly number[],
    constants: readonly Constant[],
    width: number,
    columnNames?: readonly string[],
  ): Slot {
    const slots = inputs.map(({ id }) => id);
    return { id: this.#ops.push({ op, inputs: slots, ints, constants, columnNames }), width };
  }
}

function withCategories(slot: Slot, categories: Slot['categories']): Slot {
  return categories === undefined ? slot : { ...slot, categories };
}

function lengths(plan: PlanBuilder, x: Slot, norm: Norm): Slot {
  if (norm === 'l2') return plan.activation(plan.reduce(plan.activation(x, 'square'), 'sum'), 'sqrt');
  return plan.reduce(x, norm === 'l1' ? 'sumAbs' : 'maxAbs');
}
