/**
 * Plans that are made, run once and disposed of: what they leave of the GPU's memory, by nvidia-smi where that is, and of the process's.
 * `--small` makes fewer, for a try on the emulation. Part of the bundle of scripts/cuda-bundle.mjs.
 */
import { execFileSync } from 'node:child_process';
import { attempt } from './lines.mjs';
import { LinearRegression, loadIris } from './package/dist/index.js';

const CYCLES = process.argv.includes('--small') ? 1000 : 10_000;

/** Of the first GPU, all processes together; null where nobody can be asked. */
function usedBytes() {
  try {
    const query = ['--query-gpu=memory.used', '--format=csv,noheader,nounits', '--id=0'];
    return 2 ** 20 * Number(execFileSync('nvidia-smi', query, { encoding: 'utf8', stdio: 'pipe' }));
  } catch {
    return null;
  }
}

await attempt('dispose', async () => {
  const { data, target } = loadIris();
  const model = await new LinearRegression().fit(data, target);
  const row = data.slice(0, 1);
  const cycle = () => {
    const plan = model.compile({ device: 'cuda' });
    plan.runSync(row);
    plan.dispose();
  };
  for (let i = 0; i < CYCLES / 10; i++) cycle();
  const [used, rss] = [usedBytes(), process.memoryUsage().rss];
  const began = performance.now();
  for (let i = 0; i < CYCLES; i++) cycle();
  const us = (1000 * (performance.now() - began)) / CYCLES;
  const [usedNow, rssNow] = [usedBytes(), process.memoryUsage().rss];
  const grown = used === null || usedNow === null ? null : usedNow - used;
  return { count: CYCLES, us, grownBytes: grown, grownProcessBytes: rssNow - rss };
});
