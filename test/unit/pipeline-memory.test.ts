/** Pipelines that keep their fitted steps. */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  CountVectorizer,
  CsrMatrix,
  fClassif,
  GridSearchCV,
  LogisticRegression,
  load,
  loadIris,
  loadWine,
  Matrix,
  type MatrixLike,
  MaxAbsScaler,
  MultinomialNB,
  OneHotEncoder,
  type OneHotEncoderParams,
  PCA,
  Pipeline,
  type PipelineMemory,
  RandomForestClassifier,
  SelectKBest,
  StandardScaler,
  TargetEncoder,
  TfidfTransformer,
  TruncatedSVD,
} from '../../lib/index.js';

const { data, target } = loadWine();

/** A store that counts. */
class Counted extends Map<string, Uint8Array> {
  hits = 0;
  writes = 0;
  override get(key: string) {
    const found = super.get(key);
    if (found !== undefined) this.hits += 1;
    return found;
  }
  override set(key: string, bytes: Uint8Array) {
    this.writes += 1;
    return super.set(key, bytes);
  }
}

const scaled = (memory: string | PipelineMemory | null, params: object = {}, scaler = {}) =>
  new Pipeline(
    [
      ['scale', new StandardScaler(scaler)],
      ['axes', new PCA({ nComponents: 3 })],
      ['model', new LogisticRegression(params)],
    ],
    { memory },
  );

const words = (memory: PipelineMemory | null) =>
  new Pipeline(
    [
      ['words', new CountVectorizer()],
      ['model', new MultinomialNB()],
    ],
    { memory },
  );

describe('a Map', () => {
  test('keeps the transformers, and gives the same model', async () => {
    const memory = new Counted();
    const plain = await scaled(null).fit(data, target);
    const first = await scaled(memory).fit(data, target);
    expect([memory.writes, memory.hits]).toEqual([2, 0]);
    const second = await scaled(memory, { C: 0.1 }).fit(data, target);
    expect([memory.writes, memory.hits]).toEqual([2, 2]);
    expect((await first.predictProba(data)).data).toEqual((await plain.predictProba(data)).data);
    const slow = await scaled(null, { C: 0.1 }).fit(data, target);
    expect((await second.predictProba(data)).data).toEqual((await slow.predictProba(data)).data);
    // The steps of each are its own.
    expect(second.namedSteps.scale).not.toBe(first.namedSteps.scale);
    expect(second.namedSteps.axes).toBeInstanceOf(PCA);
  });

  test('tells data, targets, weights and parameters apart', async () => {
    const memory = new Counted();
    await scaled(memory).fit(data, target);
    const count = async (fit: Promise<unknown>) => {
      const before = memory.writes;
      await fit;
      return memory.writes - before;
    };
    const other = data.slice();
    other.data[5] += 1e-9;
    expect(await count(scaled(memory).fit(other, target))).toBe(2);
    expect(await count(scaled(memory).fit(data.astype('float32'), target))).toBe(2);
    expect(
      await count(
        scaled(memory).fit(
          data,
          Array.from(target, (label) => 2 - label),
        ),
      ),
    ).toBe(2);
    expect(
      await count(
        scaled(memory).fit(
          data,
          Array.from(target, (label) => `class ${label}`),
        ),
      ),
    ).toBe(2);
    const sampleWeight = Float64Array.from(target, (_, i) => 1 + (i % 2));
    expect(await count(scaled(memory).fit(data, target, { sampleWeight }))).toBe(2);
    expect(await count(scaled(memory, {}, { withMean: false }).fit(data, target))).toBe(2);
    expect(await count(scaled(memory).setParams({ axes__nComponents: 2 }).fit(data, target))).toBe(1);
    expect(await count(scaled(memory).fit(data, target))).toBe(0);
    const table = Object.fromEntries(['a', 'b'].map((name, j) => [name, Array.from(data.columns([j]).data)]));
    expect(await count(scaled(memory).setParams({ axes__nComponents: 1 }).fit(table, target))).toBe(2);
    const renamed = { c: table.a, b: table.b };
    expect(await count(scaled(memory).setParams({ axes__nComponents: 1 }).fit(renamed, target))).toBe(2);
  });

  test('is shared by a search, whose folds are fitted once', async () => {
    const memory = new Counted();
    const search = new GridSearchCV(scaled(memory), { model__C: [0.01, 0.1, 1, 10] }, { cv: 3 });
    await search.fit(data, target);
    // Two steps for each of three folds and the last fit.
    expect(memory.writes).toBe(8);
    expect(memory.hits).toBe(2 * 3 * 3);
    const plain = new GridSearchCV(scaled(null), { model__C: [0.01, 0.1, 1, 10] }, { cv: 3 });
    await plain.fit(data, target);
    expect(search.cvResults.meanTestScore).toEqual(plain.cvResults.meanTestScore);
  });

  test('fits at the same time do a step once', async () => {
    const memory = new Counted();
    await Promise.all([1, 2, 3, 4, 5].map((C) => scaled(memory, { C }).fit(data, target)));
    expect(memory.writes).toBe(2);
  });

  test('a fit that is aborted leaves the others to do it', async () => {
    const memory = new Counted();
    const abort = new AbortController();
    const first = scaled(memory).fit(data, target, { signal: abort.signal });
    const second = scaled(memory).fit(data, target);
    abort.abort();
    await expect(first).rejects.toMatchObject({ code: 'ERR_ABORTED' });
    expect((await second).isFitted).toBe(true);
  });

  const waiting: Array<[string, (memory: PipelineMemory, signal?: AbortSignal) => Promise<Pipeline>]> = [
    ['numbers', (memory, signal) => scaled(memory).fit(data, target, { signal })],
    ['documents', (memory, signal) => words(memory).fit(['a cat', 'a dog'], [0, 1], { signal })],
  ];
  test.each(waiting)('a fit of %s that waits for another one can be aborted', async (_, fit) => {
    // The first one reads until it is let go.
    let letGo = (_: undefined) => {};
    const stuck = new Promise<undefined>((resolve) => {
      letGo = resolve;
    });
    const memory: PipelineMemory = { get: () => stuck, set() {} };
    const first = fit(memory);
    const abort = new AbortController();
    const second = fit(memory, abort.signal);
    // Both have hashed their data, and are at it.
    await setTimeout(50);
    abort.abort();
    await expect(second).rejects.toMatchObject({ code: 'ERR_ABORTED' });
    letGo(undefined);
    expect((await first).isFitted).toBe(true);
  });

  const never = new Promise<undefined>(() => {});
  test.each(['get', 'set'] as const)('a fit can be aborted while %s of the memory is at it', async (part) => {
    const abort = new AbortController();
    const memory: PipelineMemory = { get: () => undefined, set() {} };
    memory[part] = () => {
      setImmediate(() => abort.abort());
      return never;
    };
    const fit = scaled(memory).fit(data, target, { signal: abort.signal });
    await expect(fit).rejects.toMatchObject({ code: 'ERR_ABORTED' });
  });

  test('what a memory gives may be a query, which is started once', async () => {
    let [asked, starts] = [0, 0];
    const query = {
      // biome-ignore lint/suspicious/noThenProperty: as the queries of knex and mongoose have it
      then<T>(done?: ((value: undefined) => T) | null) {
        starts += 1;
        return Promise.resolve(undefined).then(done);
      },
    } as PromiseLike<undefined>;
    const ask = () => {
      asked += 1;
      return query;
    };
    await scaled({ get: ask, set: ask }).fit(data, target);
    expect(asked).toBeGreaterThan(1);
    expect(starts).toBe(asked);
  });

  test('steps that cannot be stored are fitted each time, and those after them', async () => {
    const memory = new Counted();
    const own: typeof fClassif = (X, y) => fClassif(X, y);
    const make = () =>
      new Pipeline(
        [
          ['scale', new StandardScaler()],
          ['best', new SelectKBest({ scoreFunc: own, k: 4 })],
          ['axes', new PCA({ nComponents: 2 })],
          ['model', new LogisticRegression()],
        ],
        { memory },
      );
    await make().fit(data, target);
    const model = await make().fit(data, target);
    expect([memory.writes, memory.hits]).toEqual([1, 1]);
    expect(await model.score(data, target)).toBeGreaterThan(0.9);
  });

  test('functions that a model file leaves out tell steps apart', async () => {
    const memory = new Counted();
    const named = async (featureNameCombiner: OneHotEncoderParams['featureNameCombiner']) => {
      const encoder = new OneHotEncoder({ featureNameCombiner });
      const steps = [['encode', encoder] as const, ['model', new LogisticRegression()] as const];
      const pipeline = await new Pipeline(steps, { memory }).fit({ c: ['a', 'b', 'a', 'b'] }, [0, 1, 0, 1]);
      const copy = (await load(pipeline.toBytes())) as Pipeline;
      return (copy.namedSteps.encode as OneHotEncoder).getFeatureNamesOut();
    };
    expect(await named((column, category) => `${column}=${category}`)).toEqual(['c=a', 'c=b']);
    expect(await named((column, category) => `${column}/${category}`)).toEqual(['c/a', 'c/b']);
    expect(memory.writes).toBe(0);
    expect(await named('concat')).toEqual(['c_a', 'c_b']);
    expect(memory.writes).toBe(1);
  });

  test('steps that fit across folds hand on the same rows', async () => {
    const memory = new Counted();
    const towns = { town: Array.from(target, (label, i) => `town ${(label + i) % 5}`) };
    const make = (store: PipelineMemory | null) =>
      new Pipeline(
        [
          ['code', new TargetEncoder({ randomState: 1 })],
          ['model', new RandomForestClassifier({ nEstimators: 5, randomState: 1 })],
        ],
        { memory: store },
      );
    const plain = await make(null).fit(towns, target);
    await make(memory).fit(towns, target);
    const again = await make(memory).fit(towns, target);
    expect([memory.writes, memory.hits]).toEqual([1, 1]);
    expect((await again.predictProba(towns)).data).toEqual((await plain.predictProba(towns)).data);
  });

  test('keeps vectorizers and their sparse rows', async () => {
    const memory = new Counted();
    const texts = ['a cat sat', 'a dog ran', 'the cat ran', 'the dog sat'];
    const make = (alpha: number, store: PipelineMemory | null = memory) =>
      new Pipeline(
        [
          ['words', new CountVectorizer()],
          ['weights', new TfidfTransformer()],
          ['model', new MultinomialNB({ alpha })],
        ],
        { memory: store },
      );
    const labels = ['cat', 'dog', 'cat', 'dog'];
    await make(1).fit(texts, labels);
    expect([memory.writes, memory.hits]).toEqual([2, 0]);
    const model = await make(0.5).fit(texts, labels);
    expect([memory.writes, memory.hits]).toEqual([2, 2]);
    expect(await model.predict(['cat', 'dog'])).toEqual(['cat', 'dog']);
    const plain = await make(0.5, null).fit(texts, labels);
    expect((await model.predictProba(texts)).data).toEqual((await plain.predictProba(texts)).data);
    await make(1).fit([...texts.slice(1), 'a bird'], labels);
    expect(memory.writes).toBe(4);
  });

  const texts = () => ['a cat sat', 'a dog ran', 'the cat ran', 'the dog sat'];
  const list = texts();
  const columns = { text: texts() };
  const rows = texts().map((text) => ({ text }));
  const given: Array<[string, MatrixLike, () => void]> = [
    ['a list', list, () => list.push('a bird flew')],
    ['a table of columns', columns, () => columns.text.push('a bird flew')],
    ['a table of rows', rows, () => Object.assign(rows[0], { text: 'a bird flew' })],
  ];
  test('keeps steps on sparse rows, and those after them', async () => {
    const memory = new Counted();
    const X = CsrMatrix.from(data);
    const make = (C: number, store: PipelineMemory | null) =>
      new Pipeline(
        [
          ['scale', new MaxAbsScaler()],
          ['axes', new TruncatedSVD({ nComponents: 4, randomState: 0 })],
          ['spread', new StandardScaler()],
          ['model', new LogisticRegression({ C })],
        ],
        { memory: store },
      );
    await make(1, memory).fit(X, target);
    expect([memory.writes, memory.hits]).toEqual([3, 0]);
    const model = await make(0.1, memory).fit(X, target);
    expect([memory.writes, memory.hits]).toEqual([3, 3]);
    const plain = await make(0.1, null).fit(X, target);
    expect((await model.predictProba(X)).data).toEqual((await plain.predictProba(X)).data);
  });

  test.each(given)('%s that is changed while the fit works is learned as it was', async (_, X, change) => {
    const memory = new Counted();
    const data = (): [string[], { sampleWeight: number[] }] => [
      ['cat', 'dog', 'cat', 'dog'],
      { sampleWeight: [1, 2, 3, 4] },
    ];
    const want = await words(null).fit(texts(), ...data());
    const [labels, options] = data();
    const fits = [words(memory).fit(X, labels, options), words(null).fit(X, labels, options)];
    change();
    labels[0] = 'bird';
    options.sampleWeight[0] = 100;
    // Of the list the last finds what the first has kept.
    for (const model of [...(await Promise.all(fits)), await words(memory).fit(texts(), ...data())])
      expect((await model.predictProba(texts())).data).toEqual((await want.predictProba(texts())).data);
  });

  test('is no part of a model file, nor of what is sent to workers', async () => {
    const model = await scaled(new Map()).fit(data, target);
    const copy = (await load(model.toBytes())) as Pipeline;
    expect(copy.params.memory).toBe(null);
    expect(model.clone().params.memory).toBe(model.params.memory);
  });
});

describe('what is kept may be damaged', () => {
  const damages: Array<[string, (bytes: Uint8Array) => Uint8Array]> = [
    ['cut short', (bytes) => bytes.slice(0, bytes.length >> 1)],
    ['empty', () => new Uint8Array(0)],
    ['another byte', (bytes) => bytes.map((byte, k) => (k === bytes.length >> 1 ? byte ^ 1 : byte))],
    ['something else', () => new TextEncoder().encode('not a step at all')],
    ['no bytes', () => 'text' as never],
  ];
  test.each(damages)('%s', async (_, damage) => {
    const memory = new Counted();
    const model = await scaled(memory).fit(data, target);
    for (const [key, bytes] of memory) memory.set(key, damage(bytes));
    memory.writes = 0;
    const again = await scaled(memory).fit(data, target);
    expect(memory.writes).toBe(2);
    expect((await again.predictProba(data)).data).toEqual((await model.predictProba(data)).data);
  });

  test('the step of another key', async () => {
    const memory = new Counted();
    await scaled(memory).fit(data, target);
    const [[first, one], [second, two]] = [...memory];
    memory.set(first, two);
    memory.set(second, one);
    memory.writes = 0;
    await scaled(memory).fit(data, target);
    expect(memory.writes).toBe(2);
  });
});

describe('a directory', () => {
  let place: string;
  beforeEach(async () => {
    place = await mkdtemp(join(tmpdir(), 'boreal-memory-'));
  });
  afterEach(() => rm(place, { recursive: true }));

  test('holds a file for each step, made whole', async () => {
    const memory = join(place, 'deep', 'cache');
    const model = await scaled(memory).fit(data, target);
    const names = await readdir(memory);
    expect(names.length).toBe(2);
    expect(names.every((name) => /^[0-9a-f]{64}\.step$/.test(name))).toBe(true);
    // What a process that was killed has left.
    await writeFile(join(memory, `${names[0]}.0.tmp`), 'half');
    await writeFile(join(memory, names[0]), (await readFile(join(memory, names[0]))).subarray(0, 99));
    const again = await scaled(memory).fit(data, target);
    expect((await again.predictProba(data)).data).toEqual((await model.predictProba(data)).data);
    expect((await readFile(join(memory, names[0]))).length).toBeGreaterThan(99);
    await Promise.all([1, 2, 3].map((C) => scaled(memory, { C }, { withStd: false }).fit(data, target)));
    expect((await readdir(memory)).length).toBe(5);
  });

  test('that cannot be one is an error, and the last fit stays', async () => {
    const { data: X, target: y } = loadIris();
    const model = await scaled(null).fit(X, y);
    await writeFile(join(place, 'file'), '');
    model.setParams({ memory: join(place, 'file') });
    await expect(model.fit(X, y)).rejects.toMatchObject({ code: 'ENOTDIR' });
    expect(model.predictSync(Matrix.from([[5, 3, 1, 0.2]]))).toEqual([0]);
  });

  test.each(['', 7, {}, { get() {} }])('%o is refused', async (memory) => {
    await expect(scaled(memory as never).fit(data, target)).rejects.toMatchObject({ code: 'ERR_PARAMETER' });
  });
});
