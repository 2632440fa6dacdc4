// A server in a process of its own: whatever it prints first that looks like its address is its address.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Of /proc; the same on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;

/** The answer's address, and the way to end it. Throws when the process ends before it says where it listens. */
export async function startServer(command, args, options = {}) {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options });
  const ended = new Promise((resolve) => {
    child.once('error', (error) => resolve({ error }));
    child.once('exit', (code, signal) => resolve({ code, signal }));
  });
  let said = '';
  const url = await new Promise((resolve, reject) => {
    const read = (text) => {
      said = (said + text).slice(-4000);
      const [found] = /http:\/\/127\.0\.0\.1:\d+(?=\s)/.exec(said) ?? [];
      if (found) resolve(found);
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    void ended.then(({ error }) => reject(new Error(error?.message ?? said.trim().split('\n').at(-1))));
  });
  return {
    url,
    pid: child.pid,
    /** What the process ends with: { code, signal }. */
    ended,
    /** Asks it to end, and waits until it has. */
    async stop() {
      child.kill('SIGTERM');
      await ended;
    },
    kill: (signal) => child.kill(signal),
    /** Processor time of the process and its threads so far, in seconds; Linux only. */
    cpuSeconds() {
      const stat = readFileSync(`/proc/${child.pid}/stat`, 'utf8');
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
    },
    /** Resident memory in bytes; Linux only. */
    rss: () => 1024 * Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))[1]),
  };
}

/** One of the servers in `servers/`. */
export function startScript(name, ...args) {
  return startServer(process.execPath, [fileURLToPath(new URL(`servers/${name}`, import.meta.url)), ...args]);
}
