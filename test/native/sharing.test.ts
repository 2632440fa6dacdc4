/** Programs that threads share: no second copy, no use after the end of the thread that made them. */
import { expect, it } from 'vitest';
import { clean, prelude, runNode } from './support.ts';

/** Source text: starts a worker that runs `body` with the addon and a `say` function. */
const worker = (body: string) =>
  `new (require('node:worker_threads').Worker)(${JSON.stringify(`${prelude}
  const { parentPort, workerData } = require('node:worker_threads');
  const say = (value) => parentPort.postMessage(value);
  (async () => { ${body} })();`)}, { eval: true, workerData: { token } })`;

const heard = `const hear = (thread) => new Promise((resolve, reject) =>
  thread.once('message', resolve).once('error', reject));`;

it('a worker runs the program of another thread', async () => {
  const outcome = await runNode(`${heard}
    const program = affine(native, 2);
    const token = native.programShare(program);
    const answer = await hear(${worker(`
      const out = new Float32Array(4);
      const program = native.programAdopt(workerData.token);
      await native.programRun(program, Float32Array.of(1, 3, 5, 7), 2, out, null);
      say([...out].join() + ' ' + (native.programShare(program) === workerData.token));`)});
    console.log(answer, native.programShare(program) === token);`);
  expect(outcome).toEqual(clean('0,1,2,3 true true\n'));
});

it('a program lives as long as any thread holds it, and its number no longer', async () => {
  const outcome = await runNode(
    `${heard}
    let token;
    const maker = ${worker(`
      globalThis.program = affine(native, 2);
      say(native.programShare(program));
      setInterval(() => {}, 1e6);`)};
    token = await hear(maker);
    const adopted = native.programAdopt(token);
    await maker.terminate();
    const out = new Float32Array(2);
    native.programRunSync(adopted, Float32Array.of(1, 3), 1, out, 1);
    const again = native.programAdopt(token);
    console.log(out.join(), native.programInfo(again).inputWidth);
    const other = ${worker('say(native.programShare(affine(native, 3)));')};
    const gone = await hear(other);
    await other.terminate();
    try { native.programAdopt(gone); } catch (error) { console.log(error.code); }`,
  );
  expect(outcome).toEqual(clean('0,1 2\nERR_PARAMETER\n'));
});

it('threads that share a program may end at any moment, the one that made it included', async () => {
  const outcome = await runNode(`${heard}
    for (let round = 0; round < 6; round++) {
      let token;
      const maker = ${worker(`
        globalThis.program = affine(native, 4);
        say(native.programShare(program));
        const x = noise(80000), again = () => native.programRun(program, x, 20000, new Float32Array(80000), null).then(again);
        for (let i = 0; i < 4; i++) again();`)};
      token = await hear(maker);
      const users = [0, 1].map(() => ${worker(`
        const program = native.programAdopt(workerData.token);
        const x = noise(80000), again = () => native.programRun(program, x, 20000, new Float32Array(80000), null).then(again);
        for (let i = 0; i < 4; i++) again();
        say('running');`)});
      await Promise.all(users.map(hear));
      const threads = [maker, ...users];
      if (round % 3 === 1) threads.reverse();
      for (const thread of threads) {
        await sleep(round % 4);
        await (round % 2 === 0 ? thread.terminate() : Promise.all(threads.map((each) => each.terminate())));
      }
    }
    const out = new Float32Array(2);
    await native.programRun(affine(native, 2), Float32Array.of(1, 3), 1, out, null);
    console.log(out.join());`);
  expect(outcome).toEqual(clean('0,1\n'));
});

it('programs that are adopted take no memory', async () => {
  const outcome = await runNode(`${heard}
    const programs = Array.from({ length: 16 }, () => affine(native, 1e6));
    const token = programs.map((program) => native.programShare(program));
    const grown = await hear(${worker(`
      const before = process.memoryUsage().rss;
      const x = new Float32Array(1e6), out = new Float32Array(1e6);
      const adopted = workerData.token.map((token) => native.programAdopt(token));
      for (const program of adopted) native.programRunSync(program, x, 1, out, 1);
      say(process.memoryUsage().rss - before - 2 * out.byteLength);`)});
    const bytes = programs.reduce((sum, program) => sum + native.programInfo(program).memoryBytes, 0);
    console.log(bytes > 64e6, grown < bytes / 4);`);
  expect(outcome).toEqual(clean('true true\n'));
});
