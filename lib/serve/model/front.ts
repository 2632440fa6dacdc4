/** Models that begin with vectorizers: documents of a request become the rows that the plan reads, natively, on the pool. */
import type { Estimator } from '../../core/estimator.js';
import { type Dtype, type FloatArray, Matrix, type MatrixLike } from '../../core/matrix.js';
import { load } from '../../core/model-file.js';
import { Schema } from '../../core/schema.js';
import type { CsrMatrix } from '../../core/sparse/csr-matrix.js';
import type { Vectorizer } from '../../core/sparse/sparse-transformer.js';
import type { Batch } from './batch.js';

/** Rows of words are mostly zeros, and wide: as many values as this are made of them at a time, 128 MiB of float64. */
const MOST_VALUES = 2 ** 24;
/** What waits for its turn may have so many more. */
const WAITING = 4;

/** A front as plain data that can be posted to another thread. */
export interface SharedFront {
  /** Model files of the vectorizers. */
  readonly files: readonly Uint8Array[];
  readonly schema: ReturnType<Schema['toJSON']>;
  readonly width: number;
}

/** See the head of this file. */
export class Front {
  /** Of what requests hold. */
  readonly schema: Schema;
  readonly #vectorizers: Promise<readonly Vectorizer[]>;
  readonly #files: () => readonly Uint8Array[];
  readonly #width: number;

  private constructor(
    schema: Schema,
    width: number,
    vectorizers: Promise<readonly Vectorizer[]>,
    files: () => readonly Uint8Array[],
  ) {
    this.schema = schema;
    this.#width = width;
    this.#vectorizers = vectorizers;
    this.#files = files;
  }

  /** @returns undefined for a model whose plan reads the rows itself */
  static of(model: Estimator): Front | undefined {
    const { vectorizers, schema } = model;
    if (vectorizers.length === 0) return undefined;
    const own = vectorizers[0].schema.withTarget(schema.target);
    const files = () => vectorizers.map((vectorizer) => vectorizer.toBytes());
    return new Front(own, schema.columns.length, Promise.resolve(vectorizers), files);
  }

  /** Of another thread of this process. */
  static adopt({ files, schema, width }: SharedFront): Front {
    const vectorizers = Promise.all(files.map((file) => load(file))) as Promise<unknown>;
    const loaded = vectorizers as Promise<readonly Vectorizer[]>;
    // Who asks for them is told; until then nobody listens, which would end the thread.
    loaded.catch(() => undefined);
    return new Front(Schema.fromJSON(schema), width, loaded, () => files);
  }

  share(): SharedFront {
    return { files: this.#files(), schema: this.schema.toJSON(), width: this.#width };
  }

  /** Most rows of a request, and most that wait, so that memory stays bounded. */
  get limits(): { readonly maxRows: number; readonly maxQueueRows: number } {
    const maxRows = Math.max(1, Math.floor(MOST_VALUES / this.#width));
    return { maxRows, maxQueueRows: WAITING * maxRows };
  }

  /** The rows of a batch as the plan reads them, [rows, width]. */
  async rows({ rows, input, valueAt }: Batch, precision: Dtype): Promise<FloatArray> {
    let X = this.#given({ rows, input, valueAt });
    for (const vectorizer of await this.#vectorizers) X = await vectorizer.transform(X);
    return (X as CsrMatrix).toDense(precision).data;
  }

  /** What the vectorizers read: documents, numbers, or a table of both. */
  #given({ rows, input, valueAt }: Batch): MatrixLike {
    const { columns } = this.schema;
    const isText = columns.map(({ kind }) => kind === 'text');
    if (!isText.includes(true)) return new Matrix(input, rows, columns.length);
    const columnAt = (j: number) =>
      Array.from({ length: rows }, (_, i) => {
        const { kind } = columns[j];
        return kind === 'text' || kind === 'category' ? valueAt(i, j) : input[i * columns.length + j];
      });
    if (columns.length === 1) return columnAt(0) as string[];
    return Object.fromEntries(columns.map(({ name }, j) => [name, columnAt(j)])) as MatrixLike;
  }
}
