/** Golden values of what estimators learn from several parts of the data. */
import { describe, expect, test } from 'vitest';
import {
  BernoulliNB,
  ComplementNB,
  CsrMatrix,
  GaussianNB,
  load,
  type Matrix,
  MaxAbsScaler,
  MinMaxScaler,
  MultinomialNB,
  OneVsOneClassifier,
  OneVsRestClassifier,
  SelectFromModel,
  SGDClassifier,
  StandardScaler,
} from '../../lib/index.js';
import { expectClose, iterative } from '../support/tolerance.js';
import { type DatasetRef, loadRef, readGolden, split } from './read.js';

interface PartialCase {
  name: string;
  estimator: keyof typeof CLASSES;
  params: never;
  input: DatasetRef;
  classes?: number[];
  sampleWeight: boolean;
  learned: Record<string, unknown>;
  rows: number[][];
}
const SCALERS = { StandardScaler, MinMaxScaler, MaxAbsScaler };
const COUNTS = { MultinomialNB, ComplementNB, BernoulliNB };
const CLASSES = { ...SCALERS, ...COUNTS, GaussianNB, SGDClassifier };
interface WithinCase {
  name: string;
  estimator: keyof typeof AROUND;
  inner: keyof typeof CLASSES;
  params: never;
  input: DatasetRef;
  classes: number[];
  output: never;
  rows: unknown[];
}
const AROUND = { OneVsOneClassifier, OneVsRestClassifier, SelectFromModel };
const { cases, within } = readGolden<{ cases: PartialCase[]; within: WithinCase[] }>('partial-fits');
// Sums in another order.
const CLOSE = iterative(1e-9);

interface Learner {
  partialFit(X: Matrix | CsrMatrix, y: ArrayLike<unknown>, options: object): Promise<this>;
  fit(X: Matrix, y: ArrayLike<unknown>, options: object): Promise<this>;
  toBytes(): Uint8Array;
  transform?(X: Matrix): Promise<Matrix>;
  predictProba?(X: Matrix): Promise<Matrix>;
}
const plain = (value: unknown) =>
  ArrayBuffer.isView(value) ? Array.from(value as Float64Array) : ((value as Matrix).toArray?.() ?? value);

describe.each(cases)('$name', ({ estimator, params, input, classes, sampleWeight, learned, rows }) => {
  const make = () => new CLASSES[estimator](params) as unknown as Learner;
  const { X, y } = loadRef(input);
  const indices = split(X.rows);
  const { length } = indices.train;
  const parts = [0, 1, 2].map((k) => {
    const [from, to] = [Math.floor((k * length) / 3), Math.floor(((k + 1) * length) / 3)];
    const own = indices.train.slice(from, to);
    const weights = own.map((_, i) => ((from + i) % 3) + 0.5);
    return { X: X.takeRows(own), y: own.map((i) => y[i]), ...(sampleWeight && { sampleWeight: weights }) };
  });
  const first = X.takeRows(indices.test.slice(0, rows.length));
  const answer = (model: Learner) => (model.predictProba ?? model.transform)!.call(model, first);
  const learn = async (model: Learner, form: (X: Matrix) => Matrix | CsrMatrix) => {
    for (const { X: part, y: own, ...options } of parts)
      await model.partialFit(form(part), own, { ...options, ...(classes && { classes }) });
    return model;
  };

  test('learns and predicts as scikit-learn does', async () => {
    const model = await learn(make(), (part) => part);
    for (const [name, like] of Object.entries(learned))
      expectClose(plain((model as never)[name]), like, CLOSE, name);
    expectClose((await answer(model)).toArray(), rows, CLOSE);
    const copy = (await load(model.toBytes())) as Learner;
    expect((await answer(copy)).data).toEqual((await answer(model)).data);
  });

  test.runIf(estimator in COUNTS || estimator === 'StandardScaler' || estimator === 'MaxAbsScaler')(
    'of sparse rows, too',
    async () => {
      if (input.missing) return;
      const model = await learn(make(), (part) => CsrMatrix.from(part));
      expectClose((await answer(model)).toArray(), rows, CLOSE);
    },
  );

  test('as fit of all rows', async () => {
    const all = X.takeRows(indices.train);
    const weights = parts.flatMap((part) => part.sampleWeight ?? []);
    const labels = parts.flatMap((part) => part.y);
    const model = await make().fit(all, labels, sampleWeight ? { sampleWeight: weights } : {});
    expectClose((await answer(model)).toArray(), rows, CLOSE);
  });
});

test.each(within)('$name', async ({ estimator, inner, params, input, classes, output, rows }) => {
  const { X, y } = loadRef(input);
  const { train, test: rest } = split(X.rows);
  const models = [0, 1].map(
    () => new AROUND[estimator](new CLASSES[inner](params)) as unknown as Learner & Record<string, never>,
  );
  for (const k of [0, 1, 2]) {
    const own = train.filter((_, i) => i % 3 === k);
    const part = X.takeRows(own);
    for (const [m, form] of [part, CsrMatrix.from(part)].entries())
      await models[m].partialFit(
        form,
        own.map((i) => y[i]),
        { classes },
      );
  }
  const answer = async (model: Learner) => {
    const method = model[output] as (X: Matrix) => Promise<Matrix>;
    const { data, rows: count, cols } = await method.call(model, X.takeRows(rest.slice(0, rows.length)));
    return Array.from({ length: count }, (_, i) => Array.from(data.subarray(i * cols, (i + 1) * cols)));
  };
  // scikit-learn gives a list where there is one number a row.
  const expected = rows.map((row) => (Array.isArray(row) ? row : [row]));
  // Of sparse rows the intercept takes smaller steps.
  const same = inner === 'SGDClassifier' ? [models[0]] : models;
  for (const model of [...same, await load(models[0].toBytes())])
    expectClose(await answer(model as unknown as Learner), expected, CLOSE);
});
