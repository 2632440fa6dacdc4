/** The routes of models and versions: what there is, predictions of a certain one, and its administration. */
import { BorealError, type ErrorCode } from '../../errors.js';
import { type Route, readJson, type ServiceRequest } from '../http.js';
import type { Selector } from '../models/served-model.js';
import { reasonOf } from '../models/source.js';
import { arrayOf, object, ref, TEXT } from '../openapi/operation.js';
import { RequestError } from '../request-error.js';
import type { Feature, ServiceContext } from '../service.js';
import { predictRow, predictRows } from './predict.js';

/** Makes the routes. */
export function modelRoutes(context: ServiceContext): Feature {
  const { models, options } = context;
  const predict = (request: ServiceRequest) => predictRow(context, request, asked(request));
  const status = (name: string) => {
    const found = models.status().find((model) => model.name === name);
    if (found !== undefined) return found;
    // Tells which there are.
    models.get({ name });
    throw new RequestError(404, 'ERR_MODEL', 'The model is gone.');
  };
  const inUse = (request: ServiceRequest) => {
    const { name, version } = models.get({ name: request.query.get('model') ?? undefined });
    const { versions } = status(name);
    return { name, ...versions.find((each) => each.version === version) };
  };
  const routes: Route[] = [
    {
      method: 'GET',
      path: '/models',
      access: 'predict',
      summary: 'Every model and version, and its state.',
      operation: { response: object({ models: arrayOf(ref('ModelStatus')) }) },
      handle: () => ({ models: models.status() }),
    },
    {
      method: 'GET',
      path: '/models/:name',
      access: 'predict',
      summary: 'The versions of a model, and their states.',
      operation: { response: ref('ModelStatus') },
      handle: ({ params }) => status(params.name!),
    },
    {
      method: 'POST',
      path: '/predict/:version',
      access: 'predict',
      summary: 'Predicts one row with a version, or the version that has an alias.',
      inWorker: true,
      operation: ONE_ROW,
      predicts: asked,
      handle: predict,
    },
    {
      method: 'POST',
      path: '/models/:name/predict',
      access: 'predict',
      summary: 'Predicts one row with a model.',
      inWorker: true,
      operation: ONE_ROW,
      predicts: asked,
      handle: predict,
    },
    {
      method: 'POST',
      path: '/models/:name/predict/:version',
      access: 'predict',
      summary: 'Predicts one row with a version of a model.',
      inWorker: true,
      operation: ONE_ROW,
      predicts: asked,
      handle: predict,
    },
    {
      method: 'POST',
      path: '/models/:name/predict_batch',
      access: 'predict',
      summary: 'Predicts many rows with a model.',
      inWorker: true,
      operation: { request: ref('Batch'), response: ref('BatchPrediction') },
      predicts: asked,
      handle: (request) => predictRows(context, request, asked(request)),
    },
    {
      method: 'GET',
      path: '/model/version',
      access: 'predict',
      model: 'query',
      summary: 'The version that answers requests that name none.',
      operation: {
        query: { model: { ...TEXT, description: 'Default: the default model.' } },
        response: { allOf: [object({ name: TEXT }), ref('VersionStatus')] },
      },
      handle: inUse,
    },
    {
      method: 'POST',
      path: '/model/reload',
      access: 'admin',
      summary: 'Loads all models anew, or the one of ?model=, and swaps them in when they are warm.',
      operation: {
        query: { model: { ...TEXT, description: 'Default: all models.' } },
        response: object({ status: { const: 'reloaded' }, models: arrayOf(ref('ModelStatus')) }),
      },
      handle: async (request) => {
        await loading(() => models.reload(request.query.get('model') ?? undefined));
        return { status: 'reloaded', models: models.status() };
      },
    },
    {
      method: 'POST',
      path: '/models/:name/promote',
      access: 'admin',
      summary: 'Puts a version into production.',
      operation: {
        request: object({ version: TEXT }),
        example: { version: '1' },
        response: object({ name: TEXT, version: TEXT }),
      },
      handle: async (request) => {
        const name = request.params.name!;
        const version = textOf(request, 'version', options.maxDepth);
        return { name, version: await loading(() => models.promote(name, version)) };
      },
    },
    {
      method: 'POST',
      path: '/models/:name/rollback',
      access: 'admin',
      summary: 'Puts the version into production that was there before.',
      operation: { response: object({ name: TEXT, version: TEXT }) },
      handle: async ({ params: { name } }) => ({
        name,
        version: await loading(() => models.rollback(name!)),
      }),
    },
    {
      method: 'PUT',
      path: '/models/:name/aliases/:alias',
      access: 'admin',
      summary: 'Points an alias at a version.',
      operation: {
        request: object({ version: TEXT }),
        example: { version: '1' },
        response: object({ name: TEXT, alias: TEXT, version: TEXT }),
      },
      handle: async (request) => {
        const { name, alias } = request.params;
        const version = textOf(request, 'version', options.maxDepth);
        await loading(() => models.alias(name!, alias!, version));
        return { name, alias, version: models.get({ name, version: alias }).version };
      },
    },
    {
      method: 'DELETE',
      path: '/models/:name/aliases/:alias',
      access: 'admin',
      summary: 'Takes an alias away.',
      operation: { response: object({ name: TEXT, alias: TEXT }) },
      handle: async ({ params: { name, alias } }) => {
        await loading(() => models.alias(name!, alias!, undefined));
        return { name, alias };
      },
    },
  ];
  return { routes };
}

const ONE_ROW = { request: ref('Row'), response: ref('Prediction') };

function asked({ params: { name, version } }: ServiceRequest): Selector {
  return { name, version };
}

/** A member of the body that must be text. */
function textOf(request: ServiceRequest, name: string, maxDepth: number | undefined): string {
  const value = (readJson(request, maxDepth) as Readonly<Record<string, unknown>> | null)?.[name];
  if (typeof value === 'string' && value !== '') return value;
  if (typeof value === 'number') return String(value);
  throw new RequestError(400, 'ERR_REQUEST', `Send { ${JSON.stringify(name)}: text }.`, { field: name });
}

/** A model that cannot be loaded is no defect of the server; the one that answers so far stays. */
export async function loading<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof RequestError || REFUSED.has((error as BorealError).code)) throw error;
    const code = error instanceof BorealError ? error.code : 'ERR_MODEL_FILE';
    throw new RequestError(422, code, `The model could not be loaded: ${reasonOf(error)}`);
  }
}

const REFUSED: ReadonlySet<ErrorCode> = new Set(['ERR_MODEL', 'ERR_NAME', 'ERR_CONFLICT']);
