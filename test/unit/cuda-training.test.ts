/**
 * Networks, forests, clusters and components learned on the emulated GPU, beside the CPU's. The kernels' own tests are in native/test/cuda.
 */
import { expect, test } from 'vitest';
import { Random } from '../../lib/core/random.js';
import {
  KMeans,
  loadIris,
  loadWine,
  Matrix,
  makePipeline,
  PCA,
  RandomForestClassifier,
  RandomForestRegressor,
  StandardScaler,
} from '../../lib/index.js';
import {
  adamw,
  batchNorm,
  dense,
  dropout,
  l2,
  MLPClassifier,
  MLPRegressor,
  Sequential,
} from '../../lib/nn/index.js';
import { describeOnEmulatedGpu } from '../support/emulated-gpu.js';

const coded = (code: string) => expect.objectContaining({ code });

/** The largest distance of two arrays. */
function distance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  expect(a.length).toBe(b.length);
  let most = 0;
  for (let i = 0; i < a.length; i++) most = Math.max(most, Math.abs(a[i] - b[i]));
  return most;
}

describeOnEmulatedGpu('training on an emulated GPU', async () => {
  const iris = loadIris();
  const scaled = await new StandardScaler().fitTransform(iris.data);
  const every5th = (values: ArrayLike<unknown>) => Array.from(values).filter((_, i) => i % 5 === 0);
  const data = new Matrix(
    Float32Array.from(scaled.toArray().flatMap((row, i) => (i % 5 === 0 ? row : []))),
    30,
    4,
  );
  const target = every5th(iris.target) as number[];

  test('perceptrons: losses, weights and classes of the CPU, the same twice, and partialFit', async () => {
    const params = { hiddenLayerSizes: [9], maxIter: 5, batchSize: 12, randomState: 3 };
    const weight = Float64Array.from(target, (_, i) => 1 + (i % 3));
    const fit = (device: 'cpu' | 'cuda') =>
      new MLPClassifier(params).fit(data, target, { device, sampleWeight: weight });
    const [cpu, gpu, again] = [await fit('cpu'), await fit('cuda'), await fit('cuda')];
    expect(distance(gpu.lossCurve, cpu.lossCurve)).toBeLessThan(1e-5);
    gpu.coefs.forEach((coef, i) => {
      expect(distance(coef.data, cpu.coefs[i].data)).toBeLessThan(1e-4);
    });
    expect(again.coefs).toEqual(gpu.coefs);
    expect(await gpu.predict(data)).toEqual(await cpu.predict(data));
    await gpu.partialFit(data, target, { device: 'cuda' });
    await cpu.partialFit(data, target);
    expect(distance(gpu.lossCurve, cpu.lossCurve)).toBeLessThan(1e-5);
  });

  test('forests on histograms: the trees of the CPU; what is needed is said of others', async () => {
    const make = (params = {}) =>
      new RandomForestClassifier({ nEstimators: 3, maxBins: 20, oobScore: true, randomState: 2, ...params });
    const [cpu, gpu] = [await make().fit(data, target), await make().fit(data, target, { device: 'cuda' })];
    expect((await gpu.predictProba(data)).data).toEqual((await cpu.predictProba(data)).data);
    expect(gpu.featureImportances).toEqual(cpu.featureImportances);
    expect(gpu.oobScore).toBe(cpu.oobScore);
    const refused = (model: RandomForestClassifier | RandomForestRegressor) =>
      expect(model.fit(data, target, { device: 'cuda' })).rejects;
    await refused(make({ maxBins: null })).toMatchObject({
      code: 'ERR_NOT_SUPPORTED',
      message: expect.stringContaining("set 'maxBins'"),
    });
    for (const params of [{ maxLeafNodes: 4 }, { ccpAlpha: 0.1 }])
      await refused(make(params)).toMatchObject({
        code: 'ERR_NOT_SUPPORTED',
        message: expect.stringContaining("device 'auto' or 'cpu' takes the CPU"),
      });
    const numbers = (device: 'cpu' | 'cuda') =>
      new RandomForestRegressor({ nEstimators: 3, maxBins: 20, randomState: 2 }).fit(data, target, {
        device,
      });
    const [one, other] = [await numbers('cpu'), await numbers('cuda')];
    expect(await other.predict(data)).toEqual(await one.predict(data));
    expect(other.featureImportances).toEqual(one.featureImportances);
    await refused(new RandomForestRegressor()).toMatchObject({ code: 'ERR_NOT_SUPPORTED' });
    const uneven = { sampleWeight: Float64Array.from(target, (label) => label + 0.5) };
    const byEntropy = make({ criterion: 'entropy', bootstrap: false, oobScore: false });
    await expect(byEntropy.fit(data, target, { ...uneven, device: 'cuda' })).rejects.toMatchObject({
      code: 'ERR_NOT_SUPPORTED',
    });
    const exact = await make({ maxBins: null }).fit(data, target, { device: 'auto' });
    expect(await exact.score(data, target)).toBeGreaterThan(0.9);
  });

  test('regressors with early stopping, and sgd', async () => {
    const params = { hiddenLayerSizes: [5], solver: 'sgd', maxIter: 3, earlyStopping: true } as const;
    const y = Float64Array.from(target, (label) => label / 2);
    const fit = (device: 'auto' | 'cuda:1') =>
      new MLPRegressor({ ...params, randomState: 0 }).fit(data, y, { device });
    const [cpu, gpu] = [await fit('auto'), await fit('cuda:1')];
    expect(distance(gpu.validationScores, cpu.validationScores)).toBeLessThan(1e-4);
    const two = Array.from(y, (value) => [value, -value]);
    const fitTwo = (device: 'auto' | 'cuda:1') =>
      new MLPRegressor({ ...params, randomState: 0 }).fit(data, two, { device });
    const [cpuTwo, gpuTwo] = [await fitTwo('auto'), await fitTwo('cuda:1')];
    expect(distance(gpuTwo.lossCurve, cpuTwo.lossCurve)).toBeLessThan(1e-4);
  });

  test('k-means: labels, centres and inertia of the CPU, weighted too, in a pipeline, and an abort', async () => {
    const weight = Float64Array.from(target, (_, i) => 1 + (i % 3));
    for (const [X, sampleWeight] of [
      [iris.data, undefined],
      [data, weight],
    ] as const) {
      const fit = (device: 'cpu' | 'cuda') =>
        new KMeans({ nClusters: 3, nInit: 2, randomState: 1 }).fit(X, undefined, { device, sampleWeight });
      const [cpu, gpu] = [await fit('cpu'), await fit('cuda')];
      expect(gpu.labels).toEqual(cpu.labels);
      expect(gpu.nIter).toBe(cpu.nIter);
      expect(distance(gpu.clusterCenters.data, cpu.clusterCenters.data)).toBeLessThan(1e-5);
      expect(gpu.inertia).toBeCloseTo(cpu.inertia, 3);
    }
    const pipeline = makePipeline(new StandardScaler(), new KMeans({ nClusters: 3, randomState: 1 }));
    await pipeline.fit(iris.data, undefined, { device: 'cuda' });
    expect(pipeline.isFitted).toBe(true);
    const signal = AbortSignal.abort();
    await expect(new KMeans().fit(data, undefined, { device: 'cuda', signal })).rejects.toThrow(
      coded('ERR_ABORTED'),
    );
  });

  test('components by the covariance and by random directions; columns far from 0 keep their digits', async () => {
    const wine = loadWine().data;
    const moved = new Matrix(
      Float64Array.from(iris.data.data, (v) => v + 1e4),
      iris.data.rows,
      iris.data.cols,
    );
    for (const [X, params] of [
      [iris.data, { nComponents: 2 }],
      [moved, {}],
      [wine, { nComponents: 3, svdSolver: 'randomized', randomState: 0 }],
      [wine, { nComponents: 0.9 }],
    ] as const) {
      const cpu = await new PCA(params).fit(X);
      const gpu = await new PCA(params).fit(X, undefined, { device: 'cuda' });
      expect(distance(gpu.components.data, cpu.components.data)).toBeLessThan(2e-4);
      const scale = cpu.explainedVariance[0];
      expect(distance(gpu.explainedVariance, cpu.explainedVariance) / scale).toBeLessThan(2e-6);
      // Each sums in an order of its own.
      for (const [j, mean] of cpu.mean.entries())
        expect(Math.abs(gpu.mean[j] - mean)).toBeLessThanOrEqual(1e-15 * Math.abs(mean));
    }
    const few = await new PCA({ nComponents: 2 }).fit(wine.slice(0, 20), undefined, { device: 'cuda' });
    expect(few.components.rows).toBe(2);
    for (const params of [{ svdSolver: 'full' }, { nComponents: 'mle' }] as const) {
      const refused = new PCA(params).fit(iris.data, undefined, { device: 'cuda' });
      await expect(refused).rejects.toThrow(coded('ERR_NOT_SUPPORTED'));
    }
  });

  test('axes too short for a covariance of float32 are found by random directions', async () => {
    const random = new Random(1);
    const draws = (count: number, scale: (i: number) => number) =>
      Float64Array.from({ length: count }, (_, i) => scale(i) * random.normal());
    const along = new Matrix(
      draws(200 * 3, (i) => [1, 0.5, 3e-4][i % 3]),
      200,
      3,
    );
    const X = along.matmul(
      new Matrix(
        draws(3 * 5, () => 1),
        3,
        5,
      ),
    );
    const params = { nComponents: 3, svdSolver: 'randomized', randomState: 0 } as const;
    const cpu = await new PCA(params).fit(X);
    const gpu = await new PCA(params).fit(X, undefined, { device: 'cuda' });
    expect(distance(gpu.components.data, cpu.components.data)).toBeLessThan(2e-3);
  });

  test('what a GPU does not train is named', async () => {
    await expect(
      new MLPClassifier({ solver: 'lbfgs' }).fit(data, target, { device: 'cuda' }),
    ).rejects.toThrow(coded('ERR_NOT_SUPPORTED'));
    const model = new Sequential([dense(4), batchNorm(), dense(3)]);
    model.compile({ optimizer: 'adam', loss: 'mse' });
    const y = target.map((label) => [label, 0, 1]);
    await expect(model.fit(data, y, { device: 'cuda', verbose: 0 })).rejects.toThrow(
      expect.objectContaining({ code: 'ERR_NOT_SUPPORTED', message: expect.stringContaining('batchNorm') }),
    );
    await expect(model.fit(data, y, { device: 'cuda:7', verbose: 0 })).rejects.toThrow(coded('ERR_DEVICE'));
    await model.fit(data, y, { device: 'auto', epochs: 2, verbose: 0 });
    expect(model.history.history.loss).toHaveLength(2);
  });

  test('Sequential: dropout draws what the CPU draws; metrics, schedules and an abort', async () => {
    const build = () =>
      new Sequential([
        dense(8, { activation: 'gelu', kernelRegularizer: l2(0.01) }),
        dropout(0.3),
        dense(3, { activation: 'softmax' }),
      ]).compile({
        optimizer: adamw({ learningRate: 0.01, weightDecay: 0.01, clipNorm: 1 }),
        loss: 'sparseCategoricalCrossentropy',
        metrics: ['accuracy'],
      });
    const fit = async (device: 'cpu' | 'cuda') => {
      const model = build().setParams({ randomState: 5 });
      await model.fit(data, target, { device, epochs: 3, batchSize: 8, validationSplit: 0.2, verbose: 0 });
      return model.history.history;
    };
    const [cpu, gpu] = [await fit('cpu'), await fit('cuda')];
    expect(Object.keys(gpu)).toEqual(Object.keys(cpu));
    for (const name of Object.keys(gpu)) expect(distance(gpu[name], cpu[name])).toBeLessThan(1e-3);
    const stop = new AbortController();
    const model = build();
    const onProgress = () => stop.abort();
    const options = { device: 'cuda', epochs: 50, verbose: 0, signal: stop.signal, onProgress } as const;
    await expect(model.fit(data, target, options)).rejects.toThrow(coded('ERR_ABORTED'));
    expect(model.isFitted).toBe(true);
  });
});
