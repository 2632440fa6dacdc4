/** Predictions of JSON rows, whatever the route: which user asks, which model answers, and what the reply says of it. */
import { randomUUID } from 'node:crypto';
import { Reply, readJson, type ServiceRequest } from '../http.js';
import { bringsImages, readImages } from '../image/read-images.js';
import type { Selector, ServedModel } from '../models/model-store.js';
import type { ServiceContext } from '../service.js';

type Fields = Readonly<Record<string, unknown>>;

/** Predicts one row. @param asked - model and version, as the route has them */
export function predictRow(
  context: ServiceContext,
  request: ServiceRequest,
  asked: Selector,
): Promise<Reply> {
  const { selector, body, field } = addressed(context, request, asked);
  return context.models.use(selector, async (model) => {
    if (bringsImages(request)) {
      const rows = await readImages(request, model.endpoint.info.image);
      if (rows.length > 1) return predictAll(context, request, asked, model, rows);
      const result = await model.endpoint.predict(rows[0], request);
      return replyOf(context, request, asked, model, result, [result.prediction]);
    }
    const row = body === undefined ? readJson(request) : withoutUser(body, field, model);
    const result = await model.endpoint.predict(row, request);
    return replyOf(context, request, asked, model, result, [result.prediction]);
  });
}

/** Predicts many rows. @param asked - model and version, as the route has them */
export function predictRows(
  context: ServiceContext,
  request: ServiceRequest,
  asked: Selector,
): Promise<Reply> {
  const { selector, body } = addressed(context, request, asked);
  return context.models.use(selector, async (model) => {
    const rows = bringsImages(request)
      ? await readImages(request, model.endpoint.info.image)
      : (body ?? readJson(request));
    return predictAll(context, request, asked, model, rows);
  });
}

async function predictAll(
  context: ServiceContext,
  request: ServiceRequest,
  asked: Selector,
  model: ServedModel,
  rows: unknown,
): Promise<Reply> {
  const result = await model.endpoint.predictBatch(rows, request);
  return replyOf(context, request, asked, model, result, result.predictions);
}

/** Adds the user to what is asked for, where the model's traffic wants to know. */
function addressed(
  { traffic }: ServiceContext,
  request: ServiceRequest,
  asked: Selector,
): { readonly selector: Selector; readonly body?: unknown; readonly field?: string } {
  if (!traffic.active || asked.version !== undefined) return { selector: asked };
  const field = bringsImages(request) ? undefined : traffic.fieldOf(asked.name);
  const body = field === undefined ? undefined : readJson(request);
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
  if (!Object.hasOwn(body, field) || endpoint.plan.schema.indexOf(field) >= 0) return body;
  const { [field]: _user, ...row } = body as Fields;
  return row;
}

/** Says who has answered: in headers, and in the body for who asks with `x-boreal-metadata: true`. */
function replyOf(
  { traffic, answers }: ServiceContext,
  request: ServiceRequest,
  asked: Selector,
  model: ServedModel,
  result: object,
  predictions: readonly unknown[],
): Reply {
  const { name, version } = model;
  const variant = traffic.active && asked.version === undefined ? traffic.variantNameOf(model) : undefined;
  const predictionId = answers === undefined ? undefined : randomUUID();
  const isClass = model.endpoint.info.target.kind === 'class';
  answers?.add(predictionId!, { model: name, version, variant, isClass, predictions });
  let headers = model.headers;
  if (variant !== undefined) headers = { ...headers, 'x-boreal-variant': encodeURIComponent(variant) };
  if (predictionId !== undefined) headers = { ...headers, 'x-boreal-prediction-id': predictionId };
  if (request.headers['x-boreal-metadata'] !== 'true') return Reply.json(result, 200, headers);
  return Reply.json({ ...result, model: { name, version, variant, predictionId } }, 200, headers);
}
