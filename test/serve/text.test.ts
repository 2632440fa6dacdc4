/** Models of documents behind HTTP: forms of requests, errors, what clients are told, and worker threads. */
import { setImmediate } from 'node:timers/promises';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import {
  CountVectorizer,
  LogisticRegression,
  load,
  MultinomialNB,
  Pipeline,
  TfidfTransformer,
  TfidfVectorizer,
  VotingClassifier,
} from '../../lib/index.js';
import { ModelEndpoint } from '../../lib/serve/index.js';
import { evaluate } from '../support/child.js';
import { expectClose, ulp } from '../support/tolerance.js';

const mails = Array.from({ length: 24 }, (_, i) => (i % 2 ? `cheap pills ${i}` : `meeting at noon ${i}`));
const y = mails.map((_, i) => (i % 2 ? 'spam' : 'ham'));
// Of sparse rows the same sums run in another order.
const near = (actual: number[], like: number[]) => expectClose(actual, like, ulp(16));
const make = () =>
  new Pipeline([
    ['words', new TfidfVectorizer()],
    ['model', new MultinomialNB()],
  ]);

describe('an endpoint', () => {
  let endpoint: ModelEndpoint;
  let model: Pipeline;
  beforeAll(async () => {
    model = await make().fit(mails, y);
    endpoint = await ModelEndpoint.create(model, { ranges: 'refuse' });
  });

  test('answers as the model does, in every form', async () => {
    const texts = ['cheap', 'noon, pills', '', 'unknown'];
    const like = await model.predict(texts);
    const bodies = [
      texts.map((text) => ({ text })),
      texts.map((text) => [text]),
      { rows: texts.map((text) => ({ text })) },
      { columns: { text: texts } },
      { columns: ['text'], data: texts.map((text) => [text]) },
    ];
    for (const body of bodies) expect((await endpoint.predictBatch(body)).predictions).toEqual(like);
    const proba = (await model.predictProba(texts)).toArray();
    const { probabilities } = await endpoint.predict({ text: texts[1] });
    near([probabilities!.ham, probabilities!.spam], proba[1]);
    expect((await endpoint.predict({ features: ['cheap'] })).prediction).toBe('spam');
  });

  test('refuses what is no text, and says what it takes', async () => {
    const codeOf = async (body: unknown) => {
      try {
        await endpoint.predict(body);
      } catch (error) {
        return [(error as { code: string }).code, (error as Error).message];
      }
      return ['none'];
    };
    expect(await codeOf({ text: 5 })).toEqual(['ERR_REQUEST', "Field 'text' takes text; got 5."]);
    expect((await codeOf({ text: null }))[0]).toBe('ERR_REQUEST');
    expect((await codeOf({}))[1]).toBe("Field 'text' is missing.");
    expect((await codeOf({ text: 'a', other: 1 }))[1]).toContain("Unknown field 'other'");
    expect((await codeOf(['a', 'b']))[0]).toBe('ERR_REQUEST');
    expect(() => endpoint.readBinary(new Uint8Array(8), 'float64')).toThrow('is text');
    expect(endpoint.info.columns).toEqual([{ name: 'text', kind: 'text', required: true }]);
  });

  test('bounds the values of a request, and goes on to other threads', async () => {
    const wide = await ModelEndpoint.create(
      await new Pipeline([
        ['words', new TfidfVectorizer({ vocabulary: Array.from({ length: 100_000 }, (_, i) => `w${i}`) })],
        ['model', new MultinomialNB()],
      ]).fit(['w1 w2', 'w3'], ['a', 'b']),
    );
    expect(wide.info.maxRows).toBe(167);
    const rows = Array.from({ length: 168 }, () => ({ text: 'w1' }));
    expect(() => wide.readBatch(rows)).toThrow('this server takes 167');
    expect((await wide.predictBatch(rows.slice(1))).predictions).toHaveLength(167);
    const shared = ModelEndpoint.adopt(structuredClone(endpoint.share()));
    expect(await shared.predict({ text: 'cheap' })).toEqual(await endpoint.predict({ text: 'cheap' }));
  });

  test('of another thread whose vectorizers do not load tells who asks, and nobody else', async () => {
    const sent = structuredClone(endpoint.share());
    const front = { ...sent.front!, files: [new Uint8Array(3)] };
    const unhandled = vi.fn();
    process.on('unhandledRejection', unhandled);
    const damaged = ModelEndpoint.adopt({ ...sent, front });
    // The file is read, and the turn after it over.
    await expect(load(new Uint8Array(3))).rejects.toThrow();
    await setImmediate();
    process.off('unhandledRejection', unhandled);
    expect(unhandled).not.toHaveBeenCalled();
    await expect(damaged.predict({ text: 'cheap' })).rejects.toThrow();
  });

  test('of models with vocabularies of their own answers as they do, in other threads, too', async () => {
    const words = new Pipeline([
      ['words', new CountVectorizer({ ngramRange: [1, 2] })],
      ['model', new LogisticRegression()],
    ]);
    const vote = new VotingClassifier(
      [
        ['a', make()],
        ['b', words],
      ],
      { voting: 'soft' },
    );
    await vote.fit(mails, y);
    const served = await ModelEndpoint.create(vote);
    expect(served.info.columns).toEqual([{ name: 'text', kind: 'text', required: true }]);
    const [like] = (await vote.predictProba(['cheap noon'])).toArray();
    for (const each of [served, ModelEndpoint.adopt(structuredClone(served.share()))]) {
      const { probabilities } = await each.predict({ text: 'cheap noon' });
      near([probabilities!.ham, probabilities!.spam], like);
    }
  });

  test('of counts reads numbers', async () => {
    const counts = [
      [1, 0, 2],
      [0, 3, 1],
      [2, 0, 1],
      [0, 1, 0],
    ];
    const weighed = await new Pipeline([
      ['idf', new TfidfTransformer()],
      ['model', new MultinomialNB()],
    ]).fit(counts, ['a', 'b', 'a', 'b']);
    const served = await ModelEndpoint.create(weighed);
    const { probabilities } = await served.predict([1, 0, 2]);
    const like = await weighed.predictProba([[1, 0, 2]]);
    near([probabilities!.a, probabilities!.b], like.toArray()[0]);
  });
});

describe('a server', () => {
  type Answer = [
    status: number,
    body: { prediction?: string; predictions?: string[]; outputs?: unknown[]; code?: string },
  ];
  let answers: Record<string, Answer[]>;
  beforeAll(async () => {
    answers = await evaluate(`
      const { serve } = await import(${JSON.stringify(new URL('../../dist/serve/index.js', import.meta.url).href)});
      const mails = ${JSON.stringify(mails)};
      const model = await new boreal.Pipeline([['words', new boreal.TfidfVectorizer()], ['model', new boreal.MultinomialNB()]])
        .fit(mails, ${JSON.stringify(y)});
      const answers = {};
      for (const workers of [0, 1]) {
        const server = await serve(model, { port: 0, host: '127.0.0.1', logger: false, ...(workers > 0 && { workers }) });
        const post = async (path, body) => {
          const headers = { 'content-type': 'application/json' };
          const response = await fetch('http://127.0.0.1:' + server.port + path, { method: 'POST', headers, body: JSON.stringify(body) });
          return [response.status, await response.json()];
        };
        const tensor = { name: 'text', shape: [2], datatype: 'BYTES', data: ['cheap', 'noon'] };
        answers[workers] = [
          await post('/predict', { text: 'cheap pills' }),
          await post('/predict_batch', [{ text: 'cheap' }, { text: 'noon' }]),
          await post('/v2/models/Pipeline/infer', { inputs: [tensor] }),
          await post('/invocations', { dataframe_records: [{ text: 'noon' }] }),
          await post('/predict', { text: 5 }),
          ...(await Promise.all(mails.map((text) => post('/predict', { text })))),
        ];
        await server.close();
      }
      console.log(JSON.stringify(answers));`);
  }, 60_000);

  test.each(['0', '1'])('with %s workers', (workers) => {
    const [one, many, tensors, frames, bad, ...all] = answers[workers];
    expect(one[1].prediction).toBe('spam');
    expect(many[1].predictions).toEqual(['spam', 'ham']);
    expect(tensors[1].outputs).toMatchObject([{ datatype: 'BYTES', data: ['spam', 'ham'] }]);
    expect(frames[1].predictions).toEqual(['ham']);
    expect([bad[0], bad[1].code]).toEqual([400, 'ERR_REQUEST']);
    expect(all.map(([, { prediction }]) => prediction)).toEqual(y);
  });
});
