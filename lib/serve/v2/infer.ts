/** An inference of the Open Inference Protocol, whatever carried it. */
import { performance } from 'node:perf_hooks';
import type { Call } from '../model/batcher.js';
import type { ModelStore } from '../models/model-store.js';
import type { Selector } from '../models/served-model.js';
import type { InferRequest } from './messages.js';
import { V2Model } from './model.js';
import type { OutputTensor } from './outputs.js';

/** An answer: who gave it, and its tensors. */
export interface InferAnswer {
  readonly head: { readonly model_name: string; readonly model_version: string; readonly id?: string };
  readonly outputs: readonly OutputTensor[];
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
  { id, inputs, outputs, limits: { timeout } }: InferRequest,
  call: Call,
): Promise<InferAnswer> {
  const limited = timeout === undefined ? call : new LimitedCall(call, performance.now() + timeout / 1000);
  return models.use(selector, async ({ name, version, endpoint }) => ({
    head: { model_name: name, model_version: version, id },
    outputs: await V2Model.of(endpoint).infer(inputs, outputs, limited),
  }));
}

/** A call whose client will not wait for ever. */
class LimitedCall implements Call {
  readonly deadline: number;
  readonly #call: Call;

  constructor(call: Call, deadline: number) {
    this.#call = call;
    this.deadline = deadline;
  }

  get signal() {
    return this.#call.signal;
  }
  get ran() {
    return this.#call.ran;
  }
}
