/** Calls to the server the page came from. The API key lives as long as the tab. */
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';

/** Where the routes begin: the page is /console or /docs below it. */
export const base = new URL('.', location.href);

/** The server said no. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }

  /** The feature is off, or not part of this server. */
  get isMissing(): boolean {
    return this.status === 404 && this.code === 'ERR_ROUTE';
  }

  get isLocked(): boolean {
    return this.status === 401 || this.status === 403;
  }
}

/** Nobody answered. */
export class OfflineError extends Error {}

const KEY = 'boreal-api-key';

export function apiKey(): string | null {
  return sessionStorage.getItem(KEY);
}

/** Keeps a key for this tab; null forgets it. Views that were locked ask again. */
export function setApiKey(key: string | null): void {
  if (key === null) sessionStorage.removeItem(KEY);
  else sessionStorage.setItem(KEY, key);
  dispatchEvent(new Event('boreal-key'));
}

export interface RawAnswer {
  status: number;
  type: string;
  text: string;
  ms: number;
}

/** Sends a request with the key, whatever the answer is. @throws {OfflineError} */
export async function send(method: string, path: string, body?: string): Promise<RawAnswer> {
  const headers: Record<string, string> = {};
  const key = apiKey();
  if (key !== null) headers['x-api-key'] = key;
  if (body !== undefined) headers['content-type'] = 'application/json';
  const started = performance.now();
  try {
    const response = await fetch(new URL(path, base), { method, headers, body, cache: 'no-store' });
    const text = await response.text();
    const type = response.headers.get('content-type') ?? '';
    return { status: response.status, type, text, ms: performance.now() - started };
  } catch {
    throw new OfflineError('The server does not answer.');
  }
}

async function call<T>(method: string, path: string, body?: unknown): Promise<T> {
  const { status, text } = await send(method, path, body === undefined ? undefined : JSON.stringify(body));
  let answer: unknown;
  try {
    answer = JSON.parse(text);
  } catch {
    answer = {};
  }
  if (status < 300) return answer as T;
  const { error = `The server answered with status ${status}.`, code = '' } = answer as Record<
    string,
    string
  >;
  throw new ApiError(status, code, error);
}

/** Reads. Never asks for a key: it may happen unasked. */
export function get<T>(path: string): Promise<T> {
  return call('GET', path);
}

let ask: (message: string) => Promise<boolean> = async () => false;

/** Says who asks the user for a key; the promise tells whether there is a new one. */
export function onAskForKey(asking: typeof ask): void {
  ask = asking;
}

/** Asks the user for a key. */
export function askForKey(message: string): Promise<boolean> {
  return ask(message);
}

/** Does what the user wants, and asks for a key as often as the server does. */
export async function act<T>(method: string, path: string, body?: unknown): Promise<T> {
  for (;;) {
    try {
      return await call<T>(method, path, body);
    } catch (error) {
      if (!(error instanceof ApiError && error.isLocked) || !(await askForKey(error.message))) throw error;
    }
  }
}

export interface Polled<T> {
  data?: T;
  error?: Error;
  /** Reads again now. */
  refresh: () => void;
}

/**
 * Reads again and again while the page is visible. What was read stays while the server does not answer.
 *
 * @param path - undefined reads nothing
 */
export function usePoll<T>(path: string | undefined, everyMs: number): Polled<T> {
  const [state, setState] = useState<{ path?: string; data?: T; error?: Error }>({});
  const read = useCallback(async () => {
    if (path === undefined) return;
    try {
      const data = await get<T>(path);
      setState({ path, data });
    } catch (error) {
      setState((before) => ({ ...(before.path === path ? before : { path }), error: error as Error }));
    }
  }, [path]);
  useRepeat(read, everyMs);
  const { data, error } = state.path === path ? state : {};
  return { data, error, refresh: read };
}

/** Calls `work` now and then a while after it has finished, while the page is visible. */
export function useRepeat(work: () => Promise<void>, everyMs: number): void {
  const latest = useRef(work);
  latest.current = work;
  // `work` is a dependency: what it reads has changed when it has.
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout>;
    let stopped = false;
    let running = false;
    const run = async () => {
      if (running || stopped) return;
      clearTimeout(timer);
      running = true;
      if (!document.hidden) await latest.current();
      running = false;
      if (!stopped) timer = setTimeout(run, everyMs);
    };
    void run();
    document.addEventListener('visibilitychange', run);
    addEventListener('boreal-key', run);
    return () => {
      stopped = true;
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', run);
      removeEventListener('boreal-key', run);
    };
  }, [work, everyMs]);
}

/** The same as a line for a shell. */
export function curlOf(method: string, path: string, body?: string): string {
  const url = new URL(path, base).href;
  const parts = [`curl${method === 'GET' ? '' : ` -X ${method}`} ${quoted(url)}`];
  if (apiKey() !== null) parts.push(`-H "x-api-key: $BOREAL_API_KEY"`);
  if (body !== undefined) parts.push("-H 'content-type: application/json'", `-d ${quoted(body)}`);
  return parts.join(' \\\n  ');
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
