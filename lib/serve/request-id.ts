/** Names of requests in logs, traces and answers. */
import { randomUUID } from 'node:crypto';

/** Tells the requests of this thread from those of all others: a number behind it costs less than a random name each time. */
const THREAD = randomUUID().slice(0, 13);

let requests = 0;

/** What its client or a proxy calls the request, where that is a name that a log can hold; else one that no other has. */
export function requestId(given: string | string[] | undefined): string {
  if (typeof given === 'string' && /^[\w.:+/=-]{1,128}$/.test(given)) return given;
  requests = (requests + 1) % Number.MAX_SAFE_INTEGER;
  return `${THREAD}-${requests.toString(36)}`;
}
