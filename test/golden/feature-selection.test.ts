/** Golden values of the selection of columns. */
import { expect, test } from 'vitest';
import {
  chi2,
  fClassif,
  fOneway,
  fRegression,
  GenericUnivariateSelect,
  Lasso,
  LogisticRegression,
  type Matrix,
  mutualInfoClassif,
  mutualInfoRegression,
  RFE,
  Ridge,
  rRegression,
  SelectFdr,
  SelectFpr,
  SelectFromModel,
  SelectFwe,
  SelectKBest,
  SelectPercentile,
  VarianceThreshold,
} from '../../lib/index.js';
import { expectClose, iterative, type Tolerance } from '../support/tolerance.js';
import { type GoldenInput, rowsOf } from './inputs.js';
import { readGolden } from './read.js';

const FUNCTIONS = { chi2, fClassif, fRegression, rRegression };
const INFORMATION = { mutualInfoClassif, mutualInfoRegression };
const MODELS = {
  logistic: () => new LogisticRegression({ tol: 1e-10, maxIter: 10_000 }),
  lasso: () => new Lasso({ alpha: 0.5 }),
  ridge: () => new Ridge({ alpha: 0.5 }),
};
const selectors = (params: Record<string, never>, within: Lasso | Ridge | LogisticRegression) => ({
  GenericUnivariateSelect: () => new GenericUnivariateSelect(params),
  RFE: () => new RFE(within, params),
  SelectFdr: () => new SelectFdr(params),
  SelectFpr: () => new SelectFpr(params),
  SelectFromModel: () => new SelectFromModel(within, params),
  SelectFwe: () => new SelectFwe(params),
  SelectKBest: () => new SelectKBest(params),
  SelectPercentile: () => new SelectPercentile(params),
  VarianceThreshold: () => new VarianceThreshold(params),
});
interface Scores {
  name: string;
  function: keyof typeof FUNCTIONS;
  options?: object;
  input: GoldenInput;
  scores: number[];
  pValues: number[] | null;
}
interface Information {
  name: string;
  function: keyof typeof INFORMATION;
  options: object;
  input: GoldenInput;
  scores: number[];
  ties: boolean;
}
interface Selection {
  name: string;
  estimator: keyof ReturnType<typeof selectors>;
  params: Record<string, never>;
  model: keyof typeof MODELS | null;
  input: GoldenInput;
  selected: number[];
  ranking?: number[];
  predicted?: number[];
  score?: number;
}
const golden = readGolden<{
  scores: Scores[];
  information: Information[];
  oneway: { samples: number[][][]; scores: number[]; pValues: number[] };
  selectors: Selection[];
}>('feature-selection');
// The peer subtracts sums of squares that nearly cancel; probabilities are powers of such a ratio.
const SCORES = iterative(1e-8);

test.each(golden.scores)('$name', async ({ function: name, options, input, scores, pValues }) => {
  const { X, y } = rowsOf(input);
  const ours = await FUNCTIONS[name](X as Matrix, y, options);
  expectClose(Array.from(ours.scores), scores, SCORES, 'scores');
  expectClose(ours.pValues && Array.from(ours.pValues), pValues, SCORES, 'p values');
});

/** What parting equal values by other noise does to the estimate, in nats: so far apart are scikit-learn's own seeds. */
const PARTED: Tolerance = { name: 'nats', accepts: (actual, expected) => Math.abs(actual - expected) < 0.08 };

test.each(golden.information)('$name', async ({ function: name, options, input, scores, ties }) => {
  const { X, y } = rowsOf(input);
  const ours = await INFORMATION[name](X as Matrix, y, options);
  expectClose(Array.from(ours.scores), scores, ties ? PARTED : SCORES, 'scores');
  expect(ours.pValues).toBe(null);
});

test('fOneway', async () => {
  const { samples, scores, pValues } = golden.oneway;
  const ours = await fOneway(samples);
  expectClose(Array.from(ours.scores), scores, SCORES, 'scores');
  expectClose(Array.from(ours.pValues), pValues, SCORES, 'p values');
});

test.each(golden.selectors)('$name', async (given) => {
  const { estimator, params, model, input, selected, ranking } = given;
  const { X, y } = rowsOf(input);
  const within = MODELS[model ?? 'ridge']();
  const selector = selectors(params, within)[estimator]();
  await selector.fit(X, y);
  expect(selector.selected).toEqual(selected);
  if (ranking === undefined) return;
  const rfe = selector as RFE;
  expect(Array.from(rfe.ranking)).toEqual(ranking);
  const predicted = await rfe.predict((X as Matrix).slice(0, 8));
  expectClose(Array.from(predicted as ArrayLike<number>), given.predicted, iterative(1e-6), 'predictions');
  expectClose(await rfe.score(X, y), given.score, iterative(1e-6), 'score');
});
