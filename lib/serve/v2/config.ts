/** A model's configuration as Triton would describe it, for clients such as perf_analyzer that ask for one. */
import type { ModelEndpoint } from '../model/endpoint.js';
import { type TensorSpec, V2Model } from './model.js';

/** The configuration of a model. */
export function configOf(endpoint: ModelEndpoint) {
  const { name, maxRows, columns } = endpoint.info;
  const { inputs, outputs } = V2Model.of(endpoint);
  const optional = new Set(columns.filter(({ required }) => !required).map((column) => column.name));
  return {
    name,
    platform: 'boreal',
    backend: 'boreal',
    version_policy: { latest: { num_versions: 1 } },
    max_batch_size: maxRows,
    input: inputs.map((input) => ({
      ...tensorOf(input),
      format: 'FORMAT_NONE',
      is_shape_tensor: false,
      optional: optional.has(input.name),
    })),
    output: outputs.map((output) => ({ ...tensorOf(output), label_filename: '', is_shape_tensor: false })),
    instance_group: [{ name, kind: 'KIND_CPU', count: 1, gpus: [] }],
    model_transaction_policy: { decoupled: false },
  };
}

/** Dimensions without that of the rows. */
function tensorOf({ name, datatype, shape }: TensorSpec) {
  return { name, data_type: datatype === 'BYTES' ? 'TYPE_STRING' : `TYPE_${datatype}`, dims: shape.slice(1) };
}
