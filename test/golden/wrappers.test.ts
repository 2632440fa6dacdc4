/** Golden values of columns chosen by cross-validation and of power transforms. */
import { describe, expect, test } from 'vitest';
import {
  CsrMatrix,
  LinearRegression,
  LogisticRegression,
  type Matrix,
  PowerTransformer,
  type PowerTransformerParams,
  QuantileTransformer,
  type QuantileTransformerParams,
  RFECV,
  Ridge,
  SequentialFeatureSelector,
} from '../../lib/index.js';
import { expectClose, iterative } from '../support/tolerance.js';
import { type GoldenInput, head, rowsOf } from './inputs.js';
import { readGolden } from './read.js';

const MODELS = { LinearRegression, LogisticRegression, Ridge };
interface Case {
  name: string;
  input: GoldenInput;
  estimator: keyof typeof MODELS;
  params: object;
  support: boolean[];
}
const golden = readGolden<{
  rfecv: Array<Case & { ranking: number[]; counts: number[]; scores: number[] }>;
  sequential: Case[];
  powers: Array<{
    name: string;
    input: GoldenInput;
    params: Partial<PowerTransformerParams>;
    lambdas: number[];
    output: number[][];
    inverse: number[][];
  }>;
  quantiles: Array<{
    name: string;
    input: GoldenInput;
    params: Partial<QuantileTransformerParams>;
    test: number[][];
    learned: number[][] | null;
    output: number[][];
    inverse: number[][];
  }>;
  sparseQuantiles: Array<{
    name: string;
    input: GoldenInput;
    params: Partial<QuantileTransformerParams>;
    learned: number[][] | null;
    output: number[][];
  }>;
}>('wrappers');

describe('RFECV', () => {
  test.each(golden.rfecv)('$name', async ({ input, estimator, params, support, ranking, counts, scores }) => {
    const { X, y } = rowsOf(input);
    const model = await new RFECV(new MODELS[estimator](), params).fit(X, y);
    expect(model.getSupport()).toEqual(support);
    expect(Array.from(model.ranking)).toEqual(ranking);
    expect(Array.from(model.cvResults.nFeatures)).toEqual(counts);
    expectClose(Array.from(model.cvResults.meanTestScore), scores, iterative(1e-7), 'scores');
  });
});

describe('SequentialFeatureSelector', () => {
  test.each(golden.sequential)('$name', async ({ input, estimator, params, support }) => {
    const { X, y } = rowsOf(input);
    const model = await new SequentialFeatureSelector(new MODELS[estimator](), params).fit(X, y);
    expect(model.getSupport()).toEqual(support);
  });
});

describe('PowerTransformer', () => {
  test.each(golden.powers)('$name', async ({ input, params, lambdas, output, inverse }) => {
    const { X, test: rows } = rowsOf(input);
    const model = await new PowerTransformer(params).fit(X);
    // Both searches stop where the likelihood is flat.
    expectClose(Array.from(model.lambdas), lambdas, iterative(1e-5), 'lambdas');
    expectClose(head(await model.transform(rows), output), output, iterative(1e-4), 'output');
    const back = (await model.inverseTransform(await model.transform(rows)))
      .slice(0, inverse.length)
      .toArray();
    expectClose(back, inverse, iterative(1e-7), 'inverse');
  });
});

describe('QuantileTransformer', () => {
  const expectQuantiles = ({ quantiles }: QuantileTransformer, learned: number[][] | null) => {
    if (!learned) return;
    expectClose(
      quantiles.map((own) => Array.from(own)),
      learned,
      iterative(1e-12),
      'quantiles',
    );
  };

  test.each(golden.sparseQuantiles)('sparse: $name', async ({ input, params, learned, output }) => {
    const { X, test: rows } = rowsOf(input);
    const [train, some] = [X as Matrix, (rows as Matrix).slice(0, output.length)].map((own) =>
      CsrMatrix.from(own.toArray().map((row, i) => row.map((v, j) => ((i + 2 * j) % 3 === 0 ? 0 : v)))),
    );
    const model = await new QuantileTransformer(params).fit(train);
    expectQuantiles(model, learned);
    const sparse = await model.transformSparse(some);
    expect(sparse.nnz).toBe(some.nnz);
    for (const made of [sparse.toArray(), (await model.transform(some.toDense())).toArray()])
      expectClose(made, output, iterative(1e-9), 'output');
  });
  test.each(golden.quantiles)('$name', async ({ input, params, test: rows, learned, output, inverse }) => {
    const { X } = rowsOf(input);
    const model = await new QuantileTransformer(params).fit(X);
    expectQuantiles(model, learned);
    // Ranks near 0 are differences, and normal numbers of them steep.
    const transformed = (await model.transform(rows)).toArray();
    expectClose(transformed, output, iterative(1e-9), 'output');
    expectClose((await model.inverseTransform(transformed)).toArray(), inverse, iterative(1e-9), 'inverse');
  });
});
