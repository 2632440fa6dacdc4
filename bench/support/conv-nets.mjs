// The case `conv` of the suite nn: two convolutional networks in boreal beside PyTorch and ONNX Runtime, batches of 1 and 32, on one
// thread and on two. Each engine at each number of threads is a process of its own, one after the other. The limit is the time of the
// multiplications alone, at the rate that a product of 1024 x 1024 reaches on as many threads.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runPeer } from './peer.mjs';

/** Multiplications of an image. */
const PRODUCTS = { digits: 3_869_824, resnet18: 1_814_073_344 };

const digits = (value) => Number(value.toPrecision(4));

/** What a script of boreal's prints that gets seconds and a folder. */
export function runOurs(path, threads, seconds, folder) {
  const env = { ...process.env, BOREAL_NUM_THREADS: String(threads) };
  const { status, stdout, stderr } = spawnSync(process.execPath, [path, String(seconds), folder], {
    env,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
}

/** Rows of results and the versions of the peers; none without the Python that makes the networks. */
export function convRows(seconds) {
  const folder = mkdtempSync(join(tmpdir(), 'boreal-conv-'));
  try {
    const python = runPeer('conv_calls.py', String(seconds), folder);
    if (python === null) return { rows: [], peers: {} };
    const script = fileURLToPath(new URL('./conv-rows.mjs', import.meta.url));
    const rows = [1, 2].flatMap((threads) => {
      const own = runOurs(script, threads, seconds, folder);
      return own.rows.flatMap(({ net, batch, rate }) => {
        const name = `conv, ${net}, batch ${batch}, threads ${threads}`;
        const share = digits((2 * PRODUCTS[net] * rate) / own.product);
        const theirs = python.rows.filter(
          (row) => row.net === net && row.batch === batch && row.threads === threads,
        );
        return [
          { name, engine: 'boreal', 'rows/s': digits(rate), 'of the products alone': share },
          ...theirs.map((row) => ({
            ...{ name, engine: row.peer, 'rows/s': digits(row.rate) },
            ...{ 'boreal is faster by': digits(rate / row.rate), wanted: 1 },
          })),
        ];
      });
    });
    return { rows, peers: python.peers };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
