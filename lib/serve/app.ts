/** A Fastify app that holds one model and nothing else: the inside of `serve` and of `toNodeHandler`. */
import Fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
} from 'fastify';
import { type BorealPluginOptions, borealPlugin, handleNotFound } from './plugin.js';
import { errorResponse } from './request-error.js';

/** Options of an app. */
export interface AppOptions extends BorealPluginOptions {
  /** true for pino's JSON lines on stdout, or a logger of your own. Default false. */
  readonly logger?: boolean | FastifyBaseLogger;
}

/** A client that takes longer to send its request is cut off. */
const REQUEST_TIMEOUT_MS = 60_000;

/** Makes the app; the plugin's errors come out of `app.ready()`. */
export function createApp({ logger = false, ...options }: AppOptions): FastifyInstance {
  const app = Fastify({
    ...(typeof logger === 'boolean' ? { logger } : { loggerInstance: logger }),
    requestTimeout: REQUEST_TIMEOUT_MS,
    frameworkErrors: handleAnyError,
  });
  app.setErrorHandler(handleAnyError);
  app.setNotFoundHandler(handleNotFound);
  app.register(borealPlugin, options);
  return app;
}

/** The last resort: a bad URL, or a defect. What went wrong inside is for the log, not for the client. */
function handleAnyError(
  error: Error & { statusCode?: number; code?: string },
  request: FastifyRequest,
  reply: FastifyReply,
): void {
  const { statusCode = 500, code = 'ERR_INTERNAL', message } = error;
  if (statusCode >= 500) request.log.error(error);
  const fallback =
    statusCode < 500
      ? { status: statusCode, body: { error: message, code: code.startsWith('FST_') ? 'ERR_REQUEST' : code } }
      : {
          status: statusCode,
          body: { error: 'Something went wrong inside the server.', code: 'ERR_INTERNAL' },
        };
  const { status, body } = errorResponse(error) ?? fallback;
  reply.code(status).send(body);
}
