/** Golden values of the transformers that need no target. */
import { describe, expect, test } from 'vitest';
import {
  Binarizer,
  KBinsDiscretizer,
  MaxAbsScaler,
  MinMaxScaler,
  Normalizer,
  OrdinalEncoder,
  PolynomialFeatures,
  RobustScaler,
} from '../../lib/index.js';
import { exact, expectClose, iterative, ulp } from '../support/tolerance.js';
import { type GoldenInput, head, rowsOf } from './inputs.js';
import { readGolden } from './read.js';

interface Case {
  name: string;
  estimator: keyof typeof CLASSES;
  params: Record<string, never>;
  input: GoldenInput;
  learned: Record<string, unknown>;
  powers?: number[][];
  binEdges?: number[][];
  names: string[];
  output?: number[][];
  inverse?: number[][];
  error?: string;
}

const CLASSES = {
  Binarizer,
  KBinsDiscretizer,
  MaxAbsScaler,
  MinMaxScaler,
  Normalizer,
  OrdinalEncoder,
  PolynomialFeatures,
  RobustScaler,
};
/** Scaled values are a subtraction, which cancels digits, and a division; products, bins and codes are the peer's own arithmetic. */
const TOLERANCE = {
  Binarizer: exact,
  KBinsDiscretizer: exact,
  MaxAbsScaler: ulp(2),
  MinMaxScaler: iterative(1e-13),
  Normalizer: ulp(4),
  OrdinalEncoder: exact,
  PolynomialFeatures: exact,
  RobustScaler: iterative(1e-13),
};

const { cases } = readGolden<{ cases: Case[] }>('transformers');

/** Typed arrays as arrays, so that both sides look alike. */
const plain = (value: unknown): unknown =>
  ArrayBuffer.isView(value)
    ? Array.from(value as Float64Array)
    : Array.isArray(value)
      ? value.map(plain)
      : value;

describe.each(Object.keys(CLASSES) as Array<keyof typeof CLASSES>)('%s', (estimator) => {
  const tolerance = TOLERANCE[estimator];
  test.each(cases.filter((one) => one.estimator === estimator))('$name', async (one) => {
    const { X, test: rows } = rowsOf(one.input);
    const model = new CLASSES[estimator](one.params);
    await model.fit(X);
    const learned = model as unknown as Record<string, unknown>;
    expect(model.getFeatureNamesOut()).toEqual(one.names);
    for (const [name, value] of Object.entries(one.learned)) {
      if (typeof value === 'object' && estimator !== 'OrdinalEncoder')
        expectClose(plain(learned[name]), value, ulp(8), name);
      else expect(learned[name], name).toEqual(value);
    }
    if (one.powers) expect(learned.powers).toEqual(one.powers);
    if (one.binEdges) expectClose(plain(learned.binEdges), one.binEdges, ulp(2), 'edges');
    if (one.output === undefined) {
      await expect(model.transform(rows)).rejects.toMatchObject({ code: one.error });
      return;
    }
    const output = head(await model.transform(rows), one.output);
    expectClose(output, one.output, tolerance, 'output');
    if (one.inverse === undefined) return;
    const invertible = model as MinMaxScaler | KBinsDiscretizer;
    const inverse = (await invertible.inverseTransform(one.output)).toArray();
    expectClose(inverse, one.inverse, iterative(1e-13), 'inverse');
  });
});
