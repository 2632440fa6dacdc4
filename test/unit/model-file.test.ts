import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  DecisionTreeRegressor,
  type Estimator,
  LinearRegression,
  LogisticRegression,
  load,
  loadWithMetadata,
  Matrix,
  Pipeline,
  RandomForestRegressor,
  Ridge,
  StandardScaler,
} from '../../lib/index.js';
import { type TensorEntry, takeApart } from '../support/model-files.js';

const X = [[1], [2], [4]];
const y = [1, 2, 4];
let folder: string;
let model: LinearRegression;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'boreal-file-'));
  model = await new LinearRegression().fit(X, y);
});
afterAll(() => rm(folder, { recursive: true }));

describe('the layout', () => {
  test('is that of docs/model-file.md', async () => {
    const bytes = (await new RandomForestRegressor({ nEstimators: 3 }).fit(X, y)).toBytes({ a: 1 });
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    expect(new TextDecoder().decode(bytes.subarray(0, 8))).toBe('BOREALML');
    expect(view.getUint32(8, true)).toBe(1);
    expect(view.getBigUint64(16, true)).toBe(BigInt(bytes.length));
    expect([...bytes.subarray(28, 64)].every((byte) => byte === 0)).toBe(true);
    const { document, body } = takeApart(bytes);
    expect(document.metadata).toEqual({ a: 1 });
    expect(document.model.$estimator).toBe('RandomForestRegressor');
    expect(document.tensors.length).toBeGreaterThan(5);
    for (const { offset } of document.tensors as TensorEntry[]) expect(offset % 64).toBe(0);
    expect(body.length % 64).toBe(0);
  });

  test('holds no plan and no training data', async () => {
    const bytes = model.toBytes();
    expect(bytes.length).toBeLessThan(1500);
  });

  test('special numbers and keys with a dollar survive', async () => {
    const logistic = new LogisticRegression({ C: Infinity, classWeight: { $a: 2, b: 1, $$c: 3 } });
    await logistic.fit([[0], [1], [2], [3], [4], [5]], ['$a', 'b', '$$c', 'b', '$a', '$$c']);
    const copy = await load(logistic.toBytes());
    expect(copy.params).toEqual(logistic.params);
    const scaler = await new StandardScaler().fit([
      [-0, Number.NaN],
      [-0, Number.NaN],
    ]);
    const loaded = await load(scaler.toBytes());
    expect(loaded.mean).toEqual(scaler.mean);
    const table = { a: [-0, 5], b: [1, Number.MIN_VALUE] };
    const ridge = await new Ridge({ alpha: 1e-300 }).fit(table, [1, 2]);
    expect((await load(ridge.toBytes())).schema.toJSON()).toEqual(ridge.schema.toJSON());
  });
});

describe('save and load', () => {
  test('take a path, a URL and bytes', async () => {
    const path = join(folder, 'a.boreal');
    await model.save(path, { by: 'me' });
    const bytes = await readFile(path);
    for (const source of [path, pathToFileURL(path), bytes, new Uint8Array(bytes)]) {
      const loaded = await loadWithMetadata(source);
      expect(loaded.metadata).toEqual({ by: 'me' });
      expect((loaded.model as LinearRegression).coef).toEqual(model.coef);
    }
  });

  test('a loaded model does not look at its bytes again', async () => {
    const bytes = model.toBytes();
    const copy = await load(bytes);
    bytes.fill(0);
    expect(copy.predictSync([[3]])).toEqual(model.predictSync([[3]]));
  });

  test('a file that cannot be written leaves nothing behind', async () => {
    await expect(model.save(join(folder, 'no', 'such', 'folder.boreal'))).rejects.toMatchObject({
      code: 'ENOENT',
    });
    for (const path of [undefined, '', 3, new URL('http://localhost/a.boreal')])
      await expect(model.save(path as never)).rejects.toMatchObject({ code: 'ERR_PARAMETER' });
    await expect(load(new URL('http://localhost/a.boreal'))).rejects.toMatchObject({ code: 'ERR_PARAMETER' });
    const target = join(folder, 'taken.boreal');
    await writeFile(join(folder, 'b'), '');
    await model.save(pathToFileURL(target));
    expect((await load(target)).isFitted).toBe(true);
    await expect(model.save(join(folder, 'b', 'c.boreal'))).rejects.toThrow();
    expect((await readdir(folder)).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  test('twenty saves to one path leave one whole file', async () => {
    const path = join(folder, 'busy.boreal');
    await Promise.all(Array.from({ length: 20 }, (_, k) => model.save(path, { k })));
    expect((await loadWithMetadata(path)).metadata).toHaveProperty('k');
  });

  test('what is neither a path nor bytes, and bytes that were transferred', async () => {
    for (const odd of [undefined, null, 5, {}, new ArrayBuffer(8)]) {
      await expect(load(odd as never)).rejects.toMatchObject({ code: 'ERR_PARAMETER' });
    }
    const gone = Uint8Array.of(1, 2);
    structuredClone(gone.buffer, { transfer: [gone.buffer] });
    await expect(load(gone)).rejects.toMatchObject({ code: 'ERR_MODEL_FILE' });
  });

  test('a file that is not there is an error of the file system', async () => {
    await expect(load(join(folder, 'nothing'))).rejects.toMatchObject({ code: 'ENOENT' });
  });

  test('metadata must be an object that JSON can hold', () => {
    const cyclic: Record<string, unknown> = {};
    cyclic.self = cyclic;
    for (const metadata of [null, [1], 'x', 7, cyclic, { big: 1n }]) {
      const bytes = () => model.toBytes(metadata as Record<string, unknown>);
      expect(bytes).toThrow(expect.objectContaining({ code: 'ERR_PARAMETER' }));
    }
  });

  test('parameters are those of the fit', async () => {
    const ridge = await new Ridge({ alpha: 2 }).fit(X, y);
    const bytes = ridge.toBytes();
    ridge.setParams({ alpha: 3 });
    expect(ridge.toBytes()).toEqual(bytes);
    expect((await load(bytes)).params.alpha).toBe(2);
  });
});

describe('what cannot be saved', () => {
  test('a class that is not registered', async () => {
    class Mine extends Ridge {}
    const mine = await new Mine().fit(X, y);
    expect(() => mine.toBytes()).toThrow(expect.objectContaining({ code: 'ERR_NOT_SUPPORTED' }));
    const pipeline = await new Pipeline([['model', new Mine()]]).fit(X, y);
    expect(() => pipeline.toBytes()).toThrow(/class Mine is not registered/);
  });

  test('an estimator before fit', async () => {
    await expect(new Ridge().save(join(folder, 'x'))).rejects.toMatchObject({ code: 'ERR_NOT_FITTED' });
    expect((await readdir(folder)).includes('x')).toBe(false);
  });
});

test('a pipeline of pipelines comes back as it was', async () => {
  let inner: Estimator = new StandardScaler();
  for (let k = 0; k < 6; k++) inner = new Pipeline([[`level-${k}`, inner]]);
  const deep = await new Pipeline([
    ['all', inner],
    ['tree', new DecisionTreeRegressor({ randomState: 0 })],
  ]).fit(X, y);
  const copy = await load(deep.toBytes());
  expect(copy.toBytes()).toEqual(deep.toBytes());
  expect(copy.predictSync(Matrix.from(X))).toEqual(deep.predictSync(Matrix.from(X)));
});
