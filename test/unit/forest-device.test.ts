/** Which forests a GPU grows: what is decided before one is looked for. */
import { describe, expect, test } from 'vitest';
import { Matrix } from '../../lib/core/matrix.js';
import type { ForestSpec } from '../../lib/native.js';
import { trainingCost, whyNotOnGpu, whyNotWeighed } from '../../lib/tree/forest-device.js';

const MOST = 2 ** 24;

describe('forests on a GPU', () => {
  test('trees on bins, without constraints, limits of leaves and pruning', () => {
    const params = { maxBins: 64, maxLeafNodes: null, ccpAlpha: 0, monotonicCst: [0, 0] as const };
    expect(whyNotOnGpu(params)).toBeNull();
    expect(whyNotOnGpu({ ...params, maxBins: null })).toContain("'maxBins'");
    expect(whyNotOnGpu({ ...params, monotonicCst: [0, -1] })).toContain("'monotonicCst'");
    expect(whyNotOnGpu(params, true)).toContain('one target');
    expect(whyNotOnGpu({ ...params, maxLeafNodes: 9 })).toContain("'maxLeafNodes'");
    expect(whyNotOnGpu({ ...params, ccpAlpha: 0.1 })).toContain("'ccpAlpha'");
  });

  test('entropy of whole weights, of as many as a table has terms; other criteria of any', () => {
    const rows = { weights: null, total: MOST, balancedSubsample: false };
    for (const criterion of ['entropy', 'logLoss'] as const) {
      expect(whyNotWeighed(criterion, rows)).toBeNull();
      expect(whyNotWeighed(criterion, { ...rows, weights: Float64Array.of(0, 2, 7), total: 9 })).toBeNull();
      for (const beyond of [
        { total: MOST + 1 },
        { balancedSubsample: true },
        { weights: Float64Array.of(1, 0.5), total: 1.5 },
      ])
        expect(whyNotWeighed(criterion, { ...rows, ...beyond })).toContain("'entropy'");
    }
    for (const criterion of ['gini', 'squaredError'] as const)
      expect(whyNotWeighed(criterion, { ...rows, total: MOST + 0.5, balancedSubsample: true })).toBeNull();
  });

  test('no cost where a block has no room for the classes', () => {
    const x = new Matrix(new Float32Array(8), 4, 2);
    const spec = { maxBins: 255, minSamplesLeaf: 1, maxDepth: 3, trees: 2, maxFeatures: 1, threads: 1 };
    const cost = (classes: number) => trainingCost(x, classes, spec as Omit<ForestSpec, 'cuda'>);
    expect(cost(23)?.cpuNs).toBeGreaterThan(0);
    expect(cost(24)).toBeNull();
  });
});
