/** Triton's extensions of the Open Inference Protocol: the repository, model configuration and statistics. */
import { parseJson, type Route, type ServiceRequest } from '../http.js';
import type { ModelState, VersionStatus } from '../models/served-model.js';
import { arrayOf, BOOLEAN, object, ref, TEXT } from '../openapi/operation.js';
import { RequestError } from '../request-error.js';
import type { Feature, ServiceContext } from '../service.js';
import { configOf } from '../v2/config.js';
import { Statistics } from '../v2/statistics.js';
import { loading } from './models.js';
import { asked, both } from './v2.js';

/** Makes the routes. */
export function v2ModelRoutes({ models, options }: ServiceContext): Feature {
  const statistics = new Statistics(models);
  const routes: Route[] = [
    {
      method: 'POST',
      path: '/v2/repository/index',
      access: 'predict',
      summary: 'Open Inference Protocol: every model and version, and its state.',
      operation: {
        request: object({ ready: { ...BOOLEAN, description: 'Only those that answer.' } }, []),
        example: {},
        response: arrayOf(object({ name: TEXT, version: TEXT, state: { enum: WIRE_STATES }, reason: TEXT })),
      },
      handle: (request) => {
        const { ready = false } = bodyOf(request, options.maxDepth);
        if (typeof ready !== 'boolean') throw wrong("'ready' is true or false.");
        const all = models
          .status()
          .flatMap(({ name, versions }) => versions.map((each) => entryOf(name, each)));
        return ready ? all.filter(({ state }) => state === 'READY') : all;
      },
    },
    {
      method: 'POST',
      path: '/v2/repository/models/:model/load',
      access: 'admin',
      summary: 'Open Inference Protocol: loads the newest version of a model.',
      operation: { request: { type: 'object' }, example: {}, response: object({}) },
      handle: async (request) => {
        const { parameters } = bodyOf(request, options.maxDepth);
        if (typeof parameters === 'object' && parameters !== null && Object.keys(parameters).length > 0) {
          throw wrong('This server loads models as they are in its registry, without parameters.');
        }
        await loading(() => models.load(request.params.model!));
        return {};
      },
    },
    {
      method: 'POST',
      path: '/v2/repository/models/:model/unload',
      access: 'admin',
      summary: 'Open Inference Protocol: takes all versions of a model out of memory.',
      operation: { request: { type: 'object' }, example: {}, response: object({}) },
      handle: async (request) => {
        bodyOf(request, options.maxDepth);
        await models.unload(request.params.model!);
        return {};
      },
    },
    {
      method: 'GET',
      path: '/v2/models/stats',
      access: 'predict',
      summary: 'Open Inference Protocol: statistics of all models.',
      operation: { response: STATS },
      handle: () => ({
        model_stats: models
          .names()
          .flatMap((name) => models.versions(name))
          .map((each) => statistics.of(each)),
      }),
    },
    ...both((path) => [
      {
        method: 'GET',
        path: `${path}/stats`,
        access: 'predict',
        summary: 'Open Inference Protocol: statistics of a model.',
        operation: { response: STATS },
        handle: (request) => {
          const { name, version } = models.get(asked(request));
          const versions = request.params.version === undefined ? models.versions(name) : [{ name, version }];
          return { model_stats: versions.map((each) => statistics.of(each)) };
        },
      },
      {
        method: 'GET',
        path: `${path}/config`,
        access: 'predict',
        summary: "Open Inference Protocol: a model's configuration.",
        operation: { response: ref('ModelConfig') },
        handle: (request) => configOf(models.get(asked(request)).endpoint),
      },
    ]),
  ];
  return { routes, observer: statistics };
}

const STATES: Readonly<Record<ModelState, string>> = {
  ready: 'READY',
  loading: 'LOADING',
  unloading: 'UNLOADING',
  failed: 'UNAVAILABLE',
  unloaded: 'UNAVAILABLE',
};

const WIRE_STATES = [...new Set(Object.values(STATES))];
const STATS = object({ model_stats: arrayOf(ref('ModelStatistics')) });

function entryOf(name: string, { version, state, reason }: VersionStatus) {
  return { name, version, state: STATES[state], reason: reason ?? (state === 'unloaded' ? 'unloaded' : '') };
}

/** These bodies may be empty, and Triton's client sends no content type. */
function bodyOf({ body }: ServiceRequest, maxDepth: number | undefined): Readonly<Record<string, unknown>> {
  const json = body.length === 0 ? {} : parseJson(body, { maxDepth });
  if (typeof json === 'object' && json !== null && !Array.isArray(json)) {
    return json as Readonly<Record<string, unknown>>;
  }
  throw wrong('The body is an object.');
}

function wrong(message: string): RequestError {
  return new RequestError(400, 'ERR_REQUEST', message);
}
