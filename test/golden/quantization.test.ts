/** Networks quantised with a range for each row, against ONNX Runtime. */
import { describe, expect, test } from 'vitest';
import { Matrix } from '../../lib/core/matrix.js';
import { dense, input, quantizeDynamic, Sequential } from '../../lib/nn/index.js';
import { expectClose, iterative } from '../support/tolerance.js';
import { type DatasetRef, loadRef, readGolden } from './read.js';

interface Case {
  dataset: DatasetRef['dataset'];
  units: number[];
  weights: string[];
  rows: number;
  y: string;
}

const floats = (text: string) => new Float32Array(Uint8Array.from(Buffer.from(text, 'base64')).buffer);
const { cases } = readGolden<{ cases: Case[] }>('quantization');

describe.each(cases)('$dataset', ({ dataset, units, weights, rows, y }) => {
  const { X } = loadRef({ dataset });
  const some = Float32Array.from(
    { length: rows * X.cols },
    (_, i) => X.data[10 * Math.floor(i / X.cols) * X.cols + (i % X.cols)],
  );
  const last = units.length - 1;
  const layers = units.map((n, k) => dense(n, { activation: k === last ? 'linear' : 'relu' }));
  const model = new Sequential([input([X.cols]), ...layers]).setWeights(weights.map(floats));

  test('as ONNX Runtime computes it', async () => {
    const small = await quantizeDynamic(model);
    expect(small.report.layers.every(({ precision }) => precision === 'int8')).toBe(true);
    const { data } = await small.transform(new Matrix(some, rows, X.cols));
    expectClose(Array.from(data), Array.from(floats(y)), iterative(1e-5));
  });
});
