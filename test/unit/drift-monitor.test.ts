/** DriftMonitor: what it finds, what it leaves alone, and when it says so. */
import { expect, test } from 'vitest';
import { type DriftAlert, DriftMonitor, LinearRegression, load } from '../../lib/index.js';
import { houseAt, houses, verdictModel } from '../serve/support.js';
import { putTogether, takeApart } from '../support/model-files.js';

const rows = (from: number, count: number) =>
  Array.from({ length: count }, (_, i) => houseAt((from + i) % 120));

test('rows like those of training do not drift; a shifted column, new categories and missing values do', async () => {
  const monitor = new DriftMonitor({ reference: await verdictModel(), window: 120 });
  monitor.add(rows(0, 120) as never);
  expect(monitor.report()).toMatchObject({ rows: 120, window: 120, drifted: false });
  for (const column of monitor.report().columns) expect(column.psi).toBeLessThan(0.01);

  const changed = rows(0, 120).map((row, i) => ({
    ...row,
    rooms: Number(row.rooms) + 5,
    age: i % 2 === 0 ? null : row.age,
    town: i % 2 === 0 ? 'Reykjavik' : row.town,
  }));
  monitor.add(changed as never);
  const { columns, drifted } = monitor.report();
  expect(drifted).toBe(true);
  expect(columns.map(({ name, test: used, drifted: is }) => [name, used, is])).toEqual([
    ['rooms', 'ks', true],
    ['age', 'ks', true],
    ['garden', 'chi2', false],
    ['town', 'chi2', true],
  ]);
  expect(columns[1].missing).toEqual({ reference: 0.1, live: expect.closeTo(0.5, 1) });
  expect(columns[3].histogram).toMatchObject({ bins: ['Bergen', 'Oslo', 'Turku', 'other'] });
  expect(columns[3].histogram.live[3]).toBe(0.5);
  expect(columns[0].histogram.reference.reduce((a, b) => a + b)).toBeCloseTo(1, 12);
});

test('too few rows say nothing', async () => {
  const monitor = new DriftMonitor({ reference: await verdictModel() });
  monitor.add([{ rooms: 99, age: null, garden: true, town: 'Oslo' }]);
  const report = monitor.report();
  expect(report.drifted).toBe(false);
  expect(report.columns[0]).toMatchObject({ pvalue: null, psi: null });
});

test('an alert begins and ends once each, after as many checks as it takes patience', () => {
  const alerts: DriftAlert[] = [];
  const x = (shift: number) => Array.from({ length: 50 }, (_, i) => [i + shift]);
  const monitor = new DriftMonitor({ reference: x(0), window: 50, onAlert: (alert) => alerts.push(alert) });
  const states = () => alerts.map(({ state, of, drift }) => `${state} ${of} ${drift.name}`);
  monitor.add(x(0));
  monitor.add(x(40));
  monitor.add(x(0));
  monitor.add(x(40));
  expect(states()).toEqual([]);
  monitor.add(x(40));
  monitor.add(x(40));
  expect(states()).toEqual(['drifting input x0']);
  expect(monitor.report().columns[0].alert).toBe(true);
  monitor.add(x(0));
  expect(alerts.length).toBe(1);
  monitor.add(x(0));
  expect(states()).toEqual(['drifting input x0', 'recovered input x0']);
  expect(monitor.report().columns[0].alert).toBe(false);
});

test('of many columns at once, adjusting for their number keeps chance out', () => {
  const columns = 40;
  const shape = (seed: number) =>
    Array.from({ length: 200 }, (_, i) =>
      Array.from({ length: columns }, (_, j) => Math.sin((i + 1) * (j + 1) * seed) * 1000),
    );
  const found = (adjust: boolean) => {
    const monitor = new DriftMonitor({ reference: shape(1.7), window: 200, psi: 1e-9, alpha: 0.2, adjust });
    monitor.add(shape(2.3));
    return monitor.report();
  };
  const [raw, adjusted] = [found(false), found(true)];
  const count = ({ columns: all }: typeof raw) => all.filter(({ drifted }) => drifted).length;
  expect(count(adjusted)).toBeLessThanOrEqual(count(raw));
  adjusted.columns.forEach((column, j) => {
    expect(column.adjustedPvalue).toBeGreaterThanOrEqual(column.pvalue!);
    expect(raw.columns[j].adjustedPvalue).toBe(raw.columns[j].pvalue);
  });
});

test('outcomes are compared with their own beginning', () => {
  const monitor = new DriftMonitor({ reference: [[1], [2]], window: 100 });
  const mostly = (right: number) => Array.from({ length: 100 }, (_, i) => (i < right ? 1 : 0));
  monitor.addOutcomes(mostly(90).slice(0, 99));
  expect(monitor.report().performance).toBeUndefined();
  monitor.addOutcomes([0]);
  expect(monitor.report().performance).toMatchObject({ drifted: false });
  monitor.addOutcomes(mostly(50));
  expect(monitor.report().performance).toMatchObject({ drifted: true });
});

test('what it cannot use is refused', async () => {
  const code = (run: () => unknown) => {
    try {
      run();
      return '';
    } catch (error) {
      return (error as { code: string }).code;
    }
  };
  const reference = [[1], [2]];
  for (const wrong of [
    { window: 5 },
    { alpha: 1 },
    { psi: 0 },
    { missing: Number.NaN },
    { patience: 0 },
    { checkEvery: -1 },
  ])
    expect(code(() => new DriftMonitor({ reference, ...wrong }))).toBe('ERR_PARAMETER');
  expect(code(() => new DriftMonitor({ reference: new LinearRegression() }))).toBe('ERR_NOT_FITTED');
  const { document, body } = takeApart((await verdictModel()).toBytes());
  document.model.fitted.reference = undefined;
  const old = await load(putTogether({ document, body }));
  expect(code(() => new DriftMonitor({ reference: old }))).toBe('ERR_NOT_SUPPORTED');
  new DriftMonitor({ reference: houses }).add(houses);
});
