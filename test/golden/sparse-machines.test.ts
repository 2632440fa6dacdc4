/** Golden values of support vector machines and neighbours that are fitted on sparse rows. */
import { describe, test } from 'vitest';
import * as boreal from '../../lib/index.js';
import { CsrMatrix, type Estimator, Matrix } from '../../lib/index.js';
import { expectClose, iterative } from '../support/tolerance.js';
import { rowsOf } from './inputs.js';
import { type DatasetRef, readGolden } from './read.js';

interface Case {
  name: string;
  estimator: string;
  params: object;
  input: DatasetRef;
  method: string;
  expected: number[] | number[][];
}
const golden = readGolden<{ cases: Case[] }>('sparse-machines');

function sparse({ data, rows, cols }: Matrix): CsrMatrix {
  return CsrMatrix.from(
    new Matrix(
      data.map((value) => (Math.abs(value) > 0.4 ? value : 0)),
      rows,
      cols,
    ),
  );
}

/** As the generator scales the targets of a regression. */
function targets({ input, method }: Case, y: number[], all: number[]): number[] {
  if (input.dataset !== 'diabetes' || method === 'scoreSamples') return y;
  const mean = all.reduce((sum, value) => sum + value, 0) / all.length;
  const deviation = Math.sqrt(all.reduce((sum, value) => sum + (value - mean) ** 2, 0) / all.length);
  return y.map((value) => (value - mean) / deviation);
}

describe('machines on sparse rows', () => {
  test.each(golden.cases)('$name', async (given) => {
    const { X, y, test: held, yTest } = rowsOf(given.input);
    const Class = (boreal as Record<string, unknown>)[given.estimator] as new (params: object) => Estimator;
    const model = await new Class(given.params).fit(sparse(X as Matrix), targets(given, y, [...y, ...yTest]));
    const rows = sparse(held as Matrix).slice(0, 10);
    const results = (model as unknown as Record<string, (X: CsrMatrix) => Promise<Matrix | Float64Array>>)[
      given.method
    ];
    const found = await results.call(model, rows);
    const values = found instanceof Matrix ? found.data : found;
    expectClose(values, given.expected.flat(), iterative(1e-5));
  });
});
