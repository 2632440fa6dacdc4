import { describe, expect, it } from 'vitest';
import { native } from '../../lib/native.ts';
import { affine, affineConstants, affineOps, forestSpec, noise } from './support.ts';

const ROWS = 20_000;

function expected(x: Float32Array): Float32Array {
  const out = new Float32Array(x.length);
  native.programRunSync(affine(native, 4), x, x.length / 4, out, 1);
  return out;
}

/** Bit for bit; of long arrays sooner than toEqual. */
function expectSame(out: Float32Array, want: Float32Array): void {
  const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array) =>
    Buffer.from(buffer, byteOffset, byteLength);
  expect(bytesOf(out).equals(bytesOf(want))).toBe(true);
}

const codeOf = (result: PromiseSettledResult<unknown>) =>
  result.status === 'rejected' ? result.reason.code : 'no error';

/** What the long fit learns from: one copy, since a random number costs more than most that is tested here. */
const LONG_X = noise(40_000 * 20);
const LONG_TARGETS = Float64Array.from(noise(40_000));

/** A fit that would take minutes. */
const fitLong = (
  cancel: ReturnType<typeof native.createCancel> | null,
  onProgress: ((done: number, total: number) => void) | null = null,
) =>
  native.fitForest(
    LONG_X,
    40_000,
    20,
    null,
    null,
    LONG_TARGETS,
    null,
    forestSpec({ trees: 100_000, maxFeatures: 20 }),
    cancel,
    onProgress,
  );

describe('inputs of asynchronous calls', () => {
  it('may be transferred right after the call', async () => {
    const x = noise(ROWS * 4);
    const want = expected(x);
    for (let round = 0; round < 10; round++) {
      const mine = x.slice();
      const out = new Float32Array(x.length);
      const promise = native.programRun(affine(native, 4), mine, ROWS, out, null);
      const moved = structuredClone(mine.buffer, { transfer: [mine.buffer] });
      new Float32Array(moved).fill(Number.NaN);
      await promise;
      expect(mine.length).toBe(0);
      expectSame(out, want);
    }
  });

  it('may be changed right after the call', async () => {
    const x = noise(ROWS * 4);
    const targets = Float64Array.from(x.subarray(0, ROWS));
    const fit = () =>
      native.fitForest(x, ROWS, 4, null, null, targets, null, forestSpec({ trees: 2 }), null, null);
    const want = await fit();
    const got = fit();
    x.fill(0);
    targets.fill(0);
    expect(await got).toEqual(want);
  });

  it('may be views of shared memory', async () => {
    const x = noise(ROWS * 4);
    const shared = new Float32Array(new SharedArrayBuffer(x.byteLength + 64), 64);
    shared.set(x);
    const out = new Float32Array(x.length);
    await native.programRun(affine(native, 4), shared, ROWS, out, null);
    expectSame(out, expected(x));
    expect(await native.columnMoments(shared, ROWS, 4, null, null)).toEqual(
      await native.columnMoments(x, ROWS, 4, null, null),
    );
  });

  it('may be views with an offset, and empty', async () => {
    const x = noise(ROWS * 4);
    const out = new Float32Array(ROWS * 4 + 7).subarray(3, -4);
    await native.programRun(affine(native, 4), x.subarray(4), ROWS - 1, out.subarray(4), null);
    expectSame(out.subarray(4), expected(x).subarray(4));
    expect(out.subarray(0, 4)).toEqual(new Float32Array(4));
    await native.programRun(affine(native, 4), new Float32Array(0), 0, new Float32Array(0), null);
  });
});

describe('many calls at once', () => {
  it('each gets its own result', async () => {
    const program = await native.programCreateAsync(affineOps(4), affineConstants(4), 'float64');
    const outs = await Promise.all(
      Array.from({ length: 200 }, async (_, i) => {
        const out = new Float64Array(400);
        await native.programRun(program, new Float64Array(400).fill(i), 100, out, null);
        return out;
      }),
    );
    for (const [i, out] of outs.entries()) {
      expect(out).toEqual(new Float64Array(400).fill((i - 1) / 2));
    }
  });

  it('predictions pass fits', async () => {
    const cancel = native.createCancel();
    const fits = Array.from({ length: 5 }, () => fitLong(cancel));
    const out = new Float32Array(ROWS * 4);
    await native.programRun(affine(native, 4), noise(ROWS * 4), ROWS, out, null);
    expectSame(out, expected(noise(ROWS * 4)));
    native.cancel(cancel);
    const settled = await Promise.allSettled(fits);
    expect(settled.map(codeOf)).toEqual(new Array(5).fill('ERR_ABORTED'));
  });
});

describe('cancellation', () => {
  it('ends a running fit', async () => {
    const cancel = native.createCancel();
    const fit = fitLong(cancel, () => native.cancel(cancel));
    await expect(fit).rejects.toMatchObject({ code: 'ERR_ABORTED' });
  });

  it('ends a queued fit while the running ones go on', async () => {
    const [others, mine] = [native.createCancel(), native.createCancel()];
    let ended = 0;
    const running = Array.from({ length: native.info().threads + 1 }, () =>
      fitLong(others).catch(() => ended++),
    );
    const queued = fitLong(mine);
    native.cancel(mine);
    await expect(queued).rejects.toMatchObject({ code: 'ERR_ABORTED' });
    expect(ended).toBe(0);
    native.cancel(others);
    await Promise.all(running);
  });

  it('before the call rejects as well, and twice does no harm', async () => {
    const cancel = native.createCancel();
    native.cancel(cancel);
    native.cancel(cancel);
    const out = new Float32Array(4);
    const settled = await Promise.allSettled([
      fitLong(cancel),
      native.programRun(affine(native, 4), new Float32Array(4), 1, out, cancel),
      native.columnMoments(new Float32Array(4), 2, 2, null, cancel),
    ]);
    expect(settled.map(codeOf)).toEqual(['ERR_ABORTED', 'ERR_ABORTED', 'ERR_ABORTED']);
  });
});

describe('progress', () => {
  it('counts up to the total, and is silent once the promise has settled', async () => {
    const x = noise(2000 * 4);
    const seen: number[] = [];
    let settled = false;
    await native.fitForest(
      x,
      2000,
      4,
      null,
      null,
      Float64Array.from(x.subarray(0, 2000)),
      null,
      forestSpec({ trees: 50 }),
      null,
      (done, total) => {
        expect(settled).toBe(false);
        expect(total).toBe(50);
        seen.push(done);
      },
    );
    settled = true;
    expect(seen.at(-1)).toBe(50);
    expect(seen).toEqual([...new Set(seen)].sort((a, b) => a - b));
    await new Promise((resolve) => setTimeout(resolve, 50));
  });

  it('that throws ends the fit with what it threw', async () => {
    const reason = new RangeError('enough');
    const fit = fitLong(null, () => {
      throw reason;
    });
    await expect(fit).rejects.toBe(reason);
    await expect(
      fitLong(null, () => {
        throw 7;
      }),
    ).rejects.toBe(7);
  });
});

describe('programBind', () => {
  it('runs rows of its buffers', () => {
    const x = new Float32Array(12);
    const out = new Float32Array(12);
    const run = native.programBind(affine(native, 4), x, out);
    x.fill(3);
    run(2);
    expect([...out]).toEqual([1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0]);
    expect(run(0)).toBeUndefined();
    expect(() => run(4)).toThrow(expect.objectContaining({ code: 'ERR_SHAPE' }));
    expect(() => run(-1)).toThrow(expect.objectContaining({ code: 'ERR_PARAMETER' }));
  });

  it('may have no output columns', () => {
    const gatherNothing = Int32Array.of(1, 4, 1, 2, 1, 0, 0, 0);
    const program = native.programCreate(gatherNothing, [], 'float64');
    expect(native.programInfo(program).outputWidth).toBe(0);
    const run = native.programBind(program, new Float64Array(8), new Float64Array(0));
    run(2);
    expect(() => run(3)).toThrow(expect.objectContaining({ code: 'ERR_SHAPE' }));
    native.programRunSync(program, new Float64Array(8), 2, new Float64Array(0), 0);
  });
});
