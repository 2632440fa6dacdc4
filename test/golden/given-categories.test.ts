/** Golden values of encoders whose categories the caller lists. */
import { describe, expect, test } from 'vitest';
import { load, OneHotEncoder, OrdinalEncoder, type Table, TargetEncoder } from '../../lib/index.js';
import { exact, expectClose, iterative } from '../support/tolerance.js';
import { readGolden } from './read.js';

interface CategoriesCase {
  name: string;
  estimator: 'OneHotEncoder' | 'OrdinalEncoder' | 'TargetEncoder';
  params: object;
  train: Table;
  test: Table;
  y?: Array<number | string>;
  categories: unknown[][];
  encodings?: number[][];
  infrequent?: unknown[][];
  dropIdx?: Array<number | null> | null;
  rows: number[][];
  back?: unknown[][];
}
const { cases } = readGolden<{ cases: CategoriesCase[] }>('given-categories');
const CLASSES = { OneHotEncoder, OrdinalEncoder, TargetEncoder };
const means = iterative(1e-12);
const plain = (values: unknown[][]) => values.map((own) => own.map((v) => (Number.isNaN(v) ? null : v)));

describe.each(cases)('$name', (golden) => {
  const { estimator, params, train, test: rows, y, rows: like } = golden;
  test('as scikit-learn', async () => {
    const encoder = await new CLASSES[estimator](params).fit(train, y);
    const categories = plain(golden.categories);
    // Codes of missing values are no categories of an OrdinalEncoder here.
    const isOrdinal = encoder instanceof OrdinalEncoder;
    expect(encoder.categories).toEqual(
      isOrdinal ? categories.map((own) => own.filter((label) => label !== null)) : categories,
    );
    const encoded = await encoder.transform(rows);
    expectClose(encoded.toArray(), like, encoder instanceof TargetEncoder ? means : exact);
    expect(encoder.getFeatureNamesOut()).toHaveLength(encoded.cols);
    if (encoder instanceof TargetEncoder)
      expectClose(
        encoder.encodings.map((own) => [...own]),
        golden.encodings,
        means,
      );
    else {
      if (golden.infrequent) expect(encoder.infrequentCategories).toEqual(plain(golden.infrequent));
      if (golden.back) expect(encoder.inverseTransform(encoded)).toEqual(plain(golden.back));
    }
    if (encoder instanceof OneHotEncoder) expect(encoder.dropIdx).toEqual(golden.dropIdx);
    const copy = (await load(encoder.toBytes())) as typeof encoder;
    expect(copy.categories).toEqual(encoder.categories);
    expect(copy.transformSync(rows).data).toEqual(encoded.data);
  });
});
