/** The refusals that both queues have in common. */
import { createHash } from 'node:crypto';
import { RequestError } from '../request-error.js';
import type { Task } from './job.js';

/** There are as many jobs waiting as there may be. */
export function queueFull(): RequestError {
  const message = 'The queue of jobs is full; try again later.';
  return new RequestError(503, 'ERR_QUEUE_FULL', message, {}, { 'retry-after': '1' });
}

/** The key belongs to a job with another request. */
export function keyReused(): RequestError {
  const message = 'The Idempotency-Key was used before, with another request.';
  return new RequestError(422, 'ERR_IDEMPOTENCY_KEY', message);
}

/** Names the content of a task, so that two can be compared. */
export function fingerprint({ kind, model, version = '', body }: Task): string {
  return createHash('sha256')
    .update(JSON.stringify([kind, model, version, body]))
    .digest('base64url');
}
