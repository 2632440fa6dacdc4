/** Golden values of encoders that make one of rare categories. */
import { describe, expect, test } from 'vitest';
import { load, OneHotEncoder, OrdinalEncoder, type Table } from '../../lib/index.js';
import { exact, expectClose } from '../support/tolerance.js';
import { readGolden } from './read.js';

interface InfrequentCase {
  name: string;
  estimator: 'OneHotEncoder' | 'OrdinalEncoder';
  params: object;
  train: Table;
  test: Table;
  infrequent: unknown[][];
  rows: number[][];
}
const { cases } = readGolden<{ cases: InfrequentCase[] }>('infrequent');
const CLASSES = { OneHotEncoder, OrdinalEncoder };
const plain = (values: unknown[][]) => values.map((own) => own.map((v) => (Number.isNaN(v) ? null : v)));

describe.each(cases)('$name', ({ estimator, params, train, test: rows, infrequent, rows: like }) => {
  test('as scikit-learn', async () => {
    const encoder = await new CLASSES[estimator](params).fit(train);
    expect(encoder.infrequentCategories).toEqual(plain(infrequent));
    const encoded = await encoder.transform(rows);
    expectClose(encoded.toArray(), like, exact);
    expect(encoder.getFeatureNamesOut()).toHaveLength(encoded.cols);
    const copy = (await load(encoder.toBytes())) as typeof encoder;
    expect(copy.transformSync(rows).data).toEqual(encoded.data);
  });
});
