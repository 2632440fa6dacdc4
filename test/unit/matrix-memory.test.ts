/** Where matrices live: overlaps, views at an offset, shared, detached and resizable buffers, workers, jobs on the pool. */
import { Worker } from 'node:worker_threads';
import { describe, expect, test } from 'vitest';
import { Matrix, StandardScaler } from '../../lib/index.js';
import { native } from '../../lib/native.js';
import { runChild } from '../support/child.js';
import { codeOf } from '../support/codes.js';

const ramp = (rows: number, cols: number, start = 0) =>
  new Matrix(
    Float64Array.from({ length: rows * cols }, (_, i) => start + i),
    rows,
    cols,
  );
const shared = (rows: number, cols: number) =>
  new Matrix(new Float64Array(new SharedArrayBuffer(8 * rows * cols)), rows, cols);
const detach = (m: Matrix) => structuredClone(m.data.buffer, { transfer: [m.data.buffer as ArrayBuffer] });

test('large results are written as a whole, whatever the memory held before', async () => {
  const x = new Matrix(
    Float64Array.from({ length: 300_000 * 2 }, (_, i) => i % 1000),
    300_000,
    2,
  );
  const scaler = await new StandardScaler().fit(x);
  const want = Array.from(scaler.transformSync(x.slice(0, 1000)).data);
  for (let round = 0; round < 6; round++) {
    const y = round % 2 === 0 ? scaler.transformSync(x) : await scaler.transform(x);
    for (const from of [0, 150_000, 299_000]) {
      expect(Array.from(y.data.subarray(2 * from, 2 * from + 2000))).toEqual(want);
    }
    y.data.fill(Number.NaN);
  }
  // A result belongs to the caller, who may give it to another thread.
  const y = scaler.transformSync(x);
  const moved = structuredClone(y.data, { transfer: [y.data.buffer as ArrayBuffer] });
  expect([moved.length, y.data.length]).toEqual([600_000, 0]);
});

/** Every operation that writes a matrix of the shape of its operand, square here. */
type Operation = (x: Matrix, y: Matrix, out: Matrix) => Matrix;
const elementwise: Record<string, Operation> = {
  add: (x, y, out) => x.add(y, { out }),
  exp: (x, _, out) => x.exp({ out }),
  softmax: (x, _, out) => x.softmax(0, { out }),
};
const moving: Record<string, Operation> = {
  matmul: (x, y, out) => x.matmul(y, { out }),
  transpose: (x, _, out) => x.transpose({ out }),
};
const asynchronous: Record<string, (x: Matrix, y: Matrix, out: Matrix) => Promise<Matrix>> = {
  add: (x, y, out) => x.addAsync(y, { out }),
  exp: (x, _, out) => x.expAsync({ out }),
  softmax: (x, _, out) => x.softmaxAsync(0, { out }),
  matmul: (x, y, out) => x.matmulAsync(y, { out }),
  transpose: (x, _, out) => x.transposeAsync({ out }),
};
const all = Object.entries({ ...elementwise, ...moving });

describe.each(all)('%s', (name, operation) => {
  const y = ramp(2, 2);

  test('writes out and returns it', async () => {
    const want = operation(ramp(2, 2), y, Matrix.zeros(2, 2));
    const out = Matrix.zeros(2, 2);
    for (let round = 0; round < 3; round++) {
      out.data.fill(9);
      expect(operation(ramp(2, 2), y, out)).toBe(out);
      expect(out).toEqual(want);
    }
    const memory = shared(2, 2);
    for (const target of [Matrix.zeros(2, 2), memory]) {
      expect(await asynchronous[name](ramp(2, 2), y, target)).toBe(target);
      expect(Array.from(target.data)).toEqual(Array.from(want.data));
    }
  });

  test('may write over its operand only if each value depends on its own place', async () => {
    const want = operation(ramp(2, 2), y, Matrix.zeros(2, 2));
    const x = ramp(2, 2);
    const inPlace = Object.hasOwn(elementwise, name);
    expect(codeOf(() => operation(x, y, x))).toBe(inPlace ? 'no error' : 'ERR_PARAMETER');
    expect(x).toEqual(inPlace ? want : ramp(2, 2));
    const code = await asynchronous[name](x, y, x).then(
      () => 'no error',
      (error) => error.code,
    );
    expect(code).toBe(inPlace ? 'no error' : 'ERR_PARAMETER');
  });

  test('refuses partial overlaps, seen through any view', async () => {
    for (const Memory of [ArrayBuffer, SharedArrayBuffer] as ArrayBufferConstructor[]) {
      const buffer = new Memory(8 * 8);
      const x = new Matrix(new Float64Array(buffer, 0, 4), 2, 2);
      const touching = new Matrix(new Float64Array(buffer, 32, 4), 2, 2);
      const overlapping = new Matrix(new Float64Array(buffer, 24, 4), 2, 2);
      for (let round = 0; round < 3; round++) {
        expect(codeOf(() => operation(x, y, overlapping))).toBe('ERR_PARAMETER');
        expect(codeOf(() => operation(x, y, touching))).toBe('no error');
      }
      await expect(asynchronous[name](x, y, overlapping)).rejects.toMatchObject({ code: 'ERR_PARAMETER' });
      expect(await asynchronous[name](x, y, touching)).toBe(touching);
    }
  });

  test('refuses detached memory', async () => {
    for (let uses = 0; uses < 3; uses++) {
      const [x, out] = [ramp(2, 2), Matrix.zeros(2, 2)];
      for (let k = 0; k < uses; k++) operation(x, y, out);
      detach(x);
      expect(codeOf(() => operation(x, y, out))).toBe('ERR_SHAPE');
      detach(out);
      expect(codeOf(() => operation(ramp(2, 2), y, out))).toBe('ERR_SHAPE');
      await expect(asynchronous[name](x, y, Matrix.zeros(2, 2))).rejects.toMatchObject({ code: 'ERR_SHAPE' });
      await expect(asynchronous[name](y, y, out)).rejects.toMatchObject({ code: 'ERR_SHAPE' });
    }
  });

  test('takes operands that are transferred or changed right after an asynchronous call', async () => {
    const want = operation(ramp(40, 40), ramp(40, 40), Matrix.zeros(40, 40));
    const [x, changed] = [ramp(40, 40), ramp(40, 40)];
    const promise = asynchronous[name](x, changed, Matrix.zeros(40, 40));
    detach(x);
    changed.data.fill(NaN);
    expect(await promise).toEqual(want);
  });

  test('says so when out is detached meanwhile', async () => {
    const out = Matrix.zeros(2, 2);
    const promise = asynchronous[name](ramp(2, 2), y, out);
    detach(out);
    await expect(promise).rejects.toMatchObject({ code: 'ERR_SHAPE' });
  });
});

test('buffers that shrink or grow are as safe as others', async () => {
  type Resizable = ArrayBuffer & { resize(bytes: number): void };
  const Memory = ArrayBuffer as unknown as new (bytes: number, options: object) => Resizable;
  for (let uses = 0; uses < 3; uses++) {
    for (const data of [
      (buffer: Resizable) => new Float64Array(buffer),
      (buffer: Resizable) => new Float64Array(buffer, 8, 3),
    ]) {
      const buffer = new Memory(32, { maxByteLength: 1 << 20 });
      const values = data(buffer);
      const x = new Matrix(values, 1, values.length);
      // An array that has shrunk is a matrix of fewer values to a function of each of them; all else sees the loss.
      const inPlace = () => expect(['no error', 'ERR_SHAPE']).toContain(codeOf(() => x.exp({ out: x })));
      for (let k = 0; k < uses; k++) x.add(1, { out: x });
      buffer.resize(1 << 20);
      inPlace();
      buffer.resize(16);
      inPlace();
      for (const work of [
        () => x.exp(),
        () => x.sum(),
        () => x.add(x),
        () => x.matmul(x, { transposeB: true }),
      ]) {
        expect(codeOf(work)).toBe('ERR_SHAPE');
      }
      await expect(x.expAsync()).rejects.toMatchObject({ code: 'ERR_SHAPE' });
      buffer.resize(0);
      inPlace();
      expect(codeOf(() => x.sum())).toBe('ERR_SHAPE');
    }
  }
});

test('a matrix that travels between threads is still one', async () => {
  const source = `
    const { parentPort } = require('node:worker_threads');
    parentPort.once('message', async ({ x, index }) => {
      const { Matrix } = await import(index);
      const m = Matrix.from(x);
      m.add(1, { out: m });
      await m.mulAsync(2, { out: m });
      parentPort.postMessage('done');
    });`;
  const x = shared(2, 2);
  const worker = new Worker(source, { eval: true });
  const index = new URL('../../dist/index.js', import.meta.url).href;
  worker.postMessage({ x, index });
  await new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject));
  await worker.terminate();
  expect(x.toArray()).toEqual([
    [2, 2],
    [2, 2],
  ]);
});

describe('an abort', () => {
  const n = 700;
  const large = ramp(n, n);

  test('before the call rejects with the reason', async () => {
    const reason = new Error('enough');
    const signal = AbortSignal.abort(reason);
    await expect(large.sumAsync(0, { signal })).rejects.toMatchObject({ code: 'ERR_ABORTED', cause: reason });
    await expect(large.argmaxAsync(0, { signal })).rejects.toMatchObject({ code: 'ERR_ABORTED' });
    await expect(large.stdAsync(0, { signal })).rejects.toMatchObject({ code: 'ERR_ABORTED' });
    await expect(large.astypeAsync('float32', { signal })).rejects.toMatchObject({ code: 'ERR_ABORTED' });
  });

  test('during the call rejects, and leaves an out in ordinary memory as it was', async () => {
    const controller = new AbortController();
    const out = Matrix.ones(n, n);
    const promise = large.matmulAsync(large, { out, signal: controller.signal });
    controller.abort();
    await expect(promise).rejects.toMatchObject({ name: 'AbortError', code: 'ERR_ABORTED' });
    expect(out.data.every((value) => value === 1)).toBe(true);
  });
});

test('a worker may end while its operations run', async () => {
  const script = `
    import { Worker } from 'node:worker_threads';
    const source = \`
      const { parentPort, workerData } = require('node:worker_threads');
      import(workerData).then(({ Matrix }) => {
        const m = Matrix.ones(600, 600);
        for (let k = 0; k < 20; k++) m.matmulAsync(m).catch(() => {});
        for (let k = 0; k < 20; k++) m.expAsync({ out: m }).catch(() => {});
        parentPort.postMessage('busy');
      });\`;
    for (let round = 0; round < 5; round++) {
      const worker = new Worker(source, { eval: true, execArgv: [], workerData: process.env.BOREAL_INDEX });
      await new Promise((resolve) => worker.once('message', resolve));
      await worker.terminate();
    }
    console.log('alive');`;
  const index = new URL('../../dist/index.js', import.meta.url).href;
  expect(await runChild(script, { BOREAL_INDEX: index })).toEqual({
    code: 0,
    signal: null,
    stdout: 'alive\n',
    stderr: '',
  });
});

test('the native core checks again what this side has checked', () => {
  const raw = native as unknown as Record<string, (...args: unknown[]) => unknown>;
  const f64 = () => new Float64Array(6);
  const view = (bytes = 48) => new DataView(new ArrayBuffer(bytes));
  const cases: [string, () => unknown][] = [
    ['no error', () => raw.matrixBinary(1, view(), view(), view(), 3)],
    ['no error', () => raw.matrixBinary(0, view(), view(), view(), 3)],
    ['ERR_DTYPE', () => raw.matrixBinary(0, f64(), f64(), f64(), 3)],
    ['ERR_DTYPE', () => raw.matrixBinary(1, view(), view(), view(44), 3)],
    ['ERR_DTYPE', () => raw.matrixBinary(1, view(), view(), new DataView(new ArrayBuffer(52), 4), 3)],
    ['ERR_DTYPE', () => raw.matrixUnary(1, new BigInt64Array(6), f64())],
    ['ERR_SHAPE', () => raw.matrixBinary(1, view(), view(40), view(), 3)],
    ['ERR_SHAPE', () => raw.matrixBinary(1, view(), view(), view(), 4)],
    ['ERR_SHAPE', () => raw.matrixBinary(1, view(), view(), view(), 0)],
    ['ERR_PARAMETER', () => raw.matrixBinary(1, view(), view(), [], 3)],
    ['ERR_PARAMETER', () => raw.matrixBinary(15, view(), view(), view(), 3)],
    ['ERR_PARAMETER', () => raw.matrixUnary(2 ** 32, view(), view())],
    ['ERR_PARAMETER', () => raw.matrixUnary(49, view(), view())],
    ['ERR_PARAMETER', () => raw.matrixSoftmax(9, view(), view(), 2, 3)],
    ['ERR_PARAMETER', () => raw.matrixReduce(7, view(), view(), 2, 3, 0)],
    ['ERR_PARAMETER', () => raw.matrixReduce(73, view(), view(), 2, 3, 0)],
    ['ERR_PARAMETER', () => raw.matrixArgReduce(17, view(), new Int32Array(3), 2, 3)],
    ['ERR_DTYPE', () => raw.matrixArgReduce(1, view(), f64(), 2, 3)],
    ['ERR_SHAPE', () => raw.matrixArgReduce(1, view(0), new Int32Array(0), 2 ** 32, 0)],
    ['ERR_SHAPE', () => raw.matrixGemm(1, view(), view(), view(), 2 ** 40, 2 ** 40, 1, null)],
    ['ERR_PARAMETER', () => raw.matrixGemm(1, view(), view(24), view(16), 2, 3, -1, null)],
    ['ERR_PARAMETER', () => raw.matrixGemm(127, view(), view(24), view(16), 2, 3, 1, null)],
  ];
  for (const [code, work] of cases) expect([codeOf(work), String(work)]).toEqual([code, String(work)]);
});
