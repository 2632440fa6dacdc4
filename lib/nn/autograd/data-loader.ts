/** Mini-batches of tensors. */
import { bool, checkParams, either, int, nothing, type Rules, show } from '../../core/params.js';
import { Random } from '../../core/random.js';
import { ValidationError } from '../../errors.js';
import { nextKey, Tensor, type TensorData } from './tensor.js';
import { Value } from './value.js';

/** Samples by position: a number of them and each as a list of tensors. */
export interface Dataset {
  readonly length: number;
  /** The samples at some positions, as tensors whose first axis is the batch. */
  batch(indices: Int32Array): Tensor[];
}

/**
 * Tensors that have as many rows: torch.utils.data.TensorDataset. What is no tensor (arrays, a Matrix) becomes one.
 *
 * @throws {ERR_SHAPE} when the first axes differ
 */
export class TensorDataset implements Dataset {
  readonly tensors: readonly Tensor[];
  readonly #sources: readonly Float32Array[];
  readonly length: number;

  constructor(...data: TensorData[]) {
    const tensors = data.map((each) => (each instanceof Tensor ? each : new Tensor(each)));
    if (tensors.length === 0) throw new ValidationError('ERR_EMPTY', 'A dataset needs a tensor.');
    this.length = tensors[0].shape[0] ?? 0;
    if (tensors.some((t) => t.rank === 0 || t.shape[0] !== this.length)) {
      throw new ValidationError('ERR_SHAPE', 'The tensors of a dataset have as many rows.');
    }
    this.tensors = tensors;
    this.#sources = tensors.map((t) => t.data);
  }
  /** The sample at a position, as tensors without a batch axis. @throws {ERR_PARAMETER} where there is none */
  at(index: number): Tensor[] {
    return this.batch(Int32Array.of(index)).map((t) => t.squeeze(0));
  }
  batch(indices: Int32Array): Tensor[] {
    const odd = indices.find((index) => !(index >= 0 && index < this.length));
    if (odd !== undefined) {
      throw new ValidationError(
        'ERR_PARAMETER',
        `A dataset of ${this.length} samples has none at ${show(odd)}.`,
      );
    }
    return this.tensors.map((t, k) => {
      const width = this.length === 0 ? 0 : t.size / this.length;
      const rows = new Float32Array(indices.length * width);
      for (const [i, index] of indices.entries()) {
        rows.set(this.#sources[k].subarray(index * width, (index + 1) * width), i * width);
      }
      return new Tensor(Value.of(rows, [indices.length, ...t.shape.slice(1)]), false);
    });
  }
}

/** Options of {@link DataLoader}. */
export interface DataLoaderOptions {
  /** Samples of a batch. Default 1. */
  readonly batchSize?: number;
  /** Whether the order changes with each pass. Default false. */
  readonly shuffle?: boolean;
  /** Whether a last batch that is not full is left out. Default false. */
  readonly dropLast?: boolean;
  /** Of the order; default: from {@link manualSeed}. */
  readonly seed?: number | null;
}

const rules: Rules<Required<DataLoaderOptions>> = {
  batchSize: int(1),
  shuffle: bool,
  dropLast: bool,
  seed: either(int(0), nothing),
};

/**
 * Passes over a dataset in batches, for `for await` and for `for`.
 *
 * @example
 * ```ts
 * import { DataLoader, Tensor, TensorDataset } from 'boreal/nn';
 * const data = new TensorDataset(Tensor.zeros([10, 3]), Tensor.arange(10));
 * const loader = new DataLoader(data, { batchSize: 4, shuffle: true, seed: 1 });
 * const sizes = [];
 * for await (const [x, y] of loader) sizes.push(x.shape[0]);
 * loader.length; // 3
 * sizes; // [4, 4, 2]
 * ```
 */
export class DataLoader implements AsyncIterable<Tensor[]>, Iterable<Tensor[]> {
  readonly #options: Required<DataLoaderOptions>;
  readonly #random: Random;

  constructor(
    readonly dataset: Dataset,
    options: DataLoaderOptions = {},
  ) {
    this.#options = { batchSize: 1, shuffle: false, dropLast: false, seed: null, ...options };
    checkParams('DataLoader', this.#options, rules);
    this.#random = new Random(this.#options.seed ?? nextKey());
  }
  /** The number of batches of a pass. */
  get length(): number {
    const batches = this.dataset.length / this.#options.batchSize;
    return this.#options.dropLast ? Math.floor(batches) : Math.ceil(batches);
  }
  *[Symbol.iterator](): Iterator<Tensor[]> {
    const count = this.dataset.length;
    const order = this.#options.shuffle
      ? this.#random.permutation(count)
      : Int32Array.from({ length: count }, (_, i) => i);
    const { batchSize } = this.#options;
    for (let i = 0; i < this.length; i++) {
      yield this.dataset.batch(order.subarray(i * batchSize, Math.min(count, (i + 1) * batchSize)));
    }
  }
  async *[Symbol.asyncIterator](): AsyncIterator<Tensor[]> {
    for (const batch of this) yield batch;
  }
}
