// Clients that tell of every single request how it went, which wrk does not.
import { Agent, request } from 'node:http';
import { performance } from 'node:perf_hooks';

/** Posts once: { status, ms }, or { error, ms } when no whole answer came. The clock starts when it has a connection. */
function post(agent, url, body) {
  let started = performance.now();
  return new Promise((resolve) => {
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
    const call = request(url, { method: 'POST', agent, headers });
    const failed = (error) =>
      resolve({ error: error.code ?? error.message, ms: performance.now() - started });
    call.on('error', failed);
    const connected = () => {
      started = performance.now();
    };
    call.on('socket', (socket) => (socket.connecting ? socket.once('connect', connected) : connected()));
    call.on('response', (response) => {
      response.on('error', failed);
      response.on('end', () => resolve({ status: response.statusCode, ms: performance.now() - started }));
      response.resume();
    });
    call.end(body);
  });
}

/** So many clients, each of which posts again as soon as it has its answer, until `stop` says so. Every result. */
export async function postInTurn({ url, body, clients, stop }) {
  const agent = new Agent({ keepAlive: true, maxSockets: clients });
  const results = [];
  const client = async () => {
    while (!stop(results)) results.push(await post(agent, url, body));
  };
  await Promise.all(Array.from({ length: clients }, client));
  agent.destroy();
  return results;
}

/** Posts at a rate that does not depend on the answers, on 256 connections at most. Every result. */
export async function postAtRate({ url, body, perSecond, seconds }) {
  const agent = new Agent({ keepAlive: true, maxSockets: 256 });
  const results = [];
  const started = performance.now();
  await new Promise((resolve) => {
    const timer = setInterval(() => {
      const now = performance.now() - started;
      const due = Math.min(now / 1000, seconds) * perSecond;
      while (results.length < due) results.push(post(agent, url, body));
      if (now < 1000 * seconds) return;
      clearInterval(timer);
      resolve();
    }, 1);
  });
  const all = await Promise.all(results);
  agent.destroy();
  return all;
}
