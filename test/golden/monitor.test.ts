/** Tests of distributions against SciPy. */
import { describe, expect, test } from 'vitest';
import { chi2Survival, kolmogorovSurvival } from '../../lib/core/distributions/survival.js';
import { chi2Contingency, type KsOptions, type KsResult, ks2samp } from '../../lib/index.js';
import { dot, expectClose, ulp } from '../support/tolerance.js';
import { readGolden } from './read.js';

const golden = readGolden<{
  chi2: Array<[x: number, dof: number, expected: number]>;
  kolmogorov: Array<[d: number, n: number, expected: number]>;
  ks: Array<{ a: number[]; b: number[]; options: KsOptions; expected: KsResult }>;
  contingency: Array<{
    table: number[][];
    correction: boolean;
    expected: ReturnType<typeof chi2Contingency>;
  }>;
}>('monitor');

/** About 1e-12 of the value. */
const NEAR = ulp(4096);

test.each(golden.chi2)('chi-squared survival of %d with %d degrees of freedom', (x, dof, expected) => {
  expectClose(chi2Survival(x, dof), expected, NEAR, 'survival');
});

test.each(golden.kolmogorov)('Kolmogorov survival of %d with n = %d', (d, n, expected) => {
  // A small value that is 1 - cdf carries the rounding of the cdf, as SciPy's does.
  const tolerance = expected > 1e-2 || n * d * d >= (n <= 140 ? 4 : 2.2) ? NEAR : dot(512, 1, 1);
  expectClose(kolmogorovSurvival(d, n), expected, tolerance, 'survival');
});

describe('ks2samp', () => {
  test.each(golden.ks.map((each) => ({ ...each, sizes: `${each.a.length} and ${each.b.length}` })))(
    'of $sizes values, $options',
    ({ a, b, options, expected }) => {
      const { statistic, pvalue, ...where } = ks2samp(a, b, options);
      expectClose(statistic, expected.statistic, ulp(4), 'statistic');
      expectClose(pvalue, expected.pvalue, NEAR, 'pvalue');
      expect(where).toEqual({
        statisticLocation: expected.statisticLocation,
        statisticSign: expected.statisticSign,
      });
    },
  );
});

test.each(golden.contingency)('chi2Contingency($table, correction $correction)', (each) => {
  const actual = chi2Contingency(each.table, { correction: each.correction });
  expect(actual.dof).toBe(each.expected.dof);
  expectClose(actual.statistic, each.expected.statistic, NEAR, 'statistic');
  expectClose(actual.pvalue, each.expected.pvalue, NEAR, 'pvalue');
  expectClose(actual.expectedFreq, each.expected.expectedFreq, ulp(4), 'expectedFreq');
});
