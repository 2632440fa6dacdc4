/**
 * Initial values of weights, as plain data: Keras's initialisers. Uniform and normal ones of Glorot & Bengio (2010), He et
 * al. (2015) and LeCun et al. (1998) have a variance of scale / fan; the normal ones are cut off at two deviations, and
 * widened so that the variance is right after the cut.
 */
import { Matrix } from '../core/matrix.js';
import { checkParams, custom, type Rule, real, seed, show } from '../core/params.js';
import { Random } from '../core/random.js';
import { sizeOf } from '../core/shape.js';
import { ValidationError } from '../errors.js';

/** Names of initialisers that take no options beside a seed. */
export type ScalingName =
  | 'glorotUniform'
  | 'glorotNormal'
  | 'heUniform'
  | 'heNormal'
  | 'lecunUniform'
  | 'lecunNormal';

interface Seeded {
  /** Default null: follows from the seed of the model. */
  readonly seed: number | null;
}
/** An initialiser as plain data; the functions of this module make them. */
export type Initializer =
  | { readonly type: 'zeros' }
  | { readonly type: 'ones' }
  | { readonly type: 'constant'; readonly value: number }
  | ({ readonly type: ScalingName } & Seeded)
  | ({
      readonly type: 'randomNormal' | 'truncatedNormal';
      readonly mean: number;
      readonly stddev: number;
    } & Seeded)
  | ({ readonly type: 'randomUniform'; readonly minval: number; readonly maxval: number } & Seeded)
  | ({ readonly type: 'orthogonal'; readonly gain: number } & Seeded);
/** The name of an initialiser. */
export type InitializerName = Initializer['type'];

/** scale / fan, which fan, and which distribution. */
const SCALING: Readonly<
  Record<ScalingName, readonly [scale: number, fan: 'in' | 'average', normal: boolean]>
> = {
  glorotUniform: [1, 'average', false],
  glorotNormal: [1, 'average', true],
  heUniform: [2, 'in', false],
  heNormal: [2, 'in', true],
  lecunUniform: [1, 'in', false],
  lecunNormal: [1, 'in', true],
};
/** Deviation of a standard normal that is cut off at two deviations. */
const CUT_DEVIATION = 0.879_625_661_034_239_78;

const type = custom('the name of an initializer', (v) => typeof v === 'string');
const seeded = { type, seed };
const normal = { ...seeded, mean: real(), stddev: real(0) };
const RULES: { readonly [T in InitializerName]: Readonly<Record<string, Rule>> } = {
  zeros: { type },
  ones: { type },
  constant: { type, value: real() },
  glorotUniform: seeded,
  glorotNormal: seeded,
  heUniform: seeded,
  heNormal: seeded,
  lecunUniform: seeded,
  lecunNormal: seeded,
  randomNormal: normal,
  truncatedNormal: normal,
  randomUniform: { ...seeded, minval: real(), maxval: real() },
  orthogonal: { ...seeded, gain: real() },
};

function make<I extends Initializer>(initializer: I): I {
  checkParams(initializer.type, initializer, RULES[initializer.type] as never);
  return initializer;
}

/** Options of a seeded initialiser. */
export type SeedOptions = Partial<Seeded>;

/** All 0. */
export const zeros = (): Initializer => ({ type: 'zeros' });
/** All 1. */
export const ones = (): Initializer => ({ type: 'ones' });
/** All `value`. @throws {ERR_PARAMETER} unless it is finite */
export const constant = (value = 0): Initializer => make({ type: 'constant', value });
/** Uniform within sqrt(6 / (fanIn + fanOut)) of 0: the default of kernels. */
export const glorotUniform = (o: SeedOptions = {}): Initializer =>
  make({ seed: null, ...o, type: 'glorotUniform' });
/** Normal, cut off at two deviations, of variance 2 / (fanIn + fanOut). */
export const glorotNormal = (o: SeedOptions = {}): Initializer =>
  make({ seed: null, ...o, type: 'glorotNormal' });
/** Uniform within sqrt(6 / fanIn) of 0. */
export const heUniform = (o: SeedOptions = {}): Initializer => make({ seed: null, ...o, type: 'heUniform' });
/** Normal, cut off at two deviations, of variance 2 / fanIn. */
export const heNormal = (o: SeedOptions = {}): Initializer => make({ seed: null, ...o, type: 'heNormal' });
/** Uniform within sqrt(3 / fanIn) of 0. */
export const lecunUniform = (o: SeedOptions = {}): Initializer =>
  make({ seed: null, ...o, type: 'lecunUniform' });
/** Normal, cut off at two deviations, of variance 1 / fanIn. */
export const lecunNormal = (o: SeedOptions = {}): Initializer =>
  make({ seed: null, ...o, type: 'lecunNormal' });
/** Normal. Default mean 0, stddev 0.05. */
export const randomNormal = (o: SeedOptions & { mean?: number; stddev?: number } = {}): Initializer =>
  make({ seed: null, mean: 0, stddev: 0.05, ...o, type: 'randomNormal' });
/** Normal, values beyond two deviations drawn anew. Default mean 0, stddev 0.05. */
export const truncatedNormal = (o: SeedOptions & { mean?: number; stddev?: number } = {}): Initializer =>
  make({ seed: null, mean: 0, stddev: 0.05, ...o, type: 'truncatedNormal' });
/** Uniform in [minval, maxval). Default -0.05 and 0.05. */
export const randomUniform = (o: SeedOptions & { minval?: number; maxval?: number } = {}): Initializer =>
  make({ seed: null, minval: -0.05, maxval: 0.05, ...o, type: 'randomUniform' });
/** Orthonormal columns, or rows where there are fewer of them, times a gain (Saxe et al., 2013). Default gain 1. */
export const orthogonal = (o: SeedOptions & { gain?: number } = {}): Initializer =>
  make({ seed: null, gain: 1, ...o, type: 'orthogonal' });

const BY_NAME: { readonly [T in InitializerName]: () => Initializer } = {
  ...{ zeros, ones, constant, glorotUniform, glorotNormal, heUniform, heNormal, lecunUniform, lecunNormal },
  ...{ randomNormal, truncatedNormal, randomUniform, orthogonal },
};

/**
 * An initialiser by name or as an object.
 *
 * @internal
 * @throws {ERR_PARAMETER} when there is no such initialiser
 */
export function resolveInitializer(given: InitializerName | Initializer): Initializer {
  const name = (typeof given === 'string' ? given : (given as Initializer | null)?.type) as InitializerName;
  if (!Object.hasOwn(RULES, String(name))) {
    const message = `An initializer is one of ${Object.keys(RULES).join(', ')}; got ${show(name ?? given)}.`;
    throw new ValidationError('ERR_PARAMETER', message);
  }
  return typeof given === 'string' ? BY_NAME[name]() : make(given);
}

/** Inputs and outputs of a unit: of a kernel [in, out], or [height, width, in, out]. */
function fans(shape: readonly number[]): [fanIn: number, fanOut: number] {
  if (shape.length < 2) return [shape[0] ?? 1, shape[0] ?? 1];
  const field = sizeOf(shape.slice(0, -2));
  return [field * shape[shape.length - 2], field * shape[shape.length - 1]];
}

/**
 * Initial values of an array of weights, row-major.
 *
 * @param initializer - what to fill it with
 * @param shape - of the array; the last two dimensions of a kernel are inputs and outputs
 * @param fallbackSeed - used where the initialiser has none
 * @returns as many values as the shape has
 * @example
 * ```ts
 * import { heNormal, initialValues } from 'boreal/nn';
 * initialValues(heNormal(), [784, 128], 1).length; // 100352
 * ```
 */
export function initialValues(
  initializer: Initializer,
  shape: readonly number[],
  fallbackSeed: number,
): Float32Array {
  if (!Array.isArray(shape) || !shape.every((n) => Number.isSafeInteger(n) && n >= 0)) {
    const message = `A shape is an array of whole numbers >= 0; got ${show(shape)}.`;
    throw new ValidationError('ERR_SHAPE', message);
  }
  const values = new Float32Array(sizeOf(shape));
  const next = filler(resolveInitializer(initializer), shape, values, fallbackSeed);
  if (next !== null) fill(values, next, 0, values.length);
  return values;
}

/** Values drawn at once without a pause. */
const CHUNK = 1 << 17;

/** As {@link initialValues}; the event loop turns between chunks. @internal */
export async function initialValuesAsync(
  initializer: Initializer,
  shape: readonly number[],
  fallbackSeed: number,
): Promise<Float32Array> {
  const values = new Float32Array(sizeOf(shape));
  const next = filler(initializer, shape, values, fallbackSeed);
  if (next === null) return values;
  for (let from = 0; from < values.length; from += CHUNK) {
    if (from > 0) await new Promise((resolve) => setImmediate(resolve));
    fill(values, next, from, Math.min(values.length, from + CHUNK));
  }
  return values;
}

/** What gives the values one by one; null when they are there already. */
function filler(
  initializer: Initializer,
  shape: readonly number[],
  values: Float32Array,
  fallbackSeed: number,
): (() => number) | null {
  switch (initializer.type) {
    case 'zeros':
      return null;
    case 'ones':
      values.fill(1);
      return null;
    case 'constant':
      values.fill(initializer.value);
      return null;
    default: {
      const random = new Random(initializer.seed ?? fallbackSeed);
      return sampler(initializer, shape, values, random);
    }
  }
}

function sampler(
  initializer: Exclude<Initializer, { type: 'zeros' | 'ones' | 'constant' }>,
  shape: readonly number[],
  values: Float32Array,
  random: Random,
): (() => number) | null {
  switch (initializer.type) {
    case 'randomNormal':
      return () => initializer.mean + initializer.stddev * random.normal();
    case 'truncatedNormal':
      return () => initializer.mean + initializer.stddev * truncated(random);
    case 'randomUniform':
      return uniform(random, initializer.minval, initializer.maxval);
    case 'orthogonal':
      orthonormal(values, shape, initializer.gain, random);
      return null;
    default:
      return scaled(shape, initializer.type, random);
  }
}

function fill(values: Float32Array, next: () => number, from: number, to: number): void {
  for (let i = from; i < to; i++) values[i] = next();
}

const uniform = (random: Random, low: number, high: number) => () => low + (high - low) * random.next();

function truncated(random: Random): number {
  for (;;) {
    const value = random.normal();
    if (Math.abs(value) <= 2) return value;
  }
}

function scaled(shape: readonly number[], name: ScalingName, random: Random): () => number {
  const [scale, which, isNormal] = SCALING[name];
  const [fanIn, fanOut] = fans(shape);
  const variance = scale / Math.max(1, which === 'in' ? fanIn : (fanIn + fanOut) / 2);
  if (!isNormal) {
    const limit = Math.sqrt(3 * variance);
    return uniform(random, -limit, limit);
  }
  const deviation = Math.sqrt(variance) / CUT_DEVIATION;
  return () => deviation * truncated(random);
}

/** Q of the QR decomposition of normal deviates, its signs those of R's diagonal, so that it is drawn uniformly. */
function orthonormal(values: Float32Array, shape: readonly number[], gain: number, random: Random): void {
  if (shape.length < 2) {
    throw new ValidationError('ERR_PARAMETER', 'orthogonal: needs weights of two dimensions or more.');
  }
  const cols = shape[shape.length - 1];
  const rows = values.length / cols;
  if (values.length === 0) return;
  const long = Math.max(rows, cols);
  const short = Math.min(rows, cols);
  const deviates = Float64Array.from({ length: long * short }, () => random.normal());
  const { q, r } = new Matrix(deviates, long, short).qr();
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < cols; j++) {
      const [row, column] = rows >= cols ? [i, j] : [j, i];
      const sign = r.data[column * short + column] < 0 ? -1 : 1;
      values[i * cols + j] = gain * sign * q.data[row * short + column];
    }
  }
}
