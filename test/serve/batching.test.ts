/** How requests share runs of a plan: with a plan whose runs end when the test says so, and over real sockets. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import * as fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { ValidationError } from '../../lib/errors.js';
import { LinearRegression, RandomForestRegressor } from '../../lib/index.js';
import type { Reply, ServiceRequest } from '../../lib/serve/http.js';
import { type BorealServer, ModelEndpoint, RequestError, Service, serve } from '../../lib/serve/index.js';
import {
  Batcher,
  type BatcherLimits,
  type BatchPlan,
  type BatchRun,
  type Call,
} from '../../lib/serve/model/batcher.js';
import { post } from './support.js';

const WIDTH = 2;

/** Returns the sums of the rows, refuses NaN, and answers when `finish` is called. */
class SlowPlan implements BatchPlan {
  readonly precision = 'float64';
  readonly outputWidth = 1;
  readonly sizes: number[] = [];
  #finish: (() => void)[] = [];
  #inlineRows: number;

  constructor(inlineRows = 0) {
    this.#inlineRows = inlineRows;
  }

  isInline(rows: number) {
    return rows <= this.#inlineRows;
  }

  runEncoded(x: Float64Array, rows: number) {
    this.sizes.push(rows);
    return Float64Array.from({ length: rows }, (_, i) => {
      const sum = x[2 * i] + x[2 * i + 1];
      if (!Number.isNaN(sum)) return sum;
      const error = new ValidationError('ERR_INPUT_NAN', `Row ${i} is NaN.`);
      error.row = i;
      throw error;
    });
  }

  async runEncodedAsync(x: Float64Array, rows: number) {
    await new Promise<void>((resolve) => this.#finish.push(resolve));
    return this.runEncoded(x, rows);
  }

  /** Ends runs until `done` has settled. */
  async finishUntil(done: Promise<unknown>) {
    let settled = false;
    const settle = () => {
      settled = true;
    };
    done.then(settle, settle);
    while (!settled) {
      this.#finish.shift()?.();
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

const NAME = { name: 'slow', version: '1' };

function setup(limits: Partial<BatcherLimits> = {}, inlineRows = 0) {
  const plan = new SlowPlan(inlineRows);
  const runs: BatchRun[] = [];
  const bounds = { maxBatchRows: 8, maxQueueRows: 1000, maxWaitMs: 60_000, timeoutMs: 60_000, ...limits };
  const batcher = new Batcher(plan, WIDTH, bounds, (run) => runs.push(run), NAME);
  return { plan, runs, batcher };
}

/** Rows whose sums are first, first + 1, ... */
function rowsFrom(first: number, count: number) {
  return Float64Array.from({ length: count * WIDTH }, (_, k) => (k % 2 === 0 ? first + k / 2 : 0));
}

async function settle(plan: SlowPlan, requests: (Float64Array | Promise<unknown>)[]) {
  const all = Promise.allSettled(requests);
  await plan.finishUntil(all);
  return (await all).map((each) =>
    each.status === 'fulfilled' ? [...(each.value as Float64Array)] : each.reason,
  );
}

describe('a batcher', () => {
  it('runs what finds it idle at once, and what comes meanwhile together', async () => {
    const { plan, runs, batcher } = setup();
    const requests = [1, 10, 20, 30].map(
      (first) => batcher.run(rowsFrom(first, 2), 2, {}) as Promise<unknown>,
    );
    expect(batcher.queuedRows).toBe(6);
    expect(await settle(plan, requests)).toEqual([
      [1, 2],
      [10, 11],
      [20, 21],
      [30, 31],
    ]);
    expect(plan.sizes).toEqual([2, 6]);
    expect(runs).toMatchObject([
      { rows: 2, requests: 1, reason: 'idle', queueMs: expect.any(Number) },
      { rows: 6, requests: 3, reason: 'gathered' },
    ]);
    expect(batcher.queuedRows).toBe(0);
  });

  it('counts rows, not requests, and lets a larger request run alone', async () => {
    const { plan, runs, batcher } = setup({ maxBatchRows: 4 });
    const requests = [1, 3, 2, 9, 1].map(
      (rows) => batcher.run(rowsFrom(0, rows), rows, {}) as Promise<unknown>,
    );
    await settle(plan, requests);
    expect(plan.sizes).toEqual([1, 3, 2, 9, 1]);
    expect(runs.map((run) => run.reason)).toEqual(['idle', 'full', 'full', 'full', 'gathered']);
  });

  it('lets the urgent go first, in the order of their arrival, and those that say nothing last', async () => {
    const { plan, batcher } = setup({ maxBatchRows: 1 });
    const order: number[] = [];
    const controller = new AbortController();
    const ask = async (id: number, call: Call) => {
      await batcher.run(rowsFrom(id, 1), 1, call);
      order.push(id);
    };
    const requests = [
      ...[undefined, undefined, 2, 1, 0, 2, 1, 7].map((priority, id) => ask(id, { priority })),
      ask(8, { priority: 3, signal: controller.signal }),
      ask(9, { priority: 3 }),
    ];
    controller.abort();
    await plan.finishUntil(Promise.allSettled(requests));
    expect(order).toEqual([0, 3, 6, 2, 5, 9, 7, 1, 4]);
    expect(batcher.queuedRows).toBe(0);
  });

  it('answers at once, without a promise, what is too cheap for the pool, even while a batch runs', async () => {
    const { plan, runs, batcher } = setup({}, 1);
    const slow = batcher.run(rowsFrom(1, 2), 2, {}) as Promise<unknown>;
    expect(batcher.run(rowsFrom(5, 1), 1, {})).toEqual(new Float64Array([5]));
    expect(runs).toMatchObject([{ rows: 1, requests: 1, queueMs: 0, reason: 'inline' }]);
    await settle(plan, [slow]);
  });

  it('splits results exactly, whatever comes in whatever sizes, and fails bad rows alone', async () => {
    const request = fc.record({
      rows: fc.integer({ min: 1, max: 6 }),
      bad: fc.option(fc.nat(5), { freq: 3 }),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(request, { maxLength: 30 }),
        fc.integer({ min: 1, max: 20 }),
        async (requests, max) => {
          const { plan, batcher } = setup({ maxBatchRows: max });
          const inputs = requests.map(({ rows, bad }, i) => {
            const input = rowsFrom(100 * i, rows);
            if (bad !== null && bad < rows) input[bad * WIDTH] = Number.NaN;
            return input;
          });
          const answers = await settle(
            plan,
            inputs.map((input, i) => batcher.run(input, requests[i].rows, {}) as Promise<unknown>),
          );
          answers.forEach((answer, i) => {
            const { rows, bad } = requests[i];
            // The row of the error is that of the request, not of the batch.
            if (bad !== null && bad < rows) expect(answer).toMatchObject({ code: 'ERR_INPUT_NAN', row: bad });
            else expect(answer).toEqual(Array.from({ length: rows }, (_, k) => 100 * i + k));
          });
          for (const size of plan.sizes) expect(size).toBeLessThanOrEqual(Math.max(max, 6));
          expect(batcher.queuedRows).toBe(0);
        },
      ),
      { numRuns: 40 },
    );
  });

  it('refuses what its queue cannot hold with 503 and Retry-After; the rest is answered', async () => {
    const { plan, batcher } = setup({ maxQueueRows: 5 });
    const accepted = [1, 3, 2].map((rows) => batcher.run(rowsFrom(0, rows), rows, {}) as Promise<unknown>);
    expect(() => batcher.run(rowsFrom(0, 1), 1, {})).toThrow(
      expect.objectContaining({ status: 503, code: 'ERR_OVERLOADED', headers: { 'retry-after': '1' } }),
    );
    const full = expect.objectContaining({ status: 503, code: 'ERR_OVERLOADED' });
    expect(() => batcher.refuseWhenFull()).toThrow(full);
    expect(await settle(plan, accepted)).toEqual([[0], [0, 1, 2], [0, 1]]);
    batcher.refuseWhenFull();
  });

  it('refuses what would wait too long, once it knows how fast the plan is', async () => {
    const { plan, batcher } = setup({ maxWaitMs: 1e-9 });
    const run = () => batcher.run(rowsFrom(1, 1), 1, {}) as Promise<unknown>;
    expect(await settle(plan, [run(), run(), run()])).toEqual([[1], [1], [1]]);
    // One runs; another may wait, so that the plan is not idle when the first is done.
    const accepted = [run(), run()];
    const full = expect.objectContaining({ status: 503, code: 'ERR_OVERLOADED' });
    expect(run).toThrow(full);
    expect(() => batcher.refuseWhenFull()).toThrow(full);
    expect(await settle(plan, accepted)).toEqual([[1], [1]]);
    batcher.refuseWhenFull();
  });

  it('keeps its queue short under overload, and lets it be long again when nobody is refused any more', async () => {
    let clock = 1;
    const now = vi.spyOn(performance, 'now').mockImplementation(() => clock);
    try {
      const { plan, batcher } = setup({ maxQueueRows: 10, maxBatchRows: 1 });
      const run = () => batcher.run(rowsFrom(1, 1), 1, {}) as Promise<unknown>;
      /** How many are accepted out of thirty, the one that runs among them. */
      const burst = async () => {
        const accepted: Promise<unknown>[] = [];
        for (let i = 0; i < 30; i++) {
          try {
            accepted.push(run());
          } catch {
            // Refused.
          }
        }
        expect(await settle(plan, accepted)).toEqual(accepted.map(() => [1]));
        return accepted.length;
      };
      const first = run();
      clock += 100;
      await settle(plan, [first]);
      expect(await burst()).toBe(11);
      clock += 900;
      // As many as take four times what one does.
      expect(await burst()).toBe(5);
      clock += 900;
      expect(await burst()).toBe(5);
      clock += 1100;
      expect(await burst()).toBe(11);
    } finally {
      now.mockRestore();
    }
  });

  it('drops what nobody waits for any more before it is computed', async () => {
    const { plan, batcher } = setup();
    const running = batcher.run(rowsFrom(1, 1), 1, {}) as Promise<unknown>;
    const controller = new AbortController();
    const gone = batcher.run(rowsFrom(2, 3), 3, { signal: controller.signal }) as Promise<unknown>;
    const stays = batcher.run(rowsFrom(3, 1), 1, {}) as Promise<unknown>;
    controller.abort();
    expect(batcher.queuedRows).toBe(1);
    await expect(gone).rejects.toMatchObject({ name: 'AbortError', code: 'ERR_ABORTED' });
    expect(await settle(plan, [running, stays])).toEqual([[1], [3]]);
    expect(plan.sizes).toEqual([1, 1]);
    expect(() => batcher.run(rowsFrom(0, 1), 1, { deadline: performance.now() - 1 })).toThrow(
      expect.objectContaining({ status: 504, code: 'ERR_DEADLINE' }),
    );
  });

  it('answers 504 to a request whose deadline passes in the queue, without computing it', async () => {
    const { plan, batcher } = setup({ timeoutMs: 1e-6 });
    const running = batcher.run(rowsFrom(1, 1), 1, {}) as Promise<unknown>;
    const late = batcher.run(rowsFrom(2, 1), 1, {}) as Promise<unknown>;
    const [first, second] = await settle(plan, [running, late]);
    expect(first).toEqual([1]);
    expect(second).toMatchObject({ status: 504, code: 'ERR_DEADLINE' });
    expect(plan.sizes).toEqual([1]);
  });

  it('answers 504 when the time that a client gives is over, though the model still runs for another', async () => {
    const { plan, batcher } = setup();
    const running = batcher.run(rowsFrom(1, 1), 1, {}) as Promise<unknown>;
    const deadline = performance.now() + 100;
    const late = batcher.run(rowsFrom(2, 1), 1, { deadline }) as Promise<unknown>;
    const never = batcher.run(rowsFrom(3, 1), 1, { deadline: 1e300 }) as Promise<unknown>;
    await expect(late).rejects.toMatchObject({ status: 504, code: 'ERR_DEADLINE' });
    expect([batcher.queuedRows, plan.sizes]).toEqual([1, []]);
    expect(await settle(plan, [running, never])).toEqual([[1], [3]]);
  });

  it('fails the request, and goes on, when an observer throws', async () => {
    const plan = new SlowPlan();
    const limits = { maxBatchRows: 8, maxQueueRows: 8, maxWaitMs: 1000, timeoutMs: 1000 };
    let fail = true;
    const batcher = new Batcher(
      plan,
      WIDTH,
      limits,
      () => {
        if (fail) throw new Error('A defect.');
      },
      NAME,
    );
    const [answer] = await settle(plan, [batcher.run(rowsFrom(1, 1), 1, {}) as Promise<unknown>]);
    expect(answer).toMatchObject({ message: 'A defect.' });
    fail = false;
    expect(await settle(plan, [batcher.run(rowsFrom(1, 1), 1, {}) as Promise<unknown>])).toEqual([[1]]);
  });
});

it('refuses what its model has no time for before the body is read, whatever the protocol', async () => {
  const model = await new LinearRegression().fit([[1], [2], [3]], [2, 4, 6]);
  const service = await Service.create(model, { name: 'line' });
  const { endpoint } = service.models.get({});
  const params = { name: 'line', model: 'line' };
  const query = new URLSearchParams();
  const request = { method: 'POST', params, query, headers: {}, id: '1' } as unknown as ServiceRequest;
  const refusals = () =>
    service.routes
      .filter(({ predicts }) => predicts !== undefined)
      .map((route) => [route.path, (service.admit(route, request) as Reply | undefined)?.status]);
  const statusOf = (status: number | undefined) =>
    [
      '/predict',
      '/predict_batch',
      '/predict/:version',
      '/models/:name/predict',
      '/models/:name/predict_batch',
      '/models/:name/predict/:version',
      '/v2/models/:model/infer',
      '/v2/models/:model/versions/:version/infer',
      '/invocations',
    ].map((path) => [path, status]);
  expect(refusals().sort()).toEqual(statusOf(undefined).sort());
  const full = new RequestError(503, 'ERR_OVERLOADED', 'Full.', {}, { 'retry-after': '1' });
  vi.spyOn(endpoint, 'refuseWhenFull').mockImplementation(() => {
    throw full;
  });
  expect(refusals().sort()).toEqual(statusOf(503).sort());
  await service.close();
});

let forest: Promise<RandomForestRegressor> | undefined;

/** So many trees that a row goes to the pool. */
function largeForest() {
  const x = Array.from({ length: 300 }, (_, i) => ({ a: (i * 7919) % 1009, b: (i * 104_729) % 997 }));
  const y = x.map(({ a, b }) => a * 3 + ((b * 31) % 17));
  forest ??= new RandomForestRegressor({ nEstimators: 4000, randomState: 1 }).fit(x, y);
  return forest;
}

describe('a served forest that runs on the pool', { timeout: 120_000 }, () => {
  let server: BorealServer | undefined;
  afterEach(() => server?.close());

  it('gives each row the same bits in whatever batch, and sheds what is too much', async () => {
    const model = await largeForest();
    const runs: BatchRun[] = [];
    const endpoint = await ModelEndpoint.create(model, {}, { batch: (run) => runs.push(run) });
    const rows = Array.from({ length: 64 }, (_, i) => ({ a: 13 * i, b: 11 * i }));
    const together = await Promise.all(rows.map((row) => endpoint.predict(row)));
    expect(runs.map((run) => run.reason)).toEqual(['idle', 'gathered']);
    for (const [i, row] of rows.entries()) expect(await endpoint.predict(row)).toEqual(together[i]);

    server = await serve(model, { port: 0, handleSignals: false, maxQueueRows: 8 });
    const { url } = server;
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => post(`${url}/predict_batch`, rows.slice(0, 8))),
    );
    const statuses = new Set(answers.map(({ status }) => status));
    expect([...statuses].every((status) => status === 200 || status === 503)).toBe(true);
    for (const { status, body, headers } of answers) {
      if (status === 200)
        expect(body.predictions).toEqual(together.slice(0, 8).map((each) => each.prediction));
      else {
        expect(body.code).toBe('ERR_OVERLOADED');
        expect(Number(headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
      }
    }
  });

  it('answers what waits when the server closes', async () => {
    // However slow the machine is, nothing is shed.
    server = await serve(await largeForest(), { port: 0, handleSignals: false, maxWaitMs: 60_000 });
    const { url } = server;
    const rows = Array.from({ length: 500 }, (_, i) => ({ a: i, b: i }));
    const arrived = new Promise<void>((resolve) => {
      let count = 0;
      const onRequest = () => {
        count += 1;
        if (count < 8) return;
        unsubscribe('http.server.request.start', onRequest);
        resolve();
      };
      subscribe('http.server.request.start', onRequest);
    });
    const requests = Array.from({ length: 8 }, () => post(`${url}/predict_batch`, rows));
    await arrived;
    const [answers] = await Promise.all([Promise.all(requests), server.close()]);
    for (const { status, body } of answers) {
      expect(status).toBe(200);
      expect(body).toEqual(answers[0].body);
      expect(body.predictions).toHaveLength(500);
    }
  });

  it.each([
    ['maxBatchRows', 0],
    ['maxQueueRows', 1.5],
    ['maxWaitMs', 0],
    ['timeoutMs', 0],
  ])('refuses %s: %s', async (name, value) => {
    const model = await new RandomForestRegressor({ nEstimators: 1 }).fit([{ x: 1 }, { x: 2 }], [1, 2]);
    await expect(ModelEndpoint.create(model, { [name]: value })).rejects.toMatchObject({
      code: 'ERR_PARAMETER',
    });
  });
});
