/** Listeners of progress that answer with a promise. */
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import {
  crossValScore,
  loadIris,
  type Progress,
  partialDependence,
  permutationImportance,
  RandomForestClassifier,
} from '../../lib/index.js';
import { dense, Sequential } from '../../lib/nn/index.js';

const { data, target } = loadIris();
const forest = new RandomForestClassifier({ nEstimators: 3, randomState: 0 });

/** What one calls with each event. */
type Listener = (event: Progress) => unknown;

const works: [string, (onProgress: Listener, signal?: AbortSignal) => Promise<unknown>][] = [
  ['a fit', (onProgress, signal) => forest.clone().fit(data, target, { onProgress, signal })],
  [
    'a fit of a network',
    (onProgress, signal) => {
      const model = new Sequential([dense(3, { activation: 'softmax' })], {
        loss: 'sparseCategoricalCrossentropy',
      });
      return model.fit(data, target, { epochs: 2, verbose: 0, onProgress, signal });
    },
  ],
  ['a cross-validation', (onProgress, signal) => crossValScore(forest, data, target, { onProgress, signal })],
  [
    'an explanation',
    async (onProgress, signal) => {
      const model = await forest.clone().fit(data, target);
      const options = { nRepeats: 1, onProgress, signal, sampleWeight: null as never };
      return permutationImportance(model, data, target, options);
    },
  ],
  [
    'a partial dependence',
    async (onProgress, signal) => {
      const model = await forest.clone().fit(data, target);
      return partialDependence(model, data, [0], { onProgress, signal, sampleWeight: null as never });
    },
  ],
];

const realms = [
  ['this realm', Promise],
  ['another', runInNewContext('Promise') as PromiseConstructor],
] as const;

describe.each(works)('%s', (_, work) => {
  test.each(realms)('is rejected by what a promise of %s rejects with', async (__, Promises) => {
    const done = work(() => Promises.reject(new RangeError('enough')));
    await expect(done).rejects.toThrow('enough');
  });

  test('takes null for none, and refuses what is no listener', async () => {
    await work(null as never, null as never);
    await expect(work(5 as never)).rejects.toMatchObject({ code: 'ERR_PARAMETER' });
  });

  test('hears an abort while a listener answers', async () => {
    const controller = new AbortController();
    const done = work(({ fraction }) => {
      if (fraction === 1) setTimeout(() => controller.abort());
      return new Promise(() => {});
    }, controller.signal);
    await expect(done).rejects.toMatchObject({ code: 'ERR_ABORTED' });
  });
});
