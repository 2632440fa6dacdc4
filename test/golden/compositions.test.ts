/** Golden values of unions, functions, indicators, transformed targets and target encoding. */
import { describe, expect, test } from 'vitest';
import {
  FeatureUnion,
  FunctionTransformer,
  type FunctionTransformerParams,
  LinearRegression,
  MinMaxScaler,
  MissingIndicator,
  type MissingIndicatorParams,
  PolynomialFeatures,
  Ridge,
  StandardScaler,
  TargetEncoder,
  type TargetEncoderParams,
  TransformedTargetRegressor,
} from '../../lib/index.js';
import { expectClose, iterative, ulp } from '../support/tolerance.js';
import { type GoldenInput, head, rowsOf } from './inputs.js';
import { readGolden } from './read.js';

interface Case {
  name: string;
  input: GoldenInput;
  output: number[][];
}
const golden = readGolden<{
  unions: Array<Case & { weights: Record<string, number> | null }>;
  functions: Array<Case & { params: Partial<FunctionTransformerParams>; inverse: number[][] }>;
  indicators: Array<Case & { params: Partial<MissingIndicatorParams>; features: number[] }>;
  targets: Array<Omit<Case, 'output'> & { kind: 'log' | 'scaled' | 'plain'; output: number[] }>;
  encoders: Array<{
    name: string;
    params: Partial<TargetEncoderParams>;
    X: number[][];
    y: number[];
    test: number[][];
    mean: number[];
    encodings: number[][];
    names: string[];
    output: number[][];
    across: number[][];
  }>;
}>('compositions');

describe('FeatureUnion', () => {
  test.each(golden.unions)('$name', async ({ input, weights, output }) => {
    const { X, test: rows } = rowsOf(input);
    const union = new FeatureUnion(
      [
        ['scaled', new StandardScaler()],
        ['products', new PolynomialFeatures({ interactionOnly: true, includeBias: false })],
        ['same', 'passthrough'],
        ['none', 'drop'],
      ],
      { transformerWeights: weights },
    );
    await union.fit(X);
    expectClose(head(await union.transform(rows), output), output, iterative(1e-12), 'output');
    expect(union.getFeatureNamesOut()).toHaveLength(output[0].length);
  });
});

describe('FunctionTransformer', () => {
  test.each(golden.functions)('$name', async ({ input, params, output, inverse }) => {
    const { X, test: rows } = rowsOf(input);
    const model = await new FunctionTransformer(params).fit(X);
    expectClose(head(await model.transform(rows), output), output, ulp(4), 'output');
    expectClose((await model.inverseTransform(output)).toArray(), inverse, ulp(4), 'inverse');
  });
});

describe('MissingIndicator', () => {
  test.each(golden.indicators)('$name', async ({ input, params, features, output }) => {
    const { X, test: rows } = rowsOf(input);
    const model = await new MissingIndicator(params).fit(X);
    expect(model.features).toEqual(features);
    expect(head(await model.transform(rows), output)).toEqual(output);
  });
});

describe('TransformedTargetRegressor', () => {
  const options = {
    log: { func: 'log1p', inverseFunc: 'expm1' },
    scaled: { transformer: new MinMaxScaler() },
    plain: {},
  } as const;
  test.each(golden.targets)('$name', async ({ input, kind, output }) => {
    const { X, y, test: rows } = rowsOf(input);
    const regressor = kind === 'scaled' ? new Ridge() : new LinearRegression();
    const model = await new TransformedTargetRegressor(regressor, options[kind]).fit(X, y);
    const predicted = Array.from(await model.predict(rows)).slice(0, output.length);
    expectClose(predicted, output, iterative(1e-9), 'predictions');
  });
});

describe('TargetEncoder', () => {
  test.each(golden.encoders)('$name', async (one) => {
    const encoder = new TargetEncoder({ ...one.params, cv: 4, shuffle: false });
    await encoder.fit(one.X, one.y);
    expectClose(Array.from(encoder.targetMean), one.mean, ulp(8), 'mean');
    const encodings = encoder.encodings.map((of) => Array.from(of));
    expectClose(encodings, one.encodings, iterative(1e-12), 'encodings');
    expect(encoder.getFeatureNamesOut()).toEqual(one.names);
    const output = (await encoder.transform(one.test)).toArray();
    expectClose(output, one.output, iterative(1e-12), 'output');
    const across = await encoder.fitTransform(one.X, one.y);
    expect(across.rows).toBe(one.X.length);
    expectClose(head(across, one.across), one.across, iterative(1e-12), 'across folds');
  });
});
