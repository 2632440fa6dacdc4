/** Golden values of searches over parameters. */
import { expect, test } from 'vitest';
import {
  GridSearchCV,
  LogisticRegression,
  ParameterGrid,
  type ParamGrid,
  Pipeline,
  Ridge,
  StandardScaler,
} from '../../lib/index.js';
import { expectClose, iterative } from '../support/tolerance.js';
import { type DatasetRef, loadRef, readGolden } from './read.js';

interface Case {
  name: string;
  model: keyof typeof MODELS;
  grid: ParamGrid;
  cv: number;
  input: DatasetRef;
  scoring: string | string[] | null;
  refit: boolean | string;
  columns: Record<string, number[]>;
  bestIndex: number;
  bestParams: Record<string, unknown>;
  bestScore: number;
}
const MODELS = {
  logistic: () =>
    new Pipeline([
      ['scale', new StandardScaler()],
      ['model', new LogisticRegression({ tol: 1e-10, maxIter: 10_000 })],
    ]),
  ridge: () =>
    new Pipeline([
      ['scale', new StandardScaler()],
      ['model', new Ridge()],
    ]),
};
const golden = readGolden<{
  grids: Array<{ grid: ParamGrid; combinations: Array<Record<string, unknown>> }>;
  cases: Case[];
}>('searches');
// Both optimisers stop near the same optimum; labels are the same, errors of a regression nearly.
const SCORES = iterative(1e-7);

/** 'model__fit_intercept' -> 'model__fitIntercept', 'mean_test_f1Macro' -> 'meanTestF1Macro'. */
const camel = (name: string) => name.replace(/(?<![_])_([a-zA-Z])/g, (_, letter) => letter.toUpperCase());
const camelKeys = <V>(record: Readonly<Record<string, V>>) =>
  Object.fromEntries(Object.entries(record).map(([name, value]) => [camel(name), value]));

test.each(golden.grids)('the combinations of grid %# and their order', ({ grid, combinations }) => {
  const ours = new ParameterGrid(grid);
  expect([...ours]).toEqual(combinations);
  expect(ours.length).toBe(combinations.length);
});

test.each(golden.cases)('$name', async (one) => {
  const { X, y } = loadRef(one.input);
  const grid = Array.isArray(one.grid)
    ? one.grid.map(camelKeys)
    : camelKeys(one.grid as Record<string, unknown>);
  const search = new GridSearchCV<Pipeline>(MODELS[one.model](), grid as ParamGrid, {
    ...{ cv: one.cv, refit: one.refit, scoring: one.scoring as never, returnTrainScore: true },
  });
  await search.fit(X, y);
  for (const [name, values] of Object.entries(one.columns))
    expectClose(Array.from(search.cvResults[camel(name)] as number[]), values, SCORES, name);
  expect(search.bestIndex).toBe(one.bestIndex);
  expect(search.bestParams).toEqual(camelKeys(one.bestParams));
  expectClose(search.bestScore, one.bestScore, SCORES, 'best score');
  expect(search.nSplits).toBe(one.cv);
});
