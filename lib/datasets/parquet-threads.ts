/** The threads that read Parquet files: kept for a while, since to start one and its WebAssembly takes longer than to read most files. */
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { FileFormatError, toBorealError } from '../errors.js';
import type { ParquetAnswer, ParquetTask, SentColumns } from './parquet-thread.js';

/** Node refuses `--input-type` to a worker that is a file. */
const FLAGS = process.execArgv.some((flag) => flag.startsWith('--input-type')) ? [] : undefined;
/** How long a thread waits for the next file, in milliseconds. */
const PATIENCE = 10_000;

interface Idle {
  readonly worker: Worker;
  /** Ends it, when it has waited long enough or fails meanwhile. */
  readonly forget: () => void;
  readonly timer: NodeJS.Timeout;
}

const idle: Idle[] = [];
/** How many threads there may be: each has up to 4 GiB. */
const MOST = availableParallelism();
/** Of how many somebody waits for the answer. */
let busy = 0;
/** Those who wait for a thread, the first first. */
const queue = new Set<() => void>();

/** Waits until there are fewer than {@link MOST}. */
async function takeTurn(signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  if (busy < MOST) {
    busy++;
    return;
  }
  await new Promise<void>((resolve, reject) => {
    const leave = () => {
      queue.delete(enter);
      reject(signal.reason);
    };
    const enter = () => {
      queue.delete(enter);
      signal.removeEventListener('abort', leave);
      resolve();
    };
    queue.add(enter);
    signal.addEventListener('abort', leave, { once: true });
  });
}

function giveTurn(): void {
  const [next] = queue;
  if (next === undefined) busy--;
  else next();
}

function takeThread(): Worker {
  const waiting = idle.pop();
  if (waiting === undefined)
    return new Worker(new URL('./parquet-thread.js', import.meta.url), { execArgv: FLAGS });
  const { worker, forget, timer } = waiting;
  clearTimeout(timer);
  worker.off('error', forget).off('exit', forget).ref();
  return worker;
}

/** A thread that waits does not keep the process alive. */
function keepThread(worker: Worker): void {
  const forget = () => {
    const k = idle.findIndex((own) => own.worker === worker);
    if (k >= 0) clearTimeout(idle.splice(k, 1)[0].timer);
    void worker.terminate();
  };
  worker.on('error', forget).on('exit', forget).unref();
  idle.push({ worker, forget, timer: setTimeout(forget, PATIENCE).unref() });
}

/**
 * What a thread of its own answers, once one is free.
 *
 * @param signal - ends the thread, or the wait for one
 * @throws the error that it answers with; {ERR_DATA_FILE} when it ended, as WebAssembly does on what it cannot make sense of
 */
export async function askThread(task: ParquetTask, signal: AbortSignal): Promise<SentColumns> {
  await takeTurn(signal);
  try {
    return await ask(takeThread(), task, signal);
  } finally {
    giveTurn();
  }
}

async function ask(worker: Worker, task: ParquetTask, signal: AbortSignal): Promise<SentColumns> {
  const stop = () => void worker.terminate();
  signal.addEventListener('abort', stop, { once: true });
  try {
    const { result, isFit } = await answerOf(worker, task);
    if (signal.aborted || !isFit) await worker.terminate();
    else keepThread(worker);
    if (!('code' in result)) return result;
    throw toBorealError(Object.assign(new Error(result.message), { code: result.code }));
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

function answerOf(worker: Worker, task: ParquetTask): Promise<ParquetAnswer> {
  return new Promise((resolve, reject) => {
    const message = 'The file is damaged, or too large to be read as Parquet.';
    const fail = (cause?: unknown) => reject(new FileFormatError('ERR_DATA_FILE', message, { cause }));
    const onExit = () => fail();
    worker.on('error', fail).on('exit', onExit);
    worker.once('message', (answer: ParquetAnswer) => {
      worker.off('error', fail).off('exit', onExit);
      resolve(answer);
    });
    worker.postMessage(task);
  });
}
