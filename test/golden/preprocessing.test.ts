/** Imputing, scaling and encoding against scikit-learn, alone and inside a ColumnTransformer. */
import { describe, expect, test } from 'vitest';
import type { NumericMatrixLike } from '../../lib/core/matrix.js';
import {
  ColumnTransformer,
  LogisticRegression,
  Matrix,
  OneHotEncoder,
  Pipeline,
  Ridge,
  SimpleImputer,
  StandardScaler,
  type Step,
} from '../../lib/index.js';
import { exact, expectClose, iterative, ulp } from '../support/tolerance.js';
import { type GoldenInput, head, rowsOf } from './inputs.js';
import { readGolden } from './read.js';

type Params = Record<string, never>;
interface Case {
  name: string;
  params: Params;
  input: GoldenInput;
}
interface ImputerCase extends Case {
  statistics: Array<number | string>;
  output: Array<Array<number | string>>;
}
interface ScalerCase extends Case {
  sampleWeight?: number[];
  mean: number[] | null;
  variance: number[] | null;
  scale: number[] | null;
  output: number[][];
}
interface OneHotCase extends Case {
  categories: Array<Array<number | string | null>>;
  names: string[];
  output?: number[][];
  error?: string;
}
type Chain = Array<[keyof typeof CLASSES, Params]>;
interface ColumnCase extends Case {
  transformers: Array<[string, Chain, string[]]>;
  remainder: 'drop' | 'passthrough';
  names: string[];
  output: number[][];
  y?: { train: number[]; test: number[] };
  model?: ['LogisticRegression' | 'Ridge', Params];
  predictions?: number[];
  proba?: number[][];
}

const CLASSES = { SimpleImputer, StandardScaler, OneHotEncoder };
const golden = readGolden<{
  imputer: ImputerCase[];
  scaler: ScalerCase[];
  oneHot: OneHotCase[];
  columnTransformer: ColumnCase[];
}>('preprocessing');
// Means and variances of some hundred rows, summed in another order, then a subtraction that cancels digits.
const MOMENTS = iterative(1e-12);
const OPTIMUM = iterative(1e-5);

describe('SimpleImputer', () => {
  test.each(golden.imputer)('$name', async ({ params, input, statistics, output }) => {
    const { X, test: rows } = rowsOf(input);
    const imputer = await new SimpleImputer(params).fit(X);
    const columns = imputer.outputColumns();
    const decode = (row: ArrayLike<number>) =>
      Array.from(row, (value, j) => columns[j].categories?.[value] ?? value);
    const transformed = (await imputer.transform(rows)).slice(0, output.length).toArray();
    expectClose(transformed.map(decode), output, MOMENTS, 'output');
    const learned = statistics.every((value) => typeof value === 'string')
      ? decode(imputer.statistics)
      : imputer.statistics;
    expectClose(learned, statistics, MOMENTS, 'statistics');
  });
});

describe('StandardScaler', () => {
  test.each(golden.scaler)(
    '$name',
    async ({ params, input, sampleWeight, mean, variance, scale, output }) => {
      const { X, test: rows } = rowsOf(input);
      const scaler = await new StandardScaler(params).fit(X, undefined, { sampleWeight });
      if (mean) expectClose(scaler.mean, mean, MOMENTS, 'mean');
      if (variance) expectClose(scaler.var, variance, ulp(1e4), 'variance');
      if (scale) expectClose(scaler.scale, scale, ulp(1e4), 'scale');
      const transformed = head(await scaler.transform(rows), output);
      expectClose(transformed, output, MOMENTS, 'output');
      const given = head(Matrix.from(rows as NumericMatrixLike), output);
      const back = (await scaler.inverseTransform(transformed)).toArray();
      // A column without a value scales to NaN, and stays so.
      const known = given.map((row, i) =>
        row.map((value, j) => (Number.isNaN(transformed[i][j]) ? Number.NaN : value)),
      );
      expectClose(back, known, MOMENTS, 'inverse');
    },
  );
});

describe('OneHotEncoder', () => {
  test.each(golden.oneHot)('$name', async ({ params, input, categories, names, output, error }) => {
    const { X, test: rows } = rowsOf(input);
    const encoder = await new OneHotEncoder(params).fit(X);
    expect(encoder.categories).toEqual(categories);
    if (output === undefined) {
      await expect(encoder.transform(rows)).rejects.toMatchObject({ code: error });
      return;
    }
    expectClose(head(await encoder.transform(rows), output), output, exact, 'output');
    expect(encoder.getFeatureNamesOut()).toEqual(names);
  });
});

describe('ColumnTransformer', () => {
  test.each(golden.columnTransformer)(
    '$name',
    async ({ input, transformers, remainder, names, output, ...rest }) => {
      const rows = rowsOf(input);
      const y = rest.y?.train ?? rows.y;
      const prepare = new ColumnTransformer(
        transformers.map(([name, chain, columns]) => [
          name,
          new Pipeline(chain.map(([maker, params]): Step => [maker, new CLASSES[maker](params)])),
          columns,
        ]),
        { remainder },
      );
      const transformed = await (await prepare.clone().fit(rows.X)).transform(rows.test);
      expectClose(head(transformed, output), output, MOMENTS, 'output');
      expect((await prepare.clone().fit(rows.X)).getFeatureNamesOut()).toEqual(names);
      if (rest.model === undefined) return;
      const [maker, params] = rest.model;
      const model = maker === 'Ridge' ? new Ridge(params) : new LogisticRegression(params);
      const pipeline = await new Pipeline([
        ['columns', prepare],
        ['model', model],
      ]).fit(rows.X, y);
      const predicted = (await pipeline.predict(rows.test)) as ArrayLike<number>;
      expectClose(
        Array.from(predicted).slice(0, rest.predictions!.length),
        rest.predictions,
        OPTIMUM,
        'predictions',
      );
      if (rest.proba)
        expectClose(head(await pipeline.predictProba(rows.test), rest.proba), rest.proba, OPTIMUM, 'proba');
    },
  );
});
