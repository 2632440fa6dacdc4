/** A gRPC call as a service sees a request. */
import type { ServerUnaryCall } from '@grpc/grpc-js';
import type { ServiceRequest } from '../http.js';
import { requestId } from '../request-id.js';

type Message = Readonly<Record<string, unknown>>;

const NO_BODY = new Uint8Array(0);
/** What gRPC settles by itself: metadata of these names is not about the request that a route sees. */
const NOT_HEADERS = new Set(['content-encoding', 'accept-encoding', 'content-type', 'content-length']);

/** See the head of this file. */
export class CallRequest implements ServiceRequest {
  readonly method = 'POST';
  readonly path: string;
  readonly rpc: string;
  ran: ServiceRequest['ran'];
  readonly params: Readonly<Record<string, string | undefined>>;
  readonly query = new URLSearchParams();
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  readonly id: string;
  readonly remoteAddress: string;
  readonly message: Message;
  /** The response, where the route makes one that is not JSON. */
  answer: object | undefined;
  readonly #call: ServerUnaryCall<Message, object>;
  #signal: AbortSignal | undefined;

  /** @param body - to be sent to the route as JSON */
  constructor(call: ServerUnaryCall<Message, object>, name: string, body: object | undefined) {
    const { model_name, name: model = model_name, model_version, version = model_version } = call.request;
    this.#call = call;
    this.message = call.request;
    this.rpc = `inference.GRPCInferenceService/${name}`;
    this.path = `/${this.rpc}`;
    this.params = { model: textOf(model), version: textOf(version) };
    this.headers = headersOf(call);
    this.body = body === undefined ? NO_BODY : Buffer.from(JSON.stringify(body));
    this.id = requestId(this.headers['x-request-id']);
    // 'address:port'; IPv6 may stand in brackets.
    this.remoteAddress = call
      .getPeer()
      .replace(/:\d+$/, '')
      .replace(/^\[(.*)\]$/, '$1');
  }

  get signal(): AbortSignal {
    if (this.#signal === undefined) {
      const controller = new AbortController();
      this.#signal = controller.signal;
      if (this.#call.cancelled) controller.abort();
      // By the client, or by its deadline.
      else this.#call.once('cancelled', () => controller.abort());
    }
    return this.#signal;
  }
}

/** Proto3 has no absent text: the empty one names nothing. */
function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function headersOf(call: ServerUnaryCall<Message, object>): Record<string, string> {
  const entries = Object.entries(call.metadata.getMap()).filter(([name]) => !NOT_HEADERS.has(name));
  return {
    ...Object.fromEntries(entries.map(([name, value]) => [name, String(value)])),
    host: call.getHost(),
  };
}
