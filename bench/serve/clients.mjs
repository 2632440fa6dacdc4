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
