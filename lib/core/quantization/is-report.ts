/** Whether what a model file calls a report is one. */
import { custom, either, nothing, oneOf, type Rules } from '../params.js';
import { METHODS } from './quantize.js';
import type { QuantizationReport, QuantizedLayer } from './types.js';

// NaN and Infinity, too: a layer may lose all, and may have no noise.
const number = custom('a number', (v) => typeof v === 'number');
const text = custom('text', (v) => typeof v === 'string');
const pair = custom(
  'two numbers',
  (v) => Array.isArray(v) && v.length === 2 && v.every((end) => typeof end === 'number'),
);
const LAYER: Rules<QuantizedLayer> = {
  name: text,
  kind: oneOf('dense', 'conv2d'),
  shape: pair,
  precision: oneOf('int8', 'float32'),
  reason: either(nothing, text),
  method: either(nothing, oneOf(...METHODS, 'dynamic')),
  range: either(nothing, pair),
  scale: either(nothing, number),
  zeroPoint: either(nothing, number),
  sqnr: either(nothing, number),
  loss: either(nothing, number),
  bytesBefore: number,
  bytesAfter: number,
};
const REPORT: Rules<QuantizationReport> = {
  mode: oneOf('dynamic', 'static'),
  layers: custom('a list of layers', (v) => Array.isArray(v) && v.every((layer) => follows(layer, LAYER))),
  bytesBefore: number,
  bytesAfter: number,
  metric: either(nothing, oneOf('accuracy', 'r2', 'agreement')),
  before: either(nothing, number),
  after: either(nothing, number),
  loss: either(nothing, number),
};

function follows<T extends object>(value: unknown, rules: Rules<T>): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return (Object.keys(rules) as (keyof T)[]).every((key) => rules[key].allows((value as T)[key]));
}

/** Whether it has all that {@link QuantizationReport} says. */
export function isReport(value: unknown): value is QuantizationReport {
  return follows(value, REPORT);
}
