// The load generator: wrk, a Debian package. It is one thread that shares the CPUs with the server.
import { execFile, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const script = fileURLToPath(new URL('./post.lua', import.meta.url));

/** Whether wrk is there; says so when it is not. */
export function hasWrk() {
  if (spawnSync('wrk', ['-v']).error === undefined) return true;
  console.error('wrk is not installed (apt-get install wrk): nothing is measured');
  return false;
}

/**
 * Posts `body` on so many connections, on each `pauseMs` (default 0) after its last answer. Returns { requests, refused, failed,
 * requestsPerSecond, p50ms, p99ms, maxMs }; refused is what was answered with another status than 2xx, and failed that and
 * what was not answered.
 */
export async function wrk({ url, body, connections, seconds, pauseMs }) {
  const args = ['-t1', `-c${connections}`, `-d${seconds}s`, '-s', script, url, '--', body];
  if (pauseMs !== undefined) args.push(String(pauseMs));
  const { stdout } = await promisify(execFile)('wrk', args);
  return JSON.parse(stdout.trim().split('\n').at(-1));
}
