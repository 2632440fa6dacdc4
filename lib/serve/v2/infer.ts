/** An inference of the Open Inference Protocol, whatever carried it. */
import { performance } from 'node:perf_hooks';
import type { Call } from '../model/batcher.js';
import type { ModelStore } from '../models/model-store.js';
import { rowsHeader, type Selector } from '../models/served-model.js';
import type { InferRequest, Limits } from './messages.js';
import { V2Model } from './model.js';
import type { OutputTensor } from './outputs.js';

/** An answer: who gave it, and its tensors. */
export interface InferAnswer {
  readonly head: { readonly model_name: string; readonly model_version: string; readonly id?: string };
  readonly outputs: readonly OutputTensor[];
  /** Of a reply over HTTP: the model and the number of rows. */
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * Answers a request.
 *
 * @throws as {@link V2Model.infer}; ERR_MODEL when there is no such model; ERR_DEADLINE when the client's timeout is over
 *   before its turn comes
 */
export function infer(
  models: Pick<ModelStore, 'use'>,
  selector: Selector,
  { id, inputs, outputs, limits }: InferRequest,
  call: Call,
): Promise<InferAnswer> {
  const { timeout, priority } = limits;
  const limited = timeout === undefined && priority === 0 ? call : new LimitedCall(call, limits);
  return models.use(selector, async ({ name, version, endpoint, headers }) => {
    const answer = await V2Model.of(endpoint).infer(inputs, outputs, limited);
    return {
      head: { model_name: name, model_version: version, id },
      outputs: answer,
      headers: { ...headers, ...rowsHeader(answer[0].shape[0]) },
    };
  });
}

/** A call whose client will not wait for ever, or is in a hurry. */
class LimitedCall implements Call {
  readonly deadline: number | undefined;
  readonly priority: number;
  readonly #call: Call;

  constructor(call: Call, { timeout, priority }: Limits) {
    this.#call = call;
    this.deadline = timeout === undefined ? undefined : performance.now() + timeout / 1000;
    this.priority = priority;
  }

  get signal() {
    return this.#call.signal;
  }
  get ran() {
    return this.#call.ran;
  }
}
