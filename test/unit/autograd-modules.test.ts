/** Modules of tensors: parameters, training, compiled plans, batches. */
import { describe, expect, it } from 'vitest';
import * as nn from '../../lib/nn/index.js';
import { codeOf } from '../support/codes.js';
import { expectClose, iterative } from '../support/tolerance.js';

const { F, Module, Tensor, tensor } = nn;
type T = nn.Tensor;

describe('Module', () => {
  class Net extends Module {
    conv = new nn.Conv2d(1, 4, 3, { padding: 1 });
    norm = new nn.BatchNorm2d(4);
    blocks = [new nn.Linear(36, 8), new nn.Dropout(0.5)];
    out = new nn.SequentialModule(new nn.ReLU(), new nn.Linear(8, 2));
    forward(x: T) {
      let y = this.norm.forward(this.conv.forward(x)).relu().flatten(1);
      for (const block of this.blocks) y = block.forward(y);
      return this.out.forward(y);
    }
  }

  it('may know what holds it', () => {
    class Held extends nn.Linear {
      owner: nn.Module | null = null;
    }
    class Owner extends Module {
      held = new Held(1, 1);
      same = this.held;
      forward(x: T) {
        return this.held.forward(x);
      }
    }
    const owner = new Owner();
    owner.held.owner = owner;
    expect(owner.modules()).toEqual([owner, owner.held]);
    expect(owner.parameters()).toEqual([owner.held.weight, owner.held.bias]);
  });

  it('names its parameters and buffers as PyTorch does', () => {
    const names = Object.keys(new Net().stateDict());
    expect(names).toEqual([
      ...['conv.weight', 'conv.bias', 'norm.weight', 'norm.bias', 'norm.runningMean', 'norm.runningVar'],
      ...['blocks.0.weight', 'blocks.0.bias', 'out.1.weight', 'out.1.bias'],
    ]);
    expect([...new Net().namedParameters()].length).toBe(8);
    expect([...new Net().namedBuffers()].map(([name]) => name)).toEqual([
      'norm.runningMean',
      'norm.runningVar',
    ]);
  });

  it('gives its state to another, under its own names or snake case', () => {
    const from = new Net().eval();
    const to = new Net().eval();
    const x = Tensor.randn([2, 1, 3, 3]);
    const state = from.stateDict();
    const snake = Object.fromEntries(
      Object.entries(state).map(([name, entry]) => [
        name.replace('runningM', 'running_m').replace('runningV', 'running_v'),
        entry,
      ]),
    );
    to.loadStateDict({ ...snake, 'norm.num_batches_tracked': { shape: [], data: Float32Array.of(3) } });
    expect(to.forward(x).data).toEqual(from.forward(x).data);
    expect(codeOf(() => to.loadStateDict({}))).toBe('ERR_PARAMETER');
    expect(to.loadStateDict({}, { strict: false }).missing.length).toBe(10);
    const wrong = { ...state, 'conv.bias': { shape: [3], data: new Float32Array(3) } };
    expect(codeOf(() => to.loadStateDict(wrong))).toBe('ERR_SHAPE');
  });

  it('trains and evaluates: dropout and running statistics', async () => {
    const net = new Net();
    const x = Tensor.randn([4, 1, 3, 3]);
    const before = net.norm.runningMean!.data;
    const optimizer = new nn.Adam(net.parameters());
    await nn.crossEntropyLoss(net.forward(x), tensor([0, 1, 0, 1])).backward();
    await optimizer.step();
    expect(net.norm.runningMean!.data).not.toEqual(before);
    net.eval();
    expect(net.modules().every((m) => !m.training)).toBe(true);
    expect(net.forward(x).data).toEqual(net.forward(x).data);
    const alone = net.forward(x.slice(1, 2)).data;
    expect(net.forward(x).slice(1, 2).data).toEqual(alone);
    net.zeroGrad();
    expect(net.parameters().every((p) => p.grad === null)).toBe(true);
  });

  it('refuses parameters that cannot be', () => {
    expect(codeOf(() => new nn.Linear(0, 2))).toBe('ERR_PARAMETER');
    expect(codeOf(() => new nn.Conv2d(3, 4, 3, { groups: 2 }))).toBe('ERR_PARAMETER');
    expect(codeOf(() => new nn.Dropout(2))).toBe('ERR_PARAMETER');
    expect(codeOf(() => new nn.Adam([]))).toBe('ERR_EMPTY');
    const w = tensor([1], { requiresGrad: true });
    expect(codeOf(() => new nn.SGD([w, w]))).toBe('ERR_PARAMETER');
    expect(codeOf(() => new nn.SGD([w.mul(2)]))).toBe('ERR_PARAMETER');
    w.grad = tensor([1]);
    expect(codeOf(() => new nn.SGD([w], { lr: -1 }).stepSync())).toBe('ERR_PARAMETER');
    expect(codeOf(() => new nn.SGD([w], { nesterov: true }))).toBe('ERR_PARAMETER');
  });

  it('has optimizers whose state can be kept', async () => {
    const train = async (resume: boolean) => {
      const w = tensor([1, -2], { requiresGrad: true });
      let optimizer = new nn.Adam([w], { lr: 0.1 });
      for (let i = 0; i < 6; i++) {
        if (resume && i === 3) {
          const state = structuredClone(optimizer.stateDict());
          optimizer = new nn.Adam([w]);
          optimizer.loadStateDict(state);
        }
        optimizer.zeroGrad();
        await w.square().sum().backward();
        await optimizer.step();
      }
      return w.data;
    };
    expect(await train(true)).toEqual(await train(false));
  });

  it('refuses a state that is not its own, and changes nothing', async () => {
    const w = tensor([1, 2], { requiresGrad: true });
    const optimizer = new nn.Adam([w], { lr: 0.1 });
    const kept = optimizer.stateDict();
    const pair = Float32Array.of(0, 0);
    const good = { groups: [{ lr: 0.2 }], state: [{ step: 1, slots: [pair, pair] }] };
    const odd = [
      ...[null, {}, { ...good, groups: [] }, { ...good, state: [] }, { ...good, groups: [{ lr: -1 }] }],
      ...[
        { ...good, groups: [{ rate: 1 }] },
        { ...good, groups: [{ amsgrad: true }] },
      ],
      ...[[], [pair], [pair, Float32Array.of(0)], [[0, 0], pair], 'ab'].map((slots) => ({
        ...good,
        state: [{ step: 1, slots }],
      })),
      ...[-1, 0.5, 'a', undefined].map((step) => ({ ...good, state: [{ step, slots: [pair, pair] }] })),
    ];
    for (const state of odd) {
      expect(codeOf(() => optimizer.loadStateDict(state as never))).toBe('ERR_PARAMETER');
    }
    expect(optimizer.stateDict()).toEqual(kept);
    optimizer.loadStateDict({ ...good, groups: [{ lr: 0.2, params: [] }] });
    expect(optimizer.paramGroups[0].lr).toBe(0.2);
    expect(optimizer.paramGroups[0].params).toEqual([w]);
  });

  it('takes up momentum between steps', async () => {
    const step = async (w: T, optimizer: nn.Optimizer) => {
      optimizer.zeroGrad();
      await w.square().sum().backward();
      await optimizer.step();
    };
    const w = tensor([1], { requiresGrad: true });
    const optimizer = new nn.SGD([w], { lr: 0.25 });
    await step(w, optimizer);
    (optimizer.paramGroups[0] as { momentum: number }).momentum = 0.5;
    // v = g, then v = v / 2 + g
    await step(w, optimizer);
    await step(w, optimizer);
    expect(w.item()).toBe(0.25 - 0.25 * (0.5 + 0.5));
    const other = new nn.Adam([w]);
    await step(w, other);
    (other.paramGroups[0] as { amsgrad: boolean }).amsgrad = true;
    await expect(step(w, other)).rejects.toMatchObject({ code: 'ERR_PARAMETER' });
  });

  it('refuses schedules that cannot be', () => {
    const optimizer = new nn.SGD([tensor([1], { requiresGrad: true })]);
    for (const options of [
      { mode: 'least' },
      { factor: 1 },
      { patience: -1 },
      { threshold: Number.NaN },
      { lr: 1 },
    ])
      expect(codeOf(() => new nn.ReduceLROnPlateau(optimizer, options as never))).toBe('ERR_PARAMETER');
  });

  it('clips gradients', async () => {
    const w = tensor([3, 4], { requiresGrad: true });
    await w.square().sum().mul(0.5).backward();
    expect(nn.clipGradNorm([w], 1).item()).toBe(5);
    expectClose(w.grad!.data, [0.6, 0.8], iterative(1e-5));
    nn.clipGradValue([w], 0.7);
    expectClose(w.grad!.data, [0.6, 0.7], iterative(1e-5));
  });
});

describe('Module.compile', () => {
  class Residual extends Module {
    norm = new nn.LayerNorm(6);
    first = new nn.Linear(6, 6);
    batch = new nn.BatchNorm1d(6);
    second = new nn.Linear(6, 3, { bias: false });
    forward(x: T) {
      const y = this.first.forward(this.norm.forward(x)).gelu().mul(0.5).add(x);
      const z = this.batch.forward(F.dropout(y, 0.5, this.training)).maximum(-1);
      return this.second.forward(z.div(z.square().sum(1, true).add(1).sqrt())).softmax(1);
    }
  }

  it('gives a plan that predicts what the module does, for any rows', async () => {
    nn.manualSeed(4);
    const net = new Residual();
    await nn.crossEntropyLoss(net.forward(Tensor.randn([8, 6])), tensor([0, 1, 2, 0, 1, 2, 0, 1])).backward();
    const plan = net.compile({ inputShape: [6] });
    expect(net.training && net.norm.training).toBe(true);
    const x = Tensor.randn([5, 6]);
    const expected = net.eval().forward(x).toArray();
    expectClose((await plan.run(x.toArray())).toArray(), expected, iterative(1e-5));
    expectClose(
      net
        .compile({ inputShape: [6], precision: 'float64' })
        .runSync(x.toArray())
        .toArray(),
      expected,
      iterative(1e-5),
    );
  });

  it.each([
    ...[nn.ReLU, nn.LeakyReLU, nn.ELU, nn.GELU, nn.SiLU, nn.Sigmoid, nn.Tanh, nn.Softmax, nn.LogSoftmax],
  ])('%o', (Activation) => {
    const net = new nn.SequentialModule(new nn.Flatten(), new nn.Linear(6, 4), new Activation()).eval();
    const x = Tensor.randn([3, 2, 3]);
    const plan = net.compile({ inputShape: [2, 3] });
    expectClose(plan.runSync(x.flatten(1).toArray()).toArray(), net.forward(x).toArray(), iterative(1e-5));
  });

  it('refuses what a plan cannot do', () => {
    class Mixing extends Module {
      forward(x: T) {
        return x.sub(x.mean(0, true));
      }
    }
    class Sorting extends Module {
      forward(x: T) {
        return x.indexSelect(1, x.argmax(1));
      }
    }
    expect(codeOf(() => new Mixing().compile({ inputShape: [3] }))).toBe('ERR_NOT_SUPPORTED');
    expect(codeOf(() => new Sorting().compile({ inputShape: [3] }))).toBe('ERR_NOT_SUPPORTED');
    expect(codeOf(() => new nn.Linear(2, 2).compile({ inputShape: [-1] }))).toBe('ERR_PARAMETER');
  });
});

describe('DataLoader', () => {
  const data = new nn.TensorDataset(Tensor.arange(10).reshape([5, 2]), Tensor.arange(5));
  const rows = async (loader: nn.DataLoader) => {
    const seen: number[][] = [];
    for await (const [x, y] of loader) {
      expect(x.shape).toEqual([y.shape[0], 2]);
      seen.push(y.toArray());
    }
    return seen;
  };

  it('gives batches in order, or shuffled anew in each pass', async () => {
    expect(await rows(new nn.DataLoader(data, { batchSize: 2 }))).toEqual([[0, 1], [2, 3], [4]]);
    expect(await rows(new nn.DataLoader(data, { batchSize: 2, dropLast: true }))).toEqual([
      [0, 1],
      [2, 3],
    ]);
    const shuffled = new nn.DataLoader(data, { batchSize: 5, shuffle: true, seed: 2 });
    const first = await rows(shuffled);
    expect([...first[0]].sort()).toEqual([0, 1, 2, 3, 4]);
    expect(await rows(shuffled)).not.toEqual(first);
    expect(await rows(new nn.DataLoader(data, { batchSize: 5, shuffle: true, seed: 2 }))).toEqual(first);
    expect(data.at(3).map((t) => t.toArray())).toEqual([[6, 7], 3]);
    const plain = new nn.TensorDataset([[1, 2], [3, 4]], Int32Array.of(5, 6)); // biome-ignore format: a matrix
    expect(plain.at(1).map((t) => t.toArray())).toEqual([[3, 4], 6]);
  });

  it('refuses what cannot be', () => {
    expect(codeOf(() => new nn.DataLoader(data, { batchSize: 0 }))).toBe('ERR_PARAMETER');
    expect(codeOf(() => new nn.TensorDataset(Tensor.zeros([2]), Tensor.zeros([3])))).toBe('ERR_SHAPE');
    for (const index of [-1, 5]) expect(codeOf(() => data.at(index))).toBe('ERR_PARAMETER');
  });
});
