/** Pruning: what becomes 0, and that it stays so. */
import { expect, test } from 'vitest';
import { loadDigits } from '../../lib/index.js';
import { dense, input, prune, Sequential } from '../../lib/nn/index.js';

const { data, target } = loadDigits();
const X = data.scale(1 / 16);
const small = () =>
  new Sequential([input([3]), dense(2, { name: 'a' }), dense(2, { name: 'b' })]).setWeights([
    ...[
      [1, -0.1, 0.2, 5, -3, 0.1],
      [7, 8],
    ],
    ...[
      [0.05, 4, 3, 2],
      [9, 9],
    ],
  ]);
const refusal = (message: RegExp) =>
  expect.objectContaining({ code: 'ERR_PARAMETER', message: expect.stringMatching(message) });
const float = (values: number[]) => Float32Array.from(values);

test('the smallest weights of each layer, or of all layers, become 0; the model stays as it was', () => {
  const model = small();
  const before = model.getWeights();
  const byLayer = prune(model, { amount: 0.5 });
  expect(byLayer.model.getWeights()).toEqual([
    float([1, 0, 0, 5, -3, 0]),
    float([7, 8]),
    float([0, 4, 3, 0]),
    float([9, 9]),
  ]);
  expect(byLayer.layers).toEqual([
    { name: 'a/kernel', weights: 6, zeros: 3 },
    { name: 'b/kernel', weights: 4, zeros: 2 },
  ]);
  const together = prune(model, { amount: 0.4, scope: 'global' });
  expect(together.model.getWeights()[0]).toEqual(float([1, 0, 0, 5, -3, 0]));
  expect(together.model.getWeights()[2]).toEqual(float([0, 4, 3, 2]));
  expect(model.getWeights()).toEqual(before);
  expect(prune(model, { amount: 0 }).model.getWeights()).toEqual(before);
});

test('whole units go with their biases, but not the outputs unless they are named', () => {
  const { model, layers } = prune(small(), { amount: 0.5, method: 'structured' });
  expect(model.getWeights()).toEqual([
    float([0, -0.1, 0, 5, 0, 0.1]),
    float([0, 8]),
    float([0.05, 4, 3, 2]),
    float([9, 9]),
  ]);
  expect(layers.map(({ name }) => name)).toEqual(['a/kernel']);
  expect(prune(small(), { amount: 0.5, method: 'structured', layers: ['b'] }).model.getWeights()[2]).toEqual(
    float([0, 4, 0, 2]),
  );
});

test('what is pruned stays 0 in further training, which gives back what it cost', async () => {
  const model = new Sequential([dense(32, { activation: 'relu' }), dense(10, { activation: 'softmax' })], {
    ...{ loss: 'sparseCategoricalCrossentropy', optimizer: 'adam', metrics: ['accuracy'], randomState: 1 },
  });
  await model.fit(X, target, { epochs: 20, verbose: 0 });
  const pruned = prune(model, { amount: 0.7 });
  const after = (await pruned.model.evaluate(X, target)).accuracy;
  await pruned.model.fit(X, target, { epochs: 8, verbose: 0, callbacks: [pruned.keep] });
  expect((await pruned.model.evaluate(X, target)).accuracy).toBeGreaterThan(Math.max(after, 0.95));
  const [kernel] = pruned.model.getWeights();
  expect(kernel.reduce((count, value) => count + Number(value === 0), 0)).toBe(
    Math.round(0.7 * kernel.length),
  );
  expect(pruned.model.classes).toEqual(model.classes);
});

test('bad options are refused', () => {
  expect(() => prune(small(), { amount: 1 })).toThrow(refusal(/amount/));
  expect(() => prune(small(), { amount: 0.5, layers: ['c'] })).toThrow(refusal(/"c".*a, b/));
  expect(() => prune(small(), { amount: 0.5, method: 'structured', scope: 'global' })).toThrow(
    refusal(/scope/),
  );
  expect(() => prune({} as never, { amount: 0.5 })).toThrow(refusal(/Sequential/));
  expect(() => prune(new Sequential([dense(1)]), { amount: 0.5 })).toThrow(
    expect.objectContaining({ code: 'ERR_NOT_FITTED' }),
  );
});
