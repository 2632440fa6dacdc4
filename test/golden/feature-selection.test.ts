/** Golden values of the selection of columns. */
import { expect, test } from 'vitest';
import {
  chi2,
  fClassif,
  fRegression,
  LogisticRegression,
  type Matrix,
  RFE,
  Ridge,
  SelectFromModel,
  SelectKBest,
  SelectPercentile,
  VarianceThreshold,
} from '../../lib/index.js';
import { expectClose, iterative } from '../support/tolerance.js';
import { type GoldenInput, rowsOf } from './inputs.js';
import { readGolden } from './read.js';

const FUNCTIONS = { chi2, fClassif, fRegression };
const MODELS = {
  logistic: () => new LogisticRegression({ tol: 1e-10, maxIter: 10_000 }),
  ridge: () => new Ridge({ alpha: 0.5 }),
};
interface Scores {
  name: string;
  function: keyof typeof FUNCTIONS;
  input: GoldenInput;
  scores: number[];
  pValues: number[];
}
interface Selection {
  name: string;
  estimator: 'RFE' | 'SelectFromModel' | 'SelectKBest' | 'SelectPercentile' | 'VarianceThreshold';
  params: Record<string, never>;
  model: keyof typeof MODELS | null;
  input: GoldenInput;
  selected: number[];
  ranking?: number[];
}
const golden = readGolden<{ scores: Scores[]; selectors: Selection[] }>('feature-selection');
// The peer subtracts sums of squares that nearly cancel; probabilities are powers of such a ratio.
const SCORES = iterative(1e-8);

test.each(golden.scores)('$name', async ({ function: name, input, scores, pValues }) => {
  const { X, y } = rowsOf(input);
  const ours = await FUNCTIONS[name](X as Matrix, y);
  expectClose(Array.from(ours.scores), scores, SCORES, 'scores');
  expectClose(Array.from(ours.pValues), pValues, SCORES, 'p values');
});

test.each(golden.selectors)('$name', async ({ estimator, params, model, input, selected, ranking }) => {
  const { X, y } = rowsOf(input);
  const within = MODELS[model ?? 'ridge']();
  const selector = {
    RFE: () => new RFE(within, params),
    SelectFromModel: () => new SelectFromModel(within, params),
    SelectKBest: () => new SelectKBest(params),
    SelectPercentile: () => new SelectPercentile(params),
    VarianceThreshold: () => new VarianceThreshold(params),
  }[estimator]();
  await selector.fit(X, y);
  expect(selector.selected).toEqual(selected);
  if (ranking !== undefined) expect(Array.from((selector as RFE).ranking)).toEqual(ranking);
});
