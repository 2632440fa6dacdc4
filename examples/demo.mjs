// The main job, end to end: explore a real table, train a pipeline, save it, load it, serve it, ask it.
//   npm run demo                 runs through and exits
//   npm run demo -- --serve      stays up on http://127.0.0.1:3000
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import {
  ColumnTransformer,
  describe,
  dropColumns,
  LinearRegression,
  load,
  loadCaliforniaHousing,
  missing,
  OneHotEncoder,
  Pipeline,
  RandomForestRegressor,
  r2Score,
  rootMeanSquaredError,
  SimpleImputer,
  StandardScaler,
  trainTestSplit,
} from 'boreal';
import { serve } from 'boreal/serve';

const { values: flags } = parseArgs({
  options: {
    serve: { type: 'boolean', default: false },
    port: { type: 'string', default: '3000' },
    trees: { type: 'string', default: '100' },
    help: { type: 'boolean', short: 'h', default: false },
  },
});
if (flags.help) {
  console.log('npm run demo -- [--serve] [--port 3000] [--trees 100]');
  process.exit(0);
}

const money = (value) => `$${Math.round(value).toLocaleString('en-US')}`;
const heading = (text) => console.log(`\n\u001b[1m${text}\u001b[0m`);

heading('1. The data: California housing, 1990 census');
const { table, targetName } = loadCaliforniaHousing();
const X = dropColumns(table, targetName);
const y = table[targetName];
const rounded = (value) => (typeof value === 'number' ? Number(value.toPrecision(6)) : value);
const summary = describe(table).map((column) =>
  Object.fromEntries(Object.entries(column).map(([k, v]) => [k, rounded(v)])),
);
console.table(summary, ['column', 'count', 'missing', 'mean', 'min', '50%', 'max', 'distinct', 'top']);
for (const { column, missing: count } of missing(table).filter((m) => m.missing > 0)) {
  console.log(`${column}: ${count} missing values`);
}

heading('2. Training');
const numbers = () =>
  new Pipeline([
    ['impute', new SimpleImputer({ strategy: 'median' })],
    ['scale', new StandardScaler()],
  ]);
const prepare = () =>
  new ColumnTransformer([
    ['numbers', numbers(), { kind: 'number' }],
    ['place', new OneHotEncoder({ handleUnknown: 'ignore' }), ['ocean_proximity']],
  ]);
const { XTrain, XTest, yTrain, yTest } = trainTestSplit(X, y, { testSize: 0.2, randomState: 42 });

let shown = 0;
function showProgress({ estimator, done, total, fraction }) {
  if (process.stdout.isTTY) {
    const filled = Math.round(30 * fraction);
    process.stdout.write(`\r${estimator} [${'#'.repeat(filled)}${' '.repeat(30 - filled)}] ${done}/${total}`);
    if (done === total) process.stdout.write('\n');
  } else if (fraction - shown >= 0.2 || done === total) {
    shown = fraction;
    console.log(`${estimator}: ${done}/${total} trees`);
  }
}

async function train(name, model) {
  const started = performance.now();
  const pipeline = new Pipeline([
    ['prepare', prepare()],
    ['model', model],
  ]);
  await pipeline.fit(XTrain, yTrain, { onProgress: showProgress });
  const seconds = (performance.now() - started) / 1000;
  const predicted = await pipeline.predict(XTest);
  const scores = { R2: r2Score(yTest, predicted), RMSE: rootMeanSquaredError(yTest, predicted), seconds };
  return {
    pipeline,
    row: { model: name, R2: scores.R2.toFixed(4), RMSE: money(scores.RMSE), seconds: seconds.toFixed(2) },
    scores,
  };
}

const baseline = await train('linear regression', new LinearRegression());
const forest = await train(
  'random forest',
  new RandomForestRegressor({ nEstimators: Number(flags.trees), randomState: 42 }),
);
console.table([baseline.row, forest.row]);

heading('3. One file');
const folder = await mkdtemp(join(tmpdir(), 'boreal-'));
const path = join(folder, 'housing.boreal');
const { R2, RMSE } = forest.scores;
await forest.pipeline.save(path, { trained: new Date().toISOString(), scores: { R2, RMSE } });
console.log(`saved ${path} (${((await stat(path)).size / 1e6).toFixed(1)} MB)`);
const model = await load(path);
await rm(folder, { recursive: true });
console.log(`loaded; the plan it runs:\n${model.compile().explain()}`);

heading('4. A server');
const server = await serve(model, { port: flags.serve ? Number(flags.port) : 0, name: 'housing' });
console.log(`listening on ${server.url}`);

async function post(route, body) {
  const response = await fetch(server.url + route, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const answer = await response.json();
  if (!response.ok) throw new Error(`${route} answered ${response.status}: ${answer.error}`);
  return answer;
}

const houses = [0, 1, 2].map((i) =>
  Object.fromEntries(Object.entries(XTest).map(([name, column]) => [name, column[i]])),
);
const one = await post('/predict', houses[0]);
console.log('POST /predict', houses[0]);
const { lower, upper, coverage } = one.interval;
console.log(
  `-> ${money(one.prediction)}, ${Math.round(100 * coverage)} % of the trees between ${money(lower)} and ${money(upper)}; the census says ${money(yTest[0])}`,
);
const batch = await post('/predict_batch', houses);
console.log(`POST /predict_batch with ${houses.length} houses -> ${batch.predictions.map(money).join(', ')}`);

if (flags.serve) {
  console.log(
    `\nTry it:\n  curl -s ${server.url}/predict -H 'content-type: application/json' -d '${JSON.stringify(houses[0])}'`,
  );
  console.log('Stop with Ctrl-C.');
} else {
  await server.close();
}
