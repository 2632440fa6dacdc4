/** The bundle for a machine with a GPU: that it can be packed and runs, on the emulation, and what it makes of figures. No figure counts. */
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { goalsOf } from '../../bench/cuda/goals.mjs';
import { describeOnEmulatedGpu } from '../support/emulated-gpu.js';
import { root } from '../support/examples.ts';

const why = (step: string) => `no ${step}`;

describe('the goals for a GPU', () => {
  const products = (names: string[], sides: number[], tflops: number) =>
    names.flatMap((name) => sides.map((side) => ({ name, side, tflops })));
  const convolutions = (names: string[], tflops: number) => names.map((of) => ({ name: 'conv', of, tflops }));
  const all = ['sgemm', 'bf16', 'float16', 'tf32', 'int8'];
  const sides = [1024, 2048, 4096, 8192];
  const rows = {
    sgemm: products(['sgemm'], sides, 700),
    tensor: products(all.slice(1), sides, 700),
    library: products(all, sides, 700).map(({ name, ...rest }) => ({ name: 'library', of: name, ...rest })),
    convs: convolutions(all.slice(1), 350),
    codes: [1, 4, 8].flatMap((few) => [
      { name: 'few codes', rows: few, outputs: 4096, dotUs: 1, mmaUs: 2, GBs: 1 },
      { name: 'few codes', rows: 262144, outputs: few, dotUs: 2, mmaUs: 1, GBs: 1 },
    ]),
    cublas: products(all, sides, 700).map(({ name, ...rest }) => ({ name: 'peer', of: name, ...rest })),
    forest: [
      { name: 'forest', trees: 500, depth: 6, residentMrows: 60, transferMrows: 30, cpuMrows: 1 },
      { name: 'forest', trees: 1000, depth: 8, residentMrows: 40, transferMrows: 30, cpuMrows: 1 },
    ],
    layers: [64, 128].flatMap((width) =>
      ['mlp', 'float16 mlp'].map((name) => ({ name, width, fusedMs: 1, apartMs: 3 })),
    ),
    single: [{ name: 'single row', us: 10 }],
    boosting: [{ name: 'boosting', ms: 1, cpuMs: 6, sameTrees: true }],
    cycles: [{ name: 'cycles', count: 10, us: 1, grownBytes: 0 }],
    lifetimes: [{ name: 'dispose', count: 10, us: 1, grownBytes: 4096 }],
    memory: [{ name: 'tests', passed: 4, failed: 0 }],
    steps: [64, 128].map((width) => ({ name: 'training step', width, us: 1, apartUs: 3 })),
    training: [
      'mlp epoch',
      'narrow mlp epoch',
      'k-means, 20 iterations',
      'components',
      'forest on 255 bins',
    ].map((name) => ({
      ...{ name, gpuMs: 1, cpuMs: 2 },
    })),
    peers: [
      ...products(all, sides, 1400),
      ...convolutions(all.slice(1, 4), 700),
      ...[64, 128].map((width) => ({ name: 'mlp', width, ms: 2 })),
      ...[{ name: 'single row', us: 20 }],
      ...['mlp epoch', 'narrow mlp epoch'].map((name) => ({ name, ms: 1.5 })),
    ],
  };

  it('are all there, with what was reached and whether that is enough', () => {
    const goals = goalsOf(rows, why, false);
    expect(goals.filter(({ reached }) => reached === null)).toEqual([]);
    const reached = (start: string) => goals.find(({ goal }) => goal.startsWith(start));
    expect(reached('bf16 4096: TFLOP/s')).toMatchObject({ wanted: 600, reached: 700, met: true });
    expect(reached('int8 8192: share of torch')).toMatchObject({ wanted: 0.8, reached: 0.5, met: false });
    expect(reached('sgemm 1024: share of cuBLAS')).toMatchObject({ reached: 1, met: true });
    expect(reached('tf32 convolution of 3 x 3: share')).toMatchObject({ wanted: null, reached: 0.5 });
    expect(reached('8-bit layer of 4 rows')).toMatchObject({ wanted: 1, reached: 2, met: true });
    expect(reached('8-bit layer of 8 outputs')).toMatchObject({ reached: 0.5, met: false });
    expect(reached('forest 500 x 6, rows on the device')).toMatchObject({ reached: 60, met: true });
    expect(reached('forest 1000 x 8, rows on the device')).toMatchObject({ reached: 40, met: false });
    expect(reached('forest 500 x 6, with transfers')).toMatchObject({ wanted: null, reached: 30, met: null });
    expect(reached('fused layers of 64')).toMatchObject({ wanted: 3, met: true });
    expect(reached('boosting of 1M x 28')).toMatchObject({ wanted: 5, reached: 6, met: true });
    expect(reached('an epoch of 784')).toMatchObject({ wanted: 1, reached: 1.5, met: true });
    expect(reached('programs that come and go')).toMatchObject({ wanted: 0, reached: 0, met: true });
    expect(reached('plans of JavaScript')).toMatchObject({ reached: 4096, met: false });
    expect(reached('out of memory')).toMatchObject({ met: true });
  });

  it('have a reason where nothing was measured, and the same names', () => {
    const none = goalsOf({}, why, false);
    expect(none.map(({ goal }) => goal)).toEqual(goalsOf(rows, why, false).map(({ goal }) => goal));
    for (const { missing } of none) expect(missing).toMatch(/^no \w+$/);
  });
});

describe('run.sh', () => {
  const here = mkdtempSync(join(tmpdir(), 'boreal-run-'));
  afterAll(() => rmSync(here, { recursive: true }));

  const program = (name: string, ...lines: string[]) =>
    writeFileSync(join(here, name), ['#!/bin/sh', ...lines, ''].join('\n'), { mode: 0o755 });
  const run = (...steps: string[]) => {
    const { status } = spawnSync('bash', ['run.sh', ...steps], { cwd: here });
    return { status, result: JSON.parse(readFileSync(join(here, 'result.json'), 'utf8')) };
  };
  for (const file of ['run.sh', 'result.mjs', 'goals.mjs'])
    copyFileSync(join(root, 'bench/cuda', file), join(here, file));
  writeFileSync(join(here, 'commit.txt'), 'none');

  it('takes names alone, and counts what skips itself as skipped', () => {
    program('boreal_cuda_tests', "echo 'test cases: 3 | 3 passed | 0 failed'");
    program('bench_cuda', 'echo "no such device" >&2', 'exit 77');
    const { status, result } = run('tests', 'device');
    expect(status).toBe(0);
    expect(result.failed).toEqual([]);
    expect(result.steps.tests.lines).toEqual([{ name: 'tests', all: 3, passed: 3, failed: 0 }]);
    expect(result.steps.device).toEqual({ skipped: 'no such device' });
    expect(result.steps.sgemm).toEqual({ skipped: 'it was not asked for' });
    expect(new Set(result.skipped).size).toBe(result.skipped.length);
    const memory = result.goals.find(({ goal }: { goal: string }) => goal.startsWith('out of memory'));
    expect(memory).toMatchObject({ reached: null, missing: 'it was not asked for' });
  });

  it('has written what was found before the next step begins', () => {
    program('boreal_cuda_tests', "echo 'test cases: 3 | 3 passed | 0 failed'");
    program('bench_cuda', 'cp result.json meanwhile.json');
    run('tests', 'sgemm');
    const meanwhile = JSON.parse(readFileSync(join(here, 'meanwhile.json'), 'utf8'));
    expect(meanwhile.steps.tests.lines).toEqual([{ name: 'tests', all: 3, passed: 3, failed: 0 }]);
    expect(meanwhile.steps.sgemm).toBeUndefined();
  });

  it.each([
    ['There is no NVIDIA driver that can be used: "none".', 3, 'no GPU runs here'],
    ['there is no GPU', 3, 'no GPU runs here'],
    ['The plug-in "x.so" has another interface.', 4, 'the plug-in does not open'],
  ])('says why nothing runs, and no more: %s', (reason, status, said) => {
    program('boreal_cuda_tests', `printf 'skipped, ${reason}:\\na test\\n'`);
    const error = `${said}: ${reason.replaceAll('"', ' ')}`;
    expect(run()).toEqual({ status, result: { commit: 'none', error } });
  });
});

describeOnEmulatedGpu('the bundle', () => {
  const out = mkdtempSync(join(tmpdir(), 'boreal-bundle-'));
  afterAll(() => rmSync(out, { recursive: true }));
  const run = (command: string, ...args: string[]) =>
    spawnSync(command, args, { cwd: root, encoding: 'utf8' });

  it('is packed from what the tests have built, and runs what it is told to', () => {
    const options = ['--emulated', '--built', 'build-test', '--out', out, '--no-archive'];
    const packed = run(process.execPath, 'scripts/cuda-bundle.mjs', ...options);
    expect(packed.stderr).toBe('');
    expect(packed.status).toBe(0);
    const asked = ['device', 'single', 'plans', 'lifetimes'];
    const ran = run(join(out, 'boreal-cuda-bundle/run.sh'), '100', ...asked, 'peers');
    const result = JSON.parse(readFileSync(join(out, 'boreal-cuda-bundle/result.json'), 'utf8'));
    expect(result.failed, ran.stdout).toEqual([]);
    expect(ran.status).toBe(0);
    for (const step of asked) expect(result.steps[step].status).toBe(0);
    expect(result.steps.device.lines[0]).toMatchObject({ name: 'device', emulated: true });
    expect(result.steps.plans.lines.filter(({ well }: { well?: boolean }) => well)).toHaveLength(5);
    expect(result.steps.peers.skipped).toMatch(/emulation/);
    for (const { goal, reached, missing } of result.goals)
      expect(reached !== null || missing, goal).toBeTruthy();
  }, 200_000);
});
