/** Parquet files that pyarrow wrote: every type, encoding and compression, and what is refused. The thread runs from dist. */
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { evaluate } from '../support/child.js';
import { readGolden } from './read.js';

type Cells = Record<string, (number | string | boolean | null)[]>;
const golden = readGolden<{ rows: number; columns: Cells; arrow: Cells }>('parquet');
const models = JSON.stringify(fileURLToPath(new URL('./models/', import.meta.url)));
const setUp = `
  const { readFile } = await import('node:fs/promises');
  const at = (name) => ${models} + name;
  const plain = (table) => Object.fromEntries(Object.entries(table).map(([name, cells]) =>
    [name, Array.from(cells, (cell) => (Number.isNaN(cell) ? null : cell))]));
  const codeOf = (promise) => promise.then(() => 'none', (error) => [error.name, error.code, error.message]);
`;
const close = (a: unknown, b: unknown) =>
  a === b || (typeof a === 'number' && typeof b === 'number' && Math.abs(a - b) <= 1e-12 * Math.abs(b));

function expectClose(kind: string, table: Cells, expected: Cells): void {
  expect(Object.keys(table)).toEqual(Object.keys(expected));
  for (const [name, cells] of Object.entries(expected)) {
    // Times in 96 bits are nanoseconds, which the division back to milliseconds rounds.
    const odd = cells.findIndex((cell, i) => !close(table[name][i], cell));
    expect([kind, name, odd]).toEqual([kind, name, -1]);
  }
}

test('every type with gaps, under every encoding and compression', async () => {
  const { arrow, ...tables } = await evaluate<Record<string, Cells>>(`${setUp}
    const tables = {};
    for (const kind of ['plain', 'snappy', 'gzip', 'brotli', 'lz4', 'delta', 'int96', 'zstd', 'arrow'])
      tables[kind] = plain(await boreal.readParquet(new URL('file://' + at('kinds-' + kind + '.parquet'))));
    console.log(JSON.stringify(tables));`);
  for (const [kind, table] of Object.entries(tables)) expectClose(kind, table, golden.columns);
  expectClose('arrow', arrow, golden.arrow);
});

test('many rows, and files whose columns several threads share', async () => {
  const [long, isSame, names] = await evaluate<[(string | number)[], boolean, string[]]>(`${setUp}
    const { x, t } = await boreal.readParquet(at('kinds-long.parquet'));
    const odd = x.findIndex((cell, i) => (i % 5 ? cell !== i % 7 : !Number.isNaN(cell)));
    // Bytes that nobody asks for, between the rows and what the file says of them: that makes it large.
    const whole = await readFile(at('kinds-plain.parquet'));
    const footer = whole.length - 8 - whole.readUInt32LE(whole.length - 8);
    const large = Buffer.concat([whole.subarray(0, footer), Buffer.alloc(20_000_000), whole.subarray(footer)]);
    const table = await boreal.readParquet(large);
    const one = await boreal.readParquet(large, { columns: ['text'] });
    const same = JSON.stringify(plain(table)) === JSON.stringify(plain(await boreal.readParquet(whole)));
    console.log(JSON.stringify([[x.length, t.length, odd, t[69_999]], same, Object.keys(one)]));`);
  expect(long).toEqual([70_000, 70_000, -1, 'b']);
  expect(isSame).toBe(true);
  expect(names).toEqual(['text']);
});

test('numbers are Float64Array; columns come as asked for; bytes are read too', async () => {
  const [types, names, same, kept] = await evaluate<unknown[]>(`${setUp}
    const table = await boreal.readParquet(at('kinds-plain.parquet'));
    const types = Object.values(table).map((cells) => cells.constructor.name);
    const few = await boreal.readParquet(at('kinds-snappy.parquet'), { columns: ['text', 'int8'] });
    const bytes = await readFile(at('kinds-plain.parquet'));
    const before = Buffer.from(bytes);
    const again = await boreal.readParquet(bytes);
    const nested = await boreal.readParquet(at('kinds-nested.parquet'), { columns: ['x'] });
    console.log(JSON.stringify([types, Object.keys(few),
      JSON.stringify(plain(again)) === JSON.stringify(plain(table)) && bytes.equals(before), plain(nested)]));`);
  const text = ['bool', 'text', 'large', 'category', 'nothing'];
  expect(types).toEqual(
    Object.keys(golden.columns).map((name) => (text.includes(name) ? 'Array' : 'Float64Array')),
  );
  expect(names).toEqual(['text', 'int8']);
  expect(same).toBe(true);
  expect(kept).toEqual({ x: [1.5, 2.5] });
});

test('says what it cannot read', async () => {
  const answers = await evaluate<string[][]>(`${setUp}
    const read = boreal.readParquet;
    console.log(JSON.stringify(await Promise.all([
      read(at('kinds-nested.parquet')), read(at('kinds-bytes.parquet')),
      read(at('kinds-empty.parquet')), read(at('absent.parquet')), read(at('lightgbm-regression.txt')),
      read(new Uint8Array(3)), read(at('rooms.parquet'), { columns: ['town', 'nope'] }),
      read(7), read(new URL('http://127.0.0.1/x.parquet')), read(at('rooms.parquet'), { columns: [] }),
      read(at('rooms.parquet'), { rows: 3 }), read(at('rooms.parquet'), { signal: AbortSignal.abort() }),
    ].map(codeOf))));`);
  expect(answers.map(([, code]) => code)).toEqual([
    ...[
      'ERR_DATA_FILE',
      'ERR_DATA_FILE',
      'ERR_EMPTY',
      'ERR_DATA_FILE',
      'ERR_DATA_FILE',
      'ERR_DATA_FILE',
      'ERR_UNKNOWN_COLUMN',
    ],
    ...['ERR_PARAMETER', 'ERR_PARAMETER', 'ERR_PARAMETER', 'ERR_PARAMETER', 'ERR_ABORTED'],
  ]);
  expect(answers[0][2]).toContain("'list'");
  expect(answers[1][2]).toContain("'bytes'");
  expect(answers[3][2]).toContain('absent.parquet');
});

test('damaged files are refused, or read as far as nothing was damaged', { timeout: 60_000 }, async () => {
  const codes = await evaluate<string[]>(`${setUp}
    const codes = new Set();
    for (const kind of ['plain', 'snappy', 'lz4', 'delta']) {
      const whole = await readFile(at('kinds-' + kind + '.parquet'));
      for (let k = 0; k < 12; k++) {
        const bytes = Uint8Array.from(k % 4 === 3 ? whole.subarray(0, (k * whole.length) / 12) : whole);
        for (let b = 0; b < 1 + (k % 3); b++) bytes[(k * 7919 + b * 104729) % bytes.length] ^= 1 << (k % 8);
        codes.add(await boreal.readParquet(bytes).then(() => 'none', ({ code }) => code));
      }
    }
    console.log(JSON.stringify([...codes]));`);
  expect(['ERR_DATA_FILE', 'ERR_EMPTY', 'ERR_UNKNOWN_COLUMN', 'none']).toEqual(expect.arrayContaining(codes));
  expect(codes).toContain('ERR_DATA_FILE');
});

test('a file that says it has more rows than memory holds takes no memory for them', async () => {
  const answer = await evaluate<string[]>(`${setUp}
    const bytes = await readFile(at('rooms.parquet'));
    const footer = bytes.length - 8 - bytes.readUInt32LE(bytes.length - 8);
    // The field behind the schema, a whole number of 64 bits, and the list behind that.
    const rows = bytes.indexOf(Uint8Array.of(0x16, 6, 0x19), footer);
    // 2^41, in the encoding of variable length whose lowest bit is the sign.
    const many = Uint8Array.of(0x16, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 1);
    const forged = Buffer.concat([bytes.subarray(0, rows), many, bytes.subarray(rows + 2)]);
    forged.writeUInt32LE(bytes.readUInt32LE(bytes.length - 8) + 6, forged.length - 8);
    console.log(JSON.stringify(await codeOf(boreal.readParquet(forged))));`);
  expect(answer).toEqual([
    'FileFormatError',
    'ERR_DATA_FILE',
    expect.stringContaining('it has not as many rows as it says'),
  ]);
});

test('names that begin with others, also where their letters are of several bytes', async () => {
  const table = await evaluate<unknown>(`${setUp}
    console.log(JSON.stringify(plain(await boreal.readParquet(at('kinds-names.parquet')))));`);
  expect(table).toEqual({ 価: [1, 2], 価格: [3, 4], 価格帯: ['a', 'b'], x: [5, 6], 'x.y': [7, 8] });
});

test('what the caller changes meanwhile does not matter', async () => {
  const changed = await evaluate<unknown>(`${setUp}
    const bytes = await readFile(at('rooms.parquet'));
    const columns = ['rooms'];
    const reading = boreal.readParquet(bytes, { columns });
    bytes.fill(0);
    columns[0] = 'town';
    console.log(JSON.stringify(plain(await reading)));`);
  expect(changed).toEqual({ rooms: [3, 4, null] });
});

test('many files at once share few threads', { timeout: 60_000 }, async () => {
  const [codes, threads, cpus] = await evaluate<[string[], number, number]>(`${setUp}
    const { createRequire, syncBuiltinESMExports } = await import('node:module');
    const { availableParallelism } = await import('node:os');
    const module = createRequire(${models})('node:worker_threads');
    let threads = 0;
    module.Worker = class extends module.Worker {
      constructor(...all) {
        super(...all);
        threads++;
      }
    };
    syncBuiltinESMExports();
    const bytes = await readFile(at('rooms.parquet'));
    const read = (options) => boreal.readParquet(bytes, options).then(() => 'none', ({ code }) => code);
    const first = Array.from({ length: 3 * availableParallelism() }, () => read());
    const stop = new AbortController();
    const stopped = read({ signal: stop.signal });
    // It stands in the queue by then, behind more than can have been answered.
    await new Promise(setImmediate);
    stop.abort();
    console.log(JSON.stringify([await Promise.all([...first, stopped, read()]), threads, availableParallelism()]));`);
  expect(codes).toEqual([...Array(3 * cpus).fill('none'), 'ERR_ABORTED', 'none']);
  expect(threads).toBeLessThanOrEqual(cpus + 1);
});

test('says what to install', async () => {
  const data = (code: string) => `data:text/javascript,${encodeURIComponent(code)}`;
  const hooks = data(`export function resolve(name, context, next) {
    if (name === 'parquet-wasm') throw new Error('Cannot find package');
    return next(name, context);
  }`);
  // In the environment, because the thread has to have it too.
  const preload = data(`import { register } from 'node:module'; register(${JSON.stringify(hooks)});`);
  const answer = await evaluate<string[]>(
    `${setUp} console.log(JSON.stringify(await codeOf(boreal.readParquet(at('rooms.parquet')))));`,
    { NODE_OPTIONS: `--import ${preload}` },
  );
  expect(answer).toEqual([
    'EnvironmentError',
    'ERR_DEPENDENCY',
    expect.stringContaining('npm install parquet-wasm'),
  ]);
});
