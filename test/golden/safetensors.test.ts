/** safetensors files against the format's own library: values of every type, the same bytes back, and headers that lie. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import {
  exportSafetensors,
  importSafetensors,
  safetensorsMetadata,
  type TensorToWrite,
} from '../../lib/index.js';
import { BatchNorm1d, Linear, SequentialModule } from '../../lib/nn/index.js';
import { readGolden } from './read.js';

const file = new Uint8Array(readFileSync(new URL('./models/tensors.safetensors', import.meta.url)));
const { tensors } = readGolden<{
  tensors: Record<string, { dtype: string; shape: number[]; values: (number | string)[] }>;
}>('safetensors');

function bytesOf(header: string | Uint8Array, data: number | Uint8Array = 0, length?: bigint): Uint8Array {
  const json = typeof header === 'string' ? new TextEncoder().encode(header) : header;
  const body = typeof data === 'number' ? new Uint8Array(data) : data;
  const bytes = new Uint8Array(8 + json.length + body.length);
  new DataView(bytes.buffer).setBigUint64(0, length ?? BigInt(json.length), true);
  bytes.set(json, 8);
  bytes.set(body, 8 + json.length);
  return bytes;
}
const headerOf = (shape: unknown, offsets: unknown, dtype: unknown = 'F32') =>
  JSON.stringify({ a: { dtype, shape, data_offsets: offsets } });

describe('a file of the safetensors package', () => {
  const read = importSafetensors(file);

  test.each(Object.entries(tensors))('%s', (name, { dtype, shape, values }) => {
    const { data, ...rest } = read[name];
    expect(rest).toEqual({ dtype, shape });
    // -0 reads as 0 from the golden file; the bytes below tell them apart.
    const plain = Array.from(data as ArrayLike<number | bigint>, (v) =>
      typeof v === 'bigint' ? String(v) : v + 0,
    );
    expect(plain).toEqual(values);
  });

  test('a Buffer is read as any other bytes', () => {
    const padded = Buffer.concat([Buffer.alloc(3), file]).subarray(3);
    expect(importSafetensors(padded)).toEqual(read);
  });

  test('comes back byte for byte', () => {
    expect(Object.keys(read).sort()).toEqual(Object.keys(tensors).sort());
    expect(safetensorsMetadata(file)).toEqual({ format: 'pt' });
    expect(exportSafetensors(read, { metadata: safetensorsMetadata(file) })).toEqual(file);
  });
});

test.each(['F16', 'BF16'] as const)('every %s is the nearest to itself; ties go to the even one', (dtype) => {
  const count = 1 << 16;
  const bits = Uint16Array.from({ length: count }, (_, k) => k);
  const header = headerOf([count], [0, 2 * count], dtype);
  const values = importSafetensors(bytesOf(header, new Uint8Array(bits.buffer))).a.data as Float32Array;
  const through = (data: Float32Array) =>
    importSafetensors(exportSafetensors({ a: { dtype, shape: [data.length], data } })).a.data;
  expect(through(values)).toEqual(values);
  const below = Array.from(bits).filter((k) => k < 0x7fff && Number.isFinite(values[k + 1]));
  const middles = Float32Array.from(below, (k) => (values[k] + values[k + 1]) / 2);
  const rounded = through(middles);
  expect(below.filter((k, i) => rounded[i] !== values[k % 2 === 0 ? k : k + 1])).toEqual([]);
});

test('a module takes a state dictionary of PyTorch, whatever its types', () => {
  const net = () => new SequentialModule(new Linear(3, 2), new BatchNorm1d(2));
  const from = net();
  const { '1.runningMean': _, ...rest } = from.stateDict();
  const state: Record<string, TensorToWrite> = {
    ...rest,
    '1.running_mean': { shape: [2], data: new Float64Array([0.5, 2]) },
    '1.num_batches_tracked': { shape: [], data: BigInt64Array.of(7n) },
    '0.bias': { shape: [2], data: BigInt64Array.of(3n, -4n) },
  };
  const into = net();
  const read = importSafetensors(exportSafetensors(state));
  expect(into.loadStateDict(read)).toEqual({ missing: [], unexpected: [] });
  const { '0.weight': weight, '0.bias': bias, '1.runningMean': mean } = into.stateDict();
  expect(weight).toEqual(from.stateDict()['0.weight']);
  expect(bias.data).toEqual(new Float32Array([3, -4]));
  expect(mean.data).toEqual(new Float32Array([0.5, 2]));
});

test('names are own members, whatever they are', () => {
  const names = ['__proto__', 'constructor', '7', ''];
  const given = Object.fromEntries(names.map((name, k) => [name, { shape: [1], data: Int32Array.of(k) }]));
  const read = importSafetensors(exportSafetensors(given));
  expect(Object.keys(read).sort()).toEqual([...names].sort());
  expect(Object.getPrototypeOf(read)).toBe(Object.prototype);
  expect(Object.entries(read).find(([name]) => name === '__proto__')?.[1].data).toEqual(Int32Array.of(0));
});

describe('files that are none', () => {
  const two = (begin: number) =>
    JSON.stringify({
      a: { dtype: 'U8', shape: [4], data_offsets: [0, 4] },
      b: { dtype: 'U8', shape: [8 - begin], data_offsets: [begin, 8] },
    });
  test.each<[string, Uint8Array]>([
    ['nothing', new Uint8Array(0)],
    ['seven bytes', new Uint8Array(7)],
    ['a header beyond the end', bytesOf('{}', 0, 3n)],
    ['a header of 2^64 - 1 bytes', bytesOf('{}', 0, 2n ** 64n - 1n)],
    ['no JSON', bytesOf('{"a"')],
    ['no UTF-8', bytesOf(new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x7d]))],
    ['a list', bytesOf('[]')],
    ['a header that begins with a space', bytesOf(' {}')],
    ['deep JSON', bytesOf('['.repeat(100_000))],
    ['a tensor that is a number', bytesOf('{"a":1}')],
    ['a type that is not supported', bytesOf(headerOf([1], [0, 1], 'F8_E4M3'), 1)],
    ['a type that Object has', bytesOf(headerOf([1], [0, 4], 'constructor'), 4)],
    ['a negative length', bytesOf(headerOf([-1], [0, 4]), 4)],
    ['half a length', bytesOf(headerOf([0.5], [0, 2]), 2)],
    ['a shape that overflows', bytesOf(headerOf([2 ** 40, 2 ** 40], [0, 4]), 4)],
    ['a shape of more', bytesOf(headerOf([2], [0, 4]), 4)],
    ['a place that runs backwards', bytesOf(headerOf([1], [4, 0]), 4)],
    ['a place beyond the end', bytesOf(headerOf([2], [0, 8]), 4)],
    ['bytes of nobody', bytesOf(headerOf([1], [0, 4]), 8)],
    ['a gap', bytesOf(two(5), 8)],
    ['an overlap', bytesOf(two(3), 8)],
    ['a name twice', bytesOf(`${headerOf([1], [0, 4]).slice(0, -1)},${headerOf([1], [4, 8]).slice(1)}`, 8)],
    ['truth values of 2', bytesOf(headerOf([1], [0, 1], 'BOOL'), Uint8Array.of(2))],
  ])('%s', (_, bytes) => {
    expect(() => importSafetensors(bytes)).toThrow(expect.objectContaining({ code: 'ERR_IMPORT' }));
  });

  test('damaged bytes are an error or tensors', () => {
    for (let k = 0; k < 1000; k++) {
      const bytes = file.slice();
      bytes[(k * 7919) % 1200] ^= 1 << (k % 8);
      try {
        importSafetensors(bytes);
      } catch (error) {
        expect((error as { code: string }).code).toBe('ERR_IMPORT');
      }
    }
  });

  test('metadata that is no text, and a file that is no bytes', () => {
    const bytes = bytesOf('{"__metadata__":{"a":1}}');
    expect(() => safetensorsMetadata(bytes)).toThrow(expect.objectContaining({ code: 'ERR_IMPORT' }));
    const bad = expect.objectContaining({ code: 'ERR_PARAMETER' });
    expect(() => importSafetensors('text' as never)).toThrow(bad);
  });
});

test.each<[string, unknown, string]>([
  ['no tensors', null, 'ERR_PARAMETER'],
  ['a list of numbers', { a: { shape: [1], data: [1] } }, 'ERR_PARAMETER'],
  ['another shape', { a: { shape: [2], data: new Float32Array(3) } }, 'ERR_SHAPE'],
  ['no shape', { a: { data: new Float32Array(3) } }, 'ERR_SHAPE'],
  ['another array', { a: { dtype: 'F64', shape: [1], data: new Float32Array(1) } }, 'ERR_PARAMETER'],
  ['an unknown type', { a: { dtype: 'F8', shape: [1], data: new Float32Array(1) } }, 'ERR_PARAMETER'],
  ['truth values of 2', { a: { dtype: 'BOOL', shape: [1], data: Uint8Array.of(2) } }, 'ERR_PARAMETER'],
  ['the name of the metadata', { __metadata__: { shape: [1], data: Uint8Array.of(2) } }, 'ERR_PARAMETER'],
])('exportSafetensors refuses %s', (_, given, code) => {
  expect(() => exportSafetensors(given as never)).toThrow(expect.objectContaining({ code }));
});
