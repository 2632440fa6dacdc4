/** The routes of jobs: submit, ask for the result, cancel. */
import { Reply, type Route, readJson, type ServiceRequest } from '../http.js';
import { isBatch } from '../model/batch.js';
import { arrayOf, COUNT, MODEL_QUERY, NUMBER, object, ref, TEXT } from '../openapi/operation.js';
import { RequestError } from '../request-error.js';
import type { Feature, ServiceContext } from '../service.js';
import { isFinal, type Job, type JobQueue, type Task } from './job.js';
import { MemoryQueue } from './memory-queue.js';
import { jobSettings } from './options.js';
import { RedisQueue } from './redis-queue.js';

/** Longest `?wait=`. */
const MAX_WAIT_SECONDS = 30;
const MAX_KEY_LENGTH = 255;

/** Makes the queue and its routes. @throws {ERR_PARAMETER | ERR_DEPENDENCY | ERR_QUEUE} */
export async function jobRoutes(context: ServiceContext): Promise<Feature> {
  const { models, observers, options, log } = context;
  const settings = jobSettings(options.jobs);
  const queue: JobQueue =
    settings.redis === undefined
      ? new MemoryQueue(models, settings, observers, log)
      : await RedisQueue.open(settings.redis, models, settings, observers, log);
  const { prefix = '' } = options;
  const show = (job: Job, status: number, headers: Record<string, string> = {}) => {
    const link = `${prefix}/result/${job.id}`;
    const retry = isFinal(job.state) ? undefined : { 'retry-after': '1' };
    return Reply.json(describe(job, link), status, { ...headers, ...retry });
  };
  const routes: Route[] = [
    {
      method: 'POST',
      path: '/predict_async',
      access: 'predict',
      model: 'query',
      summary: 'Predicts one row, or many, later; ?model= and ?version= choose the model.',
      operation: {
        request: { anyOf: [ref('Row'), ref('Batch')] },
        query: MODEL_QUERY,
        statuses: [202],
        response: ref('Job'),
      },
      handle: async (request) => {
        const principal = await context.identify(request);
        const task = taskOf(request, context);
        const job = await queue.submit({ task, owner: principal?.name ?? '', key: keyOf(request) });
        return show(job, 202, { location: `${prefix}/result/${job.id}` });
      },
    },
    {
      method: 'GET',
      path: '/result/:id',
      access: 'predict',
      model: 'none',
      summary: 'The result of a job; ?wait= waits up to that many seconds for it.',
      operation: {
        query: { wait: { ...NUMBER, description: `Seconds, ${MAX_WAIT_SECONDS} at most.` } },
        statuses: [200, 202],
        response: ref('Job'),
      },
      handle: async (request) => {
        const [id, owner] = [idOf(request), (await context.identify(request))?.name ?? ''];
        const ms = 1000 * secondsOf(request);
        const job = ms > 0 ? await queue.wait(id, owner, ms, request.signal) : await queue.find(id, owner);
        if (job === undefined) throw noJob();
        if (job.state === 'cancelled') throw new RequestError(410, 'ERR_JOB', 'The job was cancelled.');
        return show(job, isFinal(job.state) ? job.outcome!.status : 202);
      },
    },
    {
      method: 'DELETE',
      path: '/result/:id',
      access: 'predict',
      model: 'none',
      summary: 'Cancels a job.',
      operation: { response: ref('Job') },
      handle: async (request) => {
        const job = await queue.cancel(idOf(request), (await context.identify(request))?.name ?? '');
        if (job === undefined) throw noJob();
        if (job.state === 'cancelled') return show(job, 200);
        throw new RequestError(409, 'ERR_JOB', 'The job is done; there is nothing to cancel.');
      },
    },
    {
      method: 'GET',
      path: '/jobs',
      access: 'admin',
      summary: 'How many jobs wait and run, and those that were given up.',
      operation: {
        response: object({
          queued: COUNT,
          running: COUNT,
          dead: arrayOf(object({ id: TEXT, model: TEXT, attempts: COUNT, reason: TEXT, failedAt: COUNT })),
        }),
      },
      handle: () => queue.status(),
    },
  ];
  return { routes, close: () => queue.close() };
}

/** A job as JSON: the result of one that succeeded, or the error of one that failed, in the shape of every error. */
function describe({ id, state, createdAt, startedAt, finishedAt, attempts, outcome }: Job, link: string) {
  const content: unknown = outcome && JSON.parse(outcome.body);
  return {
    ...(state === 'failed' ? (content as object) : { result: content }),
    id,
    status: state,
    createdAt: iso(createdAt),
    startedAt: iso(startedAt),
    finishedAt: iso(finishedAt),
    attempts,
    links: { result: link },
  };
}

function iso(time: number | undefined): string | undefined {
  return time === undefined ? undefined : new Date(time).toISOString();
}

/** @throws {ERR_MODEL | ERR_JSON | ERR_MEDIA_TYPE} what can be refused at once is */
function taskOf(request: ServiceRequest, { models, options }: ServiceContext): Task {
  const { query } = request;
  const version = query.get('version') ?? undefined;
  const { name: model } = models.get({ name: query.get('model') ?? undefined, version });
  const content = readJson(request, options.maxDepth);
  return { kind: isBatch(content) ? 'rows' : 'row', model, version, body: JSON.stringify(content) };
}

function idOf({ params }: ServiceRequest): string {
  const { id = '' } = params;
  if (/^[\da-f-]{36}$/.test(id)) return id;
  throw noJob();
}

function noJob(): RequestError {
  return new RequestError(404, 'ERR_JOB', 'There is no such job, or its result has expired.');
}

function keyOf({ headers }: ServiceRequest): string | undefined {
  const key = headers['idempotency-key'];
  if (key === undefined) return undefined;
  if (typeof key === 'string' && key.length <= MAX_KEY_LENGTH && /^[\x21-\x7e]+$/.test(key)) return key;
  const message = `An Idempotency-Key has 1 to ${MAX_KEY_LENGTH} visible ASCII characters.`;
  throw new RequestError(400, 'ERR_REQUEST', message, { field: 'idempotency-key' });
}

function secondsOf({ query }: ServiceRequest): number {
  const text = query.get('wait');
  if (text === null) return 0;
  const seconds = text.trim() === '' ? Number.NaN : Number(text);
  if (seconds >= 0) return Math.min(seconds, MAX_WAIT_SECONDS);
  throw new RequestError(400, 'ERR_REQUEST', "'wait' is a number of seconds.", { field: 'wait' });
}
