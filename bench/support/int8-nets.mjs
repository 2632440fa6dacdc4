// The case `int8` of the suite nn: perceptrons in float32 and in 8 bits, 1,024 rows, on one thread and on two, beside PyTorch and ONNX
// Runtime in both. Each engine at each number of threads is a process of its own, one after the other.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runOurs } from './conv-nets.mjs';
import { runPeer } from './peer.mjs';

/** How much faster 8 bits ought to be than float32, where layers are wide. */
const WANTED = { wide: 2.5 };

const digits = (value) => Number(value.toPrecision(4));

/** Rows of results and the versions of the peers; none without the Python that makes the networks. */
export function int8Rows(seconds) {
  const folder = mkdtempSync(join(tmpdir(), 'boreal-int8-'));
  try {
    const python = runPeer('int8_calls.py', String(seconds), folder);
    if (python === null) return { rows: [], peers: {} };
    const script = fileURLToPath(new URL('./int8-rows.mjs', import.meta.url));
    const rows = [1, 2].flatMap((threads) => {
      const own = runOurs(script, threads, seconds, folder).rows;
      const rateOf = (net, engine) => own.find((row) => row.net === net && row.engine === engine).rate;
      const name = (net) => `int8, ${net}, 1024 rows, threads ${threads}`;
      const ours = own.map(({ net, engine, rate }) => ({
        ...{ name: name(net), engine, 'rows/s': digits(rate) },
        'of float32': digits(rate / rateOf(net, 'boreal float32')),
        ...(net in WANTED && engine !== 'boreal float32' ? { wanted: WANTED[net] } : {}),
      }));
      const theirs = python.rows
        .filter((row) => row.threads === threads)
        .map(({ net, peer, rate }) => {
          const alike = peer.endsWith('float32') ? 'boreal float32' : 'boreal int8 dynamic';
          const faster = digits(rateOf(net, alike) / rate);
          return { name: name(net), engine: peer, 'rows/s': digits(rate), 'boreal is faster by': faster };
        });
      return [...ours, ...theirs].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
    });
    return { rows, peers: python.peers };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
