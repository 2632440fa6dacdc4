/** An inference of the Open Inference Protocol, whatever carried it. */
import type { ModelStore, Selector } from '../models/model-store.js';
import type { InferRequest } from './messages.js';
import { V2Model } from './model.js';
import type { OutputTensor } from './outputs.js';

/** An answer: who gave it, and its tensors. */
export interface InferAnswer {
  readonly head: { readonly model_name: string; readonly model_version: string; readonly id?: string };
  readonly outputs: readonly OutputTensor[];
}

/** Answers a request. @throws as {@link V2Model.infer}, and ERR_MODEL when there is no such model */
export function infer(
  models: ModelStore,
  selector: Selector,
  { id, inputs, outputs }: InferRequest,
  signal: AbortSignal,
): Promise<InferAnswer> {
  return models.use(selector, async ({ name, version, endpoint }) => ({
    head: { model_name: name, model_version: version, id },
    outputs: await V2Model.of(endpoint).infer(inputs, outputs, { signal }),
  }));
}
