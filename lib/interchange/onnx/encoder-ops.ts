/** Nodes of ai.onnx.ml that scale, fill in and encode columns. */
import type { Label } from '../../core/labels.js';
import type { Slot } from '../../core/plan-builder.js';
import { filled, lookup, type Node, perColumn, type Translate } from './node.js';
import { isLastAxis } from './shape-ops.js';
import type { Tensor } from './tensor.js';
import { type Computed, Dictionary, isComputed } from './values.js';

/** (x - offset) * scale */
const scaler: Translate = (node) => {
  let slot = node.slot(0);
  const { width } = slot;
  const [offset, scale] = [node.floats('offset'), node.floats('scale')];
  if (offset.length > 0) slot = node.plan.binary(slot, 'sub', perColumn(node, 'offset', offset, width));
  if (scale.length > 0) slot = node.plan.binary(slot, 'mul', perColumn(node, 'scale', scale, width));
  return [{ slot, dims: node.computed(0).dims, type: 'float' }];
};

const imputer: Translate = (node) => {
  const value = node.computed(0);
  const x = node.slot(0);
  const isWhole = node.ints('imputed_value_int64s').length > 0;
  const name = isWhole ? 'imputed_value_int64s' : 'imputed_value_floats';
  const fill = perColumn(node, name, isWhole ? node.ints(name) : node.floats(name), x.width);
  const replaced = isWhole ? node.int('replaced_value_int64', 0) : node.float('replaced_value_float', 0);
  if (Number.isNaN(replaced)) return [{ ...value, slot: node.plan.impute(x, fill) }];
  const isReplaced = node.plan.binary(x, 'equal', filled(x.width, replaced));
  return [{ ...value, slot: node.plan.select([isReplaced, node.plan.constant(x, fill), x]) }];
};

/** Each row divided by its norm; a row without one stays as it is. LpNormalization is that of ai.onnx. */
const normalizer: Translate = (node) => {
  const { plan } = node;
  const x = node.slot(0);
  const isLp = node.op === 'LpNormalization';
  if (isLp && !isLastAxis(node.int('axis', -1), node.computed(0)))
    throw node.fail('its axis is not supported');
  const norm = isLp ? `L${node.int('p', 2)}` : node.text('norm', 'MAX');
  const fold = { MAX: 'max', L1: 'sumAbs', L2: 'sum' } as const;
  if (!Object.hasOwn(fold, norm)) throw node.fail(`norm '${norm}' is not supported`);
  const folded = plan.reduce(
    norm === 'L2' ? plan.activation(x, 'square') : x,
    fold[norm as keyof typeof fold],
  );
  const length = norm === 'L2' ? plan.activation(folded, 'sqrt') : folded;
  const isNothing = plan.binary(length, 'equal', filled(1, 0));
  const divisor = plan.select([isNothing, plan.constant(x, filled(1, 1)), length]);
  return [{ slot: plan.binaryOf([x, divisor], 'div'), dims: node.computed(0).dims, type: 'float' }];
};

const binarizer: Translate = (node) => {
  const x = node.slot(0);
  const slot = node.plan.binary(x, 'greater', filled(x.width, node.float('threshold', 0)));
  return [{ ...node.computed(0), codes: undefined, slot }];
};

/** Numbers as their places among `keys`, or -1. */
export function placesOf(node: Node, x: Slot, keys: readonly number[], isStrict = false): Slot {
  const order = keys.map((_, k) => k).sort((a, b) => compareNumbers(keys[a], keys[b]));
  const sorted = Float64Array.from(order, (k) => keys[k]);
  if (sorted.some((key, k) => k > 0 && compareNumbers(sorted[k - 1], key) === 0))
    throw node.fail('it names a key twice');
  const { width } = x;
  const offsets = Int32Array.from({ length: width + 1 }, (_, j) => j * keys.length);
  const values = new Float64Array(width * keys.length);
  for (let j = 0; j < width; j++) values.set(sorted, j * keys.length);
  const names = new Array<string>(width).fill(node.where);
  const codes = node.plan.category(x, offsets, values, isStrict, names);
  if (order.every((k, place) => k === place)) return codes;
  const places = Float64Array.from({ length: width * keys.length }, (_, k) => order[k % keys.length]);
  return node.plan.lookup(codes, offsets, places, filled(width, -1));
}

/** NaN last. */
function compareNumbers(a: number, b: number): number {
  if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
  return a - b;
}

/** Codes of text as the places of their text among `keys`, or -1. */
function textPlaces(node: Node, value: Computed, keys: readonly string[]): Slot {
  const place = new Map(keys.map((key, k) => [key, k]));
  if (place.size !== keys.length) throw node.fail('it names a key twice');
  for (const dictionary of value.codes ?? []) for (const key of keys) dictionary.code(key);
  const placeOf = (label: Label) => place.get(String(label)) ?? -1;
  return lookup(node, value, ({ labels }) => labels.map(placeOf), -1);
}

const oneHotEncoder: Translate = (node) => {
  const value = node.computed(0);
  const [texts, numbers] = [node.texts('cats_strings'), node.ints('cats_int64s')];
  const count = texts.length + numbers.length;
  const isStrict = node.int('zeros', 1) === 0;
  let places: Slot;
  if (value.type === 'string') {
    places = textPlaces(node, value, texts);
    if (isStrict) places = placesOf(node, places, [...texts.keys()], true);
  } else places = placesOf(node, node.slot(0), numbers, isStrict);
  const { width } = places;
  const sizes = new Int32Array(width).fill(count);
  const slot = node.plan.oneHot(places, sizes, new Int32Array(width).fill(-1));
  return [{ slot, dims: [...value.dims, count], type: 'float' }];
};

/** The keys and values of a LabelEncoder, whatever their type. */
function tableOf(node: Node, side: 'keys' | 'values'): readonly Label[] {
  const tensor = node.tensor(`${side}_tensor`);
  if (tensor !== undefined) return Array.from(tensor.data as ArrayLike<Label>);
  const texts = node.texts(`${side}_strings`);
  if (texts.length > 0) return texts;
  const whole = node.ints(`${side}_int64s`);
  return whole.length > 0 ? whole : node.floats(`${side}_floats`);
}

/** Keys and values, one for each. */
function pairsOf(node: Node): [keys: readonly Label[], values: readonly Label[]] {
  const [keys, values] = [tableOf(node, 'keys'), tableOf(node, 'values')];
  if (keys.length !== values.length || keys.length === 0)
    throw node.fail(`it has ${keys.length} keys for ${values.length} values`);
  if (node.version >= 4) return [keys, values];
  // A missing value is no key before operator set 4.
  const isKey = (_: Label, k: number) => !Number.isNaN(keys[k]);
  return [keys.filter(isKey), values.filter(isKey)];
}

function encodeTensor(node: Node, { dims, data }: Tensor): Tensor {
  const [keys, values] = pairsOf(node);
  const table = new Map<Label, Label>();
  keys.forEach((key, k) => {
    if (!table.has(key)) table.set(key, values[k]);
  });
  const found = Array.from(data as ArrayLike<Label>, (key) => table.get(key));
  if (found.some((value) => value === undefined)) throw node.fail('it encodes a constant that is no key');
  if (typeof values[0] === 'string') return { dims, type: 'string', data: found as string[] };
  const type = node.ints('values_int64s').length > 0 ? 'int64' : 'float';
  return { dims, type, data: Float64Array.from(found as number[]) };
}

const labelEncoder: Translate = (node) => {
  const given = node.input(0);
  if (!isComputed(given))
    return [{ tensor: encodeTensor(node, given.tensor.type === 'string' ? given.tensor : node.constant(0)) }];
  const value = node.computed(0);
  const classes = node.texts('classes_strings');
  if (classes.length > 0) return [encodeClasses(node, value, classes)];
  const [keys, values] = pairsOf(node);
  const isText = typeof keys[0] === 'string';
  if (isText !== (value.type === 'string')) throw node.fail('its keys are not of the type of its input');
  const places = isText
    ? textPlaces(node, value, keys as string[])
    : placesOf(node, node.slot(0), keys as number[]);
  if (typeof values[0] === 'string') {
    const labels = [...new Set([...values, node.text('default_string', '_Unused')])];
    const dictionary = new Dictionary(labels);
    const codes = values.map((label) => dictionary.code(label));
    const slot = table(node, places, codes, labels.length - 1);
    return [
      { slot, dims: value.dims, type: 'string', codes: Array.from({ length: slot.width }, () => dictionary) },
    ];
  }
  const isWhole = node.ints('values_int64s').length > 0 || node.tensor('values_tensor')?.type === 'int64';
  const otherwise = node.tensor('default_tensor')?.data[0];
  const fallback = isWhole ? node.int('default_int64', -1) : node.float('default_float', 0);
  const slot = table(node, places, values as number[], Number(otherwise ?? fallback));
  return [{ slot, dims: value.dims, type: isWhole ? 'int64' : 'float' }];
};

/** The first form of LabelEncoder: text to its place, or back. */
function encodeClasses(node: Node, value: Computed, classes: readonly string[]): Computed {
  if (value.type === 'string') {
    const slot = table(
      node,
      textPlaces(node, value, classes),
      [...classes.keys()],
      node.int('default_int64', -1),
    );
    return { slot, dims: value.dims, type: 'int64' };
  }
  const dictionary = new Dictionary([...classes, node.text('default_string', '_Unused')]);
  const slot = table(node, node.slot(0), [...classes.keys()], classes.length);
  return {
    slot,
    dims: value.dims,
    type: 'string',
    codes: Array.from({ length: slot.width }, () => dictionary),
  };
}

/** values[place], or `otherwise` for what is no place, in every column. */
function table(node: Node, places: Slot, values: readonly number[], otherwise: number): Slot {
  const { width } = places;
  const offsets = Int32Array.from({ length: width + 1 }, (_, j) => j * values.length);
  const all = Float64Array.from({ length: width * values.length }, (_, k) => values[k % values.length]);
  return node.plan.lookup(places, offsets, all, filled(width, otherwise));
}

/** By operator set and name. */
export const ENCODER_OPS: Readonly<Record<string, Translate>> = {
  'ai.onnx.ml.Scaler': scaler,
  'ai.onnx.ml.Imputer': imputer,
  'ai.onnx.ml.Normalizer': normalizer,
  LpNormalization: normalizer,
  'ai.onnx.ml.Binarizer': binarizer,
  'ai.onnx.ml.OneHotEncoder': oneHotEncoder,
  'ai.onnx.ml.LabelEncoder': labelEncoder,
};
