/** The linear algebra around a mixture: given starts, factors of covariances and of their inverses. */
import { Matrix } from '../core/matrix.js';
import { ValidationError } from '../errors.js';
import type { CovarianceType } from '../native.js';

/** What a start gives; the parts that it does not come from the responsibilities. */
export interface MixtureStart {
  /** [rows, components], rows adding up to 1. */
  readonly responsibilities?: Float64Array;
  readonly weights?: Float64Array;
  readonly means?: Float64Array;
  /** Factors of the inverse covariances. */
  readonly precisions?: Float64Array;
  /** What the first mean log-likelihood is compared with. */
  readonly lowerBound?: number;
}

/** Nothing given, and no fit before. */
export const NO_START = { weights: null, means: null, precisions: null, lowerBound: -Infinity };

/** Responsibilities that say nothing. */
export const evenly = (rows: number, components: number) =>
  new Float64Array(rows * components).fill(1 / components);

/** The members that are not null. */
export function presentOf(given: ReturnType<typeof givenStart>): MixtureStart {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== null));
}

/** Components of equal weight around `means`, whose variance is what is added to variances: each knows of one row only. */
export function narrow(
  means: Float64Array,
  type: CovarianceType,
  k: number,
  d: number,
  variance: number,
): MixtureStart {
  if (!(variance > 0)) {
    const message = 'GaussianMixture: components around single rows need a regCovar above 0.';
    throw new ValidationError('ERR_PARAMETER', message);
  }
  const precisions = new Float64Array(sizeOf(type, k, d));
  const matrix = type === 'full' || type === 'tied';
  for (let at = 0; at < precisions.length; at++) {
    if (!matrix || (at % (d * d)) % (d + 1) === 0) precisions[at] = 1 / Math.sqrt(variance);
  }
  return { weights: new Float64Array(k).fill(1 / k), means, precisions };
}

/** How many numbers covariances are. */
function sizeOf(type: CovarianceType, k: number, d: number): number {
  return { full: k * d * d, tied: d * d, diag: k * d, spherical: k }[type];
}

/** Numbers of nested lists, one after the other. */
function flatten(value: unknown): number[] {
  return Array.isArray(value) || ArrayBuffer.isView(value)
    ? Array.from(value as ArrayLike<unknown>).flatMap(flatten)
    : [value as number];
}

function numbers(name: string, value: unknown, length: number): Float64Array {
  const flat = Float64Array.from(flatten(value));
  if (flat.length !== length)
    throw new ValidationError(
      'ERR_SHAPE',
      `GaussianMixture: ${name} has ${flat.length} numbers, not ${length}.`,
    );
  if (!flat.every(Number.isFinite))
    throw new ValidationError('ERR_PARAMETER', `GaussianMixture: ${name} must hold finite numbers.`);
  return flat;
}

/**
 * Checks the parts of a start that are given.
 *
 * @throws {ERR_SHAPE | ERR_PARAMETER} for weights that do not add up to 1, and what is no inverse covariance
 */
export function givenStart(
  params: {
    nComponents: number;
    covarianceType: CovarianceType;
    weightsInit: unknown;
    meansInit: unknown;
    precisionsInit: unknown;
  },
  d: number,
): { weights: Float64Array | null; means: Float64Array | null; precisions: Float64Array | null } {
  const { nComponents: k, covarianceType: type, weightsInit, meansInit, precisionsInit } = params;
  const weights = weightsInit === null ? null : numbers('weightsInit', weightsInit, k);
  if (weights?.some((w) => w < 0) || (weights && Math.abs(weights.reduce((a, b) => a + b, 0) - 1) > 1e-6))
    throw new ValidationError('ERR_PARAMETER', 'GaussianMixture: weightsInit must be >= 0 and add up to 1.');
  const means = meansInit === null ? null : numbers('meansInit', meansInit, k * d);
  if (precisionsInit === null) return { weights, means, precisions: null };
  const count = sizeOf(type, k, d);
  const given = numbers('precisionsInit', precisionsInit, count);
  if (type === 'diag' || type === 'spherical') {
    if (given.some((value) => value <= 0))
      throw new ValidationError('ERR_PARAMETER', 'GaussianMixture: precisionsInit must be above 0.');
    return { weights, means, precisions: given.map(Math.sqrt) };
  }
  const precisions = new Float64Array(count);
  for (let at = 0; at < count; at += d * d) precisions.set(upperFactor(given.slice(at, at + d * d), d), at);
  return { weights, means, precisions };
}

/** Upper triangular p with p p' = a: the lower factor of a turned round. */
function upperFactor(a: Float64Array, d: number): Float64Array {
  const lower = new Matrix(a.slice().reverse(), d, d).cholesky();
  return Float64Array.from(lower.data).reverse();
}

/** Lower triangular factors of the covariance of each component. */
export function choleskyOf(
  covariances: Float64Array,
  type: CovarianceType,
  k: number,
  d: number,
): Float64Array[] {
  return Array.from({ length: k }, (_, c) => {
    if (type === 'full' || type === 'tied') {
      const at = type === 'full' ? c * d * d : 0;
      return new Matrix(covariances.slice(at, at + d * d), d, d).cholesky().data as Float64Array;
    }
    const factor = new Float64Array(d * d);
    for (let j = 0; j < d; j++) factor[j * d + j] = Math.sqrt(covariances[type === 'diag' ? c * d + j : c]);
    return factor;
  });
}

/** What turns a centred row into one of unit variance: a division and perhaps a matrix, [d, d]. */
export function factorsOf(
  precisions: Float64Array,
  type: CovarianceType,
  c: number,
  d: number,
): { factor: Float64Array | null; scale: Float64Array; logDeterminant: number } {
  const matrix = type === 'full' || type === 'tied';
  const at = type === 'full' ? c * d * d : 0;
  const diagonal = Float64Array.from({ length: d }, (_, j) =>
    matrix ? precisions[at + j * (d + 1)] : precisions[type === 'diag' ? c * d + j : c],
  );
  const logDeterminant = diagonal.reduce((sum, value) => sum + Math.log(value), 0);
  if (matrix)
    return { factor: precisions.slice(at, at + d * d), scale: new Float64Array(d).fill(1), logDeterminant };
  return { factor: null, scale: diagonal.map((value) => 1 / value), logDeterminant };
}
