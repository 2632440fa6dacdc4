/**
 * API keys. Only their SHA-256 is kept; a key from a request is hashed and compared with every one of them in constant
 * time, so that neither the answer nor its delay says how near a guess was. Keys are random and long, which is why a
 * fast hash does: there is nothing to guess from a dictionary.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import { ValidationError } from '../../errors.js';

/** Who a request comes from, and what they may do. */
export interface Principal {
  /** Names them in rate limits and logs. */
  readonly name: string;
  /** May call 'admin' routes: promote, reload, feedback of others. Default false. */
  readonly admin?: boolean;
  /** Names of the models they may use. Default: all. */
  readonly models?: readonly string[];
}

/** A key, in the clear or as its SHA-256, and what its holder may do. */
export interface ApiKey extends Partial<Principal> {
  /** The key itself. */
  readonly key?: string;
  /** Instead of `key`: the SHA-256 of its UTF-8 bytes, 64 hexadecimal digits. */
  readonly sha256?: string;
}

interface Entry {
  readonly digest: Buffer;
  readonly principal: Principal;
}

/** A set of keys. */
export class KeyRing {
  readonly #entries: readonly Entry[];

  /** @throws {ERR_PARAMETER} when there is no key, or one is malformed; the message never shows a key */
  constructor(keys: ReadonlyArray<string | ApiKey>) {
    if (!Array.isArray(keys) || keys.length === 0) {
      throw new ValidationError('ERR_PARAMETER', 'serve: the list of API keys is empty or not a list.');
    }
    this.#entries = keys.map(entryOf);
  }

  /** Who holds this key; undefined when nobody does. */
  find(key: string): Principal | undefined {
    const digest = digestOf(key);
    let found: Principal | undefined;
    // No early end: the time must not tell which key, or whether one, was right.
    for (const entry of this.#entries) if (timingSafeEqual(entry.digest, digest)) found = entry.principal;
    return found;
  }
}

function digestOf(key: string): Buffer {
  return createHash('sha256').update(key).digest();
}

function entryOf(given: unknown, i: number): Entry {
  const fail = (what: string) => new ValidationError('ERR_PARAMETER', `serve: API key ${i + 1} ${what}.`);
  const fields = typeof given === 'string' ? { key: given } : given;
  if (typeof fields !== 'object' || fields === null) throw fail('is neither text nor an object');
  const { key, sha256, name = `key-${i + 1}`, admin = false, models, ...rest } = fields as ApiKey;
  if (Object.keys(rest).length > 0) throw fail('has members other than name, key, sha256, admin and models');
  if (typeof name !== 'string' || name === '') throw fail('has a name that is not text');
  if (typeof admin !== 'boolean') throw fail("has an 'admin' that is not true or false");
  if (
    models !== undefined &&
    !(Array.isArray(models) && models.every((model) => typeof model === 'string'))
  ) {
    throw fail("has 'models' that are not a list of names");
  }
  const principal = { name, admin, models };
  if ((key === undefined) === (sha256 === undefined)) throw fail("needs either 'key' or 'sha256'");
  if (sha256 !== undefined) {
    if (typeof sha256 !== 'string' || !/^[\da-f]{64}$/i.test(sha256)) {
      throw fail("has a 'sha256' that is not 64 hexadecimal digits");
    }
    return { digest: Buffer.from(sha256, 'hex'), principal };
  }
  // What cannot be sent in a header could never match.
  if (typeof key !== 'string' || !/^[\x21-\x7e]+$/.test(key)) {
    throw fail('is empty, or has other characters than visible ASCII');
  }
  return { digest: digestOf(key), principal };
}
