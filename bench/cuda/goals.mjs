/** The project's goals for a GPU, each with what was reached or why that is missing. Part of the bundle of scripts/cuda-bundle.mjs. */

/** Shapes of the figures: those of the goals, and the small ones of the emulation. */
const SHAPES = {
  full: { sgemm: [1024, 2048, 4096, 8192], tensor: [4096, 8192], forests: ['500 x 6', '1000 x 8'] },
  small: { sgemm: [64], tensor: [144, 160], forests: ['20 x 4'] },
};
/** What a product reaches of the peer's speed, at least. */
const SHARES = { sgemm: 0.85, bf16: 0.9, float16: 0.9, tf32: 0.9, int8: 0.8 };
const BF16_TFLOPS = 600;

/**
 * @param rows - the lines that the steps have printed, by the step
 * @param why - why a step has no such line
 * @returns one entry for each goal, whatever has failed; `wanted` null: a figure without a bar
 */
export function goalsOf(rows, why, isSmall) {
  const shapes = isSmall ? SHAPES.small : SHAPES.full;
  const goals = [];
  const find = (step, fits) => (rows[step] ?? []).find(fits);
  /** `value` gets the lines that were asked for, in order; `more` what else stands in the entry. */
  const add = (goal, wanted, asked, value, { most = false, more = () => ({}) } = {}) => {
    const lines = asked.map(([step, fits]) => find(step, fits));
    const lacking = asked.find((_, i) => lines[i] === undefined);
    const reached = lacking === undefined ? value(...lines) : null;
    if (!Number.isFinite(reached ?? Number.NaN)) {
      const missing = lacking ? why(lacking[0]) : 'it could not be measured here';
      // What is there stands beside what is missing.
      goals.push({ goal, wanted, reached: null, missing, ...(lines[0] && more(...lines)) });
      return;
    }
    const met = wanted === null ? null : most ? reached <= wanted : reached >= wanted;
    goals.push({ goal, wanted, reached, met, ...more(...lines) });
  };

  // 1. Products.
  const product = (step, name, side) => [step, (row) => row.name === name && row.side === side];
  const beside = {
    torch: (name, side) => product('peers', name, side),
    cuBLAS: (name, side) => ['cublas', (row) => row.name === 'peer' && row.of === name && row.side === side],
  };
  const compare = (step, name, side) => {
    for (const [peer, line] of Object.entries(beside)) {
      const lines = [product(step, name, side), line(name, side)];
      const more = (own, other) => ({ tflops: own.tflops, peerTflops: other?.tflops });
      add(
        `${name} ${side}: share of ${peer}`,
        SHARES[name],
        lines,
        (own, other) => own.tflops / other.tflops,
        {
          more,
        },
      );
    }
  };
  for (const side of shapes.sgemm) compare('sgemm', 'sgemm', side);
  for (const side of shapes.tensor) {
    for (const name of ['bf16', 'float16', 'tf32', 'int8']) compare('tensor', name, side);
  }
  const side = shapes.tensor[0];
  for (const name of isSmall ? ['bf16', 'float16', 'tf32', 'int8'] : Object.keys(SHARES)) {
    add(
      `${name} ${side} where cublasLt may be taken: times our own kernels`,
      1,
      [
        ['library', (row) => row.of === name && row.side === side],
        product(name === 'sgemm' ? 'sgemm' : 'tensor', name, side),
      ],
      (library, own) => library.tflops / own.tflops,
      { more: ({ tflops, note }) => ({ tflops, note }) },
    );
  }
  add(`bf16 ${side}: TFLOP/s`, BF16_TFLOPS, [product('tensor', 'bf16', side)], (own) => own.tflops);

  const conv = (step, name) => [step, (row) => row.name === 'conv' && row.of === name];
  for (const name of ['bf16', 'float16', 'tf32', 'int8']) {
    const goal = `${name} convolution of 3 x 3`;
    add(`${goal}: TFLOP/s`, null, [conv('convs', name)], (own) => own.tflops);
    if (name === 'int8') continue; // torch has none
    const both = [conv('convs', name), conv('peers', name)];
    add(`${goal}: share of torch`, null, both, (own, other) => own.tflops / other.tflops);
  }

  for (const few of [1, 4, 8]) {
    for (const side of ['rows', 'outputs']) {
      const line = ['codes', (row) => row[side] === few];
      add(
        `8-bit layer of ${few} ${side}: times as fast by dot products as by tensor cores`,
        1,
        [line],
        (row) => row.mmaUs / row.dotUs,
        { more: ({ dotUs, mmaUs, GBs }) => ({ dotUs, mmaUs, GBs }) },
      );
    }
  }

  // 2. Forests.
  for (const forest of shapes.forests) {
    const lines = [['forest', (row) => row.name === 'forest' && `${row.trees} x ${row.depth}` === forest]];
    add(
      `forest ${forest}, rows on the device: times the CPU here`,
      50,
      lines,
      (row) => row.residentMrows / row.cpuMrows,
      { more: ({ residentMrows, cpuMrows }) => ({ residentMrows, cpuMrows }) },
    );
    add(
      `forest ${forest}, with transfers: times the CPU here`,
      null,
      lines,
      (row) => row.transferMrows / row.cpuMrows,
      { more: ({ transferMrows }) => ({ transferMrows }) },
    );
  }

  // 3. Perceptrons.
  for (const width of [64, 128]) {
    const fits = (row) => row.name === 'mlp' && row.width === width;
    add(
      `fused layers of ${width}: times as fast as layer by layer`,
      3,
      [['layers', fits]],
      (row) => row.apartMs / row.fusedMs,
      { more: ({ fusedMs, apartMs }) => ({ fusedMs, apartMs }) },
    );
    // Layer by layer moves three times the bytes, four in float32: the bar is where bytes alone decide.
    add(
      `fused layers of ${width} in float16: times as fast as layer by layer`,
      3,
      [['layers', (row) => row.name === 'float16 mlp' && row.width === width]],
      (row) => row.apartMs / row.fusedMs,
      { more: ({ fusedMs, apartMs }) => ({ fusedMs, apartMs }) },
    );
    const both = [
      ['layers', fits],
      ['peers', fits],
    ];
    add(
      `fused layers of ${width}: times as fast as torch`,
      null,
      both,
      (own, other) => other.ms / own.fusedMs,
    );
  }
  const single = (row) => row.name === 'single row';
  add(
    'a row through 784-128-64-10 by a CUDA graph: microseconds',
    null,
    [['single', single]],
    (row) => row.us,
  );
  add(
    'a row through 784-128-64-10: times as fast as torch with a CUDA graph',
    null,
    [
      ['single', single],
      ['peers', single],
    ],
    (own, other) => other.us / own.us,
  );

  // 4. Training.
  const boosting = [['boosting', (row) => row.name === 'boosting']];
  const times = ({ ms, cpuMs }) => ({ ms, cpuMs });
  add('boosting of 1M x 28, 100 rounds: times the CPU here', 5, boosting, (row) => row.cpuMs / row.ms, {
    more: times,
  });
  add('boosting: the trees are those of the CPU', 1, boosting, (row) => Number(row.sameTrees));
  for (const width of [64, 128]) {
    add(
      `a step of training layers of ${width}, together: times as fast as layer by layer`,
      3,
      [['steps', (row) => row.name === 'training step' && row.width === width]],
      (row) => row.apartUs / row.us,
      { more: ({ us, apartUs }) => ({ us, apartUs }) },
    );
  }
  const fit = (step, name) => [step, (row) => row.name === name];
  for (const [name, what] of [
    ['mlp epoch', '784-128-64-10'],
    ['narrow mlp epoch', '128-128-64-10'],
  ]) {
    add(
      `an epoch of ${what} at batch 1024: times as fast as torch`,
      1,
      [fit('training', name), fit('peers', name)],
      (own, other) => other.ms / own.gpuMs,
      { more: (own, other) => ({ ms: own.gpuMs, torchMs: other?.ms }) },
    );
  }
  for (const name of [
    'mlp epoch',
    'narrow mlp epoch',
    'k-means, 20 iterations',
    'components',
    'forest on 255 bins',
  ]) {
    const more = ({ gpuMs, cpuMs }) => ({ gpuMs, cpuMs });
    add(`${name}: times the CPU here`, null, [fit('training', name)], (row) => row.cpuMs / row.gpuMs, {
      more,
    });
  }

  // 5. Memory.
  for (const [step, name, what] of [
    ['cycles', 'cycles', 'programs'],
    ['lifetimes', 'dispose', 'plans of JavaScript'],
  ]) {
    const line = [[step, (row) => row.name === name]];
    const more = ({ count, us }) => ({ count, us });
    add(`${what} that come and go: bytes of the device left behind`, 0, line, (row) => row.grownBytes, {
      ...{ most: true, more },
    });
  }
  const memory = [['memory', (row) => row.name === 'tests']];
  const passes = ({ passed, failed }) => (failed === 0 && passed > 0 ? 1 : 0);
  add('out of memory: the process lives, and the next call works', 1, memory, passes);
  return goals;
}
