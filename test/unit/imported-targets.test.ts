/** Imported models of several targets; predictions are compared in test/golden. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { ImportedMultiRegressor, importCatBoost, importXGBoost, load, treeShap } from '../../lib/index.js';
import { serve } from '../../lib/serve/index.js';

const path = (file: string) => new URL(`../golden/models/${file}`, import.meta.url);
const read = (file: string) => importXGBoost(readFileSync(path(file))) as ImportedMultiRegressor;
const ROWS = [
  [0.3, -1, 0.2, 7],
  [1, 0, Number.NaN, 3],
];

test('each target is explained: base value + sum = prediction', async () => {
  const model = read('xgboost-targets.ubj');
  const predicted = model.predictSync(ROWS).toArray();
  const { values, baseValue, classes } = await treeShap(model, ROWS);
  expect(classes).toEqual([]);
  values.forEach((part, k) => {
    part.toArray().forEach((row, i) => {
      const sum = row.reduce((total, value) => total + value, baseValue[k]);
      expect(sum).toBeCloseTo(predicted[i][k], 5);
    });
  });
});

test('a file gives the same model', async () => {
  const model = read('xgboost-targets-labels.ubj');
  const copy = await load(model.toBytes());
  expect(copy).toBeInstanceOf(ImportedMultiRegressor);
  expect((copy as ImportedMultiRegressor).predictSync(ROWS)).toEqual(model.predictSync(ROWS));
  expect(await model.predict(ROWS)).toEqual(model.predictSync(ROWS));
  await expect(model.fit(ROWS)).rejects.toMatchObject({ code: 'ERR_NOT_SUPPORTED' });
});

test('a server answers with all targets', async () => {
  const model = read('xgboost-targets-one-tree.json');
  const server = await serve(model, { port: 0, handleSignals: false });
  const [f0, f1, f2, f3] = ROWS[0];
  const body = JSON.stringify({ f0, f1, f2, f3 });
  const reply = await fetch(`${server.url}/predict`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
  });
  expect(await reply.json()).toEqual({ prediction: model.predictSync([ROWS[0]]).toArray()[0] });
  await server.close();
});

test('several targets of several classes, or of a linear booster, are refused', () => {
  const document = JSON.parse(readFileSync(path('xgboost-softmax.json'), 'utf8'));
  document.learner.learner_model_param.num_target = '2';
  expect(() => importXGBoost(JSON.stringify(document))).toThrow(/several targets of several classes/);
  const linear = JSON.parse(readFileSync(path('xgboost-linear-json.json'), 'utf8'));
  linear.learner.learner_model_param.num_target = '2';
  expect(() => importXGBoost(JSON.stringify(linear))).toThrow(/several targets/);
});

test('labels of classes are refused where there are none', () => {
  const options = { classes: ['no', 'yes'] };
  for (const file of ['catboost-targets.json', 'catboost-targets-labels.json', 'catboost-regression.json'])
    expect(() => importCatBoost(readFileSync(path(file)), options)).toThrow('it has no classes');
  expect(() => importXGBoost(readFileSync(path('xgboost-targets.ubj')), options)).toThrow(
    'it has no classes',
  );
});
