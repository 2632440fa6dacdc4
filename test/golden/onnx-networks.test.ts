/** ONNX graphs of networks against ONNX Runtime, the node tests of the onnx package, and networks that are written and read back. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { Matrix } from '../../lib/core/matrix.js';
import { type Estimator, exportONNX, importONNX, importSafetensors, load } from '../../lib/index.js';
import { GraphWriter, int, ints, valueInfo } from '../../lib/interchange/onnx/graph-writer.js';
import { encodeModel } from '../../lib/interchange/onnx/messages.js';
import * as nn from '../../lib/nn/index.js';
import { codeOf } from '../support/codes.js';
import { expectClose, iterative } from '../support/tolerance.js';
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
  const near = (data: ArrayLike<number>) =>
    expectClose(Array.from(data), Array.from(floats(y)), iterative(2e-5));

  test('the network, ONNX Runtime and the file read back agree', async () => {
    const inputShape = shape.slice(1);
    const module = file.includes('module') ? moduleOf() : null;
    const model = module ?? (await load<Estimator>(bytes(file.replace('.onnx', '.boreal'))));
    const plan = module?.compile({ inputShape }) ?? (model as Estimator).compile();
    near((await plan.run(X)).data);
    near((await importONNX(bytes(file)).compile().run(X)).data);
    expect(exportONNX(model, { inputShape })).toEqual(new Uint8Array(bytes(file)));
  });

  function moduleOf() {
    const module = new nn.SequentialModule(
      new nn.Conv2d(3, 4, 3, { padding: 1 }),
      new nn.BatchNorm2d(4),
      new nn.ReLU(),
      new nn.MaxPool2d(2),
      new nn.Flatten(),
      new nn.Linear(24, 3),
      new nn.Softmax(1),
    );
    module.loadStateDict(importSafetensors(bytes('network-module.safetensors')));
    return module;
  }
});

test('exportONNX refuses modules without a shape, shapes that do not fit, and what mixes rows', () => {
  const net = new nn.Linear(4, 2);
  class Mixing extends nn.Module {
    forward(x: nn.Tensor) {
      return x.sub(x.mean(0, true));
    }
  }
  expect(codeOf(() => exportONNX(net))).toBe('ERR_PARAMETER');
  expect(codeOf(() => exportONNX(net, { inputShape: [0] }))).toBe('ERR_PARAMETER');
  expect(codeOf(() => exportONNX({} as never))).toBe('ERR_PARAMETER');
  expect(codeOf(() => exportONNX(new Mixing(), { inputShape: [3] }))).toBe('ERR_NOT_SUPPORTED');
  const dense = new nn.Sequential([nn.dense(2)], { randomState: 1 }).build([4]);
  expect(codeOf(() => exportONNX(dense, { inputShape: [5] }))).toBe('ERR_PARAMETER');
  expect(exportONNX(dense, { inputShape: [2, 2] }).length).toBeGreaterThan(100);
});

test('a few bytes that ask for a huge result are refused', () => {
  const pads = ints(new Array(4).fill(1 << 20));
  const asked: [string, (writer: GraphWriter) => void][] = [
    ['Conv', (w) => w.node('Conv', ['X', w.numbers([1, 1], [2, 1, 1, 1])], { pads }, 'y')],
    [
      'AveragePool',
      (w) =>
        w.node('AveragePool', ['X'], { kernel_shape: ints([1, 1]), pads, count_include_pad: int(1) }, 'y'),
    ],
    ['MatMul', (w) => w.node('MatMul', ['X', w.numbers(new Float32Array(1 << 20), [2, 1 << 19])], {}, 'y')],
  ];
  for (const [op, write] of asked) {
    const writer = new GraphWriter('float32');
    write(writer);
    writer.node('Relu', ['y'], {}, 'z');
    const graph = writer.graph([valueInfo('X', 1, 1, 100, 2)], [valueInfo('z', 1, 1)]);
    const bytes = encodeModel({ irVersion: 8, graph, opsetImport: [{ domain: '', version: 15 }] });
    expect(
      codeOf(() => importONNX(bytes)),
      op,
    ).toBe('ERR_IMPORT');
  }
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
  expect(text.match(/.*WRONG.*/g)).toBeNull();
  await expect(text).toMatchFileSnapshot('onnx-nodes.txt');
});
