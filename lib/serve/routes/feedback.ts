/** `POST /feedback`: what became of predictions; `GET /ab_stats`: which variant does better by that. */
import { ValidationError } from '../../errors.js';
import { compareOutcomes, Outcomes } from '../../monitor/outcomes.js';
import { type Route, readJson } from '../http.js';
import { type FsyncPolicy, OutcomeLog, type OutcomeRecord } from '../models/outcome-log.js';
import { arrayOf, object, ref, TEXT } from '../openapi/operation.js';
import { RequestError } from '../request-error.js';
import { requireModel } from '../security/access.js';
import type { Feature, ServiceContext } from '../service.js';

/** Options of feedback. */
export interface FeedbackOptions {
  /** Keeps what clients tell of predictions. Default: the sums only, in memory, until the server ends. */
  readonly feedback?: {
    /** Where outcomes are appended, a line of JSON each; read again at the start. One process at a time. */
    readonly file?: string;
    /** Default 'always': an outcome is on disk before it is acknowledged. 'interval' within a second, 'never' by itself. */
    readonly fsync?: FsyncPolicy;
    /** Bytes after which a new file is begun, >= 1. Default 64 MiB. The last 5 old ones are kept. */
    readonly maxBytes?: number;
    /** Predictions that feedback can name by id, >= 1. Default 50000. */
    readonly remember?: number;
  };
}

/** Default of `feedback.remember`. */
export const DEFAULT_REMEMBERED = 50_000;

type Label = string | number | boolean;

/** Makes the routes. @throws what the file system throws for `feedback.file` */
export async function feedbackRoutes(context: ServiceContext): Promise<Feature> {
  const { options, observers, log, models, traffic } = context;
  const { file, fsync, maxBytes } = options.feedback ?? {};
  checkOptions(options.feedback);
  const outcomes = await OutcomeLog.open(file, { fsync, maxBytes });
  if (outcomes.skipped > 0)
    log.warn({ file, lines: outcomes.skipped }, 'Lines of the feedback file make no sense.');
  const statsOf = (name: string) => {
    const sums = outcomes.sums.get(name);
    const variants = traffic.variants(name);
    const { requests } = traffic.status(name);
    // Without variants, versions are compared.
    const named = new Map<string, Outcomes>(
      variants.length > 0
        ? variants.map(({ variant }) => [variant, sums?.get(variant) ?? new Outcomes()])
        : [...(sums ?? [])].map(([key, each]) => [key.startsWith('@') ? key.slice(1) : key, each]),
    );
    const { variants: compared, ...stats } = compareOutcomes(named);
    return {
      model: name,
      ...stats,
      variants: compared.map((each, i) => ({
        ...each,
        version: variants[i]?.version ?? each.variant,
        requests: requests[each.variant] ?? null,
      })),
      shadow: traffic.status(name).shadowed,
    };
  };
  const routes: Route[] = [
    {
      method: 'POST',
      path: '/feedback',
      access: 'predict',
      // The body, or the prediction that it names, tells which.
      model: 'none',
      summary: 'Tells what became of a prediction: a reward, or the true label.',
      operation: {
        request: ref('Feedback'),
        example: { user: 'user-17', reward: true },
        response: object(
          {
            status: { enum: ['recorded', 'duplicate'] },
            model: TEXT,
            version: TEXT,
            variant: TEXT,
            value: { type: ['number', 'boolean'] },
          },
          ['status'],
        ),
      },
      handle: async (request) => {
        const record = recordOf(readJson(request, options.maxDepth), context, outcomes);
        if (record === undefined) return { status: 'duplicate' };
        requireModel(await context.identify(request), record.model);
        if (!(await outcomes.add(record))) return { status: 'duplicate' };
        const { model, version, variant, value, label, predicted } = record;
        observers.outcome({ model, version, variant, value, label, predicted });
        return { status: 'recorded', model, version, variant, value };
      },
    },
    {
      method: 'GET',
      path: '/ab_stats',
      access: 'predict',
      model: 'none',
      summary: 'Outcomes by variant: rates or means with intervals, a test of the difference, and a verdict.',
      operation: { query: { model: TEXT }, response: object({ models: arrayOf(ref('Experiment')) }) },
      handle: async (request) => {
        const name = request.query.get('model');
        const principal = await context.identify(request);
        if (name === null) {
          const mine = (each: string) => principal?.models?.includes(each) ?? true;
          return { models: models.names().filter(mine).map(statsOf) };
        }
        requireModel(principal, name);
        return { models: [statsOf(models.get({ name, version: models.production(name) }).name)] };
      },
    },
  ];
  return { routes, close: () => outcomes.close() };
}

function checkOptions({
  maxBytes = 1,
  remember = 1,
  fsync = 'always',
}: NonNullable<FeedbackOptions['feedback']> = {}) {
  for (const [name, value] of Object.entries({ maxBytes, remember })) {
    if (!(Number.isSafeInteger(value) && value >= 1))
      throw new ValidationError(
        'ERR_PARAMETER',
        `serve: option 'feedback.${name}' must be a whole number >= 1.`,
      );
  }
  if (!['always', 'interval', 'never'].includes(fsync))
    throw new ValidationError(
      'ERR_PARAMETER',
      "serve: option 'feedback.fsync' is 'always', 'interval' or 'never'.",
    );
}

interface Feedback {
  readonly id?: string;
  readonly row?: number;
  readonly user?: string;
  readonly model?: string;
  readonly version?: string;
  readonly reward?: boolean | number;
  readonly label?: Label;
  readonly prediction?: unknown;
}

const MAX_TEXT = 256;
const MAX_NUMBER = 1e15;

/** Checks what a client sends. */
function readFeedback(body: unknown): Feedback {
  const refuse = (field: string, takes: string) =>
    new RequestError(400, 'ERR_REQUEST', `Field '${field}' takes ${takes}.`, { field });
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw new RequestError(400, 'ERR_REQUEST', 'Feedback is an object with a reward or a label.');
  const feedback = body as Record<string, unknown>;
  const known = ['id', 'row', 'user', 'model', 'version', 'reward', 'label', 'prediction'];
  for (const field of Object.keys(feedback)) {
    if (known.includes(field)) continue;
    const message = `Unknown field '${field.slice(0, 60)}'; feedback has ${known.join(', ')}.`;
    throw new RequestError(400, 'ERR_REQUEST', message, { field: field.slice(0, 60) });
  }
  for (const field of ['id', 'user', 'model', 'version']) {
    const value = feedback[field];
    if (value !== undefined && (typeof value !== 'string' || value === '' || value.length > MAX_TEXT))
      throw refuse(field, `text of 1 to ${MAX_TEXT} characters`);
  }
  const { row, reward, label } = feedback;
  if (row !== undefined && !(Number.isSafeInteger(row) && (row as number) >= 0))
    throw refuse('row', 'a whole number >= 0');
  if ((reward === undefined) === (label === undefined))
    throw new RequestError(400, 'ERR_REQUEST', "Send either 'reward' or 'label'.");
  if (reward !== undefined && typeof reward !== 'boolean' && !isNumber(reward))
    throw refuse('reward', `a number up to ${MAX_NUMBER}, true or false`);
  if (label !== undefined && !isLabel(label))
    throw refuse('label', `a number, true, false, or text of up to ${MAX_TEXT} characters`);
  const { prediction } = feedback;
  if (prediction !== undefined && !isLabel(prediction)) throw refuse('prediction', 'what the model had said');
  return feedback as Feedback;
}

function isLabel(value: unknown): value is Label {
  if (typeof value === 'string') return value.length <= MAX_TEXT;
  return typeof value === 'boolean' || isNumber(value);
}

/** Sums of squares have to stay finite. */
function isNumber(value: unknown): boolean {
  return typeof value === 'number' && Math.abs(value) <= MAX_NUMBER;
}

/** Works out whose outcome it is. @returns undefined for one that is there already */
function recordOf(body: unknown, context: ServiceContext, outcomes: OutcomeLog): OutcomeRecord | undefined {
  const { models, traffic, answers } = context;
  const { id, row = 0, user, model, version, reward, label, prediction } = readFeedback(body);
  const key = id === undefined ? undefined : `${id}#${row}`;
  const answer = id === undefined ? undefined : answers?.get(id);
  const said = (predicted: unknown, isClass: boolean) => {
    const value = reward ?? outcomeOf(label!, predicted, isClass);
    return { at: new Date().toISOString(), id: key, user, value, label, predicted };
  };
  if (answer !== undefined) {
    if (row >= answer.predictions.length) {
      const message = `Field 'row' is beyond the ${answer.predictions.length} rows of the prediction.`;
      throw new RequestError(400, 'ERR_REQUEST', message, { field: 'row' });
    }
    const { model, version, variant } = answer;
    return { ...said(answer.predictions[row], answer.isClass), model, version, variant };
  }
  if (key !== undefined && outcomes.has(key)) return undefined;
  if (user === undefined && version === undefined) {
    if (id === undefined)
      throw new RequestError(
        400,
        'ERR_REQUEST',
        "Say whose outcome it is: 'id' of a prediction, 'user' or 'version'.",
      );
    throw new RequestError(404, 'ERR_PREDICTION', "There is no prediction of this 'id', or it is long ago.");
  }
  const name = model ?? models.names()[0];
  const variant = version === undefined && name !== undefined ? traffic.variantOf(name, user!) : undefined;
  const named = traffic.variants(name ?? '').find((each) => each.variant === variant);
  const served = models.get({ name, version: version ?? named?.version ?? models.production(name ?? '') });
  const isClass = served.endpoint.info.target.kind === 'class';
  return { ...said(prediction, isClass), model: served.name, version: served.version, variant };
}

/** Whether a class was right; for numbers minus the absolute error, so that more is better. */
function outcomeOf(label: Label, predicted: unknown, isClass: boolean): boolean | number {
  if (predicted === undefined)
    throw new RequestError(
      400,
      'ERR_REQUEST',
      "A 'label' needs the 'id' of the prediction, or the 'prediction'.",
    );
  if (!isClass && typeof label === 'number' && typeof predicted === 'number')
    return -Math.abs(label - predicted);
  return String(label) === String(predicted);
}
