/**
 * `model.weights.h5`: arrays in groups of an HDF5 file, which the package h5wasm reads and writes inside WebAssembly's memory and a
 * file system of its own, so that a file can reach neither this process's memory nor its disk.
 */
import type { Dataset, File, Group } from 'h5wasm';
import { show } from '../../core/params.js';
import { BorealError, EnvironmentError } from '../../errors.js';
import { refuse } from '../foreign.js';

/** An array of the file; its values are row-major. */
export interface KerasArray {
  readonly shape: readonly number[];
  readonly values: Float32Array | Int32Array;
}
/** Groups by path, such as 'layers/dense', and the arrays of each in their order. */
export type KerasGroups = ReadonlyMap<string, readonly KerasArray[]>;

const LAYERS = 'layers';
const OPTIMIZER = 'optimizer';
/** The group of arrays within the group of a layer. */
const VARS = 'vars';
const INTEGER = 0;
const FLOAT = 1;

const fail = (why: string) => refuse('Keras', why);

async function openLibrary() {
  let library: typeof import('h5wasm').default;
  try {
    library = (await import('h5wasm')).default;
  } catch (cause) {
    const message = "Files of Keras need the package 'h5wasm': npm install h5wasm";
    throw new EnvironmentError('ERR_DEPENDENCY', message, { cause });
  }
  const { FS, activate_throwing_error_handler } = await library.ready;
  // Else it prints what goes wrong, and goes on.
  activate_throwing_error_handler();
  return { library, FS };
}

/**
 * Reads the arrays of all layers and of the optimizer.
 *
 * @throws {ERR_IMPORT} for a file that is none, links elsewhere, or declares more values than it has bytes
 * @throws {ERR_DEPENDENCY} unless h5wasm is installed
 */
export async function readWeights(bytes: Uint8Array): Promise<KerasGroups> {
  const { library, FS } = await openLibrary();
  FS.writeFile(PATH, bytes);
  let file: File | null = null;
  try {
    file = new library.File(PATH, 'r');
    const reader = new ArrayReader(library, bytes.length);
    const groups = new Map<string, readonly KerasArray[]>();
    const layers = reader.group(file, LAYERS);
    for (const name of layers?.keys() ?? []) groups.set(`${LAYERS}/${name}`, reader.arrays(layers!, name));
    groups.set(OPTIMIZER, reader.arrays(file, OPTIMIZER));
    return groups;
  } catch (error) {
    if (error instanceof BorealError) throw error;
    throw refuse('Keras', 'its weights are no HDF5 file, or a damaged one', error);
  } finally {
    file?.close();
  }
}

const PATH = 'model.weights.h5';

class ArrayReader {
  readonly #library: typeof import('h5wasm').default;
  /** Bytes that arrays may still declare: together no more than the file has, so that nothing small becomes large. */
  #left: number;

  constructor(library: typeof import('h5wasm').default, size: number) {
    this.#library = library;
    this.#left = size;
  }

  /** A group within another; null where it has none of that name. */
  group(parent: Group, name: string): Group | null {
    if (!parent.keys().includes(name)) return null;
    const found = parent.get(name);
    if (found instanceof this.#library.Group) return found;
    throw fail(`${show(name)} is no group of its weights`);
  }

  /** The arrays '0', '1' and so on of a layer. */
  arrays(parent: Group, name: string): KerasArray[] {
    const layer = this.group(parent, name);
    const vars = layer && this.group(layer, VARS);
    const names = new Set(vars?.keys());
    return Array.from(names, (_, k) => {
      const where = `${name}/${VARS}/${k}`;
      const found = names.has(String(k)) ? vars!.get(String(k)) : null;
      if (!(found instanceof this.#library.Dataset)) throw fail(`${show(where)} is no array of its weights`);
      return this.#read(found, where);
    });
  }

  #read(dataset: Dataset, name: string): KerasArray {
    const { type, size, shape, total_size: count, littleEndian, virtual_sources } = dataset.metadata;
    const isNumber = (type === FLOAT && (size === 4 || size === 8)) || (type === INTEGER && size >= 4);
    if (!isNumber || !littleEndian) throw fail(`${show(name)} holds no numbers of 32 or 64 bits`);
    if (shape === null) throw fail(`${show(name)} has no shape`);
    if (virtual_sources || dataset.filters.length > 0)
      throw fail(`${show(name)} is compressed or lies in other files`);
    this.#left -= count * size;
    if (!(this.#left >= 0)) throw fail(`${show(name)} declares more values than the file holds`);
    const given = count === 0 ? [] : dataset.value;
    const list = (typeof given === 'object' ? given : [given]) as ArrayLike<number | bigint>;
    if (list.length !== count) throw fail(`${show(name)} does not have the values of its shape`);
    const values = type === FLOAT ? new Float32Array(count) : new Int32Array(count);
    for (let i = 0; i < count; i++) {
      values[i] = Number(list[i]);
      if (!Number.isFinite(values[i]) || (type === INTEGER && values[i] !== Number(list[i])))
        throw fail(`${show(name)} holds ${list[i]}`);
    }
    return { shape: shape.map(Number), values };
  }
}

/** Writes groups of arrays. @throws {ERR_DEPENDENCY} unless h5wasm is installed */
export async function writeWeights(groups: KerasGroups): Promise<Uint8Array> {
  const { library, FS } = await openLibrary();
  const file = new library.File(PATH, 'w');
  for (const [path, arrays] of groups) {
    let group: Group = file;
    for (const name of [...path.split('/'), VARS]) {
      group = (group.keys().includes(name) ? group.get(name) : group.create_group(name)) as Group;
    }
    for (const [k, { shape, values }] of arrays.entries()) {
      const dtype = values instanceof Float32Array ? '<f4' : '<i4';
      group.create_dataset({ name: String(k), data: values, shape: [...shape], dtype });
    }
  }
  file.close();
  return FS.readFile(PATH) as Uint8Array;
}
