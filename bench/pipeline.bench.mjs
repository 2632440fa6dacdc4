// The demo's pipeline (impute + scale | one-hot -> forest of 100 trees on California housing): latency of one row from
// JavaScript, rotating through the test rows, as values, as named fields, through predictSync and through a plan.
import { Bench } from 'tinybench';
import {
  ColumnTransformer,
  dropColumns,
  loadCaliforniaHousing,
  OneHotEncoder,
  Pipeline,
  RandomForestRegressor,
  SimpleImputer,
  StandardScaler,
  trainTestSplit,
} from '../dist/index.js';
import { timeCalls } from './support/time.mjs';

/** The fitted pipeline of the demo and its test rows as objects. */
export async function housingPipeline(nEstimators = 100) {
  const { table, targetName } = loadCaliforniaHousing();
  const split = trainTestSplit(dropColumns(table, targetName), table[targetName], {
    testSize: 0.2,
    randomState: 42,
  });
  const numbers = new Pipeline([
    ['impute', new SimpleImputer({ strategy: 'median' })],
    ['scale', new StandardScaler()],
  ]);
  const prepare = new ColumnTransformer([
    ['numbers', numbers, { kind: 'number' }],
    ['place', new OneHotEncoder({ handleUnknown: 'ignore' }), ['ocean_proximity']],
  ]);
  const forest = new RandomForestRegressor({ nEstimators, randomState: 42 });
  const pipeline = await new Pipeline([
    ['prepare', prepare],
    ['model', forest],
  ]).fit(split.XTrain, split.yTrain);
  const names = Object.keys(split.XTest);
  const rows = Array.from({ length: split.yTest.length }, (_, i) =>
    Object.fromEntries(names.map((n) => [n, split.XTest[n][i]])),
  );
  return { pipeline, rows };
}

export async function run({ quick }) {
  const { pipeline, rows } = await housingPipeline();
  const plan = pipeline.compile({ precision: 'float32' });
  const encoded = plan.schema.encode(rows, 'float32');
  const out = new Float32Array(1);
  const pick = (i) => (i * 7919) % rows.length;
  const calls = quick ? 2000 : 20_000;
  const cases = {
    'plan.runRow, values, reused output': (i) => plan.runRow(encoded.row(pick(i)), out),
    'plan.runRow, named fields': (i) => plan.runRow(rows[pick(i)]),
    'pipeline.predictSync([row]), named fields': (i) => pipeline.predictSync([rows[pick(i)]]),
  };
  const result = Object.entries(cases).map(([name, call]) => ({
    name,
    unit: 'us',
    ...timeCalls(calls, call),
  }));

  // tinybench for the mean rate; many calls a task, since its own floor is about 40 ns.
  const bench = new Bench({ time: quick ? 100 : 1000 });
  let i = 0;
  bench.add('100 x plan.runRow', () => {
    for (let k = 0; k < 100; k++) plan.runRow(encoded.row(pick(i++)), out);
  });
  await bench.run();
  const { latency } = bench.tasks[0].result;
  result.push({ name: 'plan.runRow, mean of tinybench', unit: 'us', p50: (latency.mean * 1000) / 100 });
  return { peers: {}, rows: result };
}
