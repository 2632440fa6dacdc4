/** Work on files of models in a thread of its own, so that the event loop goes on and an abort ends it at once. */
import { readFile } from 'node:fs/promises';
import { Worker } from 'node:worker_threads';
import { show } from '../core/params.js';
import { AbortError, NativeError, toBorealError, ValidationError } from '../errors.js';
import type { FileAnswer, FileTask } from './file-thread.js';

/** Node refuses `--input-type` to a worker that is a file. */
const FLAGS = process.execArgv.some((flag) => flag.startsWith('--input-type')) ? [] : undefined;

/** What reads a file that is given by its place or as its bytes. @throws {ERR_PARAMETER} for neither */
export function bytesOf(name: string, source: string | URL | Uint8Array): () => Promise<Uint8Array> {
  if (typeof source !== 'string' && !(source instanceof URL) && !(source instanceof Uint8Array)) {
    const message = `${name} takes a path, a file URL or bytes; got ${show(source)}.`;
    throw new ValidationError('ERR_PARAMETER', message);
  }
  return async () => (source instanceof Uint8Array ? source : readFile(source));
}

/**
 * Runs a task of file-thread.ts.
 *
 * @param read - gives the bytes it works on
 * @throws what the task throws; {ERR_ABORTED} when the signal fires; {ERR_PARAMETER} for what is no signal
 */
export async function runOffLoop(
  task: FileTask['task'],
  read: () => Promise<Uint8Array>,
  options: object,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  if (signal !== undefined && typeof signal?.addEventListener !== 'function')
    throw new ValidationError('ERR_PARAMETER', `signal must be an AbortSignal; got ${show(signal)}.`);
  const aborted = () => new AbortError('The operation was aborted.', { cause: signal?.reason });
  if (signal?.aborted) throw aborted();
  const source = await read();
  if (signal?.aborted) throw aborted();
  const workerData: FileTask = { task, source, options };
  const worker = new Worker(new URL('./file-thread.js', import.meta.url), { workerData, execArgv: FLAGS });
  const stop = () => void worker.terminate();
  signal?.addEventListener('abort', stop, { once: true });
  try {
    const answer = await new Promise<FileAnswer>((resolve, reject) => {
      worker.once('message', resolve);
      worker.once('error', reject);
      worker.once('exit', () => reject(new NativeError('ERR_INTERNAL', `${task}: its thread ended.`)));
    });
    if ('code' in answer)
      throw toBorealError(Object.assign(new Error(answer.message), { code: answer.code }));
    return answer.bytes;
  } catch (error) {
    throw signal?.aborted ? aborted() : error;
  } finally {
    signal?.removeEventListener('abort', stop);
    await worker.terminate();
  }
}
