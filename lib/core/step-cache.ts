/** Fitted estimators, kept by what they were fitted on: steps of pipelines, trees of clusters. */
import { createHash, type Hash } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { crc32 } from 'node:zlib';
import { BorealError } from '../errors.js';
import { native } from '../native.js';
import { heeding } from './cancellation.js';
import { Estimator } from './estimator.js';
import { toShared } from './fit-input.js';
import { isTypedArray, Matrix } from './matrix.js';
import { packValue, unpackValue } from './model-codec.js';
import { custom, either, nothing } from './params.js';
import { CsrMatrix } from './sparse/csr-matrix.js';
import { writeWhole } from './whole-file.js';

/** Where fitted steps of pipelines and trees of clusters are kept: a `Map`, or anything that gives back the bytes that it was given under a name, or nothing. */
export interface PipelineMemory {
  get(key: string): Uint8Array | undefined | null | PromiseLike<Uint8Array | undefined | null>;
  set(key: string, bytes: Uint8Array): unknown;
}

/** The rule of the parameter `memory`. */
export const memoryRule = either(
  custom('the path of a directory', (v) => typeof v === 'string' && v !== ''),
  custom('an object with get and set, such as a Map', (v) => {
    const { get, set } = (v ?? {}) as Partial<PipelineMemory>;
    return typeof get === 'function' && typeof set === 'function';
  }),
  nothing,
);

/** What steps make. */
type Rows = Matrix | CsrMatrix;

/** A step, and what it has made of its input: null for one that nobody asks for rows. */
export interface FittedStep<R extends Rows | null> {
  readonly step: Estimator;
  readonly rows: R;
}

/** The checksum that an entry begins with. */
const CHECK_BYTES = 4;
/** What is hashed before other work on the event loop gets its turn: about 10 ms. */
const CHUNK_BYTES = 1 << 22;
const CHUNK_VALUES = 1 << 14;

/** Steps that are being read or fitted in this process, by store and key: who needs one of them, too, waits for it. */
const underWay = new WeakMap<PipelineMemory, Map<string, Promise<unknown>>>();
const directories = new Map<string, PipelineMemory>();

/**
 * The cache of one fit, of a pipeline or of a single estimator, its only step. The key of a step is a hash of the data, of the parameters
 * of the steps before it and of its own: the data are hashed once. An entry that is damaged counts as none.
 */
export class StepCache {
  readonly #memory: PipelineMemory;
  #key: string | null;

  private constructor(memory: PipelineMemory, key: string) {
    this.#memory = memory;
    this.#key = key;
  }

  /**
   * Of a training set, or of the documents of vectorizers, and of whatever else steps are fitted by; null for data of a kind that cannot be
   * told from others.
   */
  static async over(memory: string | PipelineMemory, ...data: readonly unknown[]): Promise<StepCache | null> {
    const hash = createHash('sha256').update(`boreal ${native.info().version}\n`);
    for (const part of data) if (!(await add(hash, part))) return null;
    return new StepCache(typeof memory === 'string' ? directoryAt(memory) : memory, hash.digest('hex'));
  }

  /**
   * A fitted step and the rows that it makes: kept ones, or those of `fit`, which are kept then.
   *
   * @param step - not fitted yet; `fit` fits it, and gives the rows
   * @param signal - ends waiting, for another fit of the same step or for the memory
   * @throws {ERR_ABORTED} when it fires meanwhile
   */
  fitted<R extends Rows>(
    step: Estimator,
    fit: () => Promise<R>,
    signal?: AbortSignal,
  ): Promise<FittedStep<R>> {
    return this.#kept(step, fit, rowsOf<R>, signal);
  }

  /** As {@link StepCache.fitted}, of an estimator alone, without rows. */
  async fittedAlone<E extends Estimator>(
    step: E,
    fit: () => Promise<void>,
    signal?: AbortSignal,
  ): Promise<E> {
    const own = async () => {
      await fit();
      return null;
    };
    const noRows = (rows: unknown) => (rows === null ? null : undefined);
    return (await this.#kept(step, own, noRows, signal)).step as E;
  }

  /** @param rowsOf - the rows of an entry; undefined where it has none */
  async #kept<R extends Rows | null>(
    step: Estimator,
    fit: () => Promise<R>,
    rowsOf: (kept: unknown) => R | undefined,
    signal: AbortSignal | undefined,
  ): Promise<FittedStep<R>> {
    const key = this.#next(step);
    if (key === null) return { step, rows: await fit() };
    const steps = stepsUnderWay(this.#memory);
    // Whether that succeeds or not: it is looked for next, and fitted here unless it is there.
    for (let other = steps.get(key); other !== undefined; other = steps.get(key))
      await heeding(other.then(ignore, ignore), signal);
    const work = this.#find(key, step, rowsOf, signal).then(
      (found) => found ?? this.#fitAndKeep(key, step, fit, signal),
    );
    steps.set(key, work);
    try {
      return await work;
    } finally {
      steps.delete(key);
    }
  }

  /** The key of the next step; null when it, or one before it, has parameters that cannot be stored, such as functions. */
  #next(step: Estimator): string | null {
    if (this.#key === null) return null;
    const packed = packedStep(step);
    this.#key = packed && createHash('sha256').update(this.#key).update(packed).digest('hex');
    return this.#key;
  }

  async #find<R extends Rows | null>(
    key: string,
    step: Estimator,
    rowsOf: (kept: unknown) => R | undefined,
    signal: AbortSignal | undefined,
  ): Promise<FittedStep<R> | undefined> {
    const bytes = await heeding(this.#memory.get(key), signal);
    if (!(bytes instanceof Uint8Array) || bytes.length <= CHECK_BYTES) return undefined;
    const content = bytes.subarray(CHECK_BYTES);
    const { buffer, byteOffset } = bytes;
    if (new DataView(buffer, byteOffset, CHECK_BYTES).getUint32(0, true) !== crc32(content)) return undefined;
    try {
      return entryOf(unpackValue(content), step, rowsOf);
    } catch (error) {
      if (error instanceof BorealError) return undefined;
      throw error;
    }
  }

  async #fitAndKeep<R extends Rows | null>(
    key: string,
    step: Estimator,
    fit: () => Promise<R>,
    signal: AbortSignal | undefined,
  ): Promise<FittedStep<R>> {
    const rows = await fit();
    let content: Uint8Array;
    try {
      content = packValue({ step, rows: rows && partsOf(rows) });
    } catch (error) {
      if (!isNotSupported(error)) throw error;
      return { step, rows };
    }
    const bytes = new Uint8Array(CHECK_BYTES + content.length);
    new DataView(bytes.buffer).setUint32(0, crc32(content), true);
    bytes.set(content, CHECK_BYTES);
    await heeding(this.#memory.set(key, bytes), signal);
    return { step, rows };
  }
}

function ignore(): void {}

function stepsUnderWay(memory: PipelineMemory): Map<string, Promise<unknown>> {
  const known = underWay.get(memory) ?? new Map<string, Promise<unknown>>();
  underWay.set(memory, known);
  return known;
}

/** A step as bytes; null where its parameters cannot be stored, such as functions. */
function packedStep(step: Estimator): Uint8Array | null {
  try {
    return packValue(step);
  } catch (error) {
    if (isNotSupported(error)) return null;
    throw error;
  }
}

function isNotSupported(error: unknown): boolean {
  return error instanceof BorealError && error.code === 'ERR_NOT_SUPPORTED';
}

function partsOf(rows: Rows) {
  if (rows instanceof Matrix) return { data: rows.data, rows: rows.rows, cols: rows.cols };
  return { data: rows.data, indices: rows.indices, indptr: rows.indptr, cols: rows.cols };
}

/** The rows that an entry keeps, if it does. */
function rowsOf<R extends Rows>(kept: unknown): R | undefined {
  if (typeof kept !== 'object' || kept === null) return undefined;
  const rows = kept as Rows;
  return (
    'indptr' in rows ? new CsrMatrix(rows) : toShared(new Matrix(rows.data, rows.rows, rows.cols))
  ) as R;
}

/** What an entry holds, if it is one of such a step. */
function entryOf<R extends Rows | null>(
  value: unknown,
  like: Estimator,
  rowsOf: (kept: unknown) => R | undefined,
): FittedStep<R> | undefined {
  const { step, rows: kept } = (value ?? {}) as Partial<FittedStep<R>>;
  if (!(step instanceof Estimator) || step.constructor !== like.constructor || !step.isFitted)
    return undefined;
  const rows = rowsOf(kept);
  return rows === undefined ? undefined : { step, rows };
}

/** Adds data to a hash; false for what is neither numbers, text, lists nor tables of these, nor a step that can be stored. */
async function add(hash: Hash, value: unknown): Promise<boolean> {
  if (value instanceof Estimator) {
    const packed = packedStep(value);
    return packed !== null && add(hash, packed);
  }
  if (value instanceof Matrix) {
    hash.update(`matrix ${value.rows} ${value.cols}\n`);
    return add(hash, value.data);
  }
  if (value instanceof CsrMatrix) {
    hash.update(`sparse ${value.rows} ${value.cols}\n`);
    for (const part of [value.indptr, value.indices, value.data]) await add(hash, part);
    return true;
  }
  if (isTypedArray(value)) {
    hash.update(`${value.constructor.name} ${value.length}\n`);
    const bytes = new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
    for (let first = 0; first < bytes.length; first += CHUNK_BYTES) {
      hash.update(bytes.subarray(first, first + CHUNK_BYTES));
      if (first + CHUNK_BYTES < bytes.length) await setImmediate();
    }
    return true;
  }
  if (Array.isArray(value)) {
    if (value.every((item) => typeof item === 'number')) return add(hash, Float64Array.from(value));
    hash.update(`list ${value.length}\n`);
    for (let first = 0; first < value.length; first += CHUNK_VALUES) {
      hash.update(JSON.stringify(value.slice(first, first + CHUNK_VALUES), withBigInts));
      if (first + CHUNK_VALUES < value.length) await setImmediate();
    }
    return true;
  }
  if (typeof value !== 'object' || value === null) {
    hash.update(`${typeof value} ${String(value)}\n`);
    return true;
  }
  if (Object.getPrototypeOf(value) !== Object.prototype) return false;
  for (const [name, item] of Object.entries(value)) {
    hash.update(`member ${JSON.stringify(name)}\n`);
    if (!(await add(hash, item))) return false;
  }
  hash.update('end\n');
  return true;
}

const withBigInts = (_: string, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value);

/** A directory as a store: a file for each entry, made when the first one is written. */
function directoryAt(path: string): PipelineMemory {
  const place = resolve(path);
  const known = directories.get(place);
  if (known !== undefined) return known;
  const fileOf = (key: string) => join(place, `${key}.step`);
  const made: PipelineMemory = {
    async get(key) {
      try {
        return await readFile(fileOf(key));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
        throw error;
      }
    },
    async set(key, bytes) {
      await mkdir(place, { recursive: true });
      await writeWhole(fileOf(key), bytes);
    },
  };
  directories.set(place, made);
  return made;
}
