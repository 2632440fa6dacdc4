/** Golden values of what a few fitted models say of themselves, and of what imputers and searches undo. */
import { expect, test } from 'vitest';
import {
  DecisionTreeClassifier,
  EllipticEnvelope,
  type EllipticEnvelopeParams,
  GradientBoostingRegressor,
  GridSearchCV,
  IncrementalPCA,
  load,
  Matrix,
  MinMaxScaler,
  Perceptron,
  RFE,
  Ridge,
  SGDClassifier,
  SGDRegressor,
  SimpleImputer,
} from '../../lib/index.js';
import { expectClose, iterative } from '../support/tolerance.js';
import { rowsOf } from './inputs.js';
import type { DatasetRef } from './read.js';
import { readGolden } from './read.js';

const CLASSES = {
  DecisionTreeClassifier,
  GradientBoostingRegressor,
  IncrementalPCA,
  MinMaxScaler,
  Perceptron,
  SGDClassifier,
  SGDRegressor,
  SimpleImputer,
};
interface Case {
  name: string;
  estimator: keyof typeof CLASSES | 'GridSearchCV';
  params: Record<string, never>;
  input: DatasetRef;
  learned: Record<string, unknown>;
  inverse: { X: number[][]; output: number[][] } | null;
}

interface Envelope {
  name: string;
  params: Partial<EllipticEnvelopeParams>;
  input: DatasetRef;
  dist: number[];
  rawSupport: number[];
  support: number[];
  corrected: number[][];
  reweighted: { location: number[]; covariance: number[][]; support: number[] };
  norms: Array<[norm: 'frobenius' | 'spectral', scaling: boolean, squared: boolean, value: number]>;
}
const golden = readGolden<{ cases: Case[]; envelopes: Envelope[] }>('attributes');

const plain = (value: unknown) => (value instanceof Matrix ? value.toArray() : value);

test.each(golden.cases)('$name', async (one) => {
  const model =
    one.estimator === 'GridSearchCV'
      ? new GridSearchCV(new RFE(new Ridge()), { nFeaturesToSelect: [2, 3] }, { cv: 3 })
      : new CLASSES[one.estimator](one.params);
  const { X, y } = rowsOf(one.input);
  await model.fit(X, y);
  for (const known of [model, await load(model.toBytes())]) {
    const values = known as unknown as Record<string, unknown>;
    for (const [name, expected] of Object.entries(one.learned)) {
      const value = values[name];
      const actual = typeof value === 'function' ? value.call(known) : value;
      expectClose(plain(actual), expected, iterative(1e-9), name);
    }
    if (one.inverse === null) continue;
    const { inverseTransform } = known as unknown as { inverseTransform(X: number[][]): Promise<Matrix> };
    const back = await inverseTransform.call(known, one.inverse.X);
    expect(back.toArray()).toEqual(one.inverse.output);
  }
});

const places = (mask: boolean[]) => [...mask.keys()].filter((i) => mask[i]);

test.each(golden.envelopes)('$name', async ({ params, input, dist, norms, reweighted, ...one }) => {
  const { X } = rowsOf(input);
  const model = await new EllipticEnvelope(params).fit(X);
  const close = iterative(1e-7);
  for (const known of [model, (await load(model.toBytes())) as EllipticEnvelope]) {
    expect(places(known.rawSupport)).toEqual(one.rawSupport);
    expect(places(known.support)).toEqual(one.support);
    const every = Math.floor(known.dist.length / 12);
    expectClose(
      known.dist.filter((_, i) => i % every === 0),
      dist,
      close,
      'dist',
    );
    expectClose(known.correctCovariance().toArray(), one.corrected, close, 'corrected');
    for (const [norm, scaling, squared, value] of norms)
      expectClose(known.errorNorm(unit(known.nFeaturesIn), { norm, scaling, squared }), value, close, norm);
    const next = await known.reweightCovariance(X);
    expectClose(Array.from(next.location), reweighted.location, close, 'location');
    expectClose(next.covariance.toArray(), reweighted.covariance, close, 'covariance');
    expect(places(next.support)).toEqual(reweighted.support);
    expect(places(known.support)).toEqual(one.support);
  }
});

const unit = (d: number) =>
  Array.from({ length: d }, (_, i) => Array.from({ length: d }, (_, j) => Number(i === j)));
