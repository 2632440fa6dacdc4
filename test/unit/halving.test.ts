/** Successive halving, curves and permutation tests: errors and edge cases; golden values are in test/golden. */
import { describe, expect, test } from 'vitest';
import {
  DecisionTreeClassifier,
  GaussianNB,
  HalvingGridSearchCV,
  HalvingRandomSearchCV,
  learningCurve,
  load,
  loadDiabetes,
  loadIris,
  permutationTestScore,
  RandomForestClassifier,
  Ridge,
  randint,
  validationCurve,
} from '../../lib/index.js';

const { data, target } = loadIris();
const code = (expected: string) => expect.objectContaining({ code: expected });

describe('halving', () => {
  const grid = { varSmoothing: [1e-9, 1e-6, 1e-3, 0.1, 1] };
  test.each([
    [{ factor: 1 }],
    [{ resource: 'nTrees', maxResources: 9 }],
    [{ resource: 'nEstimators' }],
    [{ resource: 'varSmoothing', maxResources: 5 }],
    [{ minResources: 200 }],
    [{ maxResources: 151 }],
    [{ minResources: 'most' }],
    [{ scoring: ['accuracy'] }],
    [{ refit: 'accuracy' }],
  ])('%j is refused', async (options) => {
    const search = new HalvingGridSearchCV(new GaussianNB(), grid, options as never);
    await expect(search.fit(data, target)).rejects.toThrow(code('ERR_PARAMETER'));
  });

  test('only one of two counts can follow from the other', async () => {
    const options = { minResources: 'exhaust', nCandidates: 'exhaust' } as const;
    const search = new HalvingRandomSearchCV(new GaussianNB(), grid, options);
    await expect(search.fit(data, target)).rejects.toThrow(code('ERR_PARAMETER'));
  });

  test('the better candidates go on, with progress over all rounds', async () => {
    const events: number[] = [];
    const search = new HalvingRandomSearchCV(
      new RandomForestClassifier({ randomState: 0 }),
      { maxDepth: randint(1, 8), minSamplesLeaf: randint(1, 30) },
      { resource: 'nEstimators', maxResources: 9, nCandidates: 6, cv: 2, randomState: 4 },
    );
    await search.fit(data, target, { onProgress: ({ done, total }) => events.push(done, total) });
    expect(search.nCandidates).toEqual([6, 2]);
    expect(search.nResources).toEqual([1, 3]);
    expect(search.nIterations).toBe(2);
    expect(events.slice(-2)).toEqual([16, 16]);
    const { params, meanTestScore, iter } = search.cvResults;
    const scores = Array.from(meanTestScore as Float64Array);
    const kept = params.slice(6).map(({ maxDepth }) => maxDepth);
    const first = [...scores.slice(0, 6).keys()].sort((a, b) => scores[a] - scores[b] || a - b).slice(-2);
    expect(kept).toEqual(first.map((k) => params[k].maxDepth));
    expect(iter[search.bestIndex]).toBe(1);
    expect(search.bestParams.nEstimators).toBe(3);
    expect(search.bestScore).toBe(Math.max(...scores.slice(6)));
    const copy = (await load(search.toBytes())) as typeof search;
    expect(copy.nCandidates).toEqual([6, 2]);
    expect(copy.predictSync(data)).toEqual(search.predictSync(data));
  });

  test('the same seed draws the same rows', async () => {
    const run = async (randomState: number) => {
      const search = new HalvingGridSearchCV(new GaussianNB(), grid, { cv: 3, factor: 2, randomState });
      return Array.from((await search.fit(data, target)).cvResults.meanTestScore as Float64Array);
    };
    expect(await run(1)).toEqual(await run(1));
    expect(await run(1)).not.toEqual(await run(2));
  });
});

describe('curves', () => {
  test.each([[[0.5, 1.5]], [[0]], [[]], [[-1]], [[121]], [[Number.NaN]]])(
    'sizes %j are refused',
    async (trainSizes) => {
      const curve = learningCurve(new GaussianNB(), data, target, { trainSizes });
      await expect(curve).rejects.toThrow(code('ERR_PARAMETER'));
    },
  );

  test('sizes are counted once and rise; shuffled rows have all classes', async () => {
    const tree = new DecisionTreeClassifier({ randomState: 0 });
    const options = { trainSizes: [60, 30, 60], shuffle: true, randomState: 1, cv: 4 };
    const curve = await learningCurve(tree, data, target, options);
    expect(curve.trainSizes).toEqual(Int32Array.of(30, 60));
    expect([curve.testScores.rows, curve.testScores.cols]).toEqual([2, 4]);
    expect(curve.trainScores.toArray().flat()).toEqual(Array(8).fill(1));
    expect(
      curve.fitTimes
        .toArray()
        .flat()
        .every((ms) => ms > 0),
    ).toBe(true);
  });

  test('a fit that fails throws, or scores as told', async () => {
    const sorted = { trainSizes: [20, 90], cv: 3 };
    await expect(learningCurve(new GaussianNB(), data, target, sorted)).rejects.toThrow(code('ERR_LABELS'));
    const curve = await learningCurve(new GaussianNB(), data, target, {
      ...sorted,
      errorScore: Number.NaN,
    });
    const allFail = { trainSizes: [20], cv: 3, errorScore: Number.NaN };
    await expect(learningCurve(new GaussianNB(), data, target, allFail)).rejects.toThrow(code('ERR_LABELS'));
    expect(curve.testScores.row(0)).toEqual(Float64Array.of(Number.NaN, Number.NaN, Number.NaN));
    expect(curve.testScores.row(1).every((score) => score > 0)).toBe(true);
  });

  test('parameters that are not there, and lists of scorers, are refused', async () => {
    const { data: X, target: y } = loadDiabetes();
    const refused = [
      validationCurve(new Ridge(), X, y, 'beta', [1]),
      validationCurve(new Ridge(), X, y, 'alpha', []),
      validationCurve(new Ridge(), X, y, 'alpha', [1], { scoring: ['r2'] as never }),
      permutationTestScore(new Ridge(), X, y, { nPermutations: 0 }),
    ];
    for (const promise of refused) await expect(promise).rejects.toThrow(code('ERR_PARAMETER'));
  });
});

test('targets are shuffled within groups', async () => {
  // Within groups all targets are alike, so that shuffles change nothing.
  const groups = Array.from(target, (label) => `g${label}`);
  const options = { groups, nPermutations: 5, cv: 3, randomState: 0 };
  const found = await permutationTestScore(new GaussianNB(), data, target, options);
  expect(Array.from(found.permutationScores)).toEqual(Array(5).fill(found.score));
  expect(found.pValue).toBe(1);
  const progress: number[] = [];
  await permutationTestScore(new GaussianNB(), data, target, {
    ...{ nPermutations: 2, cv: 2, onProgress: ({ done }: { done: number }) => progress.push(done) },
  });
  expect(progress).toEqual([1, 2, 3, 4, 5, 6]);
});
