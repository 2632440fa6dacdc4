/** The routes of MLflow's scoring server, so that its clients work against a served model. */
import { parse } from 'csv-parse/sync';
import type { Column } from '../../core/schema.js';
import { parseJson, Reply, type Route, type ServiceRequest } from '../http.js';
import { rowsHeader } from '../models/served-model.js';
import { arrayOf, object, ref, TEXT } from '../openapi/operation.js';
import { RequestError } from '../request-error.js';
import type { Feature, ServiceContext } from '../service.js';
import { version as borealVersion } from '../version.js';

/** Makes the routes. */
export function mlflowRoutes({ models, traffic, options }: ServiceContext): Feature {
  const routes: Route[] = [
    {
      method: 'GET',
      path: '/ping',
      access: 'public',
      summary: "MLflow: whether the server's default model answers.",
      handle: () => {
        models.get({});
        return new Reply(200, '\n', { 'content-type': 'application/json' });
      },
    },
    {
      method: 'GET',
      path: '/version',
      access: 'public',
      summary: 'MLflow: the version of the server, as text.',
      operation: { response: TEXT, responseType: 'text/plain' },
      handle: () => new Reply(200, borealVersion, { 'content-type': 'text/plain; charset=utf-8' }),
    },
    {
      method: 'POST',
      path: '/invocations',
      access: 'predict',
      summary: 'MLflow: predicts rows of dataframe_split, dataframe_records, instances, inputs or CSV.',
      operation: {
        request: ref('Invocations'),
        alsoTakes: { 'text/csv': { ...TEXT, description: 'The first line has the names of the columns.' } },
        response: object({ predictions: arrayOf({}) }),
      },
      inWorker: true,
      predicts: () => ({}),
      handle: (request) =>
        models.use(traffic.address(request, {}), async ({ endpoint, headers }) => {
          const rows = rowsOf(request, endpoint.schema.columns, options.maxDepth);
          const { predictions } = await endpoint.predictBatch(rows, request);
          return Reply.json({ predictions }, 200, { ...headers, ...rowsHeader(predictions.length) });
        }),
    },
  ];
  return { routes };
}

type Members = Readonly<Record<string, unknown>>;

/** The forms of JSON, each by its key. */
const FORMS: Readonly<Record<string, (data: unknown) => unknown>> = {
  dataframe_split: rowsOfSplit,
  dataframe_records: (data) => listOf(data, 'dataframe_records'),
  instances: (data) => listOf(data, 'instances'),
  inputs: rowsOfInputs,
};

function rowsOf(request: ServiceRequest, columns: readonly Column[], maxDepth?: number): unknown {
  const type = String(request.headers['content-type'] ?? '')
    .split(';', 1)[0]
    .trim()
    .toLowerCase();
  if (type === 'text/csv') return rowsOfCsv(request.body, columns);
  if (type !== 'application/json') {
    throw new RequestError(415, 'ERR_MEDIA_TYPE', 'Send application/json or text/csv.');
  }
  const body = parseJson(request.body, { maxDepth, python: true });
  const keys = isObject(body) ? Object.keys(FORMS).filter((key) => Object.hasOwn(body, key)) : [];
  if (keys.length === 1) return FORMS[keys[0]]((body as Members)[keys[0]]);
  throw wrong(`The body has exactly one of ${Object.keys(FORMS).join(', ')}.`);
}

/** As `/predict_batch` takes it; rows in the model's order where no columns are named. */
function rowsOfSplit(split: unknown): unknown {
  const { columns, data, index } = isObject(split) ? split : {};
  const rows = listOf(data, 'dataframe_split.data');
  if (columns === undefined) return rows;
  return { columns: listOf(columns, 'dataframe_split.columns').map(String), data: rows, index };
}

/** Columns by name, or rows. */
function rowsOfInputs(data: unknown): unknown[] {
  if (!isObject(data)) return listOf(data, 'inputs');
  const names = Object.keys(data);
  const columns = names.map((name) => listOf(data[name], `inputs.${name.slice(0, 60)}`));
  const rows = columns[0]?.length ?? 0;
  const odd = columns.findIndex((column) => column.length !== rows);
  if (odd >= 0) throw wrong(`The columns of 'inputs' have different lengths.`);
  return Array.from({ length: rows }, (_, i) => fromNames(names, (j) => unwrap(columns[j][i])));
}

/** A column may be a list of values, or of lists of one. */
function unwrap(value: unknown): unknown {
  return Array.isArray(value) && value.length === 1 ? value[0] : value;
}

const CSV = { bom: true, skip_empty_lines: true, record_delimiter: ['\r\n', '\n'] };

/** The first line has the names of the columns; an empty field is a missing value. */
function rowsOfCsv(body: Uint8Array, columns: readonly Column[]): unknown[] {
  let lines: string[][];
  try {
    lines = parse(Buffer.from(body), CSV);
  } catch (error) {
    throw wrong(`The body is not CSV: ${(error as Error).message.slice(0, 200)}`);
  }
  const [names = [], ...rows] = lines;
  const kinds = names.map((name) => columns.find((column) => column.name === name));
  return rows.map((row) => fromNames(names, (j) => cellOf(row[j], kinds[j])));
}

function cellOf(text: string, column: Column | undefined): unknown {
  if (text === '' || text === 'NaN') return null;
  const isText = typeof column?.categories?.[0] === 'string';
  if (column === undefined || isText) return text;
  if (column.kind === 'boolean' && /^(?:true|false)$/i.test(text)) return text.toLowerCase() === 'true';
  const number = Number(text);
  // The row's check says what is wrong with text.
  return Number.isNaN(number) ? text : number;
}

/** An object whose members are its own, whatever their names are. */
function fromNames(names: readonly string[], valueAt: (j: number) => unknown): Members {
  return Object.fromEntries(names.map((name, j) => [name, valueAt(j)]));
}

function listOf(value: unknown, what: string): unknown[] {
  if (Array.isArray(value)) return value;
  throw wrong(`'${what}' is a list.`);
}

function isObject(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function wrong(message: string, row?: number): RequestError {
  return new RequestError(400, 'ERR_REQUEST', message, { row });
}
