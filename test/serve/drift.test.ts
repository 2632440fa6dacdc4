/** Drift as a server tells of it: in /drift, in the metrics and to whoever asked to be told. */
import { EventEmitter, once } from 'node:events';
import { afterEach, expect, it } from 'vitest';
import { LinearRegression, load } from '../../lib/index.js';
import { type BorealServer, type ServeOptions, serve } from '../../lib/serve/index.js';
import { putTogether, takeApart } from '../support/model-files.js';
import { houseAt, post, verdictModel } from './support.js';

let server: BorealServer;
afterEach(() => server?.close());

const batch = (rooms = 0) =>
  Array.from({ length: 120 }, (_, i) => ({ ...houseAt(i), rooms: Number(houseAt(i).rooms) + rooms }));
const drift = async () => JSON.parse(await (await fetch(`${server.url}/drift`)).text()).models;
const start = async (options: ServeOptions = {}, model = verdictModel()) => {
  server = await serve({ verdicts: await model }, { port: 0, handleSignals: false, ...options });
};

it('compares what a model is asked with what it was trained on', async () => {
  await start({ drift: { window: 120 } });
  await post(`${server.url}/predict_batch`, batch());
  const [calm] = await drift();
  expect(calm).toMatchObject({ name: 'verdicts', version: '1', rows: 120, window: 120, drifted: false });
  expect(calm.prediction).toMatchObject({ name: 'prediction', test: 'chi2', drifted: false });
  expect(calm.prediction.histogram.bins).toEqual(['cheap', 'dear', 'fair', 'other']);
  await server.close();

  await start({ drift: { window: 120 } });
  for (let i = 0; i < 120; i++) await post(`${server.url}/predict`, batch(6)[i]);
  const [moved] = await drift();
  expect(moved.drifted).toBe(true);
  expect(
    moved.columns.map(({ name, drifted }: { name: string; drifted: boolean }) => [name, drifted]),
  ).toEqual([
    ['rooms', true],
    ['age', false],
    ['garden', false],
    ['town', false],
  ]);
  const text = await (await fetch(`${server.url}/metrics`)).text();
  const psi = /boreal_drift_psi\{model="verdicts",version="1",of="input",name="rooms"\} (\S+)/.exec(text)!;
  expect(Number(psi[1])).toBeCloseTo(moved.columns[0].psi, 9);
});

it('alerts with the name of the model, and of its predictions and outcomes, too', async () => {
  const events = new EventEmitter();
  const alerts: string[] = [];
  await start({
    feedback: {},
    drift: {
      window: 120,
      patience: 1,
      interval: 0.05,
      onAlert: ({ state, of, model, version, drift: { name } }) => {
        alerts.push(`${state} ${of} ${model} ${version} ${name}`);
        events.emit(of);
      },
    },
  });
  await post(`${server.url}/predict_batch`, batch());
  const told = Promise.all([once(events, 'input'), once(events, 'prediction')]);
  await post(`${server.url}/predict_batch`, batch(6));
  await told;
  expect(alerts.sort()).toEqual([
    'drifting input verdicts 1 rooms',
    'drifting prediction verdicts 1 prediction',
  ]);
});

it('compares outcomes that clients report', async () => {
  await start({ feedback: {}, drift: { window: 20 } });
  await post(`${server.url}/predict_batch`, batch());
  const tell = async (reward: number) => {
    const { status, body } = await post(`${server.url}/feedback`, {
      model: 'verdicts',
      version: '1',
      reward,
    });
    expect([status, body.status ?? body]).toEqual([200, 'recorded']);
  };
  for (let i = 0; i < 20; i++) await tell(1);
  for (let i = 0; i < 20; i++) await tell(0);
  expect((await drift())[0].performance).toMatchObject({ drifted: true });
});

it('alerts of outcomes that come when no more rows do', async () => {
  const events = new EventEmitter();
  const onAlert = ({ of }: { of: string }) => void events.emit(of);
  await start({ feedback: {}, drift: { window: 20, patience: 1, interval: 0.05, onAlert } });
  const alert = once(events, 'performance');
  for (let i = 0; i < 40; i++)
    await post(`${server.url}/feedback`, { model: 'verdicts', version: '1', reward: Number(i < 20) });
  await alert;
  expect((await drift())[0].performance).toMatchObject({ drifted: true, alert: true });
});

it('says why there is nothing to compare with, and can be turned off', async () => {
  const { document, body } = takeApart((await verdictModel()).toBytes());
  document.model.fitted.reference = undefined;
  await start({}, load(putTogether({ document, body })));
  await post(`${server.url}/predict_batch`, batch());
  expect((await drift())[0].reason).toContain('earlier release');
  await server.close();
  await start({ drift: false });
  expect((await fetch(`${server.url}/drift`)).status).toBe(404);
  await server.close();
  await expect(start({ drift: { window: 1 } })).rejects.toMatchObject({ code: 'ERR_PARAMETER' });
});

it('tells the metrics of a wide model only of the columns that drift', async () => {
  const events = new EventEmitter();
  const width = 150;
  const rows = (shift: number) =>
    Array.from({ length: 60 }, (_, i) =>
      Array.from({ length: width }, (_, j) => ((i * (j + 7)) % 59) + (j === 3 ? shift : 0)),
    );
  const model = await new LinearRegression().fit(
    rows(0),
    rows(0).map(([first]) => first),
  );
  const drift = { window: 60, patience: 1, interval: 0.05, onAlert: () => void events.emit('alert') };
  server = await serve(model, { port: 0, handleSignals: false, drift });
  const series = async () =>
    (await (await fetch(`${server.url}/metrics`)).text())
      .split('\n')
      .filter((line) => /^boreal_drift_(?:psi|columns)\{/.test(line) && !line.includes('of="prediction"'));
  await post(`${server.url}/predict_batch`, rows(0));
  expect(await series()).toEqual(['boreal_drift_columns{model="LinearRegression",version="1"} 0']);
  const alert = once(events, 'alert');
  await post(`${server.url}/predict_batch`, rows(80));
  await alert;
  const lines = await series();
  expect(lines).toHaveLength(2);
  expect(lines[0]).toMatch(/of="input",name="x?3"/);
  expect(lines[1]).toBe('boreal_drift_columns{model="LinearRegression",version="1"} 1');
});
