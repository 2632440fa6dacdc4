// Prices of houses from a real table. Needs `npm run build` and vega, vega-lite, sharp; then:
// node examples/course/house-prices.mjs [folder]
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  ColumnTransformer,
  correlation,
  describe,
  dropColumns,
  HistGradientBoostingRegressor,
  loadCaliforniaHousing,
  makePipeline,
  meanAbsoluteError,
  missing,
  OneHotEncoder,
  plot,
  Ridge,
  r2Score,
  ratio,
  report,
  rootMeanSquaredError,
  SimpleImputer,
  StandardScaler,
  trainTestSplit,
} from 'boreal';

const folder = process.argv[2] ?? (await mkdtemp(join(tmpdir(), 'boreal-course-')));
await mkdir(folder, { recursive: true });

// 1. A first look.
const { table, targetName } = loadCaliforniaHousing();
console.table(
  describe(table).map(({ column, count, mean, min, max, top }) => ({ column, count, mean, min, max, top })),
);
console.log(
  'Missing:',
  missing(table).filter((column) => column.missing > 0),
);
const r = correlation(table)[targetName];
const closest = Object.keys(r)
  .filter((name) => name !== targetName)
  .sort((a, b) => Math.abs(r[b]) - Math.abs(r[a]));
console.log(`Prices go most with ${closest[0]} (r = ${r[closest[0]].toFixed(2)})`);
await writeFile(join(folder, 'correlations.png'), await plot.correlationHeatmap(table).toPNG());

// 2. Columns that say more: rooms of a household, not of a district.
const X = {
  ...dropColumns(table, targetName),
  rooms_per_household: ratio(table, 'total_rooms', 'households'),
  bedrooms_per_room: ratio(table, 'total_bedrooms', 'total_rooms'),
  people_per_household: ratio(table, 'population', 'households'),
};
const { XTrain, XTest, yTrain, yTest } = trainTestSplit(X, table[targetName], {
  testSize: 0.2,
  randomState: 42,
});

// 3. Two models: what is learned from gaps, text and scales is learned on training rows only.
const numbers = Object.keys(X).filter((name) => name !== 'ocean_proximity');
const prepare = () =>
  new ColumnTransformer([
    ['numbers', makePipeline(new SimpleImputer({ strategy: 'median' }), new StandardScaler()), numbers],
    ['place', new OneHotEncoder({ handleUnknown: 'ignore' }), ['ocean_proximity']],
  ]);
const models = {
  ridge: makePipeline(prepare(), new Ridge()),
  boosting: makePipeline(prepare(), new HistGradientBoostingRegressor({ maxIter: 200, randomState: 42 })),
};
for (const [name, model] of Object.entries(models)) {
  await model.fit(XTrain, yTrain);
  const predicted = await model.predict(XTest);
  const scores = [
    r2Score(yTest, predicted),
    rootMeanSquaredError(yTest, predicted),
    meanAbsoluteError(yTest, predicted),
  ];
  console.log(
    `${name}: R2 ${scores[0].toFixed(3)}, RMSE $${Math.round(scores[1])}, MAE $${Math.round(scores[2])}`,
  );
}

// 4. A report to send around, and one house.
const html = await report(models.boosting, XTest, yTest, {
  title: 'Prices of houses in California',
  importances: 'auto',
});
await writeFile(join(folder, 'house-prices.html'), html);
const house = Object.fromEntries(Object.entries(XTest).map(([name, values]) => [name, values[0]]));
const [price] = await models.boosting.predict([house]);
console.log(`The first house of the test: predicted $${Math.round(price)}, sold for $${yTest[0]}`);
console.log(`Pictures and the report are in ${folder}`);
