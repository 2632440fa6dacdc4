/**
 * A worker: an event loop of its own that accepts from the listening socket it shares with the others and answers
 * predictions with models that the main thread has loaded. Everything else it lets the main thread answer.
 */
import { once } from 'node:events';
import { parentPort, workerData } from 'node:worker_threads';
import type { FastifyBaseLogger } from 'fastify';
import { App } from '../adapters/app.js';
import { Drain } from '../adapters/drain.js';
import { Reply } from '../http.js';
import { SharedSource } from '../models/shared-source.js';
import { EventCollector } from './events.js';
import { type ToMain, type ToWorker, toPlainError, toPlainRequest, type WorkerData } from './messages.js';

const { fd, options, requestLog, routes, models, rates, ...start } = workerData as WorkerData;
let { isCentral } = start;
const main = parentPort!;
const post = (message: ToMain) => main.postMessage(message);

const source = new SharedSource(models);
const collector = new EventCollector(
  routes,
  () => isCentral,
  (events) => post({ type: 'events', events }),
);
const waiting = new Map<number, (reply: Reply) => void>();
let requests = 0;

/** What only the main thread does. */
const OFF = { watch: false, traffic: undefined, feedback: undefined };

const app = await App.create(
  source,
  { ...options, ...OFF, logger: remoteLog() },
  {
    routes,
    observer: collector,
    rates,
    isCentral: () => isCentral,
    forward: (route, request) =>
      new Promise((resolve) => {
        const id = requests++;
        const abort = () => post({ type: 'abort', id });
        request.signal.addEventListener('abort', abort, { once: true });
        waiting.set(id, (reply) => {
          request.signal.removeEventListener('abort', abort);
          resolve(reply);
        });
        post({ type: 'request', id, route, request: toPlainRequest(request) });
      }),
  },
);
if (requestLog !== undefined) app.logRequests(requestLog);
const drain = new Drain(app);

main.on('message', (message: ToWorker) => {
  if (message.type === 'models') void update(message);
  else if (message.type === 'stop') {
    drain.stop();
    post({ type: 'stopped' });
  } else if (message.type === 'close') void close(message.timeout);
  else {
    waiting.get(message.id)?.(new Reply(message.status, message.body, message.headers));
    waiting.delete(message.id);
  }
});

app.server.listen({ fd });
await once(app.server, 'listening');
post({ type: 'ready' });

async function update(next: Extract<ToWorker, { type: 'models' }>): Promise<void> {
  isCentral = next.isCentral;
  source.update(next.models);
  // A model that is gone by now is not in the next message, which is on its way.
  await app.service.models.refresh().catch(() => undefined);
  post({ type: 'updated', revision: next.revision });
}

async function close(timeout: number): Promise<void> {
  await drain.run(timeout);
  await app.close();
  collector.flush();
  process.exit();
}

/** The log is written in one place, the main thread. */
function remoteLog(bindings: object = {}): FastifyBaseLogger {
  const write = (level: 'info' | 'warn' | 'error') => (fields: unknown, message?: string) => {
    const { err, ...rest } = (fields instanceof Error ? { err: fields } : fields) as { err?: unknown };
    const plain = { ...bindings, ...rest, ...(err === undefined ? {} : { err: toPlainError(err) }) };
    post({ type: 'log', level, fields: plain, message: message ?? '' });
  };
  const nothing = () => undefined;
  const log = {
    level: 'info',
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
    fatal: write('error'),
    debug: nothing,
    trace: nothing,
    silent: nothing,
    child: (more: object) => remoteLog({ ...bindings, ...more }),
  };
  return log as unknown as FastifyBaseLogger;
}
