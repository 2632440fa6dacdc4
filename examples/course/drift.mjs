// Is what a model is asked still what it was trained on? Needs `npm run build`; then: node examples/course/drift.mjs
import {
  DriftMonitor,
  dropColumns,
  ks2samp,
  loadCaliforniaHousing,
  psi,
  RandomForestRegressor,
  r2Score,
} from 'boreal';

const { table, targetName } = loadCaliforniaHousing();
const X = dropColumns(table, [targetName, 'total_bedrooms', 'ocean_proximity']);
const rowsWhere = (keep) => Array.from(X.latitude.keys()).filter(keep);
const rowAt = (i) => Object.fromEntries(Object.entries(X).map(([name, values]) => [name, values[i]]));
const take = (rows) => ({ X: rows.map(rowAt), y: rows.map((i) => table[targetName][i]) });

// A model of the south of California, and a reference of what it saw.
const south = rowsWhere((i) => X.latitude[i] < 36);
const train = take(south.filter((_, k) => k % 2 === 0));
const model = await new RandomForestRegressor({ nEstimators: 30, minSamplesLeaf: 5, randomState: 0 }).fit(
  train.X,
  train.y,
);

const monitor = new DriftMonitor({ reference: train.X, window: 1000 });
const check = async (name, rows) => {
  const asked = take(rows.slice(0, 1000));
  monitor.add(asked.X);
  const { drifted, columns } = monitor.report();
  const names = columns.filter((column) => column.drifted).map((column) => column.name);
  const r2 = r2Score(asked.y, await model.predict(asked.X));
  console.log(`${name}: R2 ${r2.toFixed(2)}, drift ${drifted ? `of ${names.join(', ')}` : 'none'}`);
};

// Other rows of the south first: nothing has changed. Then the north: the model does badly, and the monitor says why before
// anybody knows a price.
const shuffled = (rows) =>
  rows
    .map((i) => [(i * 7919) % 20_011, i])
    .sort((a, b) => a[0] - b[0])
    .map(([, i]) => i);
await check('South', shuffled(south.filter((_, k) => k % 2 === 1)));
await check('North', shuffled(rowsWhere((i) => X.latitude[i] >= 37)));

// The tests by themselves.
const before = south.map((i) => X.median_income[i]);
const after = rowsWhere((i) => X.latitude[i] >= 37).map((i) => X.median_income[i]);
const { statistic, pvalue } = ks2samp(before, after);
console.log(
  `Incomes: KS ${statistic.toFixed(3)} (p ${pvalue.toExponential(1)}), PSI ${psi(before, after).toFixed(3)}`,
);
