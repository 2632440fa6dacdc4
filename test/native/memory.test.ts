import { expect, it } from 'vitest';
import { clean, runNode } from './support.ts';

const MIB = 2 ** 20;

/** Megabytes that 1000 rounds of `body` add to the process after 200 rounds of warming up. */
async function growth(body: string): Promise<number> {
  const { stdout, stderr } = await runNode(
    `const turn = () => new Promise(setImmediate);
     const rounds = async (count) => {
       for (let i = 0; i < count; i++) {
         ${body}
         if (i % 25 === 0) { gc(); await turn(); }
       }
       gc(); await turn(); gc(); await turn();
       return process.memoryUsage().rss;
     };
     const before = await rounds(200);
     console.log((await rounds(1000)) - before);`,
    { flags: ['--expose-gc'] },
  );
  expect(stderr).toBe('');
  return Number(stdout) / MIB;
}

// A leak of what one round holds, half a megabyte and more, would show as 500 MiB.
it.each([
  ['programs', `native.programCreate(affineOps(32768), affineConstants(32768), 'float64');`],
  [
    'programs made on the pool',
    `await native.programCreateAsync(affineOps(32768), affineConstants(32768), 'float64');`,
  ],
  [
    'bound functions',
    `native.programBind(affine(native, 32), new Float32Array(131072), new Float32Array(131072))(1);`,
  ],
  [
    'asynchronous runs',
    `await native.programRun(affine(native, 32), new Float32Array(131072), 4096, new Float32Array(131072), null);`,
  ],
  [
    'large results',
    `await native.columnQuantiles(new Float32Array(65536), 1, 65536, Float64Array.of(0, 1), 'linear', null);`,
  ],
  [
    'matrix operations',
    `const x = new Float32Array(131072), y = new Float32Array(131072);
     native.matrixUnary(8, x, y);
     await native.matrixUnaryAsync(8, x, y, null);
     await native.matrixGemmAsync(0, x, x, y.subarray(0, 65536), 256, 512, 256, null, native.createCancel());
     await native.matrixReduceAsync(4, x, null, 256, 512, 0, null);
     await native.matrixArgReduceAsync(4, x, null, 256, 512, null);
     await native.matrixPackAsync(0, x, 256, 512, null);
     native.matrixPackedGemm(0, x.subarray(0, 256), native.matrixPack(2, x, 256, 512), y.subarray(0, 512), 1, null);`,
  ],
  [
    'refused calls',
    `try { native.programCreate(affineOps(65536), affineConstants(65536).slice(1), 'float64'); } catch {}
     await native.programRun(affine(native, 32), new Float32Array(131072).fill(NaN), 4096,
       new Float32Array(131072), native.createCancel()).catch(() => {});`,
  ],
])('1,000 rounds of %s leave memory flat', async (_, body) => {
  expect(await growth(body)).toBeLessThan(64);
});

it('the garbage collector knows the size of programs', async () => {
  // 3 GiB in all; nothing here asks for a collection.
  const outcome = await runNode(
    `const constants = affineConstants(262144), ops = affineOps(262144);
     let most = 0;
     for (let i = 0; i < 768; i++) {
       native.programCreate(ops, constants, 'float64');
       if (i % 4 === 0) await new Promise(setImmediate);
       most = Math.max(most, process.memoryUsage().rss);
     }
     console.log(most < 1.5 * 2 ** 30 ? 'bounded' : most);`,
  );
  expect(outcome).toEqual(clean('bounded\n'));
});

it('recycled buffers are bounded though nothing lets the event loop turn, and come back when it does', async () => {
  const outcome = await runNode(
    `const turn = () => new Promise(setImmediate);
     const take = () => native.recycledBuffer(2 ** 22);
     // 128 MiB, and a sixteenth of the memory.
     const most = Math.floor(Math.min(2 ** 27, native.info().memoryLimitBytes / 16) / 2 ** 22);
     (async () => {
       for (let round = 0; round < 3; round++) {
         let taken = 0;
         for (let i = 0; i < 1000; i++) {
           const buffer = take();
           if (buffer !== null) taken++;
           else if (i % 100 === 0) gc();
         }
         console.log(taken === most);
         gc(); await turn(); gc(); await turn();
       }
       // Too small, and more than all of them together may be.
       console.log(native.recycledBuffer(1024), native.recycledBuffer(2 ** 28));
       console.log(process.memoryUsage().rss < 2 ** 29);
     })();`,
    { flags: ['--expose-gc'] },
  );
  expect(outcome).toEqual(clean('true\ntrue\ntrue\nnull null\ntrue\n'));
});

it('a cancelled fit that had not begun gives recycled buffers back at once', async () => {
  const outcome = await runNode(
    `const turn = () => new Promise(setImmediate);
     for (let i = 0; i < 8; i++) fitLong().catch(() => {}); // more than there are threads: what follows waits
     const lend = () => {
       const buffers = [];
       for (let buffer; (buffer = native.recycledBuffer(2 ** 22)) !== null; ) buffers.push(buffer);
       return buffers;
     };
     const begin = (cancel) => lend().map((buffer) => {
       const x = new Float32Array(buffer);
       native.markOwned(x);
       return native.fitForest(x, 2 ** 18, 4, null, null, new Float64Array(2 ** 18), null, forestSpec(), cancel, null);
     });
     const cancel = native.createCancel(), fits = begin(cancel);
     const most = fits.length;
     native.cancel(cancel);
     await Promise.allSettled(fits);
     gc(); await turn(); gc(); await turn();
     console.log(most > 0, lend().length === most);
     process.exit();`,
    { flags: ['--expose-gc'], env: { BOREAL_NUM_THREADS: '1' } },
  );
  expect(outcome).toEqual(clean('true true\n'));
});
