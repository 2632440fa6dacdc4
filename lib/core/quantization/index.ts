/** Estimators as graphs that are quantised, by those who wait and by those who don't. */
import { ValidationError } from '../../errors.js';
import { withCancel } from '../cancellation.js';
import { type Output, resolveCompileOptions } from '../compile-options.js';
import type { Estimator } from '../estimator.js';
import { Matrix } from '../matrix.js';
import { checkParams, custom, either, nothing, oneOf, type Rules, real, show } from '../params.js';
import { PlanBuilder, type PlanSource, type Slot } from '../plan-builder.js';
import { recordSteps, replaySteps } from '../plan-steps.js';
import { gateOf } from './gate.js';
import { METHODS, type Quantized, quantizeGraph, type ResolvedQuantization, type Runs } from './quantize.js';
import type { QuantizationOptions, QuantizationReport } from './types.js';

/** What can be quantised: an estimator, or something that looks like one. */
export interface Quantizable extends Pick<Estimator, 'kind' | 'outputs' | 'schema'> {
  /** Adds what it computes for an output to a plan, with the checks of its input. */
  lowerOutput(plan: PlanBuilder, output: Output): Slot;
}

const RULES: Rules<ResolvedQuantization> = {
  mode: oneOf('dynamic', 'static'),
  method: oneOf('auto', ...METHODS),
  percentile: real(50, 100, 'min'),
  maxLoss: either(nothing, real(0, 1)),
  skip: custom('a list of names of layers', Array.isArray),
};

/** How an estimator is lowered, for {@link quantizeOutputs}; `coverage` is that of the output 'interval'. */
export function quantizable(model: Estimator, coverage?: number): Quantizable {
  const { kind, outputs, schema } = model;
  const lowerOutput = (plan: PlanBuilder, output: Output) =>
    model.lowerChecked(plan, plan.input, resolveCompileOptions({ output, coverage }, 'float32'));
  return { kind, outputs, schema, lowerOutput };
}

/** A model in 8-bit arithmetic, and the slot of each output. */
export interface QuantizedOutputs extends Quantized {
  readonly outputs: ReadonlyMap<Output, Slot>;
}

/**
 * A model with some of its outputs in 8-bit arithmetic.
 *
 * @throws {ERR_PARAMETER} for a bad option
 * @throws {ERR_EMPTY | ERR_SHAPE | ERR_INPUT_NAN ...} for calibration rows that are none, or that the model would refuse
 * @throws {ERR_NOT_SUPPORTED} when the model has no layer for it
 */
export function* quantizeOutputs(
  model: Quantizable,
  outputs: readonly Output[],
  given: QuantizationOptions,
): Runs<QuantizedOutputs> {
  const { calibrate = null, y = null, ...some } = given;
  const options: ResolvedQuantization = {
    ...{
      mode: calibrate === null ? 'dynamic' : 'static',
      method: 'auto',
      percentile: 99.99,
      maxLoss: 0.005,
      skip: [],
    },
    ...some,
  };
  checkParams('quantize', options, RULES);
  if (calibrate === null && (options.mode === 'static' || y !== null)) {
    const what = y === null ? "mode 'static'" : 'y';
    throw new ValidationError(
      'ERR_PARAMETER',
      `quantize: ${what} needs calibration rows; got ${show(calibrate)}.`,
    );
  }
  const { schema } = model;
  const x = calibrate === null ? null : (schema.encode(calibrate, 'float32') as Matrix<Float32Array>);
  if (x?.rows === 0) throw new ValidationError('ERR_EMPTY', 'quantize: there are no calibration rows.');
  const gate = x === null ? null : gateOf(model, y, x.rows);
  const { plan, steps, widths } = recordSteps(schema.columns.length, schema.columns);
  const slots = new Map<Output, number>();
  for (const output of gate === null ? outputs : [...outputs, gate.output])
    slots.set(output, model.lowerOutput(plan, output).id);
  const graph = { schema, steps, widths, wanted: [...new Set(slots.values())] };
  const calibration = gate && x && { x, gate, gateSlot: slots.get(gate.output)! };
  const quantized = yield* quantizeGraph(graph, options, calibration);
  return {
    ...quantized,
    outputs: new Map(outputs.map((output) => [output, quantized.slots[slots.get(output)!]])),
  };
}

/** A plan of one output of a quantised model. */
export function sourceOf({ recording, outputs }: QuantizedOutputs, output: Output): PlanSource {
  const builder = new PlanBuilder(recording.widths[0]);
  return builder.build(replaySteps(builder, builder.input, recording.steps, outputs.get(output)!.id));
}

/** Does the runs now, on this thread's time. */
export function runNow<T>(runs: Runs<T>): T {
  let step = runs.next();
  while (step.done !== true) {
    const { plan, x, rows } = step.value;
    step = runs.next(plan.runEncoded(x, rows) as Float32Array);
  }
  return step.value;
}

/** Does the runs on the pool. @throws {ERR_ABORTED} when the signal fires */
export function runLater<T>(runs: Runs<T>, signal?: AbortSignal): Promise<T> {
  return withCancel(signal, async (cancel) => {
    let step = runs.next();
    while (step.done !== true) {
      const { plan, x, rows } = step.value;
      const out = new Matrix(new Float32Array(rows * plan.outputWidth), rows, plan.outputWidth);
      await plan.runInto(new Matrix(x, rows, x.length / rows), out, cancel);
      step = runs.next(out.data);
    }
    return step.value;
  });
}

/** A report as lines for people to read. */
export function formatReport({
  mode,
  layers,
  bytesBefore,
  bytesAfter,
  metric,
  before,
  after,
  loss,
}: QuantizationReport): string {
  const number = (value: number | null, unit = '') =>
    value === null ? '' : `${Number(value.toPrecision(4))}${unit}`;
  const rows = layers.map(({ name, shape, precision, method, range, sqnr, reason, ...layer }) => [
    ...[name, shape.join(' x '), precision, method ?? ''],
    range === null ? '' : range.map((end) => number(end)).join(' to '),
    ...[
      number(layer.scale),
      number(sqnr, ' dB'),
      `${layer.bytesBefore} -> ${layer.bytesAfter}`,
      reason ?? '',
    ],
  ]);
  const head = ['layer', 'shape', 'precision', 'method', 'range', 'scale', 'SQNR', 'bytes', 'why'];
  const widths = head.map((title, j) => Math.max(title.length, ...rows.map((row) => row[j].length)));
  const line = (row: readonly string[]) =>
    row
      .map((cell, j) => cell.padEnd(widths[j]))
      .join('  ')
      .trimEnd();
  const gate =
    metric === null
      ? 'no gate'
      : `${metric} ${number(before)} -> ${number(after)}, a loss of ${number(100 * loss!, ' %')}`;
  const total = `${mode}, weights of ${bytesBefore} -> ${bytesAfter} bytes, ${gate}`;
  return `${[line(head), ...rows.map(line), total].join('\n')}\n`;
}

export { isReport } from './is-report.js';
export * from './types.js';
