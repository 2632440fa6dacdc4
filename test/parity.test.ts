/**
 * One model on every instruction set: a child process per ISA loads the same files, predicts in both precisions and
 * trains from the same seeds. Predictions agree within the rounding of their sums; what is learned agrees to the bit, but
 * for what scalar code rounds twice where SIMD fuses.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  ColumnTransformer,
  type Estimator,
  KNeighborsClassifier,
  KNeighborsRegressor,
  LocalOutlierFactor,
  LogisticRegression,
  loadCaliforniaHousing,
  loadWine,
  type Matrix,
  makePipeline,
  OneHotEncoder,
  RandomForestClassifier,
  RandomForestRegressor,
  Ridge,
  SimpleImputer,
  StandardScaler,
} from '../lib/index.js';
import { native } from '../lib/native.js';
import { MLPRegressor, quantizeDynamic, quantizeStatic } from '../lib/nn/index.js';
import { evaluate } from './support/child.js';
import { dot, exact, expectClose, type Tolerance, ulp } from './support/tolerance.js';

type Precision = 'float32' | 'float64';
interface Report {
  isa: string;
  /** By model, output and precision. */
  predicted: Record<string, number[]>;
  /** Hashes of model files, by estimator. */
  learned: Record<string, string>;
}
interface Case {
  readonly model: Estimator;
  readonly data: 'housing' | 'wine';
  readonly tolerance: (precision: Precision) => Tolerance;
}

const ROWS = 900;
const { isas } = native.info();
const norm = (values: ArrayLike<number>) => Math.hypot(...Array.from(values));
const longestRow = (X: Matrix) => Math.max(...X.toArray().map(norm));
/** The rounding of a row of X times some coefficients. */
const rounding = (X: Matrix, coef: ArrayLike<number>) => (precision: Precision) =>
  dot(X.cols, longestRow(X), norm(coef), precision);
/** Sums of leaves in one order: a fused multiply-add, or none, may differ in the last bit. */
const few = (precision: Precision) => ulp(4, precision);
/** Learn from sums of products that every SIMD fuses and scalar code rounds twice: the same bits on all SIMD. */
const FUSED = /^(Lasso|ElasticNetCV|HDBSCAN) /;
let folder: string;
let cases: Record<string, Case>;
const reports = new Map<string, Report>();

/** Every 22nd house as a row object. */
function houses() {
  const { table } = loadCaliforniaHousing();
  const names = Object.keys(table) as Array<keyof typeof table>;
  const rows = Array.from({ length: ROWS }, (_, i) =>
    Object.fromEntries(names.map((name) => [name, table[name][22 * i]])),
  );
  return {
    X: rows.map(({ median_house_value: _, ...features }) => features),
    y: rows.map((row) => row.median_house_value as number),
  };
}

async function fitCases(): Promise<Record<string, Case>> {
  const { X, y } = houses();
  const dear = y.map((value) => (value > 180_000 ? 'dear' : 'cheap'));
  const numbers = makePipeline(new SimpleImputer({ strategy: 'median' }), new StandardScaler());
  const prepare = new ColumnTransformer([
    ['numbers', numbers, { kind: 'number' }],
    ['words', new OneHotEncoder(), { kind: 'category' }],
  ]);
  const ridge = await makePipeline(prepare, new Ridge()).fit(X, y);
  const regressor = new RandomForestRegressor({ nEstimators: 20, randomState: 0 });
  const classifier = new RandomForestClassifier({ nEstimators: 20, randomState: 0 });
  const prepared = await prepare.clone().fitTransform(X);
  const wine = loadWine();
  const scaled = await new StandardScaler().fitTransform(wine.data);
  const logistic = await new LogisticRegression().fit(scaled, wine.target);
  const { coef } = ridge.namedSteps.ridge as Ridge;
  const mlp = new MLPRegressor({ hiddenLayerSizes: [70, 33], maxIter: 20, randomState: 0 });
  const network = await makePipeline(new StandardScaler(), mlp).fit(wine.data, wine.target);
  return {
    ridge: { model: ridge, data: 'housing', tolerance: rounding(prepared, coef) },
    regressor: { model: await makePipeline(prepare, regressor).fit(X, y), data: 'housing', tolerance: few },
    classifier: {
      model: await makePipeline(prepare, classifier).fit(X, dear),
      data: 'housing',
      tolerance: few,
    },
    logistic: {
      model: await makePipeline(new StandardScaler(), new LogisticRegression()).fit(wine.data, wine.target),
      data: 'wine',
      tolerance: rounding(scaled, logistic.coef.data),
    },
    dynamic: { model: await quantizeDynamic(network), data: 'wine', tolerance: () => exact },
    fixed: { model: await quantizeStatic(network, wine.data), data: 'wine', tolerance: () => exact },
    scaler: { model: await new StandardScaler().fit(wine.data), data: 'wine', tolerance: few },
    neighbors: {
      model: await new KNeighborsClassifier({ weights: 'distance' }).fit(wine.data, wine.target),
      data: 'wine',
      tolerance: few,
    },
    tree: {
      model: await new KNeighborsRegressor({ algorithm: 'kdTree', leafSize: 5 }).fit(wine.data, wine.target),
      data: 'wine',
      tolerance: few,
    },
    outliers: {
      model: await new LocalOutlierFactor({ novelty: true }).fit(wine.data),
      data: 'wine',
      tolerance: few,
    },
  };
}

/** What a child does: predict with each file, several rows and one, and learn some models of its own. */
const script = `
  import { createHash } from 'node:crypto';
  import { readFileSync } from 'node:fs';
  const folder = process.env.BOREAL_TEST_FOLDER;
  const { data, models } = JSON.parse(readFileSync(folder + '/data.json', 'utf8'));
  const predicted = {};
  for (const [name, source] of Object.entries(models)) {
    const model = await boreal.load(folder + '/' + name + '.boreal');
    for (const precision of ['float64', 'float32']) {
      for (const output of model.outputs) {
        const plan = model.compile({ precision, output });
        const values = [...plan.runSync(data[source]).data];
        const row = plan.runRow(data[source][0]);
        if (row.some((value, k) => !Object.is(value, values[k]))) throw new Error(name + ': one row differs from many');
        predicted[[name, output, precision].join(' ')] = values;
      }
    }
  }
  const diabetes = boreal.loadDiabetes();
  const wine = boreal.loadWine();
  const { X: data40k, y: target } = boreal.makeClassification({ nSamples: 40000, nFeatures: 6, randomState: 1 });
  const many = { data: data40k, target };
  const learners = [
    [new boreal.LinearRegression(), diabetes],
    [new boreal.Ridge(), diabetes],
    [new boreal.LogisticRegression({ maxIter: 50 }), wine],
    [new boreal.LogisticRegression({ solver: 'newton-cholesky' }), wine],
    [new boreal.LogisticRegression({ solver: 'saga', penalty: 'l1', maxIter: 9, randomState: 1 }), wine],
    [new boreal.Lasso({ alpha: 0.1 }), diabetes],
    [new boreal.ElasticNetCV({ alphas: 9, cv: 3 }), diabetes],
    [new boreal.HuberRegressor({ maxIter: 30 }), diabetes],
    [new boreal.RidgeClassifier(), wine],
    [new boreal.SGDClassifier({ loss: 'logLoss', maxIter: 5, randomState: 1 }), wine],
    [new boreal.SGDRegressor({ penalty: 'l1', average: true, maxIter: 5, randomState: 1 }), diabetes],
    [new boreal.LogisticRegression(), many],
    [new boreal.Ridge(), many],
    [new boreal.DecisionTreeRegressor({ randomState: 1 }), diabetes],
    [new boreal.RandomForestRegressor({ nEstimators: 5, randomState: 1 }), diabetes],
    [new boreal.RandomForestClassifier({ nEstimators: 5, randomState: 1 }), wine],
    [new boreal.ExtraTreesRegressor({ nEstimators: 5, randomState: 1 }), diabetes],
    [new boreal.ExtraTreesClassifier({ nEstimators: 5, randomState: 1 }), wine],
    [new boreal.GradientBoostingRegressor({ nEstimators: 5, randomState: 1 }), diabetes],
    [new boreal.GradientBoostingClassifier({ nEstimators: 5, subsample: 0.5, randomState: 1 }), wine],
    [new boreal.IsolationForest({ nEstimators: 5, randomState: 1 }), wine],
    [new boreal.DBSCAN({ eps: 40 }), wine],
    [new boreal.HDBSCAN(), wine],
    [new boreal.SimpleImputer({ strategy: 'median' }), diabetes],
    [new boreal.StandardScaler(), diabetes],
  ];
  const learned = {};
  for (const [model, { data, target }] of learners) {
    const bytes = (await model.fit(data, target)).toBytes();
    const name = [model.constructor.name, JSON.stringify(model.params), data.rows].join(' ');
    learned[name] = createHash('sha256').update(bytes).digest('hex');
  }
  console.log(JSON.stringify({ isa: native.info().isa, predicted, learned }));
`;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'boreal-parity-'));
  cases = await fitCases();
  for (const [name, { model }] of Object.entries(cases)) await model.save(join(folder, `${name}.boreal`));
  const models = Object.fromEntries(Object.entries(cases).map(([name, { data }]) => [name, data]));
  const data = { housing: houses().X, wine: loadWine().data.toArray() };
  await writeFile(join(folder, 'data.json'), JSON.stringify({ data, models }));
  for (const isa of isas) {
    reports.set(isa, await evaluate<Report>(script, { BOREAL_ISA: isa, BOREAL_TEST_FOLDER: folder }));
  }
}, 300_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

describe.each(isas)('%s', (isa) => {
  test('ran', () => {
    expect(reports.get(isa)!.isa).toBe(isa);
  });

  test.each(['float64', 'float32'] as const)('predicts in %s what scalar code predicts', (precision) => {
    const reference = reports.get('scalar')!.predicted;
    const { predicted } = reports.get(isa)!;
    const keys = Object.keys(reference).filter((key) => key.endsWith(precision));
    expect(keys.length).toBe(Object.values(cases).flatMap(({ model }) => model.outputs).length);
    for (const key of keys) {
      const { tolerance } = cases[key.split(' ')[0]];
      expectClose(predicted[key], reference[key], tolerance(precision), `${isa} ${key}`);
    }
  });

  test('learns the same bits from the same seeds', () => {
    const names = Object.keys(reports.get('scalar')!.learned);
    for (const name of names) {
      const reference =
        isa !== 'scalar' && FUSED.test(name) ? isas.find((each) => each !== 'scalar')! : 'scalar';
      expect(reports.get(isa)!.learned[name], name).toBe(reports.get(reference)!.learned[name]);
    }
  });
});

test('float32 predictions are near those of float64', () => {
  for (const { predicted } of reports.values()) {
    for (const name of ['ridge', 'logistic']) {
      const output = name === 'ridge' ? 'value' : 'proba';
      const tolerance = cases[name].tolerance('float32');
      expectClose(
        predicted[`${name} ${output} float32`],
        predicted[`${name} ${output} float64`],
        tolerance,
        name,
      );
    }
  }
});

test.each(['bogus', 'AVX2', isas.includes('neon') ? 'avx2' : 'neon'])(
  'BOREAL_ISA=%s is refused',
  async (isa) => {
    const use = `
    try {
      await new boreal.StandardScaler().fitTransform([[1], [2]]);
    } catch (error) {
      console.log(JSON.stringify({ name: error.constructor.name, code: error.code, message: error.message }));
    }`;
    const error = await evaluate<{ code: string; name: string; message: string }>(use, { BOREAL_ISA: isa });
    expect(error).toMatchObject({ name: 'EnvironmentError', code: 'ERR_ISA' });
    expect(error.message).toContain(isa);
  },
);
