/** ONNX graphs of networks against ONNX Runtime, the node tests of the onnx package, and networks that are written and read back. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { Matrix } from '../../lib/core/matrix.js';
import { exportONNX, importONNX, load } from '../../lib/index.js';
import { expectClose, iterative } from '../support/tolerance.js';
import '../../lib/nn/index.js';
import { readGolden } from './read.js';

interface NetworkCase {
  file: string;
  shape: number[];
  x: string;
  y: string;
}
interface NodeCase {
  name: string;
  op: string;
  model: string;
  rows: number;
  x: string;
  y: string;
}

const floats = (text: string) => new Float32Array(Uint8Array.from(Buffer.from(text, 'base64')).buffer);

const { cases } = readGolden<{ cases: NetworkCase[] }>('onnx-networks');

describe.each(cases)('$file', ({ file, shape, x, y }) => {
  const model = importONNX(readFileSync(new URL(`./models/${file}`, import.meta.url)));
  const values = floats(x);
  const X = new Matrix(values, shape[0], values.length / shape[0]);

  test('as ONNX Runtime computes it', async () => {
    const result = await model.compile().run(X);
    // Quantized numbers near a tie go to either side: one step of the last layer.
    const tolerance = /qdq|qoperator/.test(file) ? iterative(0.02) : iterative(2e-5);
    expectClose(Array.from(result.data), Array.from(floats(y)), tolerance);
  });

  test('a model file gives the same bits, and so does a row alone', async () => {
    const copy = await load(model.toBytes());
    const all = model.compile().runSync(X);
    expect(copy.compile().runSync(X).data).toEqual(all.data);
    const last = new Matrix(values.slice(values.length - X.cols), 1, X.cols);
    expect(model.compile().runSync(last).data).toEqual(all.data.slice(all.data.length - all.cols));
  });
});

const exported = readGolden<{ cases: NetworkCase[] }>('network-exports').cases;

describe.each(exported)('$file', ({ file, shape, x, y }) => {
  const bytes = (name: string) => readFileSync(new URL(`./models/${name}`, import.meta.url));
  const values = floats(x);
  const X = new Matrix(values, shape[0], values.length / shape[0]);
  const near = (data: ArrayLike<number>) => expectClose(Array.from(data), Array.from(floats(y)), iterative(2e-5));

  test('the network, ONNX Runtime and the file read back agree', async () => {
    const model = await load(bytes(file.replace('.onnx', '.boreal')));
    near((await model.compile().run(X)).data);
    near((await importONNX(bytes(file)).compile().run(X)).data);
    expect(exportONNX(model)).toEqual(new Uint8Array(bytes(file)));
  });
});

const nodes = readGolden<{ cases: NodeCase[]; left: Record<string, string> }>('onnx-nodes');

test('node tests of the onnx package', async () => {
  const lines = nodes.cases.map(({ name, model: bytes, rows, x, y }) => {
    let model: ReturnType<typeof importONNX>;
    try {
      model = importONNX(Uint8Array.from(Buffer.from(bytes, 'base64')));
    } catch (error) {
      expect((error as { code: string }).code, name).toBe('ERR_IMPORT');
      return `${name}: refused: ${(error as Error).message.replace(/^.*imported: /, '')}`;
    }
    const values = floats(x);
    const result = model.compile().runSync(new Matrix(values, rows, values.length / rows)).data;
    const expected = floats(y);
    const isSame =
      result.length === expected.length &&
      expected.every(
        (v, i) => Object.is(v, result[i]) || Math.abs(v - result[i]) <= 1e-4 * Math.max(1, Math.abs(v)),
      );
    return `${name}: ${isSame ? 'pass' : `WRONG ${Array.from(result).slice(0, 8)} for ${Array.from(expected).slice(0, 8)}`}`;
  });
  lines.push(...Object.entries(nodes.left).map(([name, why]) => `${name}: not run: ${why}`));
  const text = `${lines.sort().join('\n')}\n`;
  expect(text.match(/WRONG/g)).toBeNull();
  await expect(text).toMatchFileSnapshot('onnx-nodes.txt');
});
