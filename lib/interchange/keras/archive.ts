/** `.keras` files: zip archives of two texts and an HDF5 file. Nothing is unpacked but these, and none to a path. */
import { strFromU8, strToU8, unzipSync, zipSync } from 'fflate';
import { show } from '../../core/params.js';
import { refuse } from '../foreign.js';

const CONFIG = 'config.json';
const METADATA = 'metadata.json';
const WEIGHTS = 'model.weights.h5';

/** The most bytes of each member once it is unpacked. */
const LIMITS: Readonly<Record<string, number>> = { [CONFIG]: 1 << 26, [WEIGHTS]: 2 ** 31 - 1 };
/** Deflate gives about 1,000 bytes for one; weights hardly shrink at all. */
const MOST_EXPANSION = 1000;
/** Assets have members of their own. */
const MOST_MEMBERS = 10_000;
/** The version whose format is written. */
const VERSION = '3.15.1';

/** What a `.keras` file holds, as far as it is read. */
export interface KerasArchive {
  readonly config: object;
  readonly weights: Uint8Array;
}

const fail = (why: string, cause?: unknown) => refuse('Keras', why, cause);

/** @throws {ERR_IMPORT} for what is no `.keras` file, or unpacks to more than it should */
export function readArchive(bytes: Uint8Array): KerasArchive {
  const members = unzip(bytes);
  for (const name of [CONFIG, WEIGHTS]) if (!members.has(name)) throw fail(`it has no '${name}'`);
  let config: unknown;
  try {
    config = JSON.parse(strFromU8(members.get(CONFIG)!));
  } catch (error) {
    throw fail(`'${CONFIG}' is no JSON`, error);
  }
  if (typeof config !== 'object' || config === null) throw fail(`'${CONFIG}' holds no object`);
  return { config, weights: members.get(WEIGHTS)! };
}

function unzip(bytes: Uint8Array): Map<string, Uint8Array> {
  const seen = new Set<string>();
  let count = 0;
  try {
    const files = unzipSync(bytes, {
      filter: ({ name, size, originalSize }) => {
        if (++count > MOST_MEMBERS) throw fail(`it has more than ${MOST_MEMBERS} members`);
        if (!Object.hasOwn(LIMITS, name)) return false;
        if (seen.has(name)) throw fail(`it has ${show(name)} twice`);
        seen.add(name);
        if (size > bytes.length) throw fail(`${show(name)} reaches beyond its end`);
        if (originalSize > Math.min(LIMITS[name], MOST_EXPANSION * size))
          throw fail(`${show(name)} would have ${originalSize} bytes, from ${size}`);
        return true;
      },
    });
    return new Map(Object.entries(files));
  } catch (error) {
    if (count > 0) throw error;
    throw fail('it is no zip archive; models of Keras 2 in HDF5 (.h5) are not read', error);
  }
}

/** Writes a file; its members are stored as they are, as Keras stores them. */
export function writeArchive({ config, weights }: KerasArchive): Uint8Array<ArrayBuffer> {
  const members = {
    [METADATA]: strToU8(JSON.stringify({ keras_version: VERSION })),
    [CONFIG]: strToU8(JSON.stringify(config)),
    [WEIGHTS]: weights,
  };
  return zipSync(members, { level: 0, mtime: '1980-01-01T00:00:00' });
}
