/** Why a model predicts what it does: Shapley values of rows, or of the tensors of the Open Inference Protocol. */
import type { Matrix } from '../../core/matrix.js';
import { BorealError } from '../../errors.js';
import type { TreeShapValues } from '../../inspection/tree-shap.js';
import { parseJson, Reply, type Route, readJson, type ServiceRequest } from '../http.js';
import { isBatch } from '../model/batch.js';
import { rowsHeader, type ServedModel } from '../models/served-model.js';
import { arrayOf, type JsonSchema, mapOf, NUMBER, object, ref } from '../openapi/operation.js';
import { RequestError } from '../request-error.js';
import type { Feature, ServiceContext } from '../service.js';
import { tensorError } from '../v2/datatypes.js';
import { HEADER_LENGTH, readInfer, writeInfer } from '../v2/messages.js';
import { V2Model } from '../v2/model.js';
import type { OutputTensor } from '../v2/outputs.js';
import { asked, both } from './v2.js';

/** Requests at a time. */
const MAX_RUNNING = 4;

/** Makes the routes. */
export function explainRoutes({ models, traffic, options }: ServiceContext): Feature {
  let running = 0;

  const explain = async (rows: Rows, { endpoint }: ServedModel, { signal }: ServiceRequest) => {
    const { explainer, info } = endpoint;
    if (explainer === undefined) {
      const why =
        options.explain === false ? 'this server gives no explanations' : `${info.type} has no trees`;
      throw unexplained(`Model '${info.name}' cannot be explained: ${why}.`);
    }
    if (running === MAX_RUNNING) {
      const message = 'The server is busy with other explanations; try again in 1 s.';
      throw new RequestError(503, 'ERR_OVERLOADED', message, {}, { 'retry-after': '1' });
    }
    running += 1;
    try {
      if (rows.rows > explainer.maxRows) {
        const message = `The request has ${rows.rows} rows; of this model ${explainer.maxRows} at a time are explained.`;
        throw new RequestError(413, 'ERR_TOO_MANY_ROWS', message);
      }
      return await explainer.explain(rows.input, rows.rows, signal);
    } catch (error) {
      if (error instanceof BorealError && error.code === 'ERR_NOT_SUPPORTED')
        throw unexplained(error.message);
      throw error;
    } finally {
      running -= 1;
    }
  };

  const ofRows = async (model: ServedModel, request: ServiceRequest) => {
    const body = readJson(request, options.maxDepth);
    const many = isBatch(body);
    const batch = model.endpoint.readBatch(many ? body : [body]);
    const values = await explain(batch, model, request).catch((error) => {
      throw model.endpoint.inTermsOfRequest(error, batch, many);
    });
    const contributions = Array.from({ length: batch.rows }, (_, i) =>
      named(values, (k) =>
        Object.fromEntries(values.featureNames.map((name, j) => [name, at(values.values[k], i, j)])),
      ),
    );
    const base = named(values, (k) => values.baseValue[k]);
    return Reply.json({ base, contributions: many ? contributions : contributions[0] }, 200, {
      ...model.headers,
      ...rowsHeader(batch.rows),
    });
  };

  const ofTensors = async (model: ServedModel, request: ServiceRequest) => {
    const { name, version, endpoint, headers } = model;
    const { id, inputs, outputs, isBinary } = readInfer(request, options.maxDepth);
    const rows = V2Model.of(endpoint).read(inputs);
    const tensors = tensorsOf(await explain(rows, model, request), rows.rows);
    const unknown = outputs.find((output) => !tensors.some((tensor) => tensor.name === output));
    if (unknown !== undefined)
      throw tensorError(unknown, `an explanation has ${tensors.map((t) => t.name).join(', ')}`);
    const wanted = outputs.length === 0 ? tensors : outputs.map((o) => tensors.find((t) => t.name === o)!);
    const head = { model_name: name, model_version: version, id };
    return writeInfer({ head, outputs: wanted, headers: { ...headers, ...rowsHeader(rows.rows) } }, isBinary);
  };

  const handle = (request: ServiceRequest) =>
    models.use(traffic.address(request, asked(request)), async (model) => {
      if (request.headers[HEADER_LENGTH] !== undefined) return ofTensors(model, request);
      const body = parseJson(request.body, { maxDepth: options.maxDepth, python: true });
      const { inputs } = (body ?? {}) as { readonly inputs?: unknown };
      const isColumn = model.endpoint.schema.indexOf('inputs') >= 0;
      return Array.isArray(inputs) && !isColumn ? ofTensors(model, request) : ofRows(model, request);
    });

  const routes: Route[] = both((path) => [
    {
      method: 'POST',
      path: `${path}/explain`,
      access: 'predict',
      summary: 'How much each feature moves a prediction away from the base value: Shapley values of trees.',
      operation: {
        request: { anyOf: [ref('Row'), ref('Batch'), ref('InferRequest')] },
        response: { anyOf: [EXPLANATION, ref('InferResponse')] },
      },
      handle,
    },
  ]);
  return { routes };
}

/** Encoded rows. */
type Rows = Pick<ReturnType<V2Model['read']>, 'input' | 'rows'>;

/** A number, or one for each class. */
const perClass = (schema: JsonSchema) => ({ anyOf: [schema, mapOf(schema)] });
const BY_FEATURE = perClass(mapOf(NUMBER));
const EXPLANATION = object({
  base: perClass(NUMBER),
  contributions: { anyOf: [BY_FEATURE, arrayOf(BY_FEATURE)] },
});

/** What there is for each output: by its class, where there are classes. */
function named<T>({ classes }: TreeShapValues, of: (output: number) => T): T | Record<string, T> {
  if (classes.length === 0) return of(0);
  return Object.fromEntries(classes.map((label, k) => [String(label), of(k)]));
}

function at({ data, cols }: Matrix, i: number, j: number): number {
  return data[i * cols + j];
}

/** The values as [rows, features] for one output, and [rows, features, outputs] for more, as the Python package shap has them. */
function tensorsOf(
  { values, baseValue, classes, featureNames }: TreeShapValues,
  rows: number,
): OutputTensor[] {
  const [features, outputs] = [featureNames.length, values.length];
  const all = new Float64Array(rows * features * outputs);
  values.forEach(({ data }, k) => {
    data.forEach((value, i) => {
      all[i * outputs + k] = value;
    });
  });
  const text = (name: string, items: readonly string[]): OutputTensor => {
    return { name, datatype: 'BYTES', shape: [items.length], values: items };
  };
  const shape = outputs === 1 ? [rows, features] : [rows, features, outputs];
  return [
    { name: 'shap_values', datatype: 'FP64', shape, values: all },
    { name: 'base_values', datatype: 'FP64', shape: [outputs], values: baseValue },
    text('feature_names', featureNames),
    ...(classes.length === 0 ? [] : [text('classes', classes.map(String))]),
  ];
}

function unexplained(message: string): RequestError {
  return new RequestError(422, 'ERR_NOT_SUPPORTED', message);
}
