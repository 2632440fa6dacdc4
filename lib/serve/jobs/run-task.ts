/** Runs a task, and tells an answer that the request deserves from a fault that may pass. */
import type { ModelStore } from '../models/model-store.js';
import { errorResponse, RequestError } from '../request-error.js';
import type { Outcome, Task } from './job.js';

/**
 * The outcome of a task. What is wrong with the request is an outcome, too; it would be wrong again.
 *
 * @throws whatever else went wrong: worth another attempt
 */
export async function runTask(
  models: ModelStore,
  { kind, model: name, version, body }: Task,
  maxResultBytes: number,
  signal?: AbortSignal,
): Promise<Outcome> {
  try {
    const request: unknown = JSON.parse(body);
    const result = await models.use({ name, version }, ({ endpoint }) =>
      kind === 'rows' ? endpoint.predictBatch(request, { signal }) : endpoint.predict(request, { signal }),
    );
    const text = JSON.stringify(result);
    if (Buffer.byteLength(text) > maxResultBytes) {
      throw new RequestError(
        413,
        'ERR_RESULT_TOO_LARGE',
        `The result has more than ${maxResultBytes} bytes.`,
      );
    }
    return { state: 'succeeded', status: 200, body: text };
  } catch (error) {
    const known = errorResponse(error);
    // The model was there when the job was submitted: it is being loaded, or this worker is behind.
    if (known === undefined || known.status >= 500 || known.body.code === 'ERR_MODEL') throw error;
    return { state: 'failed', status: known.status, body: JSON.stringify(known.body) };
  }
}

/** How a job ends whose attempts are used up. */
export const GIVEN_UP: Outcome = {
  state: 'failed',
  status: 500,
  body: JSON.stringify({
    error: 'The job was tried several times, and given up; the server knows why.',
    code: 'ERR_INTERNAL',
  }),
};

/** Milliseconds before the attempt that follows attempt n = 1, 2, ...: 0.5 s, 1 s, 2 s, at most 30 s. */
export function backoff(n: number): number {
  return Math.min(500 * 2 ** (n - 1), 30_000);
}
