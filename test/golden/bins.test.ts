/** Golden values of bins around the centres of k-means. */
import { describe, expect, test } from 'vitest';
import { KBinsDiscretizer, type KBinsDiscretizerParams } from '../../lib/index.js';
import { exact, expectClose, iterative } from '../support/tolerance.js';
import { type DatasetRef, loadRef, readGolden, split } from './read.js';

interface BinsCase {
  name: string;
  params: Partial<KBinsDiscretizerParams>;
  input: DatasetRef;
  binEdges: number[][];
  nBins: number[];
  rows: number[][];
}
const { cases } = readGolden<{ cases: BinsCase[] }>('bins');

describe.each(cases)('$name', ({ params, input, binEdges, nBins, rows }) => {
  test('as scikit-learn', async () => {
    const { X } = loadRef(input);
    const indices = split(X.rows);
    const bins = await new KBinsDiscretizer(params).fit(X.takeRows(indices.train));
    expect([...bins.nBins]).toEqual(nBins);
    expectClose(
      bins.binEdges.map((edges) => [...edges]),
      binEdges,
      iterative(1e-9),
    );
    const encoded = await bins.transform(X.takeRows(indices.test.slice(0, rows.length)));
    expectClose(encoded.toArray(), rows, exact);
  });
});
