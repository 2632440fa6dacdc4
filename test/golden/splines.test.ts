/** Golden values of B-splines, and of bins of weighed rows. */
import { describe, expect, test } from 'vitest';
import {
  KBinsDiscretizer,
  type KBinsDiscretizerParams,
  SplineTransformer,
  type SplineTransformerParams,
} from '../../lib/index.js';
import { expectClose, iterative } from '../support/tolerance.js';
import { type DatasetRef, loadRef, readGolden, split } from './read.js';

interface Case<P> {
  name: string;
  input: DatasetRef;
  params: Partial<P>;
  sampleWeight?: number[];
}
interface Splines extends Case<SplineTransformerParams> {
  knots: number[][];
  names: string[];
  rows: number[][];
}
const golden = readGolden<{
  splines: Splines[];
  bins: Array<Case<KBinsDiscretizerParams> & { binEdges: number[][] }>;
}>('splines');

describe('SplineTransformer', () => {
  test.each(golden.splines)('$name', async ({ input, params, sampleWeight, knots, names, rows }) => {
    const { X } = loadRef(input);
    const { train, test: tested } = split(X.rows);
    const model = await new SplineTransformer(params).fit(X.takeRows(train), undefined, { sampleWeight });
    expectClose(
      model.knots.map((own) => [...own]),
      knots,
      iterative(1e-12),
      'knots',
    );
    expect(model.getFeatureNamesOut()).toEqual(names);
    const wider = X.takeRows(tested.slice(0, rows.length))
      .toArray()
      .map((row) => row.map((value) => 1.6 * value));
    expectClose((await model.transform(wider)).toArray(), rows, iterative(1e-9), 'splines');
  });
});

describe('KBinsDiscretizer', () => {
  test.each(golden.bins)('$name', async ({ input, params, sampleWeight, binEdges }) => {
    const { X } = loadRef(input);
    const model = await new KBinsDiscretizer(params).fit(X.takeRows(split(X.rows).train), undefined, {
      sampleWeight,
    });
    expectClose(
      model.binEdges.map((edges) => [...edges]),
      binEdges,
      iterative(1e-9),
      'edges',
    );
  });
});
