// A child process that answers each line it is sent with one line of JSON: the native comparison, the Python peers.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** Starts the program and asks `hello`. Returns null, and says why, when it does not answer. */
export async function startProcess(command, args, environment = {}) {
  // Settings that make OpenBLAS pick the kernels of another CPU would slow the peers down.
  const { OPENBLAS_CORETYPE, OPENBLAS_L2_SIZE, ...inherited } = process.env;
  const child = spawn(command, args, {
    env: { ...inherited, ...environment },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let complaint = '';
  child.stderr.on('data', (text) => {
    complaint = (complaint + text).slice(-2000);
  });
  child.stdin.on('error', () => {}); // the loss shows when the answer stays away
  const ended = new Promise((resolve) => {
    child.on('error', (error) => resolve(error.message));
    child.on('exit', () => resolve(complaint.trim().split('\n').at(-1) || 'it ended'));
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();

  async function ask(request) {
    child.stdin.write(`${request}\n`);
    const line = await Promise.race([lines.next(), ended.then((why) => ({ done: true, why }))]);
    if (line.done) throw new Error(line.why ?? (await ended));
    const answer = JSON.parse(line.value);
    if (answer.error) throw new Error(answer.error);
    return answer;
  }

  try {
    const hello = await ask('hello');
    return {
      engines: hello.engines,
      ask,
      async close() {
        child.stdin.end();
        if (child.exitCode === null) await once(child, 'exit');
      },
    };
  } catch (error) {
    child.kill();
    console.error(`${args[0] ?? command}: ${error.message}; its columns stay empty`);
    return null;
  }
}
