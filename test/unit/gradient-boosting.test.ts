/** What gradient boosting with exact splits tells a listener, and how that ends it; golden values are in test/golden. */
import { describe, expect, test } from 'vitest';
import {
  GradientBoostingClassifier,
  GradientBoostingRegressor,
  loadDiabetes,
  loadIris,
  makePipeline,
  type Progress,
  StandardScaler,
} from '../../lib/index.js';

const { data, target } = loadDiabetes();
const iris = loadIris();

describe('a listener', () => {
  test('hears of each round, and ends the fit by false, which keeps its rounds', async () => {
    for (const params of [{}, { subsample: 0.5 }, { nIterNoChange: 20 }]) {
      const make = () => new GradientBoostingRegressor({ nEstimators: 30, randomState: 3, ...params });
      const events: Progress[] = [];
      const ended = await make().fit(data, target, {
        onProgress: (event) => {
          events.push(event);
          return event.done < 7;
        },
      });
      expect(events.map(({ done }) => done)).toEqual([1, 2, 3, 4, 5, 6, 7]);
      expect(events[6]).toMatchObject({
        estimator: 'GradientBoostingRegressor',
        total: 30,
        fraction: 7 / 30,
      });
      expect(events.map(({ trainLoss }) => trainLoss)).toEqual(Array.from(ended.trainScore));
      expect(events.every(({ validationLoss }) => validationLoss !== undefined)).toBe(
        'nIterNoChange' in params,
      );
      // What was trained is what fewer rounds give, and a listener that goes on changes nothing.
      const few = await make().setParams({ nEstimators: 7 }).fit(data, target);
      expect(ended.predictSync(data)).toEqual(few.predictSync(data));
      expect(ended.featureImportances).toEqual(few.featureImportances);
      const whole = await make().fit(data, target, { onProgress: () => true });
      expect(whole.nEstimators).toBe(30);
      expect(whole.trainScore).toEqual((await make().fit(data, target)).trainScore);
    }
  });

  test('counts the rounds of the last fit', async () => {
    const model = new GradientBoostingClassifier({ nEstimators: 4, warmStart: true });
    await model.fit(iris.data, iris.target);
    const counts: number[] = [];
    await model
      .setParams({ nEstimators: 9 })
      .fit(iris.data, iris.target, { onProgress: ({ done }) => counts.push(done) < 3 });
    expect(counts).toEqual([5, 6, 7]);
    expect(model.nEstimators).toBe(7);
  });

  test('may predict meanwhile, abort and throw: the model stays what it was', async () => {
    const model = await new GradientBoostingRegressor({ nEstimators: 2 }).fit(data, target);
    const before = model.predictSync(data);
    const stop = new AbortController();
    const listeners = [
      () => {
        throw new RangeError('enough');
      },
      () => stop.abort(),
    ];
    model.setParams({ nEstimators: 500 });
    for (const onProgress of listeners) {
      const fit = model.fit(data, target, { signal: stop.signal, onProgress });
      await expect(fit).rejects.toThrow(/enough|abort/i);
      expect(model.predictSync(data)).toEqual(before);
    }
    const onProgress = ({ done }: Progress) => model.predictSync(data).length > 0 && done < 3;
    await model.fit(data, target, { onProgress });
    expect(model.nEstimators).toBe(3);
  });

  test('ends several fits at once, and the last step of a pipeline', async () => {
    const fits = Array.from({ length: 6 }, (_, k) =>
      makePipeline(new StandardScaler(), new GradientBoostingRegressor()).fit(data, target, {
        onProgress: ({ done }) => done <= k,
      }),
    );
    const models = (await Promise.all(fits)).map(({ namedSteps }) => Object.values(namedSteps)[1]);
    expect(models.map((model) => (model as GradientBoostingRegressor).nEstimators)).toEqual([
      1, 2, 3, 4, 5, 6,
    ]);
  });
});

test('the score out of the bag is that of the last round', async () => {
  const params = { nEstimators: 4, randomState: 0 };
  const drawn = await new GradientBoostingRegressor({ ...params, subsample: 0.6 }).fit(data, target);
  expect(drawn.oobScore).toBe(drawn.oobScores[3]);
  const all = await new GradientBoostingRegressor(params).fit(data, target);
  expect(() => all.oobScore).toThrow(expect.objectContaining({ code: 'ERR_NOT_SUPPORTED' }));
});
