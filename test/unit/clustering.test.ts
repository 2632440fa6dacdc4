/** Clusters of other kinds, mixtures and factorisations: what the common checks and the golden values do not show. */
import { describe, expect, test, vi } from 'vitest';
import { Random } from '../../lib/core/random.js';
import {
  AgglomerativeClustering,
  adjustedRandScore,
  CsrMatrix,
  EllipticEnvelope,
  exportONNX,
  GaussianMixture,
  IncrementalPCA,
  KMeans,
  load,
  loadIris,
  loadWine,
  Matrix,
  makeBlobs,
  NearestNeighbors,
  NMF,
  Pipeline,
  StandardScaler,
  silhouetteSamples,
} from '../../lib/index.js';

const code = (wanted: string) => expect.objectContaining({ code: wanted });
const blobs = makeBlobs({ nSamples: 900, centers: 4, nFeatures: 3, clusterStd: 0.6, randomState: 3 });

describe('AgglomerativeClustering', () => {
  test('refuses options that contradict each other', async () => {
    const rows = [[0], [1], [5]];
    for (const params of [
      { nClusters: null },
      { nClusters: 2, distanceThreshold: 1 },
      { metric: 'manhattan' },
      { nClusters: 4 },
    ] as const)
      await expect(new AgglomerativeClustering(params).fit(rows)).rejects.toEqual(code('ERR_PARAMETER'));
    const square = new AgglomerativeClustering({ metric: 'precomputed', linkage: 'average' });
    await expect(square.fit([[0], [1]])).rejects.toEqual(code('ERR_SHAPE'));
  });

  test('distances may be given', async () => {
    const rows = blobs.X.slice(0, 80);
    const distances = Array.from({ length: 80 }, (_, i) =>
      Array.from({ length: 80 }, (_, j) => Math.hypot(...rows.row(i).map((v, d) => v - rows.row(j)[d]))),
    );
    for (const linkage of ['complete', 'single'] as const) {
      const direct = await new AgglomerativeClustering({ nClusters: 4, linkage }).fit(rows);
      const given = new AgglomerativeClustering({ nClusters: 4, linkage, metric: 'precomputed' });
      expect(await given.fitPredict(distances)).toEqual(direct.labels);
    }
  });

  test('merges along edges only, of graphs of any form', async () => {
    // Two rings of rows, one within the other.
    const ring = (radius: number, count: number) =>
      Array.from({ length: count }, (_, i) => {
        const angle = (2 * Math.PI * i) / count;
        return [radius * Math.cos(angle), radius * Math.sin(angle)];
      });
    const rows = [...ring(1, 20), ...ring(2, 40)];
    const search = await new NearestNeighbors({ nNeighbors: 3 }).fit(rows);
    const graph = await search.kneighborsGraph();
    const rings = rows.map((_, i) => Number(i >= 20));
    const edges = CsrMatrix.fromTriplets(
      Array.from(graph.indices, (j, e) => [Math.floor(e / 3), j, e % 2 ? 1 : -2] as const),
      [60, 60],
    );
    const dense = edges.toDense();
    for (const connectivity of [graph, edges, dense, dense.toArray(), () => graph, async () => dense]) {
      const model = new AgglomerativeClustering({ connectivity, linkage: 'average' });
      expect(adjustedRandScore(rings, await model.fitPredict(rows))).toBe(1);
      expect(model.children.length).toBe(59);
      if (typeof connectivity === 'function') {
        expect(() => model.toBytes()).toThrow(code('ERR_NOT_SUPPORTED'));
        continue;
      }
      const copy = (await load(model.toBytes())) as typeof model;
      expect(copy.distances).toEqual(model.distances);
      expect((await copy.clone().fit(rows)).distances).toEqual(model.distances);
      // As the arrays that it was made of.
      const values = (copy.params.connectivity as Matrix).data;
      expect(ArrayBuffer.isView(values)).toBe(!Array.isArray(connectivity));
    }
    const few = { nClusters: 9, connectivity: graph, computeFullTree: false };
    const part = await new AgglomerativeClustering(few).fit(rows);
    expect(part.children.length).toBe(51);
    expect(new Set(part.labels).size).toBe(9);
    expect(((await load(part.toBytes())) as typeof part).children).toEqual(part.children);
  });

  test('joins the parts of a graph by their nearest rows, with a warning', async () => {
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    const rows = [[0], [1], [10], [12], [30]];
    const none = new CsrMatrix({
      ...{ data: new Float64Array(0), indices: new Int32Array(0) },
      ...{ indptr: new Int32Array(6), cols: 5 },
    });
    for (const linkage of ['ward', 'complete', 'average', 'single'] as const) {
      const free = await new AgglomerativeClustering({ linkage }).fit(rows);
      const model = await new AgglomerativeClustering({ linkage, connectivity: none }).fit(rows);
      expect(model.nConnectedComponents).toBe(5);
      expect(model.labels).toEqual(free.labels);
    }
    expect(warn).toHaveBeenCalledTimes(4);
    expect(warn).toHaveBeenCalledWith(expect.stringMatching(/5 parts/), 'BorealWarning');
    vi.restoreAllMocks();
  });

  test('refuses a graph of too many parts, whose pairs would fill the memory', async () => {
    const rows = Matrix.from(Array.from({ length: 8193 }, (_, i) => [i]));
    const connectivity = { indptr: new Int32Array(8194), indices: [], data: [] };
    for (const linkage of ['ward', 'single'] as const)
      await expect(new AgglomerativeClustering({ linkage, connectivity }).fit(rows)).rejects.toEqual(
        code('ERR_PARAMETER'),
      );
  });

  test('refuses a graph that is not one of the rows', async () => {
    const rows = [[0], [1], [5]];
    const graph = (indptr: number[], indices: number[]) => ({ indptr, indices, data: indices.map(() => 1) });
    for (const connectivity of [
      ...[graph([0, 1, 2], [1, 0]), graph([0, 1, 2, 2], [1, 3]), graph([0, 1, 2, 2], [1, -1])],
      ...[graph([0, 5, 1, 2], [1, 0]), graph([0, 1, 2, 1e9], [1, 0]), [[0, 1, 1]]],
      () => [
        [1, 0],
        [0, 1],
      ],
    ])
      await expect(new AgglomerativeClustering({ connectivity }).fit(rows)).rejects.toEqual(
        code('ERR_SHAPE'),
      );
    for (const value of [Number.NaN, Infinity]) {
      const dense = [0, 1, 2].map((i) => [0, 1, 2].map((j) => (i === j ? value : 1)));
      for (const connectivity of [dense, CsrMatrix.from(dense)])
        await expect(new AgglomerativeClustering({ connectivity }).fit(rows)).rejects.toEqual(
          code('ERR_PARAMETER'),
        );
    }
    for (const options of [{ connectivity: 3 as never }, { computeFullTree: 'no' as never }])
      await expect(new AgglomerativeClustering(options).fit(rows)).rejects.toEqual(code('ERR_PARAMETER'));
    const below = { nClusters: null, distanceThreshold: 1, computeFullTree: false };
    await expect(new AgglomerativeClustering(below).fit(rows)).rejects.toEqual(code('ERR_PARAMETER'));
    const cosine = { metric: 'cosine', linkage: 'average' } as const;
    for (const more of [
      {},
      {
        connectivity: [
          [0, 1, 1],
          [1, 0, 1],
          [1, 1, 0],
        ],
      },
    ])
      await expect(new AgglomerativeClustering({ ...cosine, ...more }).fit(rows)).rejects.toEqual(
        code('ERR_PARAMETER'),
      );
    const failing = new AgglomerativeClustering({
      connectivity: () => {
        throw new RangeError('mine');
      },
    });
    await expect(failing.fit(rows)).rejects.toThrow(RangeError);
  });

  test('ends a pipeline, which has labels and no plan', async () => {
    const pipeline = new Pipeline([
      ['scale', new StandardScaler()],
      ['tree', new AgglomerativeClustering({ nClusters: 4 })],
    ]);
    expect(adjustedRandScore(blobs.y, await pipeline.fitPredict(blobs.X))).toBeGreaterThan(0.9);
    await expect(pipeline.predict(blobs.X)).rejects.toEqual(code('ERR_NOT_SUPPORTED'));
    expect(() => pipeline.compile()).toThrow(code('ERR_NOT_SUPPORTED'));
  });
});

describe('GaussianMixture', () => {
  test('refuses starts that do not fit, and says when a component collapses', async () => {
    const rows = [
      [0, 1],
      [1, 0],
      [2, 2],
      [3, 1],
    ];
    const fit = (params: object) =>
      new GaussianMixture({ nComponents: 2, randomState: 0, ...params }).fit(rows);
    await expect(fit({ weightsInit: [0.5, 0.6] })).rejects.toEqual(code('ERR_PARAMETER'));
    await expect(fit({ meansInit: [[1, 2]] })).rejects.toEqual(code('ERR_SHAPE'));
    const diag = {
      covarianceType: 'diag',
      precisionsInit: [
        [1, 1],
        [1, -1],
      ],
    };
    await expect(fit(diag)).rejects.toEqual(code('ERR_PARAMETER'));
    await expect(fit({ nComponents: 4, regCovar: 0 })).rejects.toEqual(code('ERR_NOT_POSITIVE_DEFINITE'));
    await expect(fit({ nComponents: 5 })).rejects.toEqual(code('ERR_PARAMETER'));
  });

  test('gives inverses of its covariances', async () => {
    for (const covarianceType of ['full', 'tied', 'diag', 'spherical'] as const) {
      const model = await new GaussianMixture({ nComponents: 4, covarianceType, randomState: 1 }).fit(
        blobs.X,
      );
      const whole = covarianceType === 'full' || covarianceType === 'tied';
      for (const [c, precision] of model.precisions.entries()) {
        const covariance = model.covariances[c];
        const product = whole ? precision.matmul(covariance) : precision.mul(covariance);
        const unit = whole ? Matrix.identity(covariance.rows) : Matrix.ones(covariance.rows, covariance.cols);
        expect(product.sub(unit).data.every((rest) => Math.abs(rest) < 1e-9)).toBe(true);
      }
    }
  });

  test('draws rows like those it learned from', async () => {
    for (const covarianceType of ['full', 'tied', 'diag', 'spherical'] as const) {
      const model = new GaussianMixture({ nComponents: 4, covarianceType, randomState: 1, nInit: 3 });
      await model.fit(blobs.X);
      const { X, y } = model.sample(2000, { randomState: 7 });
      expect(adjustedRandScore(Array.from(y), await model.predict(X))).toBeGreaterThan(0.95);
      expect(Math.abs((await model.score(X)) - (await model.score(blobs.X)))).toBeLessThan(0.15);
    }
  });
});

describe('starts of GaussianMixture', () => {
  test.each(['full', 'tied', 'diag', 'spherical'] as const)(
    'with %s covariances rows that are alike say nothing without regCovar',
    async (covarianceType) => {
      const rows = [...Array(6).fill([1, 0.3]), ...Array(6).fill([0, 0.7]), ...Array(5).fill([1e6, 7])];
      const fit = (regCovar: number) =>
        new GaussianMixture({ nComponents: 3, covarianceType, regCovar, randomState: 0 }).fit(rows);
      await expect(fit(0)).rejects.toMatchObject({ code: 'ERR_NOT_POSITIVE_DEFINITE' });
      expect((await fit(1e-6)).converged).toBe(true);
    },
  );

  test.each(['kMeans++', 'randomFromData'] as const)(
    '%s finds blobs, with each covariance',
    async (initParams) => {
      for (const covarianceType of ['full', 'tied', 'diag', 'spherical'] as const) {
        const params = {
          nComponents: 4,
          covarianceType,
          initParams,
          nInit: 8,
          regCovar: 0.05,
          randomState: 2,
        };
        const model = await new GaussianMixture(params).fit(blobs.X);
        expect(adjustedRandScore(blobs.y, model.labels)).toBeGreaterThan(0.99);
      }
      const flat = new GaussianMixture({ nComponents: 2, initParams, regCovar: 0 });
      await expect(flat.fit(blobs.X)).rejects.toEqual(code('ERR_PARAMETER'));
    },
  );

  test('a warm start goes on where the last fit ended, and where it can only', async () => {
    const params = { nComponents: 4, randomState: 1, tol: 1e-9 };
    const whole = await new GaussianMixture({ ...params, maxIter: 60 }).fit(blobs.X);
    const parts = new GaussianMixture({ ...params, maxIter: 1, warmStart: true });
    for (let k = 0; k < whole.nIter; k++) await parts.fit(blobs.X);
    expect(parts.lowerBound).toBeCloseTo(whole.lowerBound, 12);
    for (const [k, value] of whole.means.data.entries()) expect(parts.means.data[k]).toBeCloseTo(value, 9);
    await parts.fit(blobs.X);
    expect([parts.nIter, parts.converged]).toEqual([1, true]);
    await parts.setParams({ nComponents: 2, maxIter: 50 }).fit(blobs.X);
    expect(parts.nComponents).toBe(2);
  });
});

describe('EllipticEnvelope', () => {
  test('is not moved by outliers, with few rows and with many', async () => {
    for (const nSamples of [200, 900, 2500]) {
      const { X } = makeBlobs({ nSamples, centers: [[1, 2, 3]], randomState: 5 });
      const far = Array.from({ length: nSamples / 10 }, (_, i) => [50 + (i % 7), -40, 60]);
      const model = await new EllipticEnvelope({ randomState: 3 }).fit([...X.toArray(), ...far]);
      for (const [j, value] of [1, 2, 3].entries())
        expect(Math.abs(model.location[j] - value)).toBeLessThan(0.25);
      expect((await model.predict(far)).every((label) => label === -1)).toBe(true);
    }
  });
});

test('EllipticEnvelope takes all rows for its raw estimate where that is said', async () => {
  const { X } = makeBlobs({ nSamples: 60, centers: [[1, 2]], randomState: 5 });
  const { rawLocation, rawCovariance } = await new EllipticEnvelope({ supportFraction: 1 }).fit(X);
  const first = X.toArray().map((row) => row[0]);
  const mean = first.reduce((sum, value) => sum + value / 60, 0);
  expect(rawLocation[0]).toBeCloseTo(mean, 12);
  expect(rawCovariance.row(0)[0]).toBeCloseTo(
    first.reduce((sum, value) => sum + (value - mean) ** 2 / 60, 0),
    12,
  );
});

test('EllipticEnvelope refuses norms and rows that are none, and is centred where that is said', async () => {
  const { X } = makeBlobs({ nSamples: 60, centers: [[1, 2]], randomState: 5 });
  const model = await new EllipticEnvelope({ randomState: 3, assumeCentered: true }).fit(X);
  expect((await model.reweightCovariance(X)).location).toEqual(Float64Array.of(0, 0));
  const unit = [
    [1, 0],
    [0, 1],
  ];
  expect(() => model.errorNorm([[1]])).toThrow(code('ERR_SHAPE'));
  expect(() => model.errorNorm(unit, { norm: 'nuclear' as never })).toThrow(code('ERR_PARAMETER'));
  await expect(model.reweightCovariance(X.slice(1))).rejects.toEqual(code('ERR_SHAPE'));
  const holes = new Matrix(X.data.map((value, i) => (i === 3 ? Number.NaN : value)), 60, 2); // biome-ignore format: one
  await expect(model.reweightCovariance(holes)).rejects.toEqual(code('ERR_INPUT_NAN'));
});

test('EllipticEnvelope stores no precision where that is said, and gives it all the same', async () => {
  const { X } = makeBlobs({ nSamples: 60, centers: [[1, 2]], randomState: 5 });
  const params = { randomState: 3 };
  const model = await new EllipticEnvelope(params).fit(X);
  const bare = await new EllipticEnvelope({ ...params, storePrecision: false }).fit(X);
  expect(bare.precision).toBe(null);
  expect(model.precision).toEqual(bare.getPrecision());
  const unit = bare.getPrecision().matmul(bare.covariance);
  const identity = [
    [expect.closeTo(1, 10), expect.closeTo(0, 10)],
    [expect.closeTo(0, 10), expect.closeTo(1, 10)],
  ];
  expect(unit.toArray()).toEqual(identity);
});

describe('NMF and IncrementalPCA', () => {
  test('NMF refuses numbers below 0, and more parts than there are axes', async () => {
    await expect(
      new NMF().fit([
        [1, -1],
        [2, 3],
      ]),
    ).rejects.toEqual(code('ERR_PARAMETER'));
    const many = new NMF({ nComponents: 3, init: 'nndsvd' });
    await expect(
      many.fit([
        [1, 1],
        [2, 3],
      ]),
    ).rejects.toEqual(code('ERR_PARAMETER'));
  });

  test('what NMF takes apart adds up again', async () => {
    const { data } = loadIris();
    for (const solver of ['cd', 'mu'] as const) {
      const nmf = await new NMF({ nComponents: 4, solver, maxIter: 2000, tol: 1e-6, randomState: 0 }).fit(
        data,
      );
      const again = await nmf.inverseTransform(await nmf.transform(data));
      const error = Math.hypot(...Array.from(again.data, (v, i) => v - data.data[i]));
      expect(error).toBeLessThan(nmf.reconstructionErr * 1.05 + 0.05);
    }
  });

  test('NMF refuses divergences that solver or numbers do not have', async () => {
    const x = [
      [1, 0],
      [2, 3],
    ];
    const descent = new NMF({ betaLoss: 'kullback-leibler' });
    await expect(descent.fit(x)).rejects.toEqual(code('ERR_PARAMETER'));
    await expect(new NMF({ betaLoss: 2 }).fit(x)).resolves.toBeInstanceOf(NMF);
    const itakura = new NMF({ nComponents: 1, solver: 'mu', betaLoss: 'itakura-saito' });
    await expect(itakura.fit(x)).rejects.toEqual(code('ERR_PARAMETER'));
    await itakura.fit([[1, 2], x[1]]);
    await expect(itakura.transform(x)).rejects.toMatchObject({ code: 'ERR_OUT_OF_RANGE', row: 0, column: 1 });
    const kullback = await new NMF({ nComponents: 1, solver: 'mu', betaLoss: 1 }).fit(x);
    expect((await kullback.transform([[0, 0]])).data).toEqual(Float64Array.of(0));
    const below = { code: 'ERR_OUT_OF_RANGE', row: 1, column: 0 };
    await expect(kullback.transform([...x.slice(1), [-1, 2]])).rejects.toMatchObject(below);
  });

  test('NMF takes sparse rows apart as it does dense ones, and gives the W of the fit', async () => {
    const random = new Random(4);
    const values = Float64Array.from({ length: 60 * 12 }, () => Math.max(random.normal(), 0));
    const x = new Matrix(values, 60, 12);
    const sparse = CsrMatrix.from(x.toArray());
    const losses = [2, 'kullback-leibler', 1.5, 0.5] as const;
    for (const [solver, betaLoss] of [['cd', 2], ...losses.map((loss) => ['mu', loss] as const)] as const) {
      const params = {
        nComponents: 3,
        init: 'random',
        randomState: 1,
        solver,
        betaLoss,
        maxIter: 60,
      } as const;
      const models = [new NMF(params), new NMF(params)];
      const [w, same] = [await models[0].fitTransform(x), await models[1].fitTransform(sparse)];
      for (const [k, value] of w.data.entries()) expect(same.data[k]).toBeCloseTo(value, 8);
      expect(models[1].reconstructionErr).toBeCloseTo(models[0].reconstructionErr, 8);
      expect(models[1].nIter).toBe(models[0].nIter);
      if (betaLoss === 2) {
        const left = w.matmul(models[0].components).sub(x) as Matrix<Float64Array>;
        expect(models[0].reconstructionErr).toBeCloseTo(Math.hypot(...left.data), 8);
      }
      const [ofDense, ofSparse] = [await models[0].transform(x), await models[0].transform(sparse)];
      for (const [k, value] of ofDense.data.entries()) expect(ofSparse.data[k]).toBeCloseTo(value, 8);
    }
    const svd = await new NMF({ nComponents: 3, randomState: 0, maxIter: 2000, tol: 1e-8 }).fit(x);
    const fromSparse = await svd.clone().fit(sparse);
    expect(fromSparse.reconstructionErr).toBeCloseTo(svd.reconstructionErr, 4);
    await expect(new NMF().fit(CsrMatrix.from([[1, -1]]))).rejects.toEqual(code('ERR_PARAMETER'));
  });

  test('NMF starts from factors that are given, of X and of one another', async () => {
    const x = Matrix.from([[1, 2], [2, 4], [3, 6]]); // biome-ignore format: a matrix
    const init = { W: [[1], [2], [3]], H: [[1, 2]] };
    const exact = await new NMF({ init }).fit(x);
    expect([exact.nComponents, exact.reconstructionErr]).toEqual([1, 0]);
    expect((await load(exact.toBytes())).params).toMatchObject({ init });
    const changed = { W: [[1], [2], [3]], H: [[1, 2]] };
    const own = new NMF().setParams({ init: changed });
    const [fit, built] = [own.fit(x), new NMF({ init: changed })];
    changed.W[0][0] = changed.H[0][0] = -1;
    expect((await fit).params).toMatchObject({ init });
    expect(built.params).toMatchObject({ init });
    const wrong = [
      [{ W: [[1], [2]], H: [[1, 2]] }, 'ERR_SHAPE'],
      [{ W: [[1], [2], [3]], H: [[1, 2, 3]] }, 'ERR_SHAPE'],
      [{ W: [[1], [2], [-3]], H: [[1, 2]] }, 'ERR_PARAMETER'],
      [{ W: [[1], [2], [Number.NaN]], H: [[1, 2]] }, 'ERR_PARAMETER'],
      [{ W: [[0], [0], [0]], H: [[1, 2]] }, 'ERR_PARAMETER'],
      [{ W: [[1], [2], [3]] }, 'ERR_PARAMETER'],
    ] as const;
    for (const [given, expected] of wrong)
      await expect(new NMF({ init: given as never }).fit(x)).rejects.toEqual(code(expected));
    const more = new NMF({ nComponents: 2, init });
    await expect(more.fit(x)).rejects.toEqual(code('ERR_SHAPE'));
  });

  test('NMF has no form in ONNX; k-means has', async () => {
    const { data } = loadIris();
    const nmf = await new NMF({ nComponents: 2, randomState: 0 }).fit(data);
    expect(() => exportONNX(nmf)).toThrow(code('ERR_NOT_SUPPORTED'));
    const kmeans = await new KMeans({ nClusters: 3, randomState: 0 }).fit(data);
    expect(exportONNX(kmeans).length).toBeGreaterThan(100);
  });

  test('IncrementalPCA learns the same from parts as from batches', async () => {
    const { data } = loadWine();
    const whole = await new IncrementalPCA({ nComponents: 3, batchSize: 60 }).fit(data);
    const parts = new IncrementalPCA({ nComponents: 3 });
    for (const [from, to] of [
      [0, 60],
      [60, 120],
      [120, 178],
    ])
      await parts.partialFit(data.slice(from, to));
    expect(parts.components.data).toEqual(whole.components.data);
    await expect(new IncrementalPCA({ nComponents: 9 }).fit(data.slice(0, 5))).rejects.toEqual(
      code('ERR_SHAPE'),
    );
  });
});

test('silhouettes refuse what is no clustering', async () => {
  for (const labels of [
    [0, 0, 0],
    [0, 1, 2],
  ])
    await expect(silhouetteSamples([[0], [1], [2]], labels)).rejects.toEqual(code('ERR_LABELS'));
  await expect(silhouetteSamples([[0], [1], [2]], [0, 1])).rejects.toEqual(code('ERR_SHAPE'));
  const distances = { metric: 'precomputed' } as const;
  await expect(silhouetteSamples([[0], [1], [2]], [0, 0, 1], distances)).rejects.toEqual(code('ERR_SHAPE'));
});
