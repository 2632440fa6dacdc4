/** The network of examples/nn/resnet18.mjs against PyTorch: weights and pictures are numbers that both sides compute. */
import { expect, test } from 'vitest';
import { Matrix } from '../../dist/index.js';
import type { Module } from '../../dist/nn/index.js';
import { readGolden } from './read.js';

const { ResNet18 } = await import(new URL('../../examples/nn/resnet18.mjs', import.meta.url).href);

const { seeds, scores } = readGolden<{ seeds: number[]; scores: number[][] }>('resnet18');

/** As `uniform` of generate/resnet18.py. */
function uniform(seed: number, count: number): Float64Array {
  const start = Math.imul(seed, 0x9e3779b1);
  return Float64Array.from({ length: count }, (_, i) => {
    let h = (start + i) | 0;
    for (let round = 0; round < 2; round++) h = Math.imul(h ^ (h >>> 16), 0x45d9f3b);
    h ^= h >>> 16;
    return (h >>> 8) / 2 ** 23 - 1;
  });
}

function fill(network: Module): void {
  const snake = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  const state = Object.entries(network.stateDict())
    .map(([name, value]) => [snake(name), value] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  const filled = state.map(([name, { shape }], seed) => {
    const size = shape.reduce((product, n) => product * n, 1);
    const numbers = uniform(seed, size);
    const scale = Math.sqrt(3 / (size / shape[0]));
    const isPositive = name.endsWith('running_var') || (name.endsWith('weight') && !name.includes('fc'));
    const value = (u: number) => (shape.length > 1 ? u * scale : isPositive ? 1 + u / 4 : u / 4);
    return [name, { shape, data: Float32Array.from(numbers, value) }] as const;
  });
  network.loadStateDict(Object.fromEntries(filled));
}

test('ResNet-18 as a plan gives the scores of PyTorch, for each picture alone and among others', () => {
  const network = new ResNet18();
  fill(network);
  const plan = network.compile({ inputShape: [3, 224, 224] });
  const width = 3 * 224 * 224;
  const pictures = new Float32Array(seeds.length * width);
  seeds.forEach((seed, i) => {
    pictures.set(uniform(seed, width), i * width);
  });
  const all = plan.runSync(new Matrix(pictures, seeds.length, width));
  scores.forEach((expected, i) => {
    const own = all.data.subarray(i * 1000, (i + 1) * 1000);
    const largest = Math.max(...expected.map(Math.abs));
    for (const [k, score] of expected.entries()) {
      expect(Math.abs(own[k] - score)).toBeLessThan(2e-5 * largest);
    }
    const alone = plan.runSync(new Matrix(pictures.slice(i * width, (i + 1) * width), 1, width));
    expect(alone.data).toEqual(own.slice());
  });
  // Nothing but convolutions, their pooling, the sums of the shortcuts and the last product is left.
  expect(plan.explain()).not.toContain('Scale');
}, 60_000);
