/** What `boreal train`, `evaluate`, `predict`, `convert` and `bench` make of odd models and tables, run in this process. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { bench } from '../../lib/cli/bench.js';
import { convert } from '../../lib/cli/convert.js';
import { evaluate, predict } from '../../lib/cli/evaluate.js';
import { type TrainFlags, train } from '../../lib/cli/train.js';
import {
  ClassifierChain,
  GaussianNB,
  importXGBoost,
  KNeighborsClassifier,
  loadWithMetadata,
  MultiOutputClassifier,
  Ridge,
} from '../../lib/index.js';

let folder: string;
const at = (name: string) => join(folder, name);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'boreal-cli-'));
});
afterAll(() => rm(folder, { recursive: true }));
afterEach(() => vi.restoreAllMocks());

/** Runs a command and keeps what it writes. */
async function run(command: () => Promise<void>): Promise<{ stdout: string; stderr: string }> {
  const said = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const)
    vi.spyOn(process[name], 'write').mockImplementation((text) => {
      said[name] += text;
      return true;
    });
  await command();
  vi.restoreAllMocks();
  return said;
}

async function predicted(model: string, rows: string, proba = false): Promise<string> {
  await predict(at(model), at(rows), { output: at('out.csv'), proba });
  return readFile(at('out.csv'), 'utf8');
}

describe('models of several targets', () => {
  const X = { a: [0, 1, 2, 3], b: [1, 0, 1, 0] };
  const y = [
    ['red', 0],
    ['red', 1],
    ['blue', 1],
    ['blue', 1],
  ];
  beforeAll(() => writeFile(at('rows.csv'), 'a,b\n0,1\n3,0\n'));

  it('predict a column for each, and are timed', async () => {
    const targets = y.map((_, i) => [2 * i, 10]);
    const model = await new Ridge({ alpha: 1e-9 }).fit(X, targets);
    await model.save(at('two.boreal'));
    expect(await predicted('two.boreal', 'rows.csv')).toMatch(
      /^prediction_0,prediction_1\n\S+,(10|9\.9\d*)\n[56]\S*,\S+\n$/,
    );
    const { stdout } = await run(() =>
      bench(at('two.boreal'), at('rows.csv'), { seconds: 0.01, json: true }),
    );
    expect(JSON.parse(stdout)).toMatchObject({ rows: 2, rowsPerSecond: expect.any(Number) });
    await writeFile(at('true.csv'), 'a,b,c\n0,1,2\n');
    await expect(evaluate(at('two.boreal'), at('true.csv'), { target: 'c' })).rejects.toThrow(
      /several targets/,
    );
  });

  it('that were imported, too', async () => {
    const model = importXGBoost(
      await readFile(new URL('../golden/models/xgboost-targets.ubj', import.meta.url)),
    );
    await model.save(at('boosted.boreal'));
    const { columns } = model.schema;
    const line = columns.map(() => 1).join();
    await writeFile(at('imported.csv'), `${columns.map(({ name }) => name).join()}\n${line}\n${line}\n`);
    expect(await predicted('boosted.boreal', 'imported.csv')).toMatch(
      /^prediction_0,prediction_1.*\n(\S+,\S+\n){2}$/,
    );
  });

  it('have probabilities of each, or of the second classes', async () => {
    const model = new MultiOutputClassifier(new KNeighborsClassifier({ nNeighbors: 1 }));
    await (await model.fit(X, y)).save(at('labels.boreal'));
    expect(await predicted('labels.boreal', 'rows.csv', true)).toBe(
      'prediction_0,prediction_1,probability_0_blue,probability_0_red,probability_1_0,probability_1_1\n' +
        'red,0,0,1,1,0\nblue,1,1,0,0,1\n',
    );
    const chain = new ClassifierChain(new GaussianNB());
    await (
      await chain.fit(
        { a: X.a },
        y.map(([, flag], i) => [flag, Number(i > 1)]),
      )
    ).save(at('chain.boreal'));
    expect(await predicted('chain.boreal', 'rows.csv', true)).toMatch(
      /^prediction_0,prediction_1,probability_0_1,probability_1_1\n/,
    );
  });
});

describe('train', () => {
  const flags = (name: string, more: Partial<TrainFlags> = {}): TrainFlags => ({
    ...{ target: 'kind', model: 'decision-tree', output: at(name), testSize: 0.25, seed: 0, json: true },
    ...more,
  });

  it('keeps labels such as 01 as they are written', async () => {
    const lines = Array.from({ length: 40 }, (_, i) => `${i},0${1 + (i % 2)}`);
    await writeFile(at('codes.csv'), `a,kind\n${lines.join('\n')}\n`);
    await run(() => train(at('codes.csv'), flags('codes.boreal', { testSize: 0 })));
    expect(await predicted('codes.boreal', 'codes.csv')).toMatch(/^prediction\n01\n02\n01\n/);
    const { stdout } = await run(() => evaluate(at('codes.boreal'), at('codes.csv'), { json: true }));
    expect(JSON.parse(stdout)).toEqual({ rows: 40, accuracy: 1, balancedAccuracy: 1 });
  });

  it('leaves out columns without a value, and says so', async () => {
    const lines = Array.from({ length: 20 }, (_, i) => `,${i % 2 ? 'x' : 'y'},${i % 2}`);
    await writeFile(at('gaps.csv'), `note,town,kind\n${lines.join('\n')}\n`);
    const { stdout, stderr } = await run(() => train(at('gaps.csv'), flags('gaps.boreal')));
    expect(stderr).toMatch(/left out .*: note\n$/);
    expect(JSON.parse(stdout)).toMatchObject({ metrics: { accuracy: 1 } });
    expect(await predicted('gaps.boreal', 'gaps.csv')).toMatch(/^prediction\n0\n1\n/);
    await writeFile(at('empty.csv'), 'note,kind\n,1\n,0\n,1\n,0\n');
    await expect(train(at('empty.csv'), flags('x.boreal'))).rejects.toMatchObject({ code: 'ERR_EMPTY' });
  });

  it('holds out of each class its share, where it has two rows', async () => {
    const lines = Array.from({ length: 40 }, (_, i) => `${i},${i < 38 ? 'common' : 'rare'}`);
    await writeFile(at('rare.csv'), `a,kind\n${lines.join('\n')}\n`);
    // Seeds by which a split that does not look at classes holds both rare rows out.
    for (const seed of [33, 34, 40]) {
      await run(() => train(at('rare.csv'), flags('rare.boreal', { seed })));
      expect((await loadWithMetadata(at('rare.boreal'))).model.classes).toEqual(['common', 'rare']);
    }
    await writeFile(at('one.csv'), `a,kind\n${lines.slice(0, 39).join('\n')}\n`);
    await run(() => train(at('one.csv'), flags('one.boreal')));
  });

  it('tells a copy what it told the model file', async () => {
    await run(() => convert(at('codes.boreal'), { output: at('copy.boreal') }));
    expect((await loadWithMetadata(at('copy.boreal'))).metadata).toMatchObject({ target: 'kind', rows: 40 });
  });
});
