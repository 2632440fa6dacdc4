/** The command `boreal`, run as a user runs it. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bytes, pairs } from '../../lib/cli/format.js';
import {
  LinearRegression,
  LogisticRegression,
  loadWine,
  loadWithMetadata,
  makePipeline,
  OneHotEncoder,
  StandardScaler,
  TfidfVectorizer,
} from '../../lib/index.js';
import type { QuantizedModel } from '../../lib/nn/index.js';
import { ModelRegistry } from '../../lib/serve/index.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const main = join(root, 'dist/cli/main.js');
let folder: string;
let file: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'boreal-cli-'));
  file = join(folder, 'towns.boreal');
  const model = await makePipeline(new OneHotEncoder(), new LinearRegression()).fit(
    { town: ['Oslo', 'Turku', 'Oslo', 'Turku'] },
    [1, 2, 1, 2],
  );
  await model.save(file, { by: 'me' });
});
afterAll(() => rm(folder, { recursive: true }));

interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function boreal(
  args: string[],
  { script = main, env = {} }: { script?: string; env?: Record<string, string> } = {},
): Promise<Outcome> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [script, ...args],
      { env: { ...process.env, ...env } },
      (error, stdout, stderr) => {
        resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
      },
    );
  });
}

describe('boreal', () => {
  it('answers --help and --version', async () => {
    const help = await boreal(['--help']);
    expect(help.code).toBe(0);
    for (const name of [
      'train',
      'evaluate',
      'predict',
      'convert',
      'bench',
      'doctor',
      'info',
      'quantize',
      'serve',
      'worker',
      'search-worker',
    ])
      expect(help.stdout).toMatch(name);
    const serveHelp = await boreal(['serve', '--help']);
    expect([serveHelp.code, serveHelp.stdout]).toEqual([0, expect.stringMatching(/--port.*3000/s)]);
    expect((await boreal(['--version'])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it.each([
    [['docter'], /Did you mean doctor\?/],
    [['serve', 'x.boreal', '--prot', '1'], /Did you mean --port\?/],
    [['serve', 'x.boreal', '--port', 'abc'], /whole number from 0 to 65535/],
    [['serve', 'x.boreal', '--workers', '0'], /from 1 to 1024, or 'auto'/],
    [['serve', 'x.boreal', '--body-limit', '4 mega'], /such as 4m/],
    [['serve', 'x.boreal', '--log-sample', '2'], /number from 0 to 1/],
    [['serve', 'x.boreal', '--versions', 'some'], /all, production, latest/],
    [['worker', 'x.boreal'], /required option '--redis <url>'/],
    [['search-worker'], /required option '--redis <url>'/],
    [['info'], /missing required argument 'model'/],
    [[], /Usage: boreal/],
  ])('refuses %j', async (args, message) => {
    const { code, stdout, stderr } = await boreal(args);
    expect(code).toBe(1);
    expect(stderr).toMatch(message);
    expect(stdout).toBe('');
  });
});

describe('boreal doctor', () => {
  it('shows what it found', async () => {
    const { code, stdout } = await boreal(['doctor']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^boreal \d+\.\d+\.\d+\n/);
    for (const line of ['Node', 'addon', 'CPU', 'instruction set', 'threads', 'memory limit', 'GPU']) {
      expect(stdout).toMatch(new RegExp(`^ {2}${line} +\\S`, 'm'));
    }
    expect(stdout).toMatch(process.version);
    expect(stdout).toMatch(/boreal[^/]*\.node/);
  });

  it('shows it as JSON, and the instruction set that was forced', async () => {
    const { code, stdout } = await boreal(['doctor', '--json'], { env: { BOREAL_ISA: 'scalar' } });
    expect(code).toBe(0);
    const diagnosis = JSON.parse(stdout);
    expect(diagnosis).toMatchObject({
      ok: true,
      node: process.version,
      native: { isa: 'scalar' },
      gpu: { available: false },
    });
    expect(diagnosis.native.isas).toContain('scalar');
    expect(diagnosis.gpu.reason).toMatch(/CUDA/);
    expect(diagnosis.addon).toMatch(/\.node$/);
  });

  it('explains why the addon does not load', async () => {
    const copy = join(folder, 'package');
    const runs = (path: string) => !/\.(d\.ts|map)$/.test(path);
    await cp(join(root, 'dist'), join(copy, 'dist'), { recursive: true, filter: runs });
    await cp(join(root, 'package.json'), join(copy, 'package.json'));
    await symlink(join(root, 'node_modules'), join(copy, 'node_modules'));
    const script = join(copy, 'dist/cli/main.js');
    const text = await boreal(['doctor'], { script });
    expect(text.code).toBe(1);
    expect(text.stdout).toMatch(/addon +does not load/);
    expect(text.stderr).toMatch(/npm run build:native/);
    const json = await boreal(['doctor', '--json'], { script });
    expect(json.code).toBe(1);
    expect(JSON.parse(json.stdout)).toMatchObject({ ok: false, error: { code: 'ERR_ADDON_NOT_FOUND' } });
    const help = await boreal(['--help'], { script });
    expect(help.code).toBe(0);
  });
});

describe('boreal train, evaluate, predict, convert and bench', () => {
  let own: string;
  const at = (name: string) => join(own, name);
  beforeAll(async () => {
    own = await mkdtemp(join(tmpdir(), 'boreal-cli-'));
    const price = (i: number) => (i % 11 === 5 ? '' : 1000 * (50 + (i % 70)) + (i % 2 === 0 ? 500 : 0) + 0.5);
    const line = (i: number) =>
      `${i % 13 === 0 ? '' : 50 + (i % 70)},${i % 2 === 0 ? '"Oslo, N"' : 'Turku'},${price(i)}`;
    const lines = Array.from({ length: 140 }, (_, i) => line(i));
    await writeFile(at('homes.csv'), ['area,town,price', ...lines].join('\n'));
  });
  afterAll(() => rm(own, { recursive: true }));

  it('a regressor of columns with gaps and text', async () => {
    const trained = await boreal([
      ...['train', at('homes.csv'), '--target', 'price', '--model', 'network', '-o', at('homes.boreal')],
      ...['--params', '{"hiddenLayerSizes": [8]}', '--json'],
    ]);
    expect([trained.code, trained.stderr]).toEqual([0, '']);
    expect(JSON.parse(trained.stdout)).toMatchObject({
      target: 'price',
      task: 'regression',
      model: 'network',
    });
    const scored = await boreal(['evaluate', at('homes.boreal'), at('homes.csv'), '--json']);
    expect(JSON.parse(scored.stdout)).toMatchObject({ rows: 127, r2: expect.any(Number) });
    const predicted = await boreal(['predict', at('homes.boreal'), at('homes.csv')]);
    expect(predicted.stdout).toMatch(/^prediction\n([\d.]+\n){140}$/);
    const timed = await boreal(['bench', at('homes.boreal'), at('homes.csv'), '--seconds', '0.01', '--json']);
    expect(JSON.parse(timed.stdout)).toMatchObject({ rows: 140, rowsPerSecond: expect.any(Number) });
  });

  it('a classifier, with probabilities, to a file, and its ONNX', async () => {
    const model = at('towns.boreal');
    const args = ['train', at('homes.csv'), '--target', 'town', '--params', '{"nEstimators": 5}'];
    const { stdout } = await boreal([...args, '--test-size', '0', '-o', model]);
    expect(stdout).toMatch(/classification of town\n.*140\n.*no rows held out/);
    expect((await boreal(['evaluate', model, at('homes.csv')])).stdout).toMatch(/accuracy.*precision/s);
    await boreal(['predict', model, at('homes.csv'), '--proba', '-o', at('out.csv')]);
    const [head, first] = (await readFile(at('out.csv'), 'utf8')).split('\n');
    expect([head, first]).toEqual([
      'prediction,"probability_Oslo, N",probability_Turku',
      expect.stringMatching(/^("Oslo, N"|Turku),[\d.]+,[\d.]+$/),
    ]);
    const there = await boreal(['convert', model, '-o', at('towns.onnx')]);
    expect([there.code, there.stderr]).toEqual([0, '']);
    expect((await boreal(['convert', at('towns.onnx'), '-o', at('back.boreal')])).stdout).toMatch(
      /ImportedGraph/,
    );
  });

  it.each([
    [['train', 'homes.csv', '--target', 'nope'], /no column 'nope'; they have area, town, price/],
    [['train', 'homes.csv', '--target', 'price', '--params', '{'], /--params must be JSON/],
    [['train', 'homes.csv', '--target', 'price', '--params', '{"nTrees": 1}'], /no parameter 'nTrees'/],
    [['train', 'homes.csv', '--target', 'price', '--model', 'oracle'], /random-forest, extra-trees/],
    [['convert', 'homes.csv', '-o', 'x.boreal'], /does not tell its format/],
    [['convert', 'x.onnx', '-o', 'x.txt'], /ends in .boreal, .onnx or .keras/],
  ])('refuses %j', async ([name, path, ...rest], message) => {
    const { code, stderr } = await boreal([name, at(path), ...rest]);
    expect([code, stderr]).toEqual([1, expect.stringMatching(message)]);
  });
});

describe('boreal quantize', () => {
  let own: string;
  const output = () => join(own, 'small.boreal');
  beforeAll(async () => {
    own = await mkdtemp(join(tmpdir(), 'boreal-cli-'));
  });
  afterAll(() => rm(own, { recursive: true }));

  it('writes a model of 8 bits and says what was lost', async () => {
    const { data, target, featureNames } = loadWine();
    const kinds = Array.from(target, (code) => `wine ${code}`);
    const columns = featureNames.map((name, j) => [name, data.toArray().map((row) => row[j])]);
    const model = makePipeline(new StandardScaler(), new LogisticRegression());
    await model.fit(Object.fromEntries(columns), kinds);
    const source = join(own, 'wine.boreal');
    await model.save(source, { by: 'me' });
    const rows = join(own, 'wine.csv');
    const lines = data.toArray().map((row, i) => [...row, kinds[i]].join());
    await writeFile(rows, [[...featureNames, 'kind'].join(), ...lines].join('\n'));

    const dynamic = await boreal(['quantize', source, '-o', output()]);
    expect([dynamic.code, dynamic.stdout]).toEqual([
      0,
      expect.stringMatching(/dense .*int8.*dynamic.*\n.*no gate/),
    ]);
    const args = [
      'quantize',
      source,
      '--output',
      output(),
      '--calibrate',
      rows,
      '--target',
      'kind',
      '--json',
    ];
    const fixed = await boreal([...args, '--method', 'minMax', '--max-loss', '0.01']);
    expect(fixed.stderr).toBe('');
    expect(JSON.parse(fixed.stdout)).toMatchObject({
      mode: 'static',
      metric: 'accuracy',
      layers: [{ method: 'minMax' }],
    });
    const { model: small, metadata } = await loadWithMetadata(output());
    expect(metadata).toEqual({ by: 'me' });
    expect(await (small as QuantizedModel).score(Object.fromEntries(columns), kinds)).toBeGreaterThan(0.98);
    expect(JSON.parse((await boreal([...args, '--dynamic'])).stdout)).toMatchObject({
      mode: 'dynamic',
      metric: 'accuracy',
    });
    const skipped = await boreal([...args, '--skip', 'dense']);
    expect(JSON.parse(skipped.stdout)).toMatchObject({
      layers: [{ precision: 'float32', reason: 'skipped' }],
    });
  });

  it('reads documents by one column', async () => {
    const texts = Array.from({ length: 40 }, (_, i) => (i % 2 === 0 ? `sun ${i} sea` : `wind ${i} snow`));
    const labels = texts.map((_, i) => (i % 2 === 0 ? 'south' : 'north'));
    const model = await makePipeline(new TfidfVectorizer(), new LogisticRegression()).fit(texts, labels);
    const source = join(own, 'texts.boreal');
    await model.save(source);
    const rows = join(own, 'texts.csv');
    await writeFile(rows, ['text,side', ...texts.map((text, i) => `${text},${labels[i]}`)].join('\n'));
    const args = ['quantize', source, '-o', output(), '--calibrate', rows];
    const fixed = await boreal([...args, '--target', 'side', '--json']);
    expect(fixed.stderr).toBe('');
    expect(JSON.parse(fixed.stdout)).toMatchObject({ mode: 'static', metric: 'accuracy', after: 1 });
    const { model: small } = await loadWithMetadata(output());
    expect(await (small as QuantizedModel).predict(['sea', 'snow'])).toEqual(['south', 'north']);
    const two = await boreal(args);
    expect([two.code, two.stderr]).toEqual([1, expect.stringMatching(/one column .* got text, side/)]);
  });

  it.each([
    [['--target', 'kind'], /--target needs rows: --calibrate/],
    [['--max-loss', '0.1'], /--max-loss needs rows/],
    [['--method', 'mse'], /--method needs rows/],
    [['--dynamic', '--percentile', '99'], /--percentile needs rows/],
    [['--calibrate', 'x.csv', '--dynamic', '--method', 'mse'], /--method finds ranges for all rows/],
    [['--calibrate', 'x.csv', '--dynamic', '--percentile', '99'], /--percentile finds ranges/],
  ])('refuses %j, which would do nothing', async (args, message) => {
    const { code, stdout, stderr } = await boreal(['quantize', file, '-o', output(), ...args]);
    expect([code, stdout, stderr]).toEqual([1, '', expect.stringMatching(message)]);
    expect(stderr).toMatch('ERR_PARAMETER');
  });

  it('says what is wrong', async () => {
    const none = await boreal(['quantize', file]);
    expect([none.code, none.stderr]).toEqual([1, expect.stringMatching(/required option '-o/)]);
    const lost = await boreal(['quantize', file, '-o', output(), '--calibrate', join(folder, 'none.csv')]);
    expect([lost.code, lost.stderr]).toEqual([1, expect.stringMatching(/ENOENT/)]);
    const method = await boreal(['quantize', file, '-o', output(), '--method', 'max']);
    expect([method.code, method.stderr]).toEqual([1, expect.stringMatching(/Allowed choices/)]);
  });
});

describe('boreal info', () => {
  it('shows what a model file holds', async () => {
    const { code, stdout } = await boreal(['info', file]);
    expect(code).toBe(0);
    expect(stdout).toMatch('Pipeline (regressor)');
    expect(stdout).toMatch('LinearRegression');
    expect(stdout).toMatch(/town +category, "Oslo", "Turku"/);
    expect(stdout).toMatch(/predicts +a number/);
    expect(stdout).toMatch("by: 'me'");
  });

  it('shows it as JSON', async () => {
    const { stdout } = await boreal(['info', file, '--json']);
    const summary = JSON.parse(stdout);
    expect(summary).toMatchObject({
      kind: 'regressor',
      model: { type: 'Pipeline' },
      target: { kind: 'number' },
      metadata: { by: 'me' },
    });
    expect(summary.model.params.steps[1]).toMatchObject(['linearregression', { type: 'LinearRegression' }]);
    expect(summary.columns).toMatchObject([{ name: 'town', categories: ['Oslo', 'Turku'] }]);
  });

  it('fails clearly for a file that is no model, or not there', async () => {
    const other = join(folder, 'other.txt');
    await writeFile(other, 'not a model'.repeat(20));
    const corrupt = await boreal(['info', other]);
    expect([corrupt.code, corrupt.stderr]).toEqual([1, expect.stringMatching(/^boreal: .*ERR_MODEL_FILE/)]);
    const missing = await boreal(['info', join(folder, 'none.boreal')]);
    expect([missing.code, missing.stderr]).toEqual([1, expect.stringMatching(/^boreal: .*ENOENT/)]);
  });
});

describe('boreal serve', () => {
  const children: ChildProcess[] = [];
  afterAll(() => {
    for (const child of children) child.kill('SIGKILL');
  });

  /** Starts a server. @returns what it says first, on stdout or stderr, and how it ends */
  async function start(args: readonly string[]) {
    const child = spawn(process.execPath, [main, 'serve', ...args, '--port', '0']);
    children.push(child);
    const exited = new Promise((resolve) => child.on('exit', (code, signal) => resolve({ code, signal })));
    const output = { stdout: '', stderr: '' };
    const line = await new Promise<string>((resolve) => {
      for (const name of ['stdout', 'stderr'] as const)
        child[name].on('data', (text) => {
          output[name] += text;
          if (output[name].includes('(Ctrl-C')) resolve(output[name]);
        });
      child.on('exit', () => resolve(output.stderr));
    });
    return { child, exited, line, output, url: /http:[^\s,]+/.exec(line)?.[0] ?? line };
  }

  const predict = async (url: string, headers = {}) => {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', connection: 'close', ...headers },
      body: JSON.stringify({ town: 'Turku' }),
    });
    return { status: response.status, body: (await response.json()) as { prediction: number } };
  };

  it('serves a model file until SIGTERM', async () => {
    const { child, exited, line, url } = await start([file]);
    expect(line).toMatch(/^Serving towns at http:\/\/127\.0\.0\.1:\d+ /);
    expect((await predict(`${url}/predict`)).body.prediction).toBeCloseTo(2, 9);
    expect(await (await fetch(`${url}/model_info`)).json()).toMatchObject({
      name: 'towns',
      metadata: { by: 'me' },
    });
    child.kill('SIGTERM');
    expect(await exited).toEqual({ code: 0, signal: null });
  });

  it('serves a registry, with keys, workers, a prefix and a log', async () => {
    const dir = join(folder, 'models');
    await new ModelRegistry({ dir }).register(file, { name: 'places' });
    const keys = join(folder, 'keys.txt');
    await writeFile(keys, '# of the tests\nthe-key-of-the-tests-1234\n');
    const args = [dir, '--prefix', '/ml', '--workers', '2', '--api-key-file', keys, '--log', '--no-console'];
    const { child, exited, output, url } = await start(args);
    expect(output).toMatchObject({ stdout: '', stderr: expect.stringMatching(/^Serving places at .*\/ml /) });
    expect((await predict(`${url}/predict`)).status).toBe(401);
    const known = { 'x-api-key': 'the-key-of-the-tests-1234' };
    expect((await predict(`${url}/predict`, known)).status).toBe(200);
    expect((await fetch(`${url}/console`)).status).toBe(404);
    child.kill('SIGTERM');
    expect(await exited).toEqual({ code: 0, signal: null });
    const lines = output.stdout.trim().split('\n');
    const requests = lines.map((each) => JSON.parse(each)).filter(({ msg }) => msg === 'request');
    expect(requests.map(({ route, status }) => [route, status])).toContainEqual(['/ml/predict', 401]);
    expect(requests).toContainEqual(expect.objectContaining({ status: 200, model: 'places', version: '1' }));
  });

  it('names the model as it is told, and warns when everybody may ask', async () => {
    const args = [file, '--name', 'homes', '--model-version', '7', '--host', '0.0.0.0', '--grpc-port', '0'];
    const { child, exited, line, output, url } = await start(args);
    expect(line).toMatch(/^Serving homes at .*, gRPC at 0\.0\.0\.0:\d+ /);
    expect(await (await fetch(url)).json()).toMatchObject({ name: 'homes', version: '7' });
    child.kill('SIGINT');
    expect(await exited).toEqual({ code: 0, signal: null });
    expect(output.stderr).toMatch('--api-key-file keeps strangers out');
  });

  it('says what to do next when it cannot serve', async () => {
    const folderOfFiles = await boreal(['serve', folder]);
    expect([folderOfFiles.code, folderOfFiles.stderr]).toEqual([
      1,
      expect.stringMatching(/is not a registry.*Serve .*towns\.boreal.*ERR_PARAMETER/s),
    ]);
    const { child, exited, url } = await start([file]);
    const taken = await boreal(['serve', file, '--port', new URL(url).port]);
    expect([taken.code, taken.stderr]).toEqual([
      1,
      expect.stringMatching(/EADDRINUSE.*choose another --port/s),
    ]);
    child.kill('SIGTERM');
    await exited;
    const redis = await boreal(['worker', file, '--redis', 'localhost:6379']);
    expect([redis.code, redis.stderr]).toEqual([1, expect.stringMatching(/must begin with redis:\/\//)]);
  });

  it('fails for a file that is not there', async () => {
    const { code, stderr } = await boreal(['serve', join(folder, 'none.boreal'), '--port', '0']);
    expect([code, stderr]).toEqual([1, expect.stringMatching(/ENOENT.*Check the path/s)]);
  });
});

describe('format', () => {
  it('writes bytes in binary units', () => {
    expect([0, 1023, 1024, 1536, 8 * 2 ** 30].map(bytes)).toEqual([
      '0 bytes',
      '1023 bytes',
      '1.0 KiB',
      '1.5 KiB',
      '8.0 GiB',
    ]);
  });

  it('aligns pairs', () => {
    expect(
      pairs([
        ['a', '1'],
        ['long', '2'],
      ]),
    ).toBe('  a     1\n  long  2\n');
  });
});
