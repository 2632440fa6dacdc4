/** What the tests of the native addon share: small plans, a forest's parameters, and child processes. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type {
  BoosterSpec,
  BoostingSpec,
  ForestSpec,
  NativeAddon,
  ProgramHandle,
  TreeSpec,
} from '../../lib/native.ts';

/** The addon itself, for child processes and workers, which run plain JavaScript. */
export const addonPath = fileURLToPath(new URL('../../build/Release/boreal.node', import.meta.url));

/** The one-op plan y = (x - 1) / 2 over `width` columns. */
export const affineOps = (width: number): Int32Array => Int32Array.of(1, width, 1, 5, 1, 0, 0, 2, 0, 1);
export const affineConstants = (width: number): Float64Array[] => [
  new Float64Array(width).fill(1),
  new Float64Array(width).fill(2),
];
export const affine = (
  native: NativeAddon,
  width: number,
  precision: 'float32' | 'float64' = 'float32',
): ProgramHandle => native.programCreate(affineOps(width), affineConstants(width), precision);

const treeSpec: TreeSpec = {
  maxDepth: 0xffffffff,
  minSamplesSplit: 2,
  minSamplesLeaf: 1,
  minWeightLeaf: 0,
  maxFeatures: 1,
  minImpurityDecrease: 0,
  randomThresholds: false,
  maxLeaves: 0,
  ccpAlpha: 0,
  monotonic: null,
  treeColumns: 0,
  seed: 1,
};
export const forestSpec = (spec: Partial<ForestSpec> = {}): ForestSpec => ({
  ...treeSpec,
  criterion: 'squared_error',
  trees: 5,
  firstTree: 0,
  bootstrap: true,
  maxSamples: 0,
  balancedSubsample: false,
  outOfBag: false,
  pruningPath: false,
  maxBins: 0,
  cuda: null,
  targets: 1,
  threads: 0,
  ...spec,
});
export const boostingSpec = (spec: Partial<BoostingSpec> = {}): BoostingSpec => ({
  ...treeSpec,
  loss: 'squared_error',
  classCount: 0,
  rounds: 3,
  firstRound: 0,
  learningRate: 0.1,
  subsample: 1,
  alpha: 0.9,
  patience: 0,
  tolerance: 1e-4,
  validationRows: 0,
  threads: 0,
  ...spec,
});

/** `length` numbers in [0, 1), the same each time. */
export function noise(length: number): Float32Array {
  let state = 12345;
  return Float32Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  });
}

/** Source text that defines `native` and the helpers above in a CommonJS child process or worker. */
export const prelude = `
  const native = require(${JSON.stringify(addonPath)});
  const affineOps = ${affineOps};
  const affineConstants = ${affineConstants};
  const affine = ${affine};
  const treeSpec = ${JSON.stringify(treeSpec)};
  const forestSpec = ${forestSpec};
  const noise = ${noise};
  const { setTimeout: sleep } = require('node:timers/promises');
  const longX = noise(40000 * 20), longY = Float64Array.from(noise(40000));
  const fitLong = (onProgress = null) => native.fitForest(longX, 40000, 20, null, null, longY, null,
    forestSpec({ trees: 100000, maxFeatures: 20 }), null, onProgress);
`;

export interface Outcome {
  code: number | null;
  signal: string | null;
  stdout: string;
  stderr: string;
}

/** Runs the prelude (unless bare) and then `script` (CommonJS, in an async function) in a new Node process. */
export function runNode(
  script: string,
  options: { env?: Record<string, string>; flags?: string[]; bare?: boolean } = {},
): Promise<Outcome> {
  const source = `${options.bare ? '' : prelude}\n(async () => {\n${script}\n})();`;
  const child = spawn(process.execPath, [...(options.flags ?? []), '-e', source], {
    env: { ...process.env, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 50_000,
    killSignal: 'SIGKILL',
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => (stdout += chunk));
  child.stderr.on('data', (chunk) => (stderr += chunk));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
}

/** What a clean child leaves behind. */
export const clean = (stdout: string): Outcome => ({ code: 0, signal: null, stdout, stderr: '' });

export function boosterSpec(spec: Partial<BoosterSpec> = {}): BoosterSpec {
  return {
    loss: 'squaredError',
    lossParameter: 0,
    classes: 0,
    start: null,
    rank: null,
    queries: null,
    validQueries: null,
    learningRate: 0.1,
    sampling: { kind: 'uniform', share: 1, topShare: 0.2, otherShare: 0.1 },
    dropout: null,
    columnShare: 1,
    maxBins: 255,
    seed: 0,
    firstTree: 0,
    growth: 'leafWise',
    maxLeaves: 31,
    maxDepth: 8,
    minSamplesLeaf: 1,
    l1: 0,
    l2: 0,
    minHessian: 0,
    minGain: 0,
    columnsPerSplit: 1,
    threads: 0,
    cuda: null,
    monotonic: null,
    groups: null,
    categorical: null,
    scores: null,
    validScores: null,
    ...spec,
  };
}
