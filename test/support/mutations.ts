/** Random damage to model files: bytes, lengths and offsets, the document, the numbers of its tensors. */
import type { Random } from '../../lib/core/random.js';
import { type Json, putTogether, seal, type TensorEntry, takeApart } from './model-files.js';

/** Values that have broken readers before. */
const VALUES: readonly Json[] = [
  ...[
    null,
    true,
    false,
    0,
    -1,
    1,
    0.5,
    2,
    63,
    64,
    65535,
    2 ** 31 - 1,
    -(2 ** 31),
    2 ** 31,
    2 ** 32,
    2 ** 53,
    -1e300,
  ],
  ...[
    '',
    'x',
    '__proto__',
    'constructor',
    'number',
    'category',
    [],
    [0],
    [null],
    {},
    { $tensor: 0 },
    { $tensor: 1e9 },
  ],
  ...[
    { $number: 'NaN' },
    { $number: 'x' },
    { $estimator: 'Ridge' },
    { $what: 1 },
    { length: -1 },
    { length: 1e9 },
  ],
];
const NUMBERS = [
  0,
  1,
  -1,
  2,
  3,
  7,
  1e6,
  2 ** 31 - 1,
  -(2 ** 31),
  0.5,
  Number.NaN,
  Infinity,
  -Infinity,
  1e308,
  -1e-320,
];
const WORDS = [0, 1, 63, 64, 65, 255, 65536, 0x7fffffff, 0x80000000, 0xffffffff];

type Mutation = (bytes: Uint8Array, random: Random) => Uint8Array;
const pick = <T>(values: readonly T[], random: Random): T => values[random.int(values.length)];

const flipBits: Mutation = (bytes, random) => {
  for (let k = random.int(8); k >= 0; k--) bytes[random.int(bytes.length)] ^= 1 << random.int(8);
  return bytes;
};

const resize: Mutation = (bytes, random) => {
  const resized = new Uint8Array(random.int(bytes.length + 200));
  resized.set(bytes.subarray(0, resized.length));
  // Half of them claim the length that they have.
  if (resized.length >= 64 && random.int(2) === 0) {
    new DataView(resized.buffer).setBigUint64(16, BigInt(resized.length), true);
  }
  return resized;
};

const editHeader: Mutation = (bytes, random) => {
  new DataView(bytes.buffer).setUint32(8 + 4 * random.int(5), pick(WORDS, random), true);
  return bytes;
};

const editPlace: Mutation = (bytes, random) => {
  const parts = takeApart(bytes);
  const tensor: Json = pick(parts.document.tensors, random);
  const key = pick(['type', 'length', 'offset'], random);
  tensor[key] =
    key === 'type'
      ? pick(['float32', 'float64', 'int32', 'uint8', 'toString'], random)
      : nearby(tensor[key], random);
  return putTogether(parts);
};

const nearby = (value: number, random: Random) =>
  pick(
    [
      value + 1,
      value - 1,
      value * 2,
      value / 2,
      value + 64,
      value - 64,
      -value,
      1e15,
      Number.MAX_SAFE_INTEGER,
    ],
    random,
  );

/** Replaces, removes, repeats or renames something anywhere in the document. */
const editDocument: Mutation = (bytes, random) => {
  const parts = takeApart(bytes);
  for (let k = random.int(3); k >= 0; k--) {
    const owners: Json[] = [];
    collect(parts.document, owners);
    const owner = pick(owners, random);
    const keys = Object.keys(owner);
    if (keys.length === 0) continue;
    const key = pick(keys, random);
    const other = pick(owners, random);
    const edits = [
      () => (owner[key] = pick(VALUES, random)),
      () => delete owner[key],
      () => (owner[key] = structuredClone(other)),
      () => (owner[`${key}x`] = owner[key]),
      () => (owner[key] = typeof owner[key] === 'number' ? nearby(owner[key], random) : owner[key]),
    ];
    pick(edits, random)();
  }
  return putTogether(parts);
};

function collect(value: Json, owners: Json[]): void {
  if (typeof value !== 'object' || value === null) return;
  owners.push(value);
  for (const item of Object.values(value)) collect(item, owners);
}

const ARRAYS = { float32: Float32Array, float64: Float64Array, int32: Int32Array, uint8: Uint8Array };

/** Changes numbers inside tensors: those of the state, which the native core reads. */
const editTensors: Mutation = (bytes, random) => {
  const parts = takeApart(bytes);
  const tensors: TensorEntry[] = parts.document.tensors.filter((tensor: TensorEntry) => tensor.length > 0);
  for (let k = random.int(4); k >= 0; k--) {
    const { type, offset, length } = pick(tensors, random);
    const values = new ARRAYS[type as keyof typeof ARRAYS](parts.body.buffer as ArrayBuffer, offset, length);
    const i = random.int(length);
    values[i] = pick(
      [pick(NUMBERS, random), values[random.int(length)], values[i] + 1, values[i] - 1],
      random,
    );
  }
  return putTogether(parts);
};

const MUTATIONS: readonly Mutation[] = [
  flipBits,
  resize,
  editHeader,
  editPlace,
  editDocument,
  editTensors,
  editTensors,
];

/** A damaged copy; in half of them the checksum is right all the same, so that the damage is read. */
export function mutate(bytes: Uint8Array, random: Random): Uint8Array {
  const mutated = pick(MUTATIONS, random)(bytes.slice(), random);
  return random.int(2) === 0 ? seal(mutated) : mutated;
}
