/** An inference of the Open Inference Protocol, whatever carried it. */
import type { ModelStore, Selector } from '../models/model-store.js';
import { RequestError } from '../request-error.js';
import type { InferRequest } from './messages.js';
import { V2Model } from './model.js';
import type { OutputTensor } from './outputs.js';

/** An answer: who gave it, and its tensors. */
export interface InferAnswer {
  readonly head: { readonly model_name: string; readonly model_version: string; readonly id?: string };
  readonly outputs: readonly OutputTensor[];
}

/** What a timer can count; a longer timeout is none. */
const LONGEST_MS = 2 ** 31 - 1;

/**
 * Answers a request.
 *
 * @throws as {@link V2Model.infer}; ERR_MODEL when there is no such model; ERR_DEADLINE when the client's timeout is over
 */
export function infer(
  models: Pick<ModelStore, 'use'>,
  selector: Selector,
  { id, inputs, outputs, limits: { timeout } }: InferRequest,
  signal: AbortSignal,
): Promise<InferAnswer> {
  const run = (until: AbortSignal) =>
    models.use(selector, async ({ name, version, endpoint }) => ({
      head: { model_name: name, model_version: version, id },
      outputs: await V2Model.of(endpoint).infer(inputs, outputs, { signal: until }),
    }));
  return timeout === undefined || timeout / 1000 > LONGEST_MS
    ? run(signal)
    : within(timeout / 1000, signal, run);
}

/** The model is held until it is done, also when nobody waits for it any more. */
async function within<T>(
  ms: number,
  signal: AbortSignal,
  run: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const over = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const error = new RequestError(
        504,
        'ERR_DEADLINE',
        `The timeout of ${ms * 1000} microseconds is over.`,
      );
      reject(error);
      over.abort(error);
    }, ms);
  });
  try {
    return await Promise.race([run(AbortSignal.any([signal, over.signal])), deadline]);
  } finally {
    clearTimeout(timer);
  }
}
