/**
 * The Open Inference Protocol over gRPC. Each call becomes a request of the HTTP route that says the same, with the
 * call's metadata as headers: guards, observers and errors are those of the service. @grpc/grpc-js and
 * @grpc/proto-loader are optional and loaded here only.
 */
import { fileURLToPath } from 'node:url';
import type {
  Server,
  ServerCredentials,
  ServerUnaryCall,
  ServiceDefinition,
  sendUnaryData,
} from '@grpc/grpc-js';
import { EnvironmentError } from '../../errors.js';
import { Reply, type Route } from '../http.js';
import type { Service } from '../service.js';
import { infer } from '../v2/infer.js';
import { CallRequest } from './call-request.js';
import { type InferMessage, readMessage, writeMessage } from './messages.js';

/** What `ServerCredentials.createSsl` of @grpc/grpc-js makes: written out, so that programs without that package compile. */
export interface GrpcCredentials {
  _isSecure(): boolean;
}

/** Options of {@link serveGrpc}. */
export interface GrpcOptions {
  /** 0 picks a free one. Default 8001. */
  readonly port?: number;
  /** Address to listen on; '0.0.0.0' for all. Default '127.0.0.1': this machine only. */
  readonly host?: string;
  /** Of @grpc/grpc-js, for TLS. Default: none, plain text. */
  readonly credentials?: GrpcCredentials;
}

/** A running gRPC server. */
export interface GrpcServer {
  readonly port: number;
  /**
   * Stops accepting calls, answers those that have arrived, then closes.
   *
   * @param timeout - milliseconds after which calls that are still busy are cut. Default 10000
   */
  close(timeout?: number): Promise<void>;
}

type Message = Readonly<Record<string, unknown>>;

/** How an RPC is answered by a route. */
interface Rpc {
  readonly method: Route['method'];
  /** With parameters that `params` has. */
  readonly path: (message: Message) => string;
  /** Of the body, for routes that have one. */
  readonly body?: (message: Message) => object;
  /** The response, from what the route answers. */
  readonly response?: (answer: unknown) => object;
  /** The response where the route refuses with one of these. */
  readonly unless?: { readonly statuses: readonly number[]; readonly response: object };
}

const plain = (path: string) => () => path;
/** The route of a model, or that of one of its versions. */
const ofModel =
  (tail: string) =>
  ({ version }: Message) =>
    `/v2/models/:model${version === '' ? '' : '/versions/:version'}${tail}`;
const notReady = { statuses: [404, 503], response: { ready: false } };

const RPCS: Readonly<Record<string, Rpc>> = {
  ServerLive: { method: 'GET', path: plain('/v2/health/live') },
  ServerReady: { method: 'GET', path: plain('/v2/health/ready'), unless: notReady },
  ModelReady: { method: 'GET', path: ofModel('/ready'), unless: notReady },
  ServerMetadata: { method: 'GET', path: plain('/v2') },
  ModelMetadata: { method: 'GET', path: ofModel('') },
  ModelConfig: { method: 'GET', path: ofModel('/config'), response: (config) => ({ config }) },
  ModelStatistics: {
    method: 'GET',
    path: (message) => (message.name === '' ? '/v2/models/stats' : ofModel('/stats')(message)),
  },
  RepositoryIndex: {
    method: 'POST',
    path: plain('/v2/repository/index'),
    body: ({ ready }) => ({ ready }),
    response: (models) => ({ models }),
  },
  RepositoryModelLoad: {
    method: 'POST',
    path: plain('/v2/repository/models/:model/load'),
    body: ({ parameters }) => ({ parameters }),
  },
  RepositoryModelUnload: { method: 'POST', path: plain('/v2/repository/models/:model/unload') },
};

/** HTTP's statuses as gRPC's codes. */
const CODES: Readonly<Record<number, number>> = {
  400: 3, // INVALID_ARGUMENT
  401: 16, // UNAUTHENTICATED
  403: 7, // PERMISSION_DENIED
  404: 5, // NOT_FOUND
  408: 4, // DEADLINE_EXCEEDED
  409: 9, // FAILED_PRECONDITION
  413: 8, // RESOURCE_EXHAUSTED
  421: 7,
  422: 9,
  429: 8,
  503: 14, // UNAVAILABLE
  504: 4,
};
const INTERNAL_CODE = 13;

const NOTHING = new Reply(200, '');

/**
 * Serves a service over gRPC, beside whatever else carries it. The service stays open when this server closes.
 *
 * @throws {ERR_DEPENDENCY} when @grpc/grpc-js or @grpc/proto-loader is not installed
 * @throws an Error when it cannot listen
 * @example
 * ```ts
 * import { LinearRegression } from 'boreal';
 * import { Service, serveGrpc } from 'boreal/serve';
 * const model = await new LinearRegression().fit([{ x: 1 }, { x: 2 }, { x: 3 }], [2, 4, 6]);
 * const service = await Service.create(model);
 * const server = await serveGrpc(service, { port: 0 });
 * server.port > 0; // true
 * await server.close();
 * await service.close();
 * ```
 */
export async function serveGrpc(service: Service, options: GrpcOptions = {}): Promise<GrpcServer> {
  const { port = 8001, host = '127.0.0.1' } = options;
  const grpc = await import('@grpc/grpc-js').catch(missing('@grpc/grpc-js'));
  const definition = await loadDefinition();
  const routes = new Map(service.routes.map((route) => [`${route.method} ${route.path}`, route]));
  const inferOf = (version: string) =>
    inferRoute(service, routes.get(`POST ${ofModel('/infer')({ version })}`)!);
  const inferRoutes = { production: inferOf(''), version: inferOf('any') };

  const answer = async (name: string, request: CallRequest): Promise<object> => {
    if (name === 'ModelInfer') {
      const route = request.params.version === undefined ? inferRoutes.production : inferRoutes.version;
      const reply = await service.handle(route, request);
      if (reply.status === 200) return request.answer!;
      throw refusal(reply);
    }
    const { method, path, response = (json: unknown) => json as object, unless } = RPCS[name];
    const reply = await service.handle(routes.get(`${method} ${path(request.message)}`)!, request);
    if (reply.status === 200) return response(JSON.parse(reply.body as string));
    if (unless?.statuses.includes(reply.status)) return unless.response;
    throw refusal(reply);
  };

  const refusal = ({ status, body, headers }: Reply) => {
    const { error, code } = JSON.parse(body as string) as { error: string; code: string };
    const metadata = new grpc.Metadata();
    metadata.set('boreal-code', code);
    if (headers['retry-after'] !== undefined) metadata.set('retry-after', headers['retry-after']);
    return { code: CODES[status] ?? INTERNAL_CODE, details: error, metadata };
  };

  const handlers = Object.fromEntries(
    [...Object.keys(RPCS), 'ModelInfer'].map((name) => [
      name,
      (call: ServerUnaryCall<Message, object>, done: sendUnaryData<object>) => {
        const body = RPCS[name]?.body?.(call.request);
        answer(name, new CallRequest(call, name, body)).then((message) => done(null, message), done);
      },
    ]),
  );
  const server = new grpc.Server({ 'grpc.max_receive_message_length': service.bodyLimit });
  server.addService(definition, handlers);
  const bound = await bind(
    server,
    host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`,
    (options.credentials as ServerCredentials | undefined) ?? grpc.ServerCredentials.createInsecure(),
  );
  return { port: bound, close: (timeout = 10_000) => close(server, timeout) };
}

/** The route of an inference, with tensors from the call's message instead of a body. */
function inferRoute(service: Service, route: Route): Route {
  return {
    ...route,
    handle: async (request) => {
      const call = request as CallRequest;
      const { model: name, version } = call.params;
      const message = readMessage(call.message as unknown as InferMessage);
      call.answer = writeMessage(await infer(service.models, { name, version }, message, call));
      return NOTHING;
    },
  };
}

async function loadDefinition(): Promise<ServiceDefinition> {
  const loader = await import('@grpc/proto-loader').catch(missing('@grpc/proto-loader'));
  const definition = await loader.load(fileURLToPath(new URL('./inference.proto', import.meta.url)), {
    keepCase: true,
    longs: Number,
    enums: String,
    defaults: true,
    oneofs: true,
  });
  return definition['inference.GRPCInferenceService'] as ServiceDefinition;
}

function bind(server: Server, address: string, credentials: ServerCredentials): Promise<number> {
  return new Promise((resolve, reject) => {
    server.bindAsync(address, credentials, (error, port) => (error === null ? resolve(port) : reject(error)));
  });
}

function close(server: Server, timeout: number): Promise<void> {
  return new Promise((resolve) => {
    const overdue = setTimeout(() => server.forceShutdown(), timeout);
    server.tryShutdown(() => {
      clearTimeout(overdue);
      resolve();
    });
  });
}

function missing(name: string) {
  return (cause: unknown): never => {
    const message = `Serving over gRPC needs the package '${name}': npm install ${name}`;
    throw new EnvironmentError('ERR_DEPENDENCY', message, { cause });
  };
}
