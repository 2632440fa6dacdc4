/**
 * API keys from a file: one per line, with # for comments, or a JSON list. The file is looked at every second rather than
 * watched, because that also sees the swapped links of mounted Kubernetes secrets.
 */
import { unwatchFile, watchFile } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { ValidationError } from '../../errors.js';
import type { Log } from '../service.js';
import { type ApiKey, KeyRing, type Principal } from './api-keys.js';

const INTERVAL_MS = 1000;

/** Keys that follow a file. */
export class KeyFile {
  readonly #path: string;
  readonly #log: Log;
  #keys: KeyRing;

  private constructor(path: string, keys: KeyRing, log: Log) {
    this.#path = path;
    this.#keys = keys;
    this.#log = log;
    watchFile(path, { interval: INTERVAL_MS, persistent: false }, this.#changed);
  }

  /** @throws {ERR_PARAMETER} when the file cannot be read or has no or malformed keys */
  static async open(path: string, log: Log): Promise<KeyFile> {
    return new KeyFile(path, await read(path), log);
  }

  /** Who holds this key; undefined when nobody does. */
  find(key: string): Principal | undefined {
    return this.#keys.find(key);
  }

  close(): void {
    unwatchFile(this.#path, this.#changed);
  }

  /** A file that is broken, or half-written, leaves the keys as they were. */
  readonly #changed = async (): Promise<void> => {
    try {
      this.#keys = await read(this.#path);
      this.#log.info({}, 'The API keys were read again.');
    } catch (err) {
      this.#log.error({ err }, 'The API keys could not be read again; the ones before stay valid.');
    }
  };
}

async function read(path: string): Promise<KeyRing> {
  const text = await readFile(path, 'utf8').catch((cause) => {
    throw new ValidationError(
      'ERR_PARAMETER',
      `serve: the file of API keys cannot be read (${cause.code}).`,
      {
        cause,
      },
    );
  });
  return new KeyRing(parse(text));
}

function parse(text: string): ReadonlyArray<string | ApiKey> {
  if (!text.trimStart().startsWith('[')) {
    const lines = text.split('\n').map((line) => line.trim());
    return lines.filter((line) => line !== '' && !line.startsWith('#'));
  }
  try {
    return JSON.parse(text);
  } catch {
    // The parser's message would quote the file.
    throw new ValidationError('ERR_PARAMETER', 'serve: the file of API keys is not valid JSON.');
  }
}
