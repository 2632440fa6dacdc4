/** Modules of images and of positions as plans, against their own forward. */
import { describe, expect, it } from 'vitest';
import * as nn from '../../lib/nn/index.js';
import { F, Module, Tensor } from '../../lib/nn/index.js';
import { expectClose, iterative } from '../support/tolerance.js';

type T = nn.Tensor;

/** A residual network in small. */
class Images extends Module {
  stem = new nn.Conv2d(3, 4, 3, { padding: 1, bias: false });
  norm = new nn.BatchNorm2d(4);
  down = new nn.Conv2d(4, 8, [3, 2], { stride: [2, 1], padding: [1, 0], groups: 2 });
  skip = new nn.Conv2d(4, 8, 1, { stride: [2, 1] });
  wide = new nn.Conv2d(8, 8, 3, { dilation: 2, padding: 2 });
  scale = new nn.Linear(8, 8);
  out = new nn.Linear(8, 3);
  forward(x: T) {
    const y = F.maxPool2d(this.norm.forward(this.stem.forward(x)).relu(), 2, { stride: 1 });
    const z = this.down.forward(y).add(F.avgPool2d(this.skip.forward(y), [1, 2], { stride: 1 }));
    const w = this.wide.forward(z).silu();
    const pooled = F.globalAvgPool2d(w).flatten(1);
    const gate = this.scale.forward(pooled).sigmoid().reshape([-1, 8, 1, 1]);
    return this.out.forward(w.mul(gate).add(z).mean([2, 3])).softmax(1);
  }
}

/** A table, then what goes over each position. */
class Positions extends Module {
  table = new nn.Embedding(7, 6);
  norm = new nn.LayerNorm(6);
  hidden = new nn.Linear(6, 5);
  out = new nn.Linear(5, 4, { bias: false });
  forward(x: T) {
    const y = this.hidden.forward(this.norm.forward(this.table.forward(x))).gelu();
    const z = this.out.forward(y).softmax(-1);
    return F.logSoftmax(y, -1)
      .sum(1)
      .mul(z.mean([1, 2], true).reshape([-1, 1]));
  }
}

const windows: [string, (x: T) => T][] = [
  ['maxPool2d', (x) => F.maxPool2d(x, 3, { padding: 1, stride: 2 })],
  ['maxPool2d with ceilMode', (x) => F.maxPool2d(x, [2, 3], { stride: 3, ceilMode: true })],
  ['avgPool2d with padding that counts', (x) => F.avgPool2d(x, 3, { padding: 1, stride: 2 })],
  ['avgPool2d with padding that does not', (x) => F.avgPool2d(x, 3, { padding: 1, countIncludePad: false })],
  ['avgPool2d with ceilMode', (x) => F.avgPool2d(x, 3, { stride: 2, padding: 1, ceilMode: true })],
  [
    'avgPool2d with ceilMode over one edge',
    (x) => F.avgPool2d(x, [2, 4], { stride: [3, 3], ceilMode: true }),
  ],
  ['max of an axis', (x) => x.max(2)],
  ['sum of the first axis', (x) => x.sum(1)],
  ['transposed', (x) => x.permute([0, 3, 1, 2]).mul(2).sum(2)],
  ['side by side', (x) => Tensor.cat([x, x.mul(2)], 1)],
];
class Window extends Module {
  constructor(readonly f: (x: T) => T) {
    super();
  }
  forward(x: T) {
    return this.f(x);
  }
}

async function settle(net: Module, x: T): Promise<void> {
  // Running statistics that are not 0 and 1.
  await net.forward(x).sum().backward();
  net.eval();
}

function expectSame(net: Module, x: T): void {
  const rows = x.flatten(1).toArray();
  const expected = net.forward(x).flatten(1).toArray();
  const plan = net.compile({ inputShape: x.shape.slice(1) });
  expectClose(plan.runSync(rows).toArray(), expected, iterative(1e-5));
  const wide = net.compile({ inputShape: x.shape.slice(1), precision: 'float64' });
  expectClose(wide.runSync(rows).toArray(), expected, iterative(1e-5));
  // A row's bits are its own.
  const one = plan.runSync(rows.slice(-1)).toArray()[0];
  expect(plan.runSync(rows).toArray().at(-1)).toEqual(one);
}

describe('Module.compile', () => {
  it('of convolutions, pooling, normalisation and broadcasting', async () => {
    nn.manualSeed(1);
    const net = new Images();
    await settle(net, Tensor.randn([6, 3, 9, 7]));
    expectSame(net, Tensor.randn([5, 3, 9, 7]));
  });

  it('of embeddings, and of layers over positions', async () => {
    nn.manualSeed(2);
    const net = new Positions();
    const index = nn.tensor(Array.from({ length: 20 }, (_, i) => (i * 3) % 7)).reshape([4, 5]);
    await settle(net, index);
    expectSame(net, index);
  });

  it.each(windows)('of %s', (_, f) => {
    nn.manualSeed(3);
    expectSame(new Window(f), Tensor.randn([3, 4, 8, 7]));
  });
});
