/** Where layouts start. */
import type { FitInput } from '../core/fit-input.js';
import { Matrix } from '../core/matrix.js';
import { momentsOf } from '../core/moments.js';
import { custom, either, oneOf, type Rule } from '../core/params.js';
import { axesOfGram, denseOperator, randomisedAxes } from '../core/principal-axes.js';
import { Random } from '../core/random.js';
import { ValidationError } from '../errors.js';
import { native } from '../native.js';

/** Rows of a start, [rows, components]. */
export type StartRows = ReadonlyArray<ArrayLike<number>>;

/** Where the covariance of the columns is cheaper than random directions. */
const MOST_COLUMNS = 1000;

const isRows = (value: unknown): value is StartRows =>
  Array.isArray(value) && value.length > 0 && value.every((row) => typeof row?.length === 'number');

/** The rule of a parameter `init`. */
export function startRule(...words: string[]): Rule {
  return either(oneOf(...words), custom('rows of coordinates to start from', isRows));
}

/** A start that the caller gave. @throws {ERR_PARAMETER} unless there is one finite number for each row and component */
export function givenStart(owner: object, init: StartRows, rows: number, components: number): Float64Array {
  const start = new Float64Array(rows * components);
  const fits = init.length === rows && init.every((row) => row.length === components);
  for (let i = 0; fits && i < rows; i++) start.set(init[i], i * components);
  if (fits && start.every(Number.isFinite)) return start;
  throw new ValidationError(
    'ERR_PARAMETER',
    `${owner.constructor.name}: parameter 'init' must hold ${rows} rows of ${components} finite numbers.`,
  );
}

/** The first principal components of the rows, [rows, components]; beyond those that X has, normal numbers of the first one's deviation. */
export async function principalStart(
  { x, cancel, signal }: FitInput,
  components: number,
  seed: number,
): Promise<Float64Array> {
  const known = Math.min(components, x.rows, x.cols);
  const { mean, variance } = await momentsOf(x, cancel);
  const values = await x.astypeAsync('float64', { signal });
  const centred = await values.subAsync(new Matrix(mean, 1, mean.length), { signal });
  const how = { components: known, oversamples: 10, iterations: 7, seed };
  const { axes } =
    x.cols <= MOST_COLUMNS
      ? await axesOfGram(
          new Matrix(await native.scatterMatrix(x.data, x.rows, x.cols, mean, cancel), x.cols, x.cols),
          x.rows,
          signal,
        )
      : await randomisedAxes(denseOperator(centred, signal), how, signal);
  const { data } = await centred.matmulAsync(axes.slice(0, known), { transposeB: true, signal });
  if (known === components) return data.slice();
  const random = new Random(seed);
  const deviation = Math.sqrt(variance.reduce((sum, value) => sum + value, 0));
  return Float64Array.from({ length: x.rows * components }, (_, at) => {
    const column = at % components;
    return column < known ? data[((at - column) / components) * known + column] : deviation * random.normal();
  });
}
