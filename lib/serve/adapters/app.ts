/** A Fastify app that holds one service and nothing else: the inside of `serve` and of `toNodeHandler`. */
import Fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
} from 'fastify';
import type { Servable, ServiceOptions } from '../options.js';
import { errorResponse } from '../request-error.js';
import { INTERNAL, Service } from '../service.js';
import { handleNotFound, mount } from './fastify.js';

/** Options of an app. */
export interface AppOptions extends ServiceOptions {
  /** true for pino's JSON lines on stdout, or a logger of your own. Default false. */
  readonly logger?: boolean | FastifyBaseLogger;
}

/** A client that takes longer to send its request is cut off. */
const REQUEST_TIMEOUT_MS = 60_000;

/**
 * Makes the app and its service; ready for `listen`.
 *
 * @throws {ERR_NOT_FITTED | ERR_PARAMETER} for a bad model or option
 */
export async function createApp(
  models: Servable,
  { logger = false, ...options }: AppOptions,
): Promise<{ readonly app: FastifyInstance; readonly service: Service }> {
  const app = Fastify({
    ...(typeof logger === 'boolean' ? { logger } : { loggerInstance: logger }),
    requestTimeout: REQUEST_TIMEOUT_MS,
    frameworkErrors: handleAnyError,
  });
  app.setErrorHandler(handleAnyError);
  app.setNotFoundHandler(handleNotFound);
  const service = await Service.create(models, options, app.log);
  app.register(async (scope) => mount(scope, service, options), { prefix: options.prefix });
  return { app, service };
}

/** The last resort: a bad URL, or a defect. What went wrong inside is for the log, not for the client. */
function handleAnyError(
  error: Error & { statusCode?: number; code?: string },
  request: FastifyRequest,
  reply: FastifyReply,
): void {
  const { statusCode = 500, code = '', message } = error;
  if (statusCode >= 500) request.log.error(error);
  const fallback =
    statusCode < 500
      ? { status: statusCode, body: { error: message, code: code.startsWith('FST_') ? 'ERR_REQUEST' : code } }
      : INTERNAL;
  const { status, body } = errorResponse(error) ?? fallback;
  reply.code(status).send(body);
}
