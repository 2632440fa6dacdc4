/**
 * What a job is, and what a queue of jobs does, wherever it keeps them. A job is one request of `/predict` or
 * `/predict_batch` that is answered later; its outcome is what that request would have been answered, recorded once.
 */

/** Where a job is. The last three are final. */
export type JobState = 'queued' | 'running' | 'succeeded' | 'failed' | 'cancelled';

/** What there is to do. */
export interface Task {
  readonly kind: 'row' | 'rows';
  readonly model: string;
  /** A version or an alias. Default: the one in production when the job runs. */
  readonly version?: string;
  /** The request's body: JSON that has been checked. */
  readonly body: string;
}

/** How a task ended: the state, and the status and the JSON of the answer. */
export interface Outcome {
  readonly state: 'succeeded' | 'failed';
  readonly status: number;
  readonly body: string;
}

/** A job as its owner may see it. Times are milliseconds since 1970. */
export interface Job {
  readonly id: string;
  readonly state: JobState;
  readonly createdAt: number;
  readonly startedAt?: number;
  readonly finishedAt?: number;
  /** How often it was begun. */
  readonly attempts: number;
  /** Once the state is 'succeeded' or 'failed'. */
  readonly outcome?: Outcome;
}

/** A job to be. */
export interface Submission {
  readonly task: Task;
  /** Who may see it; '' is everybody. */
  readonly owner: string;
  /** The same key of the same owner is the same job. */
  readonly key?: string;
}

/** A job that was given up: every attempt met with a fault that was not the request's. */
export interface DeadJob {
  readonly id: string;
  readonly model: string;
  readonly attempts: number;
  readonly reason: string;
  readonly failedAt: number;
}

/** What a queue holds. */
export interface QueueStatus {
  readonly queued: number;
  readonly running: number;
  /** Newest first, the last hundred. */
  readonly dead: readonly DeadJob[];
}

/** Keeps jobs and has them run. */
export interface JobQueue {
  /** @throws {ERR_QUEUE_FULL | ERR_IDEMPOTENCY_KEY | ERR_QUEUE} as a RequestError */
  submit(submission: Submission): Promise<Job>;
  /** Undefined when there is no such job, no more, or not of this owner. */
  find(id: string, owner: string): Promise<Job | undefined>;
  /** Cancels a job that is not final yet. @returns the job as it is then */
  cancel(id: string, owner: string): Promise<Job | undefined>;
  /** As `find`, when the job is final, but after `ms` milliseconds or when the signal fires at the latest. */
  wait(id: string, owner: string, ms: number, signal: AbortSignal): Promise<Job | undefined>;
  status(): Promise<QueueStatus>;
  /** Ends the work in hand and takes no more. */
  close(): Promise<void>;
}

/** Whether a state is one that stays. */
export function isFinal(state: JobState): boolean {
  return state !== 'queued' && state !== 'running';
}
