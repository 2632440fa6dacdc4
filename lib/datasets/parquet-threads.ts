/** The threads that read Parquet files: kept for a while, since to start one and its WebAssembly takes longer than to read most files. */
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
 * What a thread of its own answers.
 *
 * @param signal - ends the thread
 * @throws the error that it answers with; {ERR_DATA_FILE} when it ended, as WebAssembly does on what it cannot make sense of
 */
export async function askThread(task: ParquetTask, signal: AbortSignal): Promise<SentColumns> {
  const worker = takeThread();
  const stop = () => void worker.terminate();
  signal.addEventListener('abort', stop, { once: true });
  try {
    const answer = await answerOf(worker, task);
    if (signal.aborted) await worker.terminate();
    else keepThread(worker);
    if (!('code' in answer)) return answer;
    throw toBorealError(Object.assign(new Error(answer.message), { code: answer.code }));
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
