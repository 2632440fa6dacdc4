/** Fitted models as plans, in floating point or in 8-bit arithmetic. */
import { StateError } from '../errors.js';
import {
  type CompileOptions,
  type ResolvedCompileOptions,
  resolveCompileOptions,
} from './compile-options.js';
import { cudaTarget, openCuda, requireDevice } from './devices.js';
import type { Estimator } from './estimator.js';
import { Plan, type PlanOrigin } from './plan.js';
import { PlanBuilder, type PlanSource } from './plan-builder.js';
import {
  type QuantizationOptions,
  type QuantizedOutputs,
  quantizable,
  quantizeOutputs,
  runLater,
  runNow,
  sourceOf,
} from './quantization/index.js';
import type { Runs } from './quantization/quantize.js';

/**
 * @throws {ERR_NOT_FITTED} before `fit`
 * @throws {ERR_NOT_SUPPORTED} for an output that the model does not have
 * @throws as {@link resolveCompileOptions}
 */
export function resolveFor(model: Estimator, options: CompileOptions): ResolvedCompileOptions {
  const resolved = resolveCompileOptions(options, model.dtype);
  const { output } = resolved;
  const { outputs } = model;
  // What has none says why when it is lowered.
  if (output === 'value' || outputs.length === 0 || outputs.includes(output)) return resolved;
  const known = outputs.map((each) => `'${each}'`).join(', ');
  const message = `${model.constructor.name} has no output '${output}'; it has ${known}.`;
  throw new StateError('ERR_NOT_SUPPORTED', message);
}

/** @param isSameFit - whether the model has not been fitted again since */
export function compileModel(
  model: Estimator,
  resolved: ResolvedCompileOptions,
  isSameFit: () => boolean,
): Plan {
  const origin = originOf(model, resolved, isSameFit);
  if (resolved.quantization === undefined)
    return Plan.compile(exactSource(model, resolved), model.schema, resolved, origin);
  requireDevice(resolved.device); // ranges take their time
  const quantized = runNow(inInt8(model, resolved, resolved.quantization));
  const { report } = quantized;
  return Plan.compile(sourceOf(quantized, resolved.output), model.schema, resolved, { ...origin, report });
}

/** As {@link compileModel}, with the packing of constants, and the runs of calibration rows, on the pool. */
export async function compileModelAsync(
  model: Estimator,
  resolved: ResolvedCompileOptions,
  isSameFit: () => boolean,
): Promise<Plan> {
  const { schema } = model;
  const origin = originOf(model, resolved, isSameFit);
  if (resolved.quantization === undefined)
    return Plan.compileAsync(exactSource(model, resolved), schema, resolved, origin);
  if (resolved.device !== 'cpu') await openCuda(cudaTarget(resolved.device));
  const quantized = await runLater(inInt8(model, resolved, resolved.quantization));
  const { report } = quantized;
  return Plan.compileAsync(sourceOf(quantized, resolved.output), schema, resolved, { ...origin, report });
}

function exactSource(model: Estimator, resolved: ResolvedCompileOptions): PlanSource {
  const builder = new PlanBuilder(model.nFeaturesIn, model.schema.columns);
  return builder.build(model.lowerChecked(builder, builder.input, resolved));
}

function inInt8(
  model: Estimator,
  { output, coverage }: ResolvedCompileOptions,
  options: QuantizationOptions,
): Runs<QuantizedOutputs> {
  return quantizeOutputs(quantizable(model, coverage), [output], options);
}

/** How a plan of the fit of now is quantised later. */
function originOf(model: Estimator, resolved: ResolvedCompileOptions, isSameFit: () => boolean): PlanOrigin {
  const quantize = (quantization: QuantizationOptions) => {
    if (isSameFit()) {
      const wanted = { ...resolved, precision: 'float32', products: undefined, quantization } as const;
      return compileModel(model, wanted, isSameFit);
    }
    const message =
      'The model was fitted again since this plan was compiled: compile it again, then quantise it.';
    throw new StateError('ERR_NOT_SUPPORTED', message);
  };
  return { quantize };
}
