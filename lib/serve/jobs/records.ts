/**
 * What Redis knows of jobs: one hash per job, `<prefix>:job:<id>`, and `<prefix>:key:<hash>` for each idempotency key.
 * The hash is the only truth about a job's state and result; BullMQ delivers ids and nothing else. Every change is one
 * Lua script that compares and sets, so that a result is written once, by the attempt that holds the job.
 */
import { createHash } from 'node:crypto';
import type { Redis } from 'ioredis';
import type { Job, JobState, Outcome, Submission } from './job.js';
import { fingerprint } from './refusals.js';

/** A job that never gets to run is forgotten after a week. */
const PENDING_TTL_MS = 7 * 86_400_000;

/** KEYS: key, job; ARGV: prefix of jobs, id, whether there is room, ttl, then field, value, ... Answers the job's id. */
const CREATE = `
local known = ARGV[1] ~= '' and redis.call('GET', KEYS[1])
if known and redis.call('EXISTS', ARGV[1] .. known) == 1 then return known end
if ARGV[3] == '0' then return false end
if ARGV[1] ~= '' then redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[4]) end
redis.call('HSET', KEYS[2], unpack(ARGV, 5))
redis.call('PEXPIRE', KEYS[2], ARGV[4])
return ARGV[2]`;

/** KEYS: job; ARGV: token, now. Answers the state; 'running' means that this attempt holds the job. */
const START = `
local state = redis.call('HGET', KEYS[1], 'state')
if state ~= 'queued' and state ~= 'running' then return state or 'gone' end
redis.call('HSET', KEYS[1], 'state', 'running', 'token', ARGV[1])
redis.call('HSETNX', KEYS[1], 'startedAt', ARGV[2])
redis.call('HINCRBY', KEYS[1], 'attempts', 1)
return 'running'`;

/** KEYS: job; ARGV: token or '' for any, ttl, state, now, status, body. Answers 1 when it was this call that ended the job. */
const SETTLE = `
local state, token, key = unpack(redis.call('HMGET', KEYS[1], 'state', 'token', 'key'))
if state ~= 'queued' and state ~= 'running' then return 0 end
if ARGV[1] ~= '' and (state ~= 'running' or token ~= ARGV[1]) then return 0 end
redis.call('HSET', KEYS[1], 'state', ARGV[3], 'finishedAt', ARGV[4], 'status', ARGV[5], 'body', ARGV[6])
redis.call('HINCRBY', KEYS[1], 'recorded', 1)
redis.call('PEXPIRE', KEYS[1], ARGV[2])
if key then redis.call('PEXPIRE', key, ARGV[2]) end
return 1`;

/** A job and what only its queue needs to know. */
export interface JobRecord {
  readonly job: Job;
  readonly owner: string;
  readonly fingerprint: string;
}

/** See the head of this file. */
export class JobRecords {
  readonly #redis: Redis;
  readonly #prefix: string;
  readonly #resultTtl: number;

  constructor(redis: Redis, prefix: string, resultTtl: number) {
    this.#redis = redis;
    this.#prefix = prefix;
    this.#resultTtl = resultTtl;
  }

  /**
   * Writes a job down, unless its key has one already.
   *
   * @returns the id of the job; undefined when it would be a new one and there is no room
   */
  async create(id: string, { task, owner, key }: Submission, room: boolean): Promise<string | undefined> {
    const named = key !== undefined;
    const hash = createHash('sha256')
      .update(JSON.stringify([owner, key]))
      .digest('base64url');
    const keyKey = `${this.#prefix}:key:${named ? hash : ''}`;
    const fields = ['state', 'queued', 'owner', owner, 'print', fingerprint(task), 'createdAt', Date.now()];
    const created = await this.#redis.eval(
      ...[CREATE, 2, keyKey, this.#key(id), named ? this.#key('') : '', id, room ? 1 : 0, PENDING_TTL_MS],
      ...[...fields, ...(named ? ['key', keyKey] : [])],
    );
    return (created as string | null) ?? undefined;
  }

  async read(id: string): Promise<JobRecord | undefined> {
    const found = await this.#redis.hgetall(this.#key(id));
    if (found.state === undefined) return undefined;
    const { owner, print, attempts = '0', createdAt, startedAt, finishedAt, status, body } = found;
    const state = found.state as JobState;
    const done = state === 'succeeded' || state === 'failed';
    const job: Job = {
      id,
      state,
      createdAt: Number(createdAt),
      startedAt: startedAt === undefined ? undefined : Number(startedAt),
      finishedAt: finishedAt === undefined ? undefined : Number(finishedAt),
      attempts: Number(attempts),
      outcome: done ? { state, status: Number(status), body } : undefined,
    };
    return { job, owner, fingerprint: print };
  }

  /** Gives the job to an attempt, and takes it from any earlier one. @returns whether there is anything to do */
  async start(id: string, token: string): Promise<boolean> {
    return (await this.#redis.eval(START, 1, this.#key(id), token, Date.now())) === 'running';
  }

  /**
   * Ends a job that is not final.
   *
   * @param token - of the attempt that must hold it; undefined when none need
   * @returns whether it was this call that ended the job
   */
  async settle(id: string, token: string | undefined, outcome: Outcome | 'cancelled'): Promise<boolean> {
    const { state, status, body } =
      outcome === 'cancelled' ? { state: outcome, status: '', body: '' } : outcome;
    const args = [token ?? '', this.#resultTtl, state, Date.now(), status, body];
    return (await this.#redis.eval(SETTLE, 1, this.#key(id), ...args)) === 1;
  }

  #key(id: string): string {
    return `${this.#prefix}:job:${id}`;
  }
}
