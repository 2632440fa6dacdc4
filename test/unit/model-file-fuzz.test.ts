/**
 * Thousands of damaged model files: `load` refuses them with ERR_MODEL_FILE, or gives a model that predicts or says why
 * it can't. They are read in a child process, so that a crash of the native core is a failed test that names the file.
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Estimator } from '../../lib/core/estimator.js';
import { Random } from '../../lib/core/random.js';
import {
  ColumnTransformer,
  DecisionTreeRegressor,
  IterativeImputer,
  LogisticRegression,
  load,
  loadIris,
  loadWithMetadata,
  makePipeline,
  OneHotEncoder,
  RandomForestClassifier,
  RandomForestRegressor,
  Ridge,
  SimpleImputer,
  StandardScaler,
} from '../../lib/index.js';
import { runChild } from '../support/child.js';
import { type Json, putTogether, seal, takeApart, withTensors } from '../support/model-files.js';

import { mutate } from '../support/mutations.js';

const FILES_PER_MODEL = 1200;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'boreal-fuzz-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

interface Report {
  /** Positions of the files that could be loaded. */
  loaded: number[];
  refused: number;
  /** Anything but a prediction or an error of ours. */
  problems: string[];
}

/** Loads file after file and uses what was loaded in every way there is. */
const script = `
  import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
  const folder = process.env.BOREAL_TEST_FOLDER;
  const all = readFileSync(folder + '/files');
  const ends = JSON.parse(readFileSync(folder + '/ends', 'utf8'));
  const current = openSync(folder + '/current', 'w');
  const report = { loaded: [], refused: 0, problems: [] };
  const isOurs = (error) => error instanceof boreal.BorealError && error.code !== 'ERR_INTERNAL';
  let k = 0;
  const attempt = async (what, use) => {
    try {
      return await use();
    } catch (error) {
      if (!isOurs(error)) report.problems.push(k + ' ' + what + ': ' + (error?.stack ?? error));
    }
  };
  for (; k < ends.length; k++) {
    writeSync(current, String(k).padStart(8), 0);
    let model;
    try {
      model = (await boreal.loadWithMetadata(all.subarray(ends[k - 1] ?? 0, ends[k]))).model;
    } catch (error) {
      report.refused += 1;
      if (error.code !== 'ERR_MODEL_FILE') report.problems.push(k + ' load: ' + (error?.stack ?? error));
      continue;
    }
    report.loaded.push(k);
    const cols = model.nFeaturesIn;
    const X = new boreal.Matrix(Float64Array.from({ length: 7 * cols }, (_, i) => ((i * 7) % 13) / 2), 7, cols);
    for (const output of ['value', ...model.outputs]) {
      for (const precision of ['float64', 'float32']) {
        const plan = await attempt('compile', () => model.compile({ output, precision }));
        if (plan === undefined) continue;
        await attempt('runSync', () => plan.runSync(X));
        await attempt('run', () => plan.run(X));
        await attempt('runRow', () => plan.runRow(X.row(0)));
        await attempt('explain', () => plan.explain());
      }
    }
    await attempt('predict', () => (model.kind === 'transformer' ? model.transform(X) : model.predict(X)));
    const properties = ['featureNamesIn', 'classes', 'coef', 'intercept', 'categories', 'statistics', 'scale', 'namedSteps'];
    for (const name of properties) await attempt(name, () => model[name]);
    for (const name of ['getFeatureNamesOut', 'getDepth', 'getNLeaves', 'clone', 'toBytes']) {
      await attempt(name, () => model[name]?.());
    }
    await attempt('fit', () => model.clone().fit(X, [0, 1, 0, 1, 0, 1, 0]));
  }
  closeSync(current);
  console.log(JSON.stringify(report));
`;

async function loadAll(files: readonly Uint8Array[]): Promise<Report> {
  let end = 0;
  const ends = files.map((file) => {
    end += file.length;
    return end;
  });
  await writeFile(join(folder, 'files'), Buffer.concat(files));
  await writeFile(join(folder, 'ends'), JSON.stringify(ends));
  const { code, signal, stdout, stderr } = await runChild(script, { BOREAL_TEST_FOLDER: folder });
  if (code !== 0) {
    const last = (await readFile(join(folder, 'current'), 'utf8')).trim();
    throw new Error(`File ${last} ended the process with ${signal ?? `code ${code}`}: ${stderr}`);
  }
  return JSON.parse(stdout);
}

const iris = loadIris();
const mixed = {
  length: Array.from({ length: 30 }, (_, i) => (i % 7 === 0 ? null : i / 3)),
  colour: Array.from({ length: 30 }, (_, i) => ['red', 'green', 'blue'][i % 3]),
  ripe: Array.from({ length: 30 }, (_, i) => i % 2 === 0),
};
const labels = mixed.colour.map((_, i) => (i % 4 === 0 ? 'sour' : 'sweet'));
const prepare = () =>
  new ColumnTransformer(
    [
      ['number', makePipeline(new SimpleImputer({ addIndicator: true }), new StandardScaler()), ['length']],
      ['word', new OneHotEncoder({ drop: 'first' }), { kind: 'category' }],
    ],
    { remainder: 'passthrough' },
  );

const MODELS: Record<string, () => Promise<Estimator>> = {
  forest: () =>
    new RandomForestClassifier({ nEstimators: 4, maxDepth: 4, randomState: 0 }).fit(iris.data, iris.target),
  regressor: () =>
    new RandomForestRegressor({ nEstimators: 3, maxDepth: 3, randomState: 0 }).fit(iris.data, iris.target),
  tree: () => {
    const X = iris.data.toArray().map(([a, b, c, d], i) => [a, i % 5 === 0 ? Number.NaN : b, c, d]);
    return new DecisionTreeRegressor({ randomState: 0 }).fit(X, iris.target);
  },
  logistic: () => makePipeline(new StandardScaler(), new LogisticRegression()).fit(iris.data, iris.target),
  columns: () => makePipeline(prepare(), new Ridge()).fit(mixed, mixed.ripe.map(Number)),
  classes: () =>
    makePipeline(prepare(), new RandomForestClassifier({ nEstimators: 2, randomState: 0 })).fit(
      mixed,
      labels,
    ),
  encoder: () => new OneHotEncoder({ handleUnknown: 'ignore' }).fit(mixed),
};

describe('damaged at random', () => {
  test.each(Object.keys(MODELS))('%s', { timeout: 240_000 }, async (name) => {
    const bytes = (await MODELS[name]()).toBytes({ made: 'for damage' });
    const random = new Random(2026);
    const files = [bytes, ...Array.from({ length: FILES_PER_MODEL }, () => mutate(bytes, random))];
    const { loaded, refused, problems } = await loadAll(files);
    expect(problems).toEqual([]);
    expect(loaded[0]).toBe(0);
    expect(loaded.length).toBeGreaterThan(FILES_PER_MODEL / 50);
    expect(refused).toBeGreaterThan(FILES_PER_MODEL / 2);
  });
});

/** Hostile files by what is wrong with them. */
async function hostileFiles(): Promise<Record<string, Uint8Array>> {
  const tree = (
    await new DecisionTreeRegressor({ maxDepth: 3, randomState: 0 }).fit(iris.data, iris.target)
  ).toBytes();
  const encoder = (await MODELS.encoder()).toBytes();
  const pipeline = (await MODELS.columns()).toBytes();
  const imputer = (
    await new IterativeImputer().fit([
      [1, Number.NaN],
      [2, 3],
      [3, 4],
    ])
  ).toBytes();
  const edit = (bytes: Uint8Array, change: (document: Json) => void) => {
    const parts = takeApart(bytes);
    change(parts.document);
    return putTogether(parts);
  };
  const text = (document: string) => putTogether({ document, body: new Uint8Array(0) });
  const word = (offset: number, value: number) => {
    const bytes = tree.slice();
    new DataView(bytes.buffer).setUint32(offset, value, true);
    return seal(bytes);
  };
  const place = (entry: Json) => edit(tree, ({ tensors }) => Object.assign(tensors[0], entry));
  const nodes = (feature: number[], left: number[]) =>
    withTensors(tree, {
      feature: Int32Array.from(feature),
      left: Int32Array.from(left),
      threshold: new Float64Array(feature.length),
      missingLeft: new Uint8Array(0),
      cover: new Float32Array(feature.length),
      impurity: new Float32Array(feature.length),
      values: Float64Array.of(1, 2),
      treeOffsets: Int32Array.of(0, feature.length),
    });
  const notUtf8 = tree.slice();
  notUtf8.set([0xff, 0xfe, 0xc0], 70);
  const wrongMagic = tree.slice();
  wrongMagic[0] = 0x62;
  const nested = '['.repeat(200_000) + ']'.repeat(200_000);
  const nest = (depth: number) => {
    const { model } = takeApart(pipeline).document;
    let outer = model;
    for (let k = 0; k < depth; k++) {
      outer = {
        ...model,
        params: { steps: [['only', 'passthrough']] },
        fitted: { ...model.fitted, state: { steps: [outer] } },
      };
    }
    return outer;
  };
  return {
    'no bytes': new Uint8Array(0),
    'less than a header': tree.slice(0, 63),
    'a header only': seal(tree.slice(0, 64)),
    'another magic': wrongMagic,
    'a newer version': word(8, 2),
    'flags where an imputer has none': edit(imputer, ({ model }) => {
      model.fitted.state.initial.params.addIndicator = true;
    }),
    'a document longer than the file': word(12, 0xffff_ffff),
    'no document': word(12, 0),
    'a length beyond 2^53': word(20, 0xffff_ffff),
    'bytes that are not UTF-8': seal(notUtf8),
    'a document that is a list': text('[]'),
    'a document that is null': text('null'),
    'a document that is no JSON': text('{"model"'),
    'an empty object': text('{}'),
    'a model without a tag': text('{"metadata":{},"tensors":[],"model":{}}'),
    'a model that is a list': text('{"metadata":{},"tensors":[],"model":[]}'),
    'values nested deeply': text(
      `{"metadata":{},"tensors":[],"model":{"$estimator":"Ridge","params":{"alpha":${nested}}}}`,
    ),
    'objects nested deeply': text(
      `{"metadata":{},"tensors":[],"model":${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}}`,
    ),
    'estimators nested deeply': edit(pipeline, (document) => {
      document.model = nest(30);
    }),
    'an unknown class': edit(tree, ({ model }) => {
      model.$estimator = 'Backdoor';
    }),
    ...Object.fromEntries(
      ['Object', 'Function', 'constructor', '__proto__', 'toString', ''].map((name) => [
        `the class '${name}'`,
        edit(tree, ({ model }) => {
          model.$estimator = name;
        }),
      ]),
    ),
    'an unfitted model': edit(tree, ({ model }) => {
      model.fitted = null;
    }),
    'a model inside of a pipeline that is unfitted': edit(pipeline, ({ model }) => {
      model.fitted.state.steps[1].fitted = null;
    }),
    'a string for a step': edit(pipeline, ({ model }) => {
      model.fitted.state.steps[1] = 'drop';
    }),
    'a tensor of 2^53 values': place({ length: Number.MAX_SAFE_INTEGER }),
    'a tensor of -1 values': place({ length: -1 }),
    'a tensor of half a value': place({ length: 0.5 }),
    'a tensor before the file': place({ offset: -64 }),
    'a tensor at an odd place': place({ offset: 4 }),
    'a tensor far behind the file': place({ offset: 64 * 2 ** 40 }),
    'a tensor of a type from Object': place({ type: 'constructor' }),
    'a tensor that is null': edit(tree, ({ tensors }) => {
      tensors[0] = null;
    }),
    'a tensor that does not exist': edit(tree, ({ model }) => {
      model.fitted.state.values = { $tensor: 1e6 };
    }),
    'a tensor by a name': edit(tree, ({ model }) => {
      model.fitted.state.values = { $tensor: 'length' };
    }),
    'a node that is its own child': nodes([0, -1, -1], [0, 0, 1]),
    'a child before its parent': nodes([0, -1, -1, 0, -1, -1], [3, 0, 1, 1, 0, 1]),
    'a child behind the tree': nodes([0, -1, -1], [2, 0, 1]),
    'children with two parents': nodes(
      [...Array(60).fill(0), -1, -1],
      [...Array(60).keys(), 0, 1].map((k) => k + 1),
    ),
    'nodes that nothing reaches': nodes([0, -1, -1, -1, -1], [1, 0, 1, 0, 1]),
    'a leaf without a value': nodes([0, -1, -1], [1, 0, 2]),
    'a leaf of a negative value': nodes([0, -1, -1], [1, 0, -5]),
    'a split of a column that is not there': nodes([4, -1, -1], [1, 0, 1]),
    'a split of column -2': nodes([-2, -1, -1], [1, 0, 1]),
    'a tree of no nodes': nodes([], []),
    'trees that overlap': withTensors(tree, { treeOffsets: Int32Array.of(0, 5, 3, 15) }),
    'a threshold of NaN': withTensors(tree, { threshold: new Float64Array(15).fill(Number.NaN) }),
    'an encoder of 2^31 categories': withTensors(encoder, {
      offsets: Int32Array.of(0, 2 ** 31 - 1, 2 ** 31 - 1, 2 ** 31 - 1),
    }),
    'an encoder of -1 categories': withTensors(encoder, { offsets: Int32Array.of(0, -1, 5, 6) }),
    'an encoder that drops category 99': withTensors(encoder, { drop: Int32Array.of(99, -1, -1) }),
    'a column behind the last': behindTheLast(pipeline),
    'a schema without columns': edit(tree, ({ model }) => {
      model.fitted.schema.columns = [];
    }),
    'a schema that is missing': edit(tree, ({ model }) => {
      delete model.fitted.schema;
    }),
    'a parameter of the prototype': text(
      JSON.stringify(takeApart(tree).document).replace(
        '"params":{',
        '"params":{"__proto__":{"polluted":true},',
      ),
    ),
    'a state of the prototype': text(
      JSON.stringify(takeApart(tree).document).replace(
        '"state":{',
        '"state":{"__proto__":{"polluted":true},',
      ),
    ),
    'a function in place of a number': edit(tree, ({ model }) => {
      model.params.maxDepth = { $function: 'process.exit()' };
    }),
  };
}

/** A ColumnTransformer whose first part takes column 99. */
function behindTheLast(bytes: Uint8Array): Uint8Array {
  const parts = takeApart(bytes);
  const [{ columns }] = parts.document.model.fitted.state.steps[0].fitted.state.parts;
  const { offset } = parts.document.tensors[columns.$tensor];
  new DataView(parts.body.buffer).setInt32(offset, 99, true);
  return putTogether(parts);
}

describe('made by hand', () => {
  test('every one is refused', async () => {
    const files = await hostileFiles();
    const names = Object.keys(files);
    const { loaded, refused, problems } = await loadAll(Object.values(files));
    expect(loaded.map((k) => names[k])).toEqual([]);
    expect(problems.map((problem) => `${names[Number.parseInt(problem, 10)]}: ${problem}`)).toEqual([]);
    expect(refused).toBe(names.length);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });

  test('keys of the prototype stay harmless metadata', async () => {
    const bytes = (await MODELS.encoder()).toBytes(
      JSON.parse('{"__proto__":{"polluted":true},"constructor":1}'),
    );
    const { metadata } = await loadWithMetadata(bytes);
    expect(Object.keys(metadata)).toEqual(['__proto__', 'constructor']);
    expect((metadata as { polluted?: unknown }).polluted).toBeUndefined();
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });

  test('a tree as deep as it has splits is walked without recursion', async () => {
    const tree = (
      await new DecisionTreeRegressor({ maxDepth: 3, randomState: 0 }).fit(iris.data, iris.target)
    ).toBytes();
    // Node 2k splits; its left child is leaf k, its right child splits again.
    const splits = 200_000;
    const count = 2 * splits + 1;
    const isLeaf = (k: number) => k % 2 === 1 || k === count - 1;
    const deep = withTensors(tree, {
      feature: Int32Array.from({ length: count }, (_, k) => (isLeaf(k) ? -1 : 0)),
      left: Int32Array.from({ length: count }, (_, k) => (isLeaf(k) ? k >> 1 : k + 1)),
      threshold: new Float64Array(count).fill(-1),
      missingLeft: new Uint8Array(0),
      cover: new Float32Array(count).fill(1),
      impurity: new Float32Array(count),
      values: new Float64Array(splits + 1).fill(20).fill(10, splits),
      treeOffsets: Int32Array.of(0, count),
    });
    expect(await loadAll([deep])).toEqual({ loaded: [0], refused: 0, problems: [] });
    const model = (await load(deep)) as DecisionTreeRegressor;
    expect([model.getDepth(), model.getNLeaves()]).toEqual([splits, splits + 1]);
    expect(
      await model.predict([
        [0, 0, 0, 0],
        [-2, 0, 0, 0],
      ]),
    ).toEqual(Float64Array.of(10, 20));
  });
});
