/** The routes of MLflow's scoring server, in each form that its clients send. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type BorealServer, serve } from '../../lib/serve/index.js';
import { houseAt, houses, post, verdictModel, verdicts } from './support.js';

let server: BorealServer;
let expected: unknown[];
const rows = [0, 1, 2, 13].map(houseAt);
const names = Object.keys(houses);

beforeAll(async () => {
  server = await serve(await verdictModel(), { port: 0, handleSignals: false, maxRows: 100 });
  expected = (await post(`${server.url}/predict_batch`, rows)).body.predictions;
  expect(expected).toHaveLength(4);
  expect(verdicts).toEqual(expect.arrayContaining(expected as string[]));
});
afterAll(() => server.close());

const invoke = (body: unknown, type = 'application/json') =>
  post(`${server.url}/invocations`, body, { 'content-type': type });
const values = rows.map((row) => names.map((name) => row[name]));
const csv = (lines: unknown[][]) => lines.map((line) => line.map((cell) => cell ?? '').join(',')).join('\n');
const shuffled = ['town', 'rooms', 'garden', 'age'];

it.each<[string, unknown, string?]>([
  ['dataframe_split', { dataframe_split: { index: [0, 1, 2, 3], columns: names, data: values } }],
  [
    'dataframe_split, columns in another order',
    { dataframe_split: { columns: shuffled, data: rows.map((row) => shuffled.map((name) => row[name])) } },
  ],
  ['dataframe_split without columns', { dataframe_split: { data: values } }],
  ['dataframe_records', { dataframe_records: rows }],
  ['dataframe_records with params', { dataframe_records: rows, params: { predict_method: 'predict' } }],
  ['instances', { instances: rows }],
  ['instances as lists', { instances: values }],
  ['inputs as rows', { inputs: values }],
  ['inputs as columns', { inputs: Object.fromEntries(names.map((n) => [n, rows.map((row) => row[n])])) }],
  [
    'inputs as columns of lists',
    { inputs: Object.fromEntries(names.map((n) => [n, rows.map((row) => [row[n]])])) },
  ],
  ['the NaN of Python', JSON.stringify({ dataframe_records: rows }).replaceAll('null', 'NaN')],
  ['CSV', csv([names, ...values]), 'text/csv'],
  ['CSV with a charset and a last line break', `${csv([names, ...values])}\r\n`, 'text/csv; charset=utf-8'],
])('takes %s', async (_form, body, type) => {
  expect(await invoke(body, type)).toMatchObject({ status: 200, body: { predictions: expected } });
});

it.each<[string, number, string, unknown, string?]>([
  ['no form', 400, 'ERR_REQUEST', { rows }],
  ['two forms', 400, 'ERR_REQUEST', { instances: rows, inputs: rows }],
  ['a form that is inherited', 400, 'ERR_REQUEST', { toString: rows }],
  ['a list', 400, 'ERR_REQUEST', rows],
  ['null', 400, 'ERR_REQUEST', null],
  ['records that are none', 400, 'ERR_REQUEST', { dataframe_records: {} }],
  ['a split that is none', 400, 'ERR_REQUEST', { dataframe_split: 1 }],
  ['a split with a short row', 400, 'ERR_REQUEST', { dataframe_split: { columns: names, data: [[1]] } }],
  ['columns of different lengths', 400, 'ERR_REQUEST', { inputs: { rooms: [1, 2], age: [1] } }],
  ['no rows', 400, 'ERR_EMPTY', { instances: [] }],
  ['too many rows', 413, 'ERR_TOO_MANY_ROWS', { instances: new Array(101).fill(rows[0]) }],
  ['an unknown column', 400, 'ERR_REQUEST', { dataframe_records: [{ ...rows[0], pool: true }] }],
  ['a forbidden column in CSV', 400, 'ERR_REQUEST', '__proto__,rooms\n1,2', 'text/csv'],
  [
    'text in a column of numbers of CSV',
    400,
    'ERR_REQUEST',
    csv([names, ['four', 30, true, 'Oslo']]),
    'text/csv',
  ],
  ['CSV with lines of different lengths', 400, 'ERR_REQUEST', 'a,b\n1', 'text/csv'],
  ['CSV with an open quote', 400, 'ERR_REQUEST', 'a,b\n1,"2', 'text/csv'],
  ['an empty CSV', 400, 'ERR_EMPTY', '', 'text/csv'],
  ['another media type', 415, 'ERR_MEDIA_TYPE', 'x', 'text/plain'],
  ['no JSON', 400, 'ERR_JSON', '{'],
])('refuses %s', async (_what, status, code, body, type) => {
  const answer = await invoke(body, type);
  expect([answer.status, answer.body.code]).toEqual([status, code]);
});

it('answers /ping and /version', async () => {
  expect((await fetch(`${server.url}/ping`)).status).toBe(200);
  const version = await (await fetch(`${server.url}/version`)).text();
  expect(version).toMatch(/^\d+\.\d+\.\d+/);
});
