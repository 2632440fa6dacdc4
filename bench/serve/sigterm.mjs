// SIGTERM under load, again and again: every request that was sent on a connection is answered. New connections may be
// refused. node bench/serve/sigterm.mjs [--times 5] prints one line of JSON; exits with 1 when a request failed.
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { postInTurn } from './clients.mjs';
import { startScript } from './process.mjs';

const { values } = parseArgs({ options: { times: { type: 'string', default: '5' } } });
const body = JSON.stringify({ features: [5.9, 3, 5.1, 1.8] });
const isRefused = ({ error }) => error === 'ECONNREFUSED';
let answered = 0;
let notExited = 0;
const failures = {};
for (let i = 0; i < Number(values.times); i++) {
  const server = await startScript('boreal.mjs');
  let gone = false;
  const load = postInTurn({
    url: `${server.url}/predict`,
    body,
    clients: 32,
    stop: (results) => gone || (results.length > 0 && isRefused(results.at(-1))),
  });
  await sleep(1000);
  server.kill('SIGTERM');
  const { code } = await server.ended;
  gone = true;
  if (code !== 0) notExited += 1;
  for (const result of await load) {
    if (result.status === 200) answered += 1;
    else if (!isRefused(result)) {
      const what = result.error ?? result.status;
      failures[what] = (failures[what] ?? 0) + 1;
    }
  }
}
const failed = Object.values(failures).reduce((sum, count) => sum + count, 0);
const ok = failed === 0 && notExited === 0 && answered > 0;
console.log(JSON.stringify({ ok, answered, failed, failures, notExited }));
process.exitCode = ok ? 0 : 1;
