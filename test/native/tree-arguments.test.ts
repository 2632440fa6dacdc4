/** What JavaScript passes in error to what grows, boosts, walks and explains trees is answered with an error with a code. */
import { describe, expect, it } from 'vitest';
import { native } from '../../lib/native.ts';
import { booster, boosterArgs, codeOf, f32, f64, program, raw, shapArguments } from './calls.ts';
import { affineConstants, affineOps, boostingSpec, forestSpec } from './support.ts';

describe('wrong arguments of trees have a code', () => {
  const forest = (
    spec: object,
    x: Float32Array | Float64Array = f32(6),
    more: unknown[] = [null, null, f64(2), null],
  ) => raw.fitForest(x, 2, 3, ...more, { ...forestSpec(), ...spec }, null, null);
  const classes = (codes: number[], counts: number[], spec: object = {}) =>
    forest({ criterion: 'gini', targets: counts.length, ...spec }, f32(6), [
      ...[Int32Array.from(codes), Int32Array.from(counts), null, null],
    ]);

  it.each<[string, string, () => unknown]>([
    ['ERR_PARAMETER', 'no trees', () => forest({ trees: 0 })],
    ['ERR_PARAMETER', 'too many features', () => forest({ maxFeatures: 4 })],
    ['ERR_PARAMETER', 'too many samples', () => forest({ maxSamples: 2 ** 31 })],
    ['ERR_PARAMETER', 'an unknown criterion', () => forest({ criterion: 'hinge' })],
    ['ERR_PARAMETER', 'one leaf', () => forest({ maxLeaves: 1 })],
    ['ERR_PARAMETER', 'constraints of another number', () => forest({ monotonic: new Int32Array(2) })],
    ['ERR_PARAMETER', 'a constraint that is no sign', () => forest({ monotonic: Int32Array.of(0, 0, 2) })],
    ['ERR_DTYPE', 'constraints of another type', () => forest({ monotonic: new Uint8Array(3) })],
    ['ERR_PARAMETER', 'out of bag without a bag', () => forest({ outOfBag: true, bootstrap: false })],
    ['ERR_SHAPE', 'gini for targets', () => forest({ criterion: 'gini' })],
    ['ERR_SHAPE', 'neither classes nor targets', () => forest({}, f32(6), [null, null, null, null])],
    [
      'ERR_LABELS',
      'a class too large',
      () => forest({ criterion: 'gini' }, f32(6), [Int32Array.of(0, 5), Int32Array.of(2), null, null]),
    ],
    ['no error', 'classes of two targets', () => classes([0, 1, 1, 0], [2, 2])],
    ['ERR_LABELS', 'a class of the second target too large', () => classes([0, 2, 1, 0], [2, 2])],
    ['ERR_LABELS', 'more classes than rows', () => classes([0, 1], [3])],
    ['ERR_PARAMETER', 'a number of classes below 0', () => classes([0, 1], [-2])],
    ['ERR_SHAPE', 'more classes than targets', () => classes([0, 1, 1, 0], [2, 2], { targets: 1 })],
    [
      'ERR_DTYPE',
      'numbers of classes that are not whole',
      () => forest({ criterion: 'gini' }, f32(6), [new Int32Array(2), f64(1), null, null]),
    ],
    [
      'ERR_PARAMETER',
      'an order of two targets',
      () => classes([0, 1, 1, 0], [2, 2], { monotonic: Int32Array.of(1, 0, 0) }),
    ],
    ['ERR_SHAPE', 'too few classes of two targets', () => classes([0, 1, 1], [2, 2])],
    ['no error', 'bins of two targets', () => classes([0, 1, 1, 0], [2, 2], { maxBins: 8 })],
    ['ERR_SHAPE', 'targets', () => forest({}, f32(6), [null, null, f64(3), null])],
    [
      'ERR_PARAMETER',
      'no parameters',
      () => raw.fitForest(f32(6), 2, 3, null, null, f64(2), null, null, null, null),
    ],
    [
      'ERR_PARAMETER',
      'progress',
      () => raw.fitForest(f32(6), 2, 3, null, null, f64(2), null, forestSpec(), null, 1),
    ],
  ])('forest, %s: %s', async (code, _, call) => {
    expect(await codeOf(call)).toBe(code);
  });

  const boosting = (spec: object, more: unknown[] = [f64(2), null, f64(2)]) =>
    raw.fitBoosting(f32(6), 2, 3, ...more, { ...boostingSpec(), ...spec }, null, null);
  it.each<[string, string, () => unknown]>([
    ['no error', 'nothing wrong', () => boosting({})],
    ['ERR_PARAMETER', 'no rounds', () => boosting({ rounds: 0 })],
    ['ERR_PARAMETER', 'learning rate', () => boosting({ learningRate: -1 })],
    ['ERR_PARAMETER', 'subsample', () => boosting({ subsample: 0 })],
    ['ERR_PARAMETER', 'alpha', () => boosting({ alpha: 1 })],
    ['ERR_PARAMETER', 'an unknown loss', () => boosting({ loss: 'hinge' })],
    ['ERR_PARAMETER', 'no rows to train on', () => boosting({ validationRows: 2 })],
    ['ERR_PARAMETER', 'one class', () => boosting({ loss: 'multinomial', classCount: 1 })],
    ['ERR_LABELS', 'no class', () => boosting({ loss: 'logistic' }, [f64(2).fill(0.5), null, f64(2)])],
    ['ERR_SHAPE', 'raw', () => boosting({ loss: 'multinomial', classCount: 3 })],
    ['ERR_SHAPE', 'weights', () => boosting({}, [f64(2), f64(3), f64(2)])],
  ])('boosting, %s: %s', async (code, _, call) => {
    expect(await codeOf(call)).toBe(code);
  });

  it.each<[string, string, () => unknown]>([
    [
      'ERR_DTYPE',
      'validation rows of another type',
      () => raw.boosterCreate(...boosterArgs().with(5, f64(3))),
    ],
    ['ERR_SHAPE', 'validation rows too few', () => raw.boosterCreate(...boosterArgs().with(6, 2))],
    ['ERR_SHAPE', 'targets too few', () => raw.boosterCreate(...boosterArgs().with(3, f64(1)))],
    ['ERR_SHAPE', 'scores too few', () => native.boosterCreate(...boosterArgs({ scores: f64(1) }))],
    [
      'ERR_SHAPE',
      'marks too few',
      () => native.boosterCreate(...boosterArgs({ categorical: new Int32Array(2) })),
    ],
    ['ERR_PARAMETER', 'one leaf', () => native.boosterCreate(...boosterArgs({ maxLeaves: 1 }))],
    ['ERR_PARAMETER', 'too many bins', () => native.boosterCreate(...boosterArgs({ maxBins: 256 }))],
    ['ERR_PARAMETER', 'no rate', () => native.boosterCreate(...boosterArgs({ learningRate: Number.NaN }))],
    [
      'ERR_LABELS',
      'too many classes',
      () => native.boosterCreate(...boosterArgs({ loss: 'softmax', classes: 9 })),
    ],
    [
      'ERR_PARAMETER',
      'gradients in memory that may move',
      () => {
        const three = {
          raw: new Float64Array(3),
          gradient: new Float32Array(3),
          hessian: new Float32Array(3),
        };
        return raw.boosterRound(booster, true, true, three, null);
      },
    ],
    ['ERR_PARAMETER', 'a round of something else', () => raw.boosterRound(program, true, true, null, null)],
  ])('booster, %s: %s', async (code, _, call) => {
    expect(await codeOf(call)).toBe(code);
  });

  it('positions come along', async () => {
    const x = Float64Array.of(0, 1, 2, 3, 1e300, 5);
    await expect(forest({}, x)).rejects.toMatchObject({ code: 'ERR_INPUT_INFINITE', row: 1, column: 1 });
  });
});

describe('treeShap', () => {
  const call = (change: Record<number, unknown>) => {
    const values = shapArguments();
    for (const [at, value] of Object.entries(change)) values[Number(at)] = value;
    return raw.treeShap(...values);
  };
  const spec = { divisor: 1, interactions: false };
  it.each<[string, string, Record<number, unknown>]>([
    ['ERR_PLAN', 'no forest', { 3: affineOps(3), 4: affineConstants(3) }],
    ['ERR_PLAN', 'a hostile plan', { 3: Int32Array.of(1, 3, 1, 12, 1, 0, 0, 0) }],
    ['ERR_SHAPE', 'a plan of other columns', { 0: f32(6), 1: 1, 2: 6 }],
    ['ERR_SHAPE', 'a background of other columns', { 6: f32(4) }],
    ['ERR_DTYPE', 'a background of another type', { 6: f64(3) }],
    ['ERR_PARAMETER', 'a divisor of 0', { 5: { ...spec, divisor: 0 } }],
    ['ERR_NOT_SUPPORTED', 'interactions and a background', { 5: { ...spec, interactions: true }, 6: f32(3) }],
  ])('%s: %s', async (code, _, change) => {
    expect(await codeOf(() => call(change))).toBe(code);
  });
});
