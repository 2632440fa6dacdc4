import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { build } from 'esbuild';
import { describe, expect, it } from 'vitest';
import { native } from '../../lib/native.ts';
import { clean, prelude, runNode } from './support.ts';

const PRINT_INFO = 'console.log(JSON.stringify(native.info()));';

describe('info', () => {
  it('tells what the addon runs on', () => {
    const info = native.info();
    expect(info.version).toMatch(/^\d+\.\d+\.\d+/);
    expect(info.isas).toContain(info.isa);
    expect(info.isas).toContain('scalar');
    expect(info.threads).toBeGreaterThanOrEqual(1);
    expect(info.cpu).not.toBe('');
    expect(info.memoryLimitBytes).toBeGreaterThan(2 ** 24);
  });

  it.each(native.info().isas)('reports the forced instruction set %s, and runs it', async (isa) => {
    const { stdout } = await runNode(
      `const out = new Float32Array(3);
       native.programRunSync(affine(native, 3), Float32Array.of(1, 2, 3), 1, out, 1);
       console.log(native.info().isa, [...out].join());`,
      { env: { BOREAL_ISA: isa } },
    );
    expect(stdout).toBe(`${isa} 0,0.5,1\n`);
  });

  it('refuses an unknown instruction set, each time', async () => {
    const outcome = await runNode(
      `for (const call of [() => native.info(), () => affine(native, 3), () => native.info()]) {
         try { call(); console.log('no error'); } catch (error) { console.log(error.code); }
       }
       await native.programCreateAsync(affineOps(3), affineConstants(3), 'float32').catch((e) => console.log(e.code));`,
      { env: { BOREAL_ISA: 'mmx' } },
    );
    expect(outcome).toEqual(clean('ERR_ISA\n'.repeat(4)));
  });
});

it('tells a bundle, which has no addon beside it, to leave the package out', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'boreal-bundle-'));
  const outfile = join(folder, 'app.mjs');
  const entry = fileURLToPath(new URL('../../lib/native.ts', import.meta.url));
  await build({ entryPoints: [entry], outfile, bundle: true, platform: 'node', format: 'esm' });
  const message = expect.stringContaining('--external:boreal');
  await expect(import(outfile)).rejects.toMatchObject({ code: 'ERR_ADDON_NOT_FOUND', message });
  await rm(folder, { recursive: true });
});

describe('BOREAL_NUM_THREADS', () => {
  it.each(['1', '2', '7'])('%s is obeyed, and everything works', async (threads) => {
    const outcome = await runNode(
      `const x = noise(5000 * 4), out = new Float32Array(5000 * 4);
       const program = affine(native, 4);
       native.programRunSync(program, x, 5000, out, 0);
       const outs = [1, 2, 3, 4].map(() => new Float32Array(5000 * 4));
       await Promise.all(outs.map((again) => native.programRun(program, x, 5000, again, null)));
       const forest = await native.fitForest(x, 5000, 4, null, null, Float64Array.from(x.subarray(0, 5000)), null,
         forestSpec(), null, null);
       const same = outs.every((again) => Buffer.from(again.buffer).equals(Buffer.from(out.buffer)));
       console.log(native.info().threads, same, forest.treeOffsets.length);`,
      { env: { BOREAL_NUM_THREADS: threads } },
    );
    expect(outcome).toEqual(clean(`${threads} true 6\n`));
  });

  it.each(['0', '-3', 'many', '2.5', '1025', ''])('"%s" is ignored', async (threads) => {
    const { stdout } = await runNode(PRINT_INFO, { env: { BOREAL_NUM_THREADS: threads } });
    const { BOREAL_NUM_THREADS: _, ...env } = process.env as Record<string, string>;
    const usual = await runNode(`delete process.env.BOREAL_NUM_THREADS; ${PRINT_INFO}`, { env });
    expect(stdout).toBe(usual.stdout);
  });
});

describe('worker threads', () => {
  it('load and use the addon in eight workers at once, with handles of their own', async () => {
    const source = `${prelude}
      const { parentPort } = require('node:worker_threads');
      (async () => {
        const x = noise(2000 * 3), out = new Float32Array(6000), now = new Float32Array(6000);
        const program = affine(native, 3);
        for (let i = 0; i < 20; i++) await native.programRun(program, x, 2000, out, null);
        native.programRunSync(program, x, 2000, now, 0);
        const moments = await native.columnMoments(x, 2000, 3, null, null);
        const forest = await native.fitForest(x, 2000, 3, null, null, Float64Array.from(noise(2000)), null, forestSpec(), null, null);
        parentPort.postMessage({ out, now, mean: moments.mean, nodes: forest.feature });
      })();`;
    const results = await Promise.all(
      Array.from({ length: 8 }, () => {
        const worker = new Worker(source, { eval: true });
        return new Promise<Record<string, Float32Array>>((resolve, reject) => {
          worker.on('error', reject);
          worker.on('message', (message) => worker.once('exit', () => resolve(message)));
        });
      }),
    );
    for (const result of results) {
      expect(result.out).toEqual(result.now);
      expect(result).toEqual(results[0]);
    }
  });
});
