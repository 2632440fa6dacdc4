/** Searches whose fits are done by other processes, through a real Redis. */
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Estimator, MatrixLike } from '../../lib/core/index.js';
import {
  CountVectorizer,
  DictVectorizer,
  GaussianNB,
  GridSearchCV,
  HalvingGridSearchCV,
  LogisticRegression,
  load,
  loadIris,
  MultinomialNB,
  makePipeline,
  OneHotEncoder,
  RandomForestClassifier,
  type SearchOptions,
  StandardScaler,
  searchWorker,
  TfidfTransformer,
  TfidfVectorizer,
  VotingClassifier,
} from '../../lib/index.js';
import { RedisServer, WorkerProcess } from './redis.js';

// What takes seconds alone takes minutes on a machine that is busy.
vi.setConfig({ testTimeout: 180_000 });

const hasRedis = (() => {
  try {
    execFileSync('redis-server', ['--version']);
    return true;
  } catch {
    return false;
  }
})();
const { data, target } = loadIris();
const labels = Array.from(target, (label) => ['setosa', 'versicolor', 'virginica'][label]);

describe.skipIf(!hasRedis)('search workers', () => {
  let folder: string;
  let redis: RedisServer;
  let client: Redis;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'boreal-search-'));
    redis = await RedisServer.start(folder);
    client = new Redis(redis.url);
    client.on('error', () => undefined);
  });
  afterAll(async () => {
    client.disconnect();
    await redis.kill();
    await rm(folder, { recursive: true });
  });

  /** What is the same wherever fits are done. */
  function resultOf({ cvResults, bestIndex }: GridSearchCV | HalvingGridSearchCV): unknown {
    const columns = Object.entries(cvResults).filter(([name]) => !/Time$/.test(name));
    return [bestIndex, Object.fromEntries(columns)];
  }

  it('gives what this process alone gives, bit by bit, and leaves nothing behind', async () => {
    const model = makePipeline(new StandardScaler(), new LogisticRegression());
    const make = (options: Partial<SearchOptions>) =>
      new GridSearchCV(
        model,
        { logisticregression__C: [0.1, 1, 10], standardscaler: [new StandardScaler(), 'passthrough'] },
        { cv: 3, scoring: ['accuracy', 'f1Macro'], refit: 'f1Macro', returnTrainScore: true, ...options },
      );
    const sampleWeight = Float64Array.from(target, (_, i) => 1 + (i % 3));
    const local = await make({}).fit(data, labels, { sampleWeight });
    await using _one = await searchWorker({ url: redis.url, queue: 'same' });
    await using _two = await searchWorker({ url: redis.url, queue: 'same', concurrency: 2 });
    const counts: number[] = [];
    const remote = make({ workers: { url: redis.url, queue: 'same' } });
    await remote.fit(data, labels, { sampleWeight, onProgress: ({ done }) => counts.push(done) });
    expect(resultOf(remote)).toEqual(resultOf(local));
    expect(remote.predictSync(data)).toEqual(local.predictSync(data));
    expect(counts).toEqual(Array.from({ length: 18 }, (_, k) => k + 1));
    expect((await client.keys('boreal:same:*-*:*')).filter((key) => /data|replies/.test(key))).toEqual([]);
    // The address may hold a password.
    expect((await load(remote.toBytes())).params.workers).toBeNull();
  });

  it('sends tables, halves, and passes on what fails', async () => {
    const workers = { url: redis.url, queue: 'tables', keyPrefix: 'test' };
    await using _worker = await searchWorker(workers);
    const table = { colour: labels.map((label, i) => (i % 5 === 0 ? null : label.slice(0, 2))) };
    const model = makePipeline(new OneHotEncoder(), new GaussianNB());
    const grid = { gaussiannb__varSmoothing: [1e-9, 1e-3, 1, 10] };
    const options = { cv: 3, factor: 2, randomState: 0 };
    const local = await new HalvingGridSearchCV(model, grid, options).fit(table, labels);
    const remote = await new HalvingGridSearchCV(model, grid, { ...options, workers }).fit(table, labels);
    expect(resultOf(remote)).toEqual(resultOf(local));
    const bad = { varSmoothing: [1e-9, -1] };
    const failing = new GridSearchCV(new GaussianNB(), bad, { cv: 2, workers });
    await expect(failing.fit(data, labels)).rejects.toMatchObject({ code: 'ERR_PARAMETER' });
    const scored = new GridSearchCV(new GaussianNB(), bad, { cv: 2, workers, errorScore: Number.NaN });
    await scored.fit(data, labels);
    expect(scored.cvResults.meanTestScore[1]).toBeNaN();
    const allFail = { cv: 2, workers, errorScore: Number.NaN, refit: false };
    const none = new GridSearchCV(new GaussianNB(), { varSmoothing: [-1] }, allFail);
    await expect(none.fit(data, labels)).rejects.toMatchObject({ code: 'ERR_PARAMETER' });
    const own = new GridSearchCV(new GaussianNB(), {}, { workers, scoring: async () => 1 });
    await expect(own.fit(data, labels)).rejects.toMatchObject({ code: 'ERR_NOT_SUPPORTED' });
  });

  it('sends texts, records and sparse rows, to pipelines and to models made of them', async () => {
    const workers = { url: redis.url, queue: 'texts' };
    await using _worker = await searchWorker(workers);
    // Half of a surrogate pair is a text, too.
    const texts = labels.map(
      (label, i) => `${label.slice(0, 3)} w${i % 7} ${i % 20 === 0 ? '\ud83d' : 'x y'}`,
    );
    const words = () => makePipeline(new CountVectorizer(), new MultinomialNB());
    const records = labels.map((label, i) => ({ $kind: label, size: i % 5, tags: i % 2 ? ['odd'] : [] }));
    const sparse = await new TfidfVectorizer().fitTransform(texts);
    const sets: Array<[Estimator, Record<string, unknown[]>, unknown]> = [
      [
        words(),
        {
          multinomialnb__alpha: [0.1, 1],
          countvectorizer__ngramRange: [
            [1, 1],
            [1, 2],
          ],
        },
        texts,
      ],
      [
        new VotingClassifier([
          ['a', words()],
          ['b', words()],
        ]),
        { a__multinomialnb__alpha: [0.1, 5] },
        texts,
      ],
      [makePipeline(new DictVectorizer(), new MultinomialNB()), { multinomialnb__alpha: [0.1, 1] }, records],
      [makePipeline(new TfidfTransformer(), new MultinomialNB()), { multinomialnb__alpha: [0.1, 1] }, sparse],
      [new MultinomialNB(), { alpha: [0.1, 1] }, sparse.astype('float32')],
    ];
    for (const [model, grid, X] of sets) {
      const make = (options: Partial<SearchOptions>) => new GridSearchCV(model, grid, { cv: 3, ...options });
      const local = await make({}).fit(X as MatrixLike, labels);
      const remote = await make({ workers }).fit(X as MatrixLike, labels);
      expect(resultOf(remote)).toEqual(resultOf(local));
      expect(await remote.predict(X as MatrixLike)).toEqual(await local.predict(X as MatrixLike));
    }
    const tokenizer = (text: string) => text.split(' ');
    const own = makePipeline(new CountVectorizer({ tokenizer }), new MultinomialNB());
    await expect(new GridSearchCV(own, {}, { workers }).fit(texts, labels)).rejects.toMatchObject({
      code: 'ERR_NOT_SUPPORTED',
    });
  });

  it('ends when its signal fires, and says so when there is no Redis', async () => {
    const waiting = new GridSearchCV(new GaussianNB(), {}, { workers: { url: redis.url, queue: 'nobody' } });
    const signal = AbortSignal.timeout(300);
    await expect(waiting.fit(data, labels, { signal })).rejects.toMatchObject({ code: 'ERR_ABORTED' });
    const nowhere = { url: 'redis://127.0.0.1:1' };
    await expect(searchWorker(nowhere)).rejects.toMatchObject({ code: 'ERR_QUEUE' });
    const lost = new GridSearchCV(new GaussianNB(), {}, { workers: nowhere });
    await expect(lost.fit(data, labels)).rejects.toMatchObject({ code: 'ERR_QUEUE' });
    const bad = new GridSearchCV(new GaussianNB(), {}, { workers: { url: 'http://example.org' } });
    await expect(bad.fit(data, labels)).rejects.toMatchObject({ code: 'ERR_PARAMETER' });
    await expect(searchWorker({ url: redis.url, concurrency: 0 })).rejects.toMatchObject({
      code: 'ERR_PARAMETER',
    });
  });

  it('does the trial of a worker that was killed again', async () => {
    const make = (options: Partial<SearchOptions>) =>
      new GridSearchCV(
        new RandomForestClassifier({ nEstimators: 6000, randomState: 0 }),
        { maxDepth: [2, 4] },
        { cv: 3, ...options },
      );
    const local = await make({}).fit(data, labels);
    const victim = await WorkerProcess.startSearch(redis.url, 'killed');
    let heir: Promise<WorkerProcess> | undefined;
    const remote = make({ workers: { url: redis.url, queue: 'killed' } });
    let inHand = 0;
    // It has begun the next trial when the first is reported.
    const onProgress = () => {
      heir ??= victim.end('SIGKILL').then(async () => {
        inHand = await client.llen('boreal:killed:active');
        return WorkerProcess.startSearch(redis.url, 'killed');
      });
    };
    await remote.fit(data, labels, { onProgress });
    expect(resultOf(remote)).toEqual(resultOf(local));
    expect(inHand).toBe(1);
    expect(await (await heir!).end('SIGTERM')).toBe(0);
  });
});
