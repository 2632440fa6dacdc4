/**
 * SIGTERM while clients are busy: the command in a process of its own, as a supervisor runs it. A client fails when a
 * request that it has sent is not answered; that nobody listens any more is what ends it. Only one that was at a
 * standstill, and left its connections idle for so long that the server closed them, may find them closed.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { LinearRegression } from '../../lib/index.js';

const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const BODY = JSON.stringify({ x: 4 });
/** Half of what a connection is idle for before the server closes it. */
const STANDSTILL_MS = 50;
/** What a request on a connection that the server has closed meanwhile ends with. */
const CLOSED = ['ECONNRESET', 'EPIPE'];
const children: ChildProcess[] = [];
let folder: string;
let file: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'boreal-shutdown-'));
  file = join(folder, 'line.boreal');
  await (await new LinearRegression().fit([{ x: 1 }, { x: 2 }, { x: 3 }], [2, 4, 6])).save(file);
});
afterAll(async () => {
  for (const child of children) child.kill('SIGKILL');
  await rm(folder, { recursive: true });
});

async function start(...args: string[]) {
  const child = spawn(process.execPath, [main, 'serve', file, '--port', '0', ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  const exited = new Promise((resolve) => child.on('exit', (code, signal) => resolve({ code, signal })));
  const line = await new Promise<string>((resolve) =>
    child.stdout.once('data', (text) => resolve(`${text}`)),
  );
  return { child, exited, url: /http:\S+/.exec(line)![0] };
}

/** @returns the status @throws what the connection ends with */
function predict(url: string, agent: Agent): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', 'content-length': BODY.length };
    const sent = request(`${url}/predict`, { method: 'POST', agent, headers }, (response) => {
      response.resume();
      response.on('end', () => resolve(response.statusCode!));
      response.on('error', reject);
    });
    sent.on('error', reject);
    sent.end(BODY);
  });
}

/** Watches this thread's event loop. @returns a function that ends it, and tells the longest standstill in milliseconds */
function watchStandstills(): () => number {
  let longest = 0;
  let since = performance.now();
  const timer = setInterval(() => {
    const now = performance.now();
    longest = Math.max(longest, now - since);
    since = now;
  }, 5);
  return () => {
    clearInterval(timer);
    return longest;
  };
}

/** Requests that the server has taken, by its logs. */
async function countLogged(logs: string): Promise<number> {
  const texts = (await readdir(logs)).map((name) => readFile(join(logs, name), 'utf8'));
  return (await Promise.all(texts)).join('').split('"msg":"request"').length - 1;
}

it.each([
  ['one event loop', []],
  ['two workers', ['--workers', '2']],
])(
  'fails no request of busy clients when it is told to end: %s',
  { timeout: 60_000 },
  async (_name, args) => {
    const logs = await mkdtemp(join(folder, 'log-'));
    const { child, exited, url } = await start(...args, '--log-file', join(logs, 'requests'));
    const agent = new Agent({ keepAlive: true, maxSockets: 16 });
    const endWatch = watchStandstills();
    const statuses: number[] = [];
    const failures: NodeJS.ErrnoException[] = [];
    const client = async () => {
      for (;;) {
        try {
          statuses.push(await predict(url, agent));
          if (statuses.length === 500) child.kill('SIGTERM');
        } catch (error) {
          const failure = error as NodeJS.ErrnoException;
          if (failure.code !== 'ECONNREFUSED') failures.push(failure);
          return;
        }
      }
    };
    await Promise.all(Array.from({ length: 16 }, client));
    const excused = endWatch() < STANDSTILL_MS ? [] : CLOSED;
    expect(failures.filter(({ code = '' }) => !excused.includes(code))).toEqual([]);
    expect(await exited).toEqual({ code: 0, signal: null });
    expect(statuses.length).toBeGreaterThanOrEqual(500);
    expect(new Set(statuses)).toEqual(new Set([200]));
    // Whatever became of connections: all that the server took was answered.
    expect(await countLogged(logs)).toBe(statuses.length);
    agent.destroy();
  },
);

it('says that it is not ready, and goes on answering, while --drain-delay passes', async () => {
  const { child, exited, url } = await start('--drain-delay', '2000');
  const status = async (path: string) => (await fetch(url + path)).status;
  expect(await status('/ready')).toBe(200);
  child.kill('SIGTERM');
  while ((await status('/ready')) !== 503);
  const agent = new Agent();
  expect([await status('/health'), await predict(url, agent)]).toEqual([200, 200]);
  expect(await exited).toEqual({ code: 0, signal: null });
});
