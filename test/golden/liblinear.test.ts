/** Logistic regression by liblinear against scikit-learn's, of dense rows and of sparse ones. */
import { describe, expect, test } from 'vitest';
import { CsrMatrix, LogisticRegression, LogisticRegressionCV, type Matrix } from '../../lib/index.js';
import { expectClose, iterative } from '../support/tolerance.js';
import { type GoldenInput, rowsOf } from './inputs.js';
import { readGolden } from './read.js';

interface Case {
  params: Record<string, unknown>;
  input: GoldenInput & { dataset: string };
  positive: number;
  weighted: boolean;
  coef: number[];
  intercept: number;
  proba: number[][];
}
interface Path extends Omit<Case, 'weighted' | 'proba'> {
  C: number;
  l1Ratio: number;
  scores: number[][][];
  first: number[][];
  last: number[][];
}
const golden = readGolden<{ cases: Case[]; paths: Path[] }>('liblinear');
const EXACT = { solver: 'liblinear', tol: 1e-12, maxIter: 100_000, randomState: 3 } as const;
const TOLERANCE = iterative(1e-5);

function given({ input, positive }: Case | Path) {
  const { X, y, test: rows } = rowsOf(input);
  return { X: X as Matrix, y: y.map((label) => (label === positive ? 1 : 0)), rows };
}

describe.each(['dense', 'sparse'])('%s rows', (form) => {
  test.each(golden.cases)('$params, $input.dataset', async (one) => {
    const { X, y, rows } = given(one);
    const model = new LogisticRegression({ ...EXACT, ...one.params });
    const sampleWeight = one.weighted ? y.map((_, i) => (i % 5) / 2 + 0.25) : undefined;
    await model.fit(form === 'dense' ? X : CsrMatrix.from(X), y, { sampleWeight });
    expect(model.converged).toBe(true);
    expectClose(model.coef.data, one.coef, TOLERANCE, 'coef');
    expectClose(model.intercept, [one.intercept], TOLERANCE, 'intercept');
    const proba = (await model.predictProba(rows)).slice(0, one.proba.length);
    expectClose(proba.data, one.proba.flat(), TOLERANCE, 'proba');
  });
});

test.each(golden.paths)('paths of $input.dataset', async (one) => {
  const { X, y } = given(one);
  const model = await new LogisticRegressionCV({ ...EXACT, ...one.params }).fit(X, y);
  expect([model.C, model.l1Ratio]).toEqual([one.C, one.l1Ratio]);
  expectClose(model.scores.data, one.scores.flat(2), TOLERANCE, 'scores');
  expectClose(model.coef.data, one.coef, TOLERANCE, 'coef');
  model.coefsPaths[0][0].data.fill(7);
  const paths = model.coefsPaths;
  expect(paths.map((path) => path.length)).toEqual([3, 3, 3]);
  expectClose(
    paths.flatMap((path) => [...path[0].data]),
    one.first.flat(),
    TOLERANCE,
    'first',
  );
  expectClose(
    paths.flatMap((path) => [...path[2].data]),
    one.last.flat(),
    TOLERANCE,
    'last',
  );
});
