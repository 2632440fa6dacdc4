/** Ends of processes and workers with work in flight. A crash shows as a signal, a hang as SIGKILL. */
import { describe, expect, it } from 'vitest';
import { addonPath, clean, prelude, runNode } from './support.ts';

/** Starts `body` in a worker, waits for its message, lets it run a little, terminates it. */
const terminating = (body: string, rounds: number): string => `
  const { Worker } = require('node:worker_threads');
  const source = ${JSON.stringify(`${prelude}
    const { parentPort } = require('node:worker_threads');
    const started = () => parentPort.postMessage('started');
    (async () => { ${body} })();`)};
  for (let round = 0; round < ${rounds}; round++) {
    const worker = new Worker(source, { eval: true });
    await new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject));
    await sleep(round % 5);
    await worker.terminate();
  }
  // The addon still works here, and its threads are free again.
  const out = new Float32Array(2);
  await native.programRun(affine(native, 2), Float32Array.of(1, 3), 1, out, null);
  const rest = await native.columnModes(Float32Array.of(5, 5), 2, 1, null);
  console.log([...out, ...rest].join());`;

describe('worker.terminate()', () => {
  it.each([
    ['a running fit', 'fitLong(); started();'],
    ['a fit that reports progress', 'let told = 0; fitLong(() => { if (told++ === 0) started(); });'],
    ['running and queued fits', 'for (let i = 0; i < 6; i++) fitLong(); started();'],
    [
      'predictions',
      `const x = noise(200000 * 4), program = affine(native, 4);
       for (let i = 0; i < 8; i++) native.programRun(program, x, 200000, new Float32Array(800000), null);
       started();`,
    ],
    [
      'predictions from and into recycled memory, which Node gives back first',
      `const recycled = (length) => new Float32Array(native.recycledBuffer(length * 4) ?? length), program = affine(native, 4);
       for (let i = 0; i < 4; i++) {
         const x = recycled(1200000);
         native.markOwned(x);
         native.programRun(program, x, 300000, recycled(1200000), null);
       }
       started();`,
    ],
    [
      'predictions of shared memory, one after another',
      `const x = new Float32Array(new SharedArrayBuffer(400000)), program = affine(native, 4);
       const again = () => native.programRun(program, x, 25000, new Float32Array(100000), null).then(again);
       for (let i = 0; i < 4; i++) again();
       started();`,
    ],
    [
      'a synchronous prediction',
      `const x = noise(200000 * 4), out = new Float32Array(800000), program = affine(native, 4);
       started();
       for (;;) native.programRunSync(program, x, 200000, out, 0);`,
    ],
  ])('during %s', async (_, body) => {
    expect(await runNode(terminating(body, 10))).toEqual(clean('0,1,5\n'));
  });

  it('of the only user leaves the pool usable for the next one', async () => {
    // This thread never loads the addon: Node closes the library when the worker ends.
    const outcome = await runNode(
      `const { Worker } = require('node:worker_threads');
       const source = ${JSON.stringify(`
         const native = require(${JSON.stringify(addonPath)});
         native.columnModes(new Float32Array(1e6), 1e6, 1, null);
         require('node:worker_threads').parentPort.postMessage('started');`)};
       for (let round = 0; round < 10; round++) {
         const worker = new Worker(source, { eval: true });
         await new Promise((resolve) => worker.once('message', resolve));
         await worker.terminate();
       }
       console.log('done');`,
      { bare: true },
    );
    expect(outcome).toEqual(clean('done\n'));
  });
});

describe('the end of the process', () => {
  it('waits for pending work, as for any other promise', async () => {
    const outcome = await runNode(
      `native.columnModes(Float32Array.of(1, 2, 2), 3, 1, null).then((modes) => console.log(modes[0]));`,
    );
    expect(outcome).toEqual(clean('2\n'));
  });

  it('does not wait when nothing is pending', async () => {
    expect(await runNode(`native.createCancel(); native.info();`)).toEqual(clean(''));
  });

  it('by process.exit() during fits and predictions is orderly', async () => {
    const script = `
      for (let i = 0; i < 4; i++) fitLong();
      const x = noise(200000 * 4), program = affine(native, 4);
      for (let i = 0; i < 4; i++) native.programRun(program, x, 200000, new Float32Array(800000), null);
      setTimeout(() => process.exit(7), 20);`;
    for (let round = 0; round < 5; round++) {
      expect(await runNode(script)).toEqual({ ...clean(''), code: 7 });
    }
  });

  it('by an uncaught exception during a fit is orderly', async () => {
    const outcome = await runNode(`fitLong(); setTimeout(() => { throw new Error('ouch'); }, 20);`);
    expect(outcome).toMatchObject({ code: 1, signal: null });
    expect(outcome.stderr).toContain('ouch');
  });
});
