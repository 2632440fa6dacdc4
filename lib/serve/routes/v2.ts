/** The Open Inference Protocol (KServe's V2) over HTTP: health, metadata and inference. */
import type { Route, ServiceRequest } from '../http.js';
import type { Selector } from '../models/served-model.js';
import { arrayOf, BOOLEAN, object, ref, TEXT } from '../openapi/operation.js';
import { requireReady } from '../readiness.js';
import type { Feature, ServiceContext } from '../service.js';
import { infer } from '../v2/infer.js';
import { readInfer, writeInfer } from '../v2/messages.js';
import { V2Model } from '../v2/model.js';
import { version as borealVersion } from '../version.js';

const EXTENSIONS = ['binary_tensor_data', 'model_repository', 'statistics', 'model_configuration'];

/** Makes the routes. */
export function v2Routes(context: ServiceContext): Feature {
  const { models, traffic, options } = context;
  const metadata = (request: ServiceRequest) => {
    const { name, endpoint } = models.get(asked(request));
    const { inputs, outputs } = V2Model.of(endpoint);
    return {
      name,
      versions: models.versions(name).map(({ version }) => version),
      platform: 'boreal',
      inputs,
      outputs: outputs.map(({ name, datatype, shape }) => ({ name, datatype, shape })),
    };
  };
  const ready = (request: ServiceRequest) => {
    const { name } = models.get(asked(request));
    return { name, ready: true };
  };
  const answer = async (request: ServiceRequest) => {
    const message = readInfer(request, options.maxDepth);
    return writeInfer(
      await infer(models, traffic.address(request, asked(request)), message, request),
      message.isBinary,
    );
  };
  const routes: Route[] = [
    {
      method: 'GET',
      path: '/v2',
      access: 'public',
      summary: 'Open Inference Protocol: name, version and extensions of the server.',
      operation: { response: object({ name: TEXT, version: TEXT, extensions: arrayOf(TEXT) }) },
      handle: () => ({ name: 'boreal', version: borealVersion, extensions: EXTENSIONS }),
    },
    {
      method: 'GET',
      path: '/v2/health/live',
      access: 'public',
      summary: 'Open Inference Protocol: whether the server answers.',
      operation: { response: object({ live: BOOLEAN }) },
      handle: () => ({ live: true }),
    },
    {
      method: 'GET',
      path: '/v2/health/ready',
      access: 'public',
      summary: 'Open Inference Protocol: whether every model answers.',
      operation: { response: object({ ready: BOOLEAN }) },
      handle: () => {
        requireReady(context);
        return { ready: true };
      },
    },
    ...both((path) => [
      {
        method: 'GET',
        path,
        access: 'predict',
        summary: "Open Inference Protocol: a model's inputs and outputs.",
        operation: { response: ref('ModelMetadata') },
        handle: metadata,
      },
      {
        method: 'GET',
        path: `${path}/ready`,
        access: 'predict',
        summary: 'Open Inference Protocol: whether a model answers.',
        handle: ready,
      },
      {
        method: 'POST',
        path: `${path}/infer`,
        access: 'predict',
        summary: 'Open Inference Protocol: an inference; tensors as JSON or binary.',
        operation: {
          request: ref('InferRequest'),
          alsoTakes: {
            'application/octet-stream': {
              description:
                'The JSON, as long as Inference-Header-Content-Length says, and the tensors behind it.',
            },
          },
          response: ref('InferResponse'),
          alsoGives: {
            'application/octet-stream': {
              description: 'The same, where outputs are asked for as binary_data.',
            },
          },
        },
        inWorker: true,
        predicts: asked,
        handle: answer,
      },
    ]),
  ];
  return { routes };
}

/** The routes of a model, and those of one of its versions. */
export function both(routesAt: (path: string) => Route[]): Route[] {
  return ['/v2/models/:model', '/v2/models/:model/versions/:version'].flatMap(routesAt);
}

/** The model that a request names. */
export function asked({ params: { model, version } }: ServiceRequest): Selector {
  return { name: model, version };
}
