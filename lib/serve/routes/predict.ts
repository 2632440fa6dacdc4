/** Predictions of JSON rows, whatever the route: which user asks, which model answers, and what the reply says of it. */
import { randomUUID } from 'node:crypto';
import { Reply, readJson, type ServiceRequest } from '../http.js';
import { bringsImages, readImages } from '../image/read-images.js';
import type { Batch } from '../model/batch.js';
import { rowsHeader, type Selector, type ServedModel } from '../models/served-model.js';
import type { ServiceContext } from '../service.js';
import { whenDone } from '../when-done.js';
import { binaryReply, bringsBinary, readBinary, wantsBinary } from './binary.js';

type Fields = Readonly<Record<string, unknown>>;

/** Predicts one row. @param asked - model and version, as the route has them */
export function predictRow(
  context: ServiceContext,
  request: ServiceRequest,
  asked: Selector,
): Reply | Promise<Reply> {
  const { selector, body, field } = addressed(context, request, asked);
  return context.models.use(selector, (model) => {
    if (bringsImages(request)) {
      return readImages(request, model.endpoint.info.image).then((rows) =>
        rows.length > 1
          ? predictAll(context, request, asked, model, model.endpoint.readBatch(rows))
          : predictOne(context, request, asked, model, rows[0]),
      );
    }
    const row =
      body === undefined ? readJson(request, context.options.maxDepth) : withoutUser(body, field, model);
    return predictOne(context, request, asked, model, row);
  });
}

/** Predicts many rows. @param asked - model and version, as the route has them */
export function predictRows(
  context: ServiceContext,
  request: ServiceRequest,
  asked: Selector,
): Reply | Promise<Reply> {
  const { selector, body } = addressed(context, request, asked);
  return context.models.use(selector, (model) =>
    whenDone(batchOf(context, request, model, body), (batch) =>
      predictAll(context, request, asked, model, batch),
    ),
  );
}

function batchOf(
  { options }: ServiceContext,
  request: ServiceRequest,
  { endpoint }: ServedModel,
  body: unknown,
): Batch | Promise<Batch> {
  if (bringsBinary(request)) return readBinary(request, endpoint);
  if (bringsImages(request))
    return readImages(request, endpoint.info.image).then((rows) => endpoint.readBatch(rows));
  return endpoint.readBatch(body ?? readJson(request, options.maxDepth));
}

function predictOne(
  context: ServiceContext,
  request: ServiceRequest,
  asked: Selector,
  model: ServedModel,
  row: unknown,
): Reply | Promise<Reply> {
  return whenDone(model.endpoint.predict(row, request), (result) =>
    replyOf(context, request, asked, model, result, [result.prediction], model.endpoint.write),
  );
}

function predictAll(
  context: ServiceContext,
  request: ServiceRequest,
  asked: Selector,
  model: ServedModel,
  batch: Batch,
): Reply | Promise<Reply> {
  const { endpoint } = model;
  return whenDone(endpoint.runBatch(batch, request), (output) => {
    if (wantsBinary(request)) {
      const decode = () => endpoint.decodeBatch(batch, output).predictions;
      const { headers } = answered(context, asked, model, decode);
      return binaryReply(endpoint, batch.rows, output, headers);
    }
    const result = endpoint.decodeBatch(batch, output);
    const { predictions } = result;
    return replyOf(
      context,
      request,
      asked,
      model,
      result,
      predictions,
      JSON.stringify,
      rowsHeader(batch.rows),
    );
  });
}

/** Adds the user to what is asked for, where the model's traffic wants to know. */
function addressed(
  { traffic, options }: ServiceContext,
  request: ServiceRequest,
  asked: Selector,
): { readonly selector: Selector; readonly body?: unknown; readonly field?: string } {
  if (!traffic.active || asked.version !== undefined) return { selector: asked };
  const field = bringsImages(request) || bringsBinary(request) ? undefined : traffic.fieldOf(asked.name);
  const body = field === undefined ? undefined : readJson(request, options.maxDepth);
  const user = (field === undefined ? undefined : userIn(body, field)) ?? traffic.userOf(request, asked.name);
  return { selector: { ...asked, key: user }, body, field };
}

function userIn(body: unknown, field: string): string | undefined {
  if (typeof body !== 'object' || body === null || !Object.hasOwn(body, field)) return undefined;
  const user = (body as Fields)[field];
  return (typeof user === 'string' && user !== '') || typeof user === 'number' ? String(user) : undefined;
}

/** The row without the member that names the user, unless that is a column. */
function withoutUser(body: unknown, field: string | undefined, { endpoint }: ServedModel): unknown {
  if (field === undefined || typeof body !== 'object' || body === null || Array.isArray(body)) return body;
  if (!Object.hasOwn(body, field) || endpoint.schema.indexOf(field) >= 0) return body;
  const { [field]: _user, ...row } = body as Fields;
  return row;
}

/** Remembers an answer, where there is feedback or traffic, and says who has given it. */
function answered(
  { traffic, answers }: ServiceContext,
  asked: Selector,
  model: ServedModel,
  predictions: () => readonly unknown[],
) {
  const { name, version } = model;
  const variant = traffic.active && asked.version === undefined ? traffic.variantNameOf(model) : undefined;
  let { headers } = model;
  let predictionId: string | undefined;
  if (variant !== undefined) headers = { ...headers, 'x-boreal-variant': encodeURIComponent(variant) };
  if (answers !== undefined) {
    predictionId = randomUUID();
    const isClass = model.endpoint.info.target.kind === 'class';
    answers.add(predictionId, { model: name, version, variant, isClass, predictions: predictions() });
    headers = { ...headers, 'x-boreal-prediction-id': predictionId };
  }
  return { headers, metadata: { name, version, variant, predictionId } };
}

/** Says who has answered: in headers, and in the body for who asks with `x-boreal-metadata: true`. */
function replyOf<T extends object>(
  context: ServiceContext,
  request: ServiceRequest,
  asked: Selector,
  model: ServedModel,
  result: T,
  predictions: readonly unknown[],
  write: (result: T) => string,
  more?: Readonly<Record<string, string>>,
): Reply {
  const { headers: own, metadata } = answered(context, asked, model, () => predictions);
  const headers = more === undefined ? own : { ...own, ...more };
  if (request.headers['x-boreal-metadata'] !== 'true') return Reply.text(write(result), 200, headers);
  return Reply.json({ ...result, model: metadata }, 200, headers);
}
