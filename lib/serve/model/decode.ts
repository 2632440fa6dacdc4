/** Turns the numbers that a plan returns into what a response says: labels, probabilities, intervals. */
import type { Label } from '../../core/labels.js';
import type { FloatArray } from '../../core/matrix.js';
import type { Column, Target } from '../../core/schema.js';
import type { RangeWarning } from './ranges.js';

/** A range of predictions; `coverage` is the share of the trees inside. */
export interface Interval {
  readonly lower: number;
  readonly upper: number;
  readonly coverage: number;
}
/** A column of a transformer's row. */
export type Value = Label | null;
/** What a model says about one row. JSON has no NaN and no Infinity: in a response they are null. */
export interface Prediction {
  /** A label, a number, several of them for several targets, or the columns that come out of a transformer. */
  readonly prediction: Label | readonly Value[];
  /** By label; of classifiers. */
  readonly probabilities?: Readonly<Record<string, number>>;
  /** Of models that have one. */
  readonly interval?: Interval;
}
/** What a row returns. */
export interface RowPrediction extends Prediction {
  /** Numbers outside the training range; with `ranges: 'warn'`. */
  readonly warnings?: readonly RangeWarning[];
}
/** Reads the row of a plan's result that starts at `offset`. */
export type Decoder = (out: FloatArray, offset: number) => Prediction;

/**
 * Makes the decoder for a model's plan: see `ModelEndpoint` for the columns of its result.
 *
 * @param columns - that a transformer returns
 * @param coverage - of the interval, where there is one
 */
export function decoderOf(target: Target, columns: readonly Column[] = [], coverage?: number): Decoder {
  if (target.kind === 'class') return classDecoder(target.classes);
  if (target.kind === 'none') return columnsDecoder(columns);
  if (target.kind === 'numbers')
    return (out, offset) => ({ prediction: Array.from(out.subarray(offset, offset + target.count)) });
  if (target.kind === 'classes')
    return (out, offset) => ({ prediction: target.classes.map((own, t) => own[out[offset + t]]) });
  if (coverage === undefined) return (out, offset) => ({ prediction: out[offset] });
  return (out, offset) => ({
    prediction: out[offset],
    interval: { lower: out[offset + 1], upper: out[offset + 2], coverage },
  });
}

function classDecoder(classes: readonly Label[]): Decoder {
  const names = classes.map(String);
  // Copying an object is several times faster than making one from its entries. All names are members of its own.
  const template: Readonly<Record<string, number>> = Object.fromEntries(names.map((name) => [name, 0]));
  return (out, offset) => {
    let best = 0;
    for (let c = 1; c < classes.length; c++) if (out[offset + c] > out[offset + best]) best = c;
    const probabilities = { ...template };
    for (let c = 0; c < names.length; c++) probabilities[names[c]] = out[offset + c];
    return { prediction: classes[best], probabilities };
  };
}

function columnsDecoder(columns: readonly Column[]): Decoder {
  return (out, offset) => ({
    prediction: columns.map(({ kind, categories }, j): Value => {
      const value = out[offset + j];
      if (categories !== undefined) return categories[value] ?? null;
      return kind === 'boolean' && !Number.isNaN(value) ? value !== 0 : value;
    }),
  });
}

/** Writes what a row returns as JSON. */
export type Writer = (prediction: RowPrediction) => string;

/**
 * Makes the writer for a model: what it writes is what JSON.stringify would, but the names that are the same in every answer
 * are made once.
 */
export function writerOf(target: Target): Writer {
  if (target.kind !== 'class') return JSON.stringify;
  const labels = new Map(target.classes.map((label) => [label, JSON.stringify(label)]));
  // In the order of an object's members, where whole numbers go first.
  const names = Object.keys(Object.fromEntries(target.classes.map((label) => [String(label), 0])));
  const heads = names.map((name, c) => `${c === 0 ? '' : ','}${JSON.stringify(name)}:`);
  return ({ prediction, probabilities, warnings }) => {
    let text = `{"prediction":${labels.get(prediction as Label)},"probabilities":{`;
    for (let c = 0; c < names.length; c++) {
      const value = probabilities![names[c]];
      text += heads[c] + (Number.isFinite(value) ? value : 'null');
    }
    return warnings === undefined ? `${text}}}` : `${text}},"warnings":${JSON.stringify(warnings)}}`;
  };
}
