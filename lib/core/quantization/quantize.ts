/**
 * Quantising as a pass over the steps of a plan: which layers there are, what ranges their inputs have, what they lose. It is a
 * generator of the runs that it needs, so that those who wait and those who don't share it.
 */
import { StateError, ValidationError } from '../../errors.js';
import { resolveCompileOptions } from '../compile-options.js';
import { quantize } from '../linalg/quantized.js';
import { Matrix } from '../matrix.js';
import { Plan } from '../plan.js';
import type { Slot } from '../plan-builder.js';
import { type Recording, recordSteps, replaySteps } from '../plan-steps.js';
import { type Gate, type Scores, scoresOf } from './gate.js';
import { Histogram, type Range } from './histogram.js';
import { type Int8Site, lowerInt8, type Rewritten, rewrite } from './rewrite.js';
import { findSites, type Graph, type Site } from './sites.js';
import type { QuantizationOptions, QuantizationReport, QuantizedLayer, RangeMethod } from './types.js';

/** A run of a plan over some rows. */
export interface Run {
  readonly plan: Plan;
  readonly x: Float32Array;
  readonly rows: number;
}
/** A generator of runs, which gets what comes out. */
export type Runs<T> = Generator<Run, T, Float32Array>;

/** A graph in 8-bit arithmetic, and what became of its layers. */
export interface Quantized extends Rewritten {
  readonly report: QuantizationReport;
}

/** {@link QuantizationOptions} with every default filled in. */
export type ResolvedQuantization = Required<Omit<QuantizationOptions, 'calibrate' | 'y'>>;

/** The rows of the calibration, and the slot that the gate reads. */
export interface Calibration {
  readonly x: Matrix<Float32Array>;
  readonly gate: Gate;
  readonly gateSlot: number;
}

export const METHODS: readonly RangeMethod[] = ['minMax', 'percentile', 'entropy', 'mse'];
/** Sums of more products could leave 32 bits: see native/kernels/int8_kernels.h. */
const MOST_INPUTS = 65793;
/** Numbers of a run: 32 MiB. */
const RUN_NUMBERS = 1 << 23;
/** Every so many rows one is held out. */
const HELD_OUT = 4;

/** A layer on its way. */
interface Candidate {
  readonly site: Site;
  /** Why it stays float32, if it has to. */
  reason: string | null;
  int8: Int8Site | null;
  method: QuantizedLayer['method'];
  range: Range | null;
  sqnr: number | null;
  loss: number | null;
}

/**
 * The graph with its layers in 8-bit arithmetic.
 *
 * @throws {ERR_NOT_SUPPORTED} when there is no layer for it
 * @throws {ERR_PARAMETER} for a layer to skip that there is not
 * @throws {ERR_INPUT_NAN} when calibration rows give what no code can stand for
 */
export function* quantizeGraph(
  graph: Graph,
  options: ResolvedQuantization,
  calibration: Calibration | null,
): Runs<Quantized> {
  const candidates = findSites(graph).map((site): Candidate => candidateOf(site, options.skip));
  if (candidates.length === 0) {
    const message =
      'quantize: the model has no layer that 8-bit arithmetic computes: no product with a matrix of weights.';
    throw new StateError('ERR_NOT_SUPPORTED', message);
  }
  checkSkipped(candidates, options.skip);
  const chosen = candidates.filter(({ int8 }) => int8 !== null);
  if (calibration !== null && chosen.length > 0) {
    if (options.mode === 'static') yield* calibrate(graph, chosen, options, calibration.x);
    else for (const each of chosen) yield* measure(graph, each, [], calibration.x);
  }
  const { maxLoss, mode } = options;
  const gated = calibration !== null && maxLoss !== null;
  const scores = gated ? yield* passGate(graph, candidates, calibration, maxLoss) : null;
  const int8 = candidates.flatMap((each) => each.int8 ?? []);
  return { ...rewrite(graph, int8), report: reportOf(mode, candidates, calibration, scores) };
}

function candidateOf(site: Site, skip: readonly string[]): Candidate {
  const { name, inputs, outputs, weights, bias } = site;
  const start = { site, int8: null, method: null, range: null, sqnr: null, loss: null };
  if (skip.includes(name)) return { ...start, reason: 'skipped' };
  if (site.refusal !== null) return { ...start, reason: site.refusal };
  if (inputs > MOST_INPUTS)
    return { ...start, reason: `${inputs} inputs: sums of more than ${MOST_INPUTS} could leave 32 bits` };
  const numbers = Float32Array.from(weights);
  if (!numbers.every(Number.isFinite)) return { ...start, reason: 'a weight is not finite' };
  const { data, scale } = quantize(new Matrix(numbers, inputs, outputs), { axis: 1, dtype: 'int8' });
  const int8 = {
    site,
    weights: new Uint8Array(data.buffer),
    scale,
    bias: Float32Array.from(bias),
    codes: null,
  };
  return { ...start, reason: null, int8, method: 'dynamic' };
}

function checkSkipped(candidates: readonly Candidate[], skip: readonly string[]): void {
  const names = candidates.map(({ site }) => site.name);
  const odd = skip.find((name) => !names.includes(name));
  if (odd === undefined) return;
  const message = `quantize: there is no layer '${odd}' to skip; there are ${names.join(', ')}.`;
  throw new ValidationError('ERR_PARAMETER', message);
}

/** Ranges for what the layers read. */
function* calibrate(
  graph: Graph,
  candidates: readonly Candidate[],
  { method, percentile }: ResolvedQuantization,
  x: Matrix<Float32Array>,
): Runs<void> {
  const [fitted, heldOut] = split(x);
  const slots = [...new Set(candidates.map(({ site }) => site.input))];
  const { plan, offsets } = columnsOf(graph, slots);
  const histograms = slots.map(() => new Histogram());
  for (const take of ['widen', 'add'] as const) {
    yield* eachRun(plan, fitted, (out) => {
      for (let row = 0; row < out.length; row += plan.outputWidth) {
        for (const [s, histogram] of histograms.entries()) {
          for (let j = row + offsets[s]; j < row + offsets[s + 1]; j++) {
            if (!Number.isFinite(out[j]))
              throw notFinite(candidates.find(({ site }) => site.input === slots[s])!);
            histogram[take](out[j]);
          }
        }
      }
    });
  }
  for (const each of candidates) {
    const histogram = histograms[slots.indexOf(each.site.input)];
    const methods = method === 'auto' ? METHODS : [method];
    const ranges = methods.map((name) => histogram.range(name, percentile));
    const best = yield* measure(graph, each, ranges, heldOut);
    each.method = methods[best];
    each.range = ranges[best];
    each.int8 = { ...each.int8!, codes: codesOf(ranges[best]) };
  }
}

function notFinite({ site }: Candidate): ValidationError {
  const message = `quantize: a calibration row gives '${site.name}' a number that is not finite.`;
  return new ValidationError('ERR_INPUT_NAN', message);
}

/** The scale and the code of 0 of a range: those of ONNX's DynamicQuantizeLinear. */
function codesOf([low, high]: Range): Float32Array {
  const [least, most] = [Math.fround(low), Math.fround(high)];
  const scale = Math.fround(Math.fround(most - least) / 255);
  if (!(scale > 0 && scale < Infinity)) return Float32Array.of(1, 0);
  return Float32Array.of(scale, Math.min(255, Math.max(0, Math.round(-least / scale))));
}

/** Measures what a layer loses on rows, by ranges, or with one for each row where there are none; gives the place of the best. */
function* measure(
  graph: Graph,
  candidate: Candidate,
  ranges: readonly Range[],
  x: Matrix<Float32Array>,
): Runs<number> {
  const { site } = candidate;
  const recording = recordSteps(graph.widths[0]);
  const { plan } = recording;
  const input = replaySteps(plan, plan.input, graph.steps, site.input);
  const codes = ranges.length === 0 ? [null] : ranges.map(codesOf);
  const results = codes.map((each): Slot => {
    const from = each === null ? input : plan.quantize(input, each);
    return lowerInt8(recording, from, { ...candidate.int8!, codes: each }, 'identity');
  });
  const exact = replaySteps(plan, plan.input, graph.steps, site.linear);
  const compiled = compile(graph, recording, plan.concat([exact, ...results]));
  const { width } = exact;
  let signal = 0;
  const noise = new Float64Array(codes.length);
  yield* eachRun(compiled, x, (out) => {
    for (let row = 0; row < out.length; row += compiled.outputWidth) {
      for (let j = row; j < row + width; j++) {
        signal += out[j] ** 2;
        for (let c = 0; c < noise.length; c++) noise[c] += (out[j] - out[j + (c + 1) * width]) ** 2;
      }
    }
  });
  let best = 0;
  for (let c = 1; c < noise.length; c++) if (noise[c] < noise[best]) best = c;
  candidate.sqnr = noise[best] === 0 ? Infinity : 10 * Math.log10(signal / noise[best]);
  return best;
}

/** Turns the layers that cost most back to float32, until no more is lost than may be. */
function* passGate(
  graph: Graph,
  candidates: readonly Candidate[],
  { x, gate, gateSlot }: Calibration,
  maxLoss: number,
): Runs<Scores> {
  const width = graph.widths[gateSlot];
  const before = yield* resultOf(graph, [], gateSlot, x);
  const scoresWith = function* (layers: readonly Candidate[]): Runs<Scores> {
    const int8 = layers.flatMap((layer) => layer.int8 ?? []);
    return scoresOf(gate, before, yield* resultOf(graph, int8, gateSlot, x), width);
  };
  for (;;) {
    const left = candidates.filter(({ int8 }) => int8 !== null);
    const scores = yield* scoresWith(left);
    if (scores.loss <= maxLoss || left.length === 0) return scores;
    for (const each of left) each.loss ??= (yield* scoresWith([each])).loss;
    // One that gives NaN costs all.
    const costOf = ({ loss }: Candidate) => (Number.isNaN(loss) ? Infinity : loss!);
    const worst = left.reduce((most, each) => (costOf(each) > costOf(most) ? each : most));
    const share = (100 * scores.loss).toPrecision(3);
    worst.reason = `with it ${share} % of the ${gate.metric} are lost, and ${100 * maxLoss} % may be`;
    worst.int8 = null;
  }
}

/** What a graph with layers of 8 bits gives for all rows. */
function* resultOf(
  graph: Graph,
  layers: readonly Int8Site[],
  slot: number,
  x: Matrix<Float32Array>,
): Runs<Float32Array> {
  const { recording, slots } = rewrite({ ...graph, wanted: [slot] }, layers);
  const plan = compile(graph, recording, slots[slot]);
  const all = new Float32Array(x.rows * plan.outputWidth);
  let at = 0;
  yield* eachRun(plan, x, (out) => {
    all.set(out, at);
    at += out.length;
  });
  return all;
}

/** A plan of slots side by side, and where each begins. */
function columnsOf(graph: Graph, slots: readonly number[]): { plan: Plan; offsets: number[] } {
  const recording = recordSteps(graph.widths[0]);
  const { plan } = recording;
  const parts = slots.map((slot) => replaySteps(plan, plan.input, graph.steps, slot));
  const offsets = [0];
  for (const [s, { width }] of parts.entries()) offsets.push(offsets[s] + width);
  return { plan: compile(graph, recording, plan.concat(parts)), offsets };
}

function compile({ schema }: Graph, { plan }: Recording, output: Slot): Plan {
  return Plan.compile(plan.build(output), schema, resolveCompileOptions({}, 'float32'));
}

/** Runs a plan over all rows, some at a time. */
function* eachRun(
  plan: Plan,
  { data, rows, cols }: Matrix<Float32Array>,
  visit: (out: Float32Array) => void,
): Runs<void> {
  const most = Math.max(1, Math.floor(RUN_NUMBERS / (cols + plan.outputWidth)));
  for (let first = 0; first < rows; first += most) {
    const count = Math.min(most, rows - first);
    visit(yield { plan, x: data.subarray(first * cols, (first + count) * cols), rows: count });
  }
}

/** Rows to find ranges by, and others to compare them by; all for both where they are few. */
function split(x: Matrix<Float32Array>): readonly [Matrix<Float32Array>, Matrix<Float32Array>] {
  const { data, rows, cols } = x;
  if (rows < 2 * HELD_OUT) return [x, x];
  const parts: [number[], number[]] = [[], []];
  for (let i = 0; i < rows; i++) parts[i % HELD_OUT === HELD_OUT - 1 ? 1 : 0].push(i);
  const [fitted, heldOut] = parts.map((indices) => {
    const out = new Float32Array(indices.length * cols);
    for (const [k, i] of indices.entries()) out.set(data.subarray(i * cols, (i + 1) * cols), k * cols);
    return new Matrix(out, indices.length, cols);
  });
  return [fitted, heldOut];
}

function reportOf(
  mode: QuantizationReport['mode'],
  candidates: readonly Candidate[],
  calibration: Calibration | null,
  scores: Scores | null,
): QuantizationReport {
  const layers = candidates.map(({ site, reason, int8, method, range, sqnr, loss }): QuantizedLayer => {
    const { name, kind, inputs, outputs } = site;
    const bytesBefore = 4 * (inputs + 1) * outputs;
    const shared = { name, kind, shape: [inputs, outputs] as const, reason, sqnr, loss, bytesBefore };
    if (int8 === null) {
      const nothing = { method: null, range: null, scale: null, zeroPoint: null };
      return { ...shared, ...nothing, precision: 'float32', bytesAfter: bytesBefore };
    }
    const [scale = null, zeroPoint = null] = int8.codes ?? [];
    const bytesAfter = (inputs + 8) * outputs;
    return { ...shared, precision: 'int8', method, range, scale, zeroPoint, bytesAfter };
  });
  const total = (key: 'bytesBefore' | 'bytesAfter') => layers.reduce((sum, layer) => sum + layer[key], 0);
  return {
    mode,
    layers,
    bytesBefore: total('bytesBefore'),
    bytesAfter: total('bytesAfter'),
    metric: scores === null ? null : calibration!.gate.metric,
    before: scores?.before ?? null,
    after: scores?.after ?? null,
    loss: scores?.loss ?? null,
  };
}
