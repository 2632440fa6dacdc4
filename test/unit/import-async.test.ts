/** The asynchronous importers: the same models as their twins, errors with codes, aborts, and an event loop that goes on. */
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { evaluate } from '../support/child.js';

const models = JSON.stringify(fileURLToPath(new URL('../golden/models/', import.meta.url)));
const setUp = `
  const { readFile } = await import('node:fs/promises');
  const at = (name) => ${models} + name;
  const codeOf = (promise) => promise.then(() => 'none', (error) => [error.name, error.code, error.message]);
`;

test('give the models of their twins, from paths, URLs and bytes', async () => {
  const equal = await evaluate<boolean[]>(`${setUp}
    const rows = [[0.3, -1, 0.2, 7], [1, NaN, -2, 0]];
    const cases = [
      ['importXGBoost', 'xgboost-classes.ubj', { rounds: 2, classes: ['a', 'b', 'c'] }],
      ['importXGBoost', 'xgboost-linear.ubj', {}],
      ['importXGBoost', 'xgboost-targets-labels.ubj', {}],
      ['importLightGBM', 'lightgbm-classes.txt', {}],
      ['importCatBoost', 'catboost-regression.json', {}],
      ['importONNX', 'onnx-iris-forest.onnx', {}],
      ['importONNX', 'onnx-scaled-robust.onnx', {}],
    ];
    const results = [];
    for (const [name, file, options] of cases) {
      const bytes = await readFile(at(file));
      const twin = boreal[name](bytes, options);
      for (const source of [at(file), new URL('file://' + at(file)), bytes]) {
        const model = await boreal[name + 'Async'](source, options);
        results.push(Buffer.from(model.toBytes()).equals(Buffer.from(twin.toBytes())) && model.constructor === twin.constructor);
      }
    }
    console.log(JSON.stringify(results));`);
  expect(equal).toEqual(Array(21).fill(true));
});

test('refuse as their twins do', async () => {
  const [damaged, absent, wrong, bad, aborted, late] = await evaluate<string[][]>(`${setUp}
    const path = at('lightgbm-regression.txt');
    const controller = new AbortController();
    const running = codeOf(boreal.importLightGBMAsync(path, { signal: controller.signal }));
    setTimeout(() => controller.abort(new Error('enough')), 1);
    console.log(JSON.stringify([
      await codeOf(boreal.importXGBoostAsync(new Uint8Array([1, 2, 3]))),
      await codeOf(boreal.importONNXAsync(at('nothing.onnx'))),
      await codeOf(boreal.importCatBoostAsync(7)),
      await codeOf(boreal.importLightGBMAsync(path, { signal: {} })),
      await codeOf(boreal.importLightGBMAsync(path, { signal: AbortSignal.abort() })),
      await running,
    ]));`);
  expect(damaged.slice(0, 2)).toEqual(['FileFormatError', 'ERR_IMPORT']);
  expect(damaged[2]).toContain('This XGBoost model cannot be imported');
  expect(absent[1]).toBe('ENOENT');
  expect(wrong.slice(0, 2)).toEqual(['ValidationError', 'ERR_PARAMETER']);
  expect(bad[1]).toBe('ERR_PARAMETER');
  expect(aborted.slice(0, 2)).toEqual(['AbortError', 'ERR_ABORTED']);
  expect(late[1]).toBe('ERR_ABORTED');
});
