/** Golden values of fits on sparse rows. */
import { describe, expect, test } from 'vitest';
import * as boreal from '../../lib/index.js';
import { CsrMatrix, type Estimator, Matrix } from '../../lib/index.js';
import { expectClose, iterative } from '../support/tolerance.js';
import { type GoldenInput, rowsOf } from './inputs.js';
import { readGolden } from './read.js';

interface Case {
  name: string;
  estimator: keyof typeof boreal;
  params: object;
  input: GoldenInput;
  y: 'binary' | 'target';
  sampleWeight?: number[];
  learned: Record<string, unknown>;
  values: number[] | number[][];
}
type Learned = Estimator &
  ({ predict(X: CsrMatrix): Promise<ArrayLike<number>> } | { transform(X: CsrMatrix): Promise<Matrix> });
const golden = readGolden<{ cases: Case[] }>('sparse');

/** Solvers that go on to a tolerance, and one that stops at a violation of a billionth of a loss that is flat in places. */
const TOLERANCE = iterative(2e-5);

const withoutNegatives = (X: Matrix) =>
  CsrMatrix.from(
    new Matrix(
      X.data.map((value) => Math.max(value, 0)),
      X.rows,
      X.cols,
    ),
  );

describe('sparse rows', () => {
  test.each(golden.cases)('$name', async ({ estimator, params, input, y, sampleWeight, learned, values }) => {
    const rows = rowsOf(input);
    const [X, held] = [rows.X, rows.test].map((part) => withoutNegatives(part as Matrix));
    const targets = y === 'binary' ? rows.y.map((value) => (value > 0 ? 1 : 0)) : rows.y;
    const Class = (boreal as Record<string, unknown>)[estimator] as new (params: object) => Learned;
    const model = new Class(params);
    await model.fit(X, targets, { sampleWeight });
    for (const [name, expected] of Object.entries(learned)) {
      const actual = (model as unknown as Record<string, unknown>)[name];
      const flat = (value: unknown): number[] =>
        value instanceof Matrix
          ? Array.from(value.data)
          : [value as number[]]
              .flat(3)
              .flatMap((v) => (ArrayBuffer.isView(v) ? Array.from(v as never as Float64Array) : v));
      expectClose(flat(actual), flat(expected), TOLERANCE);
    }
    const out = 'predict' in model ? await model.predict(held) : (await model.transform(held)).toArray();
    expectClose(Array.from(out as ArrayLike<number>).slice(0, values.length), values as number[], TOLERANCE);
    expect(model.nFeaturesIn).toBe(X.cols);
  });
});
