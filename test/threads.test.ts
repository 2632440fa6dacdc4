/** The same bits at any number of threads: child processes with other settings of BOREAL_NUM_THREADS. */
import { beforeAll, describe, expect, test } from 'vitest';
import { evaluate } from './support/child.js';

interface Report {
  threads: number;
  /** Hashes of what each estimator learned, and of what it predicts for many rows. */
  hashes: Record<string, string>;
}

const script = `
  import { createHash } from 'node:crypto';
  const hash = (bytes) => createHash('sha256').update(bytes).digest('hex');
  const rows = 6000;
  const { table } = boreal.loadCaliforniaHousing();
  const names = Object.keys(table).filter((name) => name !== 'median_house_value' && name !== 'ocean_proximity');
  const X = Object.fromEntries(names.map((name) => [name, table[name].slice(0, rows)]));
  const y = table.median_house_value.slice(0, rows);
  const dear = Array.from(y, (value) => Math.min(2, Math.floor(value / 120000)));
  const qid = Array.from(y, (_, i) => i >> 6);
  const filled = new boreal.SimpleImputer({ strategy: 'median' });
  const seeded = { nEstimators: 12, randomState: 5 };
  const prepared = (model) => boreal.makePipeline(filled, new boreal.StandardScaler(), model);
  const models = {
    linear: [prepared(new boreal.LinearRegression()), y],
    ridge: [prepared(new boreal.Ridge()), y],
    logistic: [prepared(new boreal.LogisticRegression({ maxIter: 30 })), dear],
    newton: [prepared(new boreal.LogisticRegression({ solver: 'newton-cholesky', maxIter: 5 })), dear],
    sparse: [prepared(new boreal.LogisticRegression({ solver: 'liblinear', l1Ratio: 1, maxIter: 5, randomState: 5 })), Array.from(dear, (d) => Math.min(1, d))],
    dual: [prepared(new boreal.LogisticRegression({ solver: 'liblinear', dual: true, maxIter: 5, randomState: 5 })), Array.from(dear, (d) => Math.min(1, d))],
    lasso: [prepared(new boreal.LassoCV({ alphas: 9 })), y],
    leftOut: [prepared(new boreal.RidgeCV()), y],
    robust: [prepared(new boreal.HuberRegressor({ maxIter: 20 })), y],
    descent: [prepared(new boreal.SGDClassifier({ loss: 'logLoss', maxIter: 5, randomState: 5 })), dear],
    tree: [new boreal.DecisionTreeRegressor({ randomState: 5, maxFeatures: 3 }), y],
    regressor: [new boreal.RandomForestRegressor({ ...seeded, oobScore: true }), y],
    random: [new boreal.ExtraTreesRegressor({ ...seeded, maxLeafNodes: 50 }), y],
    several: [new boreal.RandomForestRegressor(seeded), Array.from(y, (value, i) => [value, dear[i]])],
    exactClasses: [new boreal.GradientBoostingClassifier({ nEstimators: 4, subsample: 0.7, randomState: 5 }), dear],
    isolated: [new boreal.IsolationForest({ nEstimators: 12, contamination: 0.1, randomState: 5 }), y],
    classifier: [new boreal.RandomForestClassifier(seeded), dear],
    weighted: [new boreal.RandomForestClassifier({ ...seeded, classWeight: 'balanced', bootstrap: false }), dear],
    extra: [new boreal.ExtraTreesClassifier(seeded), dear],
    exactBoosted: [new boreal.GradientBoostingRegressor({ ...seeded, subsample: 0.5 }), y],
    boosted: [new boreal.HistGradientBoostingRegressor({ maxIter: 10, randomState: 5, maxFeatures: 0.5 }), y],
    ranked: [new boreal.HistGradientBoostingRanker({ maxIter: 6, randomState: 5, subsample: 0.9 }), dear, { qid }],
    boostedClasses: [new boreal.HistGradientBoostingClassifier({ maxIter: 6, randomState: 5, earlyStopping: true }), dear],
    oneSided: [new boreal.HistGradientBoostingRegressor({ maxIter: 6, learningRate: 0.4, randomState: 5, rowSampling: 'goss' }), y],
    dropout: [new boreal.HistGradientBoostingClassifier({ maxIter: 8, randomState: 5, boosting: 'dart', skipDrop: 0.1 }), dear],
    means: [prepared(new boreal.KMeans({ nClusters: 9, randomState: 5 })), y],
    elkan: [prepared(new boreal.KMeans({ nClusters: 9, init: 'random', algorithm: 'elkan', randomState: 5 })), y],
    batches: [prepared(new boreal.MiniBatchKMeans({ nClusters: 9, randomState: 5 })), y],
    mixture: [prepared(new boreal.GaussianMixture({ nComponents: 3, randomState: 5, maxIter: 10 })), y],
    envelope: [prepared(new boreal.EllipticEnvelope({ randomState: 5 })), y],
    factors: [boreal.makePipeline(filled, new boreal.MinMaxScaler(), new boreal.NMF({ nComponents: 3, maxIter: 20, randomState: 5 })), y],
    counts: [boreal.makePipeline(filled, new boreal.MinMaxScaler(), new boreal.NMF({ nComponents: 3, maxIter: 20, solver: 'mu', betaLoss: 1, randomState: 5 })), y],
    imputer: [new boreal.SimpleImputer({ strategy: 'mostFrequent' }), y],
  };
  const hashes = {};
  for (const [name, [model, target, options]] of Object.entries(models)) {
    await model.fit(X, target, options);
    hashes[name + ' learned'] = hash(model.toBytes());
    const plan = model.compile({ output: model.kind === 'classifier' ? 'proba' : 'value' });
    hashes[name + ' predicts'] = hash(new Uint8Array((await plan.run(X)).data.buffer));
    if (hash(new Uint8Array(plan.runSync(X).data.buffer)) !== hashes[name + ' predicts']) throw new Error(name);
  }
  const folds = await boreal.crossValScore(new boreal.RandomForestRegressor(seeded), X, y, { cv: 3 });
  hashes.folds = hash(new Uint8Array(folds.buffer));
  const digits = boreal.loadDigits().data;
  for (const layout of [new boreal.TSNE({ maxIter: 60, randomState: 5 }), new boreal.UMAP({ nEpochs: 20, randomState: 5 })]) {
    hashes[layout.constructor.name] = hash(new Uint8Array((await layout.fitTransform(digits)).data.buffer));
  }
  console.log(JSON.stringify({ threads: native.info().threads, hashes }));
`;

describe('BOREAL_NUM_THREADS', () => {
  let one: Report;
  beforeAll(async () => {
    one = await evaluate<Report>(script, { BOREAL_NUM_THREADS: '1' });
  }, 120_000);

  test('is used', () => {
    expect(one.threads).toBe(1);
  });

  test.each([2, 3, 8])('%i threads learn and predict the bits of one', async (threads) => {
    const report = await evaluate<Report>(script, { BOREAL_NUM_THREADS: String(threads) });
    expect(report.threads).toBe(threads);
    expect(report.hashes).toEqual(one.hashes);
  });
});
