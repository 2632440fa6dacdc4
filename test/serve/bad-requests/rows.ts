/** JSON that does not fit the model: houses with rooms, age, garden and town. */
import { house } from '../support.js';
import { type BadRequest, LIMITS, label, posted } from './request.js';

/** As JSON, since some of it cannot be written otherwise. */
const CELLS: Readonly<Record<keyof typeof house, readonly string[]>> = {
  rooms: ['"4"', '""', 'true', 'null', '[4]', '[]', '{}', '{"valueOf":4}'],
  age: ['"30"', '"NaN"', '"Infinity"', 'false', '[30]', '{"$numberDouble":"30"}', '[null]'],
  garden: ['"true"', '""', '2', '-1', '0.5', 'null', '[]', '{}', '1e999'],
  town: ['3', '0', 'true', 'null', '["Oslo"]', '{}', '{"toString":"Oslo"}'],
};

const UNKNOWN_TOWNS = [
  'Rome',
  '',
  'oslo',
  'Oslo ',
  ' Oslo',
  'Oslo\u0000',
  'Öslo',
  '🏠',
  '__proto__',
  'a'.repeat(10_000),
];
const TOO_LARGE = ['1e999', '-1e999', '1e400', `1${'0'.repeat(400)}`, `-1${'0'.repeat(400)}.5`];
const FIELDS = [
  'pool',
  'Rooms',
  'rooms ',
  '',
  'constructor',
  'toString',
  'hasOwnProperty',
  'length',
  '0',
  'a'.repeat(5000),
  '../town',
];

/** Not a row at all. */
const BODIES = [
  ...[
    'null',
    'true',
    '4',
    '"Oslo"',
    '[]',
    '{}',
    '[4]',
    '[4,30,true]',
    '[4,30,true,"Oslo",1]',
    '[[4,30,true,"Oslo"]]',
  ],
  ...[
    '[null,null,null,null]',
    '["Oslo",true,30,4]',
    '[{"rooms":4}]',
    '{"rooms":4}',
    '{"rows":[[4,30,true,"Oslo"]]}',
  ],
  ...['{"features":4}', '{"features":[]}', '{"features":[4,30,true]}', '{"features":{}}', '{"features":"4"}'],
  ...['{"features":[[4,30,true,"Oslo"]]}', '{"features":null}', '-0', '1e999', '""'],
  // A key given twice: the last one counts.
  '{"rooms":4,"age":30,"garden":true,"town":"Oslo","rooms":"4"}',
  `${'['.repeat(9000)}${']'.repeat(9000)}`,
  `${'{"a":'.repeat(3000)}1${'}'.repeat(3000)}`,
  `[${'4,'.repeat(5000)}4]`,
];

const good = JSON.stringify(house);
const BATCHES: ReadonlyArray<readonly [json: string, status: number, code: string]> = [
  ...[
    'null',
    '4',
    '"rows"',
    '{}',
    '{"rows":4}',
    '{"rows":{}}',
    '{"rows":null}',
    '{"instances":"x"}',
    good,
  ].map((json) => [json, 400, 'ERR_REQUEST'] as const),
  ...['[]', '{"rows":[]}', '{"instances":[]}'].map((json) => [json, 400, 'ERR_EMPTY'] as const),
  ...['[null]', '[[]]', '[{}]', '[4]', '["x"]', `[${good},null]`, `[${good},{"rooms":4}]`, `[[${good}]]`].map(
    (json) => [json, 400, 'ERR_REQUEST'] as const,
  ),
  [`[${good},{"rooms":1e999,"age":1,"garden":true,"town":"Oslo"}]`, 400, 'ERR_INPUT_INFINITE'],
  [`[${good},{"rooms":1,"age":1,"garden":true,"town":"Rome"}]`, 400, 'ERR_UNKNOWN_CATEGORY'],
  [`[${Array(LIMITS.maxRows + 1).fill(good)}]`, 413, 'ERR_TOO_MANY_ROWS'],
  [`[${Array(LIMITS.maxRows * 50).fill('0')}]`, 413, 'ERR_TOO_MANY_ROWS'],
];

function row(fields: Readonly<Record<string, string>>): string {
  const cells = {
    ...Object.fromEntries(Object.entries(house).map(([k, v]) => [k, JSON.stringify(v)])),
    ...fields,
  };
  return `{${Object.entries(cells).map(([name, value]) => `${JSON.stringify(name)}:${value}`)}}`;
}

function predict(name: string, body: string, code: string): BadRequest {
  return { name, bytes: posted('/predict', body), status: 400, code };
}

export const rows: readonly BadRequest[] = [
  ...Object.entries(CELLS).flatMap(([field, cells]) =>
    cells.map((cell) => predict(`${field} ${label(cell)}`, row({ [field]: cell }), 'ERR_REQUEST')),
  ),
  ...UNKNOWN_TOWNS.map((town) =>
    predict(`town '${label(town)}'`, row({ town: JSON.stringify(town) }), 'ERR_UNKNOWN_CATEGORY'),
  ),
  ...TOO_LARGE.flatMap((number) =>
    ['rooms', 'age'].map((field) =>
      predict(`${field} ${label(number)}`, row({ [field]: number }), 'ERR_INPUT_INFINITE'),
    ),
  ),
  ...FIELDS.map((field) => predict(`a field '${label(field)}'`, row({ [field]: '1' }), 'ERR_REQUEST')),
  ...BODIES.map((body) =>
    predict(`a row ${label(body)}`, body, /^(?:\[|\{"a":){65}/.test(body) ? 'ERR_JSON' : 'ERR_REQUEST'),
  ),
  ...BATCHES.map(([body, status, code]) => ({
    name: `a batch ${label(body)}`,
    bytes: posted('/predict_batch', body),
    status,
    code,
  })),
];
