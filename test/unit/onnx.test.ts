/** importONNX and exportONNX: refusals that say why, options, and files that are cut short, damaged or hostile. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { Random } from '../../lib/core/random.js';
import {
  BorealError,
  exportONNX,
  FileFormatError,
  type ImportedGraphClassifier,
  ImportedGraphTransformer,
  importONNX,
  LinearRegression,
  load,
  OneHotEncoder,
  StandardScaler,
} from '../../lib/index.js';
import {
  type AttributeProto,
  ELEMENT,
  encodeModel,
  type GraphProto,
  type NodeProto,
} from '../../lib/interchange/onnx/messages.js';

const bytesOf = (file: string) => readFileSync(new URL(`../golden/models/${file}`, import.meta.url));
const text = (value: string) => new TextEncoder().encode(value);

const INPUT = {
  name: 'X',
  type: { tensorType: { elemType: ELEMENT.float, shape: { dim: [{}, { value: 3 }] } } },
};

function node(opType: string, attribute: AttributeProto[] = [], rest: NodeProto = {}): NodeProto {
  return { opType, name: 'n1', input: ['X'], output: ['Y'], attribute, ...rest };
}
const ml = (opType: string, attribute: AttributeProto[] = [], rest: NodeProto = {}) =>
  node(opType, attribute, { domain: 'ai.onnx.ml', ...rest });

function file(nodes: NodeProto[], graph: GraphProto = {}): Uint8Array {
  const opsetImport = [{ version: 15 }, { domain: 'ai.onnx.ml', version: 3 }];
  return encodeModel({
    irVersion: 8,
    opsetImport,
    graph: { node: nodes, input: [INPUT], output: [{ name: 'Y' }], ...graph },
  });
}

function refusal(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    expect(error).toBeInstanceOf(FileFormatError);
    expect((error as FileFormatError).code).toBe('ERR_IMPORT');
    return (error as Error).message;
  }
  throw new Error('It was imported.');
}

const ids = (name: string, ints: number[]): AttributeProto => ({ name, ints });
/** A tree of a root and two leaves, with some attributes changed. */
function tree(changes: Record<string, AttributeProto> = {}): NodeProto {
  const attributes: Record<string, AttributeProto> = {
    n_targets: { i: 1 },
    nodes_treeids: ids('', [0, 0, 0]),
    nodes_nodeids: ids('', [0, 1, 2]),
    nodes_featureids: ids('', [1, 0, 0]),
    nodes_modes: { strings: ['BRANCH_LEQ', 'LEAF', 'LEAF'].map(text) },
    nodes_values: { floats: [0.5, 0, 0] },
    nodes_truenodeids: ids('', [1, 0, 0]),
    nodes_falsenodeids: ids('', [2, 0, 0]),
    target_treeids: ids('', [0, 0]),
    target_nodeids: ids('', [1, 2]),
    target_ids: ids('', [0, 0]),
    target_weights: { floats: [1, 2] },
    ...changes,
  };
  return ml(
    'TreeEnsembleRegressor',
    Object.entries(attributes).map(([name, value]) => ({ ...value, name })),
  );
}

describe('importONNX', () => {
  test('a tree', () => {
    expect(
      importONNX(file([tree()]))
        .compile()
        .runSync([
          [0, 0.5, 0],
          [0, 0.6, 0],
          [0, Number.NaN, 0],
        ]).data,
    ).toEqual(Float32Array.of(1, 2, 2));
  });

  test('takes names of columns and labels', () => {
    const model = importONNX(bytesOf('onnx-iris-forest.onnx'), {
      features: ['a', 'b', 'c', 'd'],
      classes: ['one', 'two', 'three'],
    }) as ImportedGraphClassifier;
    expect(model.featureNamesIn).toEqual(['a', 'b', 'c', 'd']);
    expect(model.predictSync([{ a: 5.1, b: 3.5, c: 1.4, d: 0.2 }])).toEqual(['one']);
    expect(model.params.source).toMatch(/^skl2onnx \d/);
  });

  test('takes columns, categories and labels from the file', () => {
    const model = importONNX(bytesOf('onnx-ship-logistic.onnx')) as ImportedGraphClassifier;
    expect(model.schema.columns.map(({ name, kind }) => [name, kind])).toEqual([
      ['age', 'number'],
      ['fare', 'number'],
      ['cabinClass', 'number'],
      ['sex', 'category'],
      ['port', 'category'],
    ]);
    expect(model.schema.columns[3].categories).toEqual(['female', 'male']);
    expect(model.classes).toEqual(['died', 'survived']);
    const row = { age: null, fare: 80, cabinClass: 1, sex: 'female', port: 'Atlantis' };
    expect(model.predictSync([row])).toEqual(['survived']);
  });

  test('takes one output of several', () => {
    const model = importONNX(bytesOf('onnx-iris-forest.onnx'), { output: 'probabilities' });
    expect(model).toBeInstanceOf(ImportedGraphTransformer);
    expect((model as ImportedGraphTransformer).transformSync([[5.1, 3.5, 1.4, 0.2]]).cols).toBe(3);
    expect((model as ImportedGraphTransformer).getFeatureNamesOut()).toEqual([
      'probabilities0',
      'probabilities1',
      'probabilities2',
    ]);
  });

  test('cannot be fitted', async () => {
    const model = importONNX(bytesOf('onnx-iris-forest.onnx'));
    await expect(model.fit([[1, 2, 3, 4]], [1])).rejects.toMatchObject({ code: 'ERR_NOT_SUPPORTED' });
  });

  const bad = (changes: Record<string, AttributeProto>) => () => importONNX(file([tree(changes)]));
  test.each<[string, () => unknown]>([
    ['it has no graph', () => importONNX(Uint8Array.of(8, 7))],
    ["node 'n1' (Magic): this operator is not supported", () => importONNX(file([node('Magic')]))],
    ["node 'n1' (constructor)", () => importONNX(file([node('constructor')]))],
    ['(Scan)', () => importONNX(file([node('Scan')]))],
    ["no node before it writes 'Y'", () => importONNX(file([node('Abs', [], { input: ['Y'] })]))],
    ["'Y' is written twice", () => importONNX(file([node('Abs'), node('Exp')]))],
    ["writes output 'Z'", () => importONNX(file([node('Abs')], { output: [{ name: 'Z' }] }))],
    ['it has no output', () => importONNX(file([node('Abs')], { output: [] }))],
    ["no output 'z'", () => importONNX(file([node('Abs')]), { output: 'z' })],
    ['it has no input', () => importONNX(file([], { input: [] }))],
    ['is no tensor', () => importONNX(file([], { input: [{ name: 'X', type: {} }] }))],
    ["'features' names 2", () => importONNX(file([node('Abs')]), { features: ['a', 'b'] })],
    ['the same name', () => importONNX(file([node('Abs')]), { features: ['a', 'b', 'a'] })],
    ['has no attribute', () => importONNX(file([node('Cast')]))],
    ["norm 'L7'", () => importONNX(file([ml('Normalizer', [{ name: 'norm', s: text('L7') }])]))],
    ["'scale' has 2 values", () => importONNX(file([ml('Scaler', [{ name: 'scale', floats: [1, 2] }])]))],
    [
      "kernel 'MAGIC'",
      () =>
        importONNX(
          file([
            ml('SVMRegressor', [
              { name: 'n_supports', i: 1 },
              { name: 'support_vectors', floats: [1, 2, 3] },
              { name: 'kernel_type', s: text('MAGIC') },
            ]),
          ]),
        ),
    ],
    ["mode 'BRANCH_MAGIC'", bad({ nodes_modes: { strings: ['BRANCH_MAGIC', 'LEAF', 'LEAF'].map(text) } })],
    ['come to node 0 twice', bad({ nodes_truenodeids: ids('', [0, 0, 0]) })],
    ['child that is not there', bad({ nodes_truenodeids: ids('', [7, 0, 0]) })],
    ['child that is not there', bad({ nodes_falsenodeids: ids('', [-1, 0, 0]) })],
    ['reads feature 3 of 3', bad({ nodes_featureids: ids('', [3, 0, 0]) })],
    ["'nodes_values' has 1", bad({ nodes_values: { floats: [1] } })],
    ['threshold is NaN', bad({ nodes_values: { floats: [Number.NaN, 0, 0] } })],
    ['two nodes 1', bad({ nodes_nodeids: ids('', [0, 1, 1]) })],
    ['which is not there', bad({ target_nodeids: ids('', [1, 9]) })],
    ['output 4 of 1', bad({ target_ids: ids('', [0, 4]) })],
    ['a weight is Infinity', bad({ target_weights: { floats: [1, Infinity] } })],
    ['has 2000000000 outputs', bad({ n_targets: { i: 2_000_000_000 } })],
    ["aggregate_function 'MODE'", bad({ aggregate_function: { s: text('MODE') } })],
    ["post_transform 'PROBIT'", bad({ post_transform: { s: text('PROBIT') } })],
    ['no trees', bad({ nodes_treeids: ids('', []), nodes_nodeids: ids('', []), nodes_modes: {} })],
  ])('refuses: %s', (words, run) => {
    expect(refusal(run)).toMatch(words);
  });

  test('refuses constants that are not what they say', () => {
    const constant = (tensor: object) => () =>
      importONNX(file([node('Add', [], { input: ['X', 'C'] })], { initializer: [{ name: 'C', ...tensor }] }));
    expect(refusal(constant({ dims: [3], dataType: 1, floatData: [1, 2] }))).toMatch('2 elements, not 3');
    expect(refusal(constant({ dims: [2 ** 40, 2 ** 40], dataType: 1 }))).toMatch('elements, not');
    expect(refusal(constant({ dims: [-1], dataType: 1 }))).toMatch('bad shape');
    expect(refusal(constant({ dims: [1], dataType: 10 }))).toMatch('type 10');
    expect(refusal(constant({ dims: [1], dataType: 1, rawData: Uint8Array.of(1) }))).toMatch('bytes');
    expect(refusal(constant({ dims: [1], dataType: 1, dataLocation: 1 }))).toMatch('another file');
    expect(refusal(constant({ dims: [2], dataType: 1, floatData: [1, 2] }))).toMatch(
      'does not go with 3 columns',
    );
  });

  test('refuses files that are cut short anywhere, nest too deep, or lie about lengths', () => {
    const bytes = bytesOf('onnx-iris-hist.onnx');
    for (let length = 0; length < bytes.length; length += 1 + (length % 67)) {
      try {
        importONNX(bytes.subarray(0, length));
      } catch (error) {
        expect(error).toBeInstanceOf(FileFormatError);
      }
    }
    // A graph whose length is 2^62, and one of 2 GB.
    expect(
      refusal(() => importONNX(Uint8Array.of(0x3a, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x40))),
    ).toMatch('past the end');
    expect(refusal(() => importONNX(Uint8Array.of(0x3a, 0xff, 0xff, 0xff, 0xff, 0x07)))).toMatch(
      'past the end',
    );
    expect(refusal(() => importONNX(new Uint8Array(20).fill(0xff)))).toMatch('more than 10 bytes');
    expect(refusal(() => importONNX(Uint8Array.of(0x3b)))).toMatch('wire type 3');
    // Empty nodes, two bytes each.
    const nodes = new Uint8Array(1_200_000);
    for (let k = 0; k < nodes.length; k += 2) nodes[k] = 0x0a;
    const length = Uint8Array.of(
      0x80 | (nodes.length & 0x7f),
      0x80 | ((nodes.length >> 7) & 0x7f),
      0x80 | ((nodes.length >> 14) & 0x7f),
      nodes.length >> 21,
    );
    const crowded = Buffer.concat([Uint8Array.of(0x3a), length, nodes]);
    expect(refusal(() => importONNX(crowded))).toMatch('messages');
  });

  test.each([
    'onnx-iris-hist.onnx',
    'onnx-ship-forest.onnx',
    'onnx-ship-filled.onnx',
    'onnx-iris-svc-proba.onnx',
    'onnx-op-members.onnx',
    'onnx-op-arithmetic.onnx',
  ])('survives damage: %s', (name) => {
    for (let seed = 0; seed < 60; seed++) {
      const random = new Random(seed);
      const bytes = Uint8Array.from(bytesOf(name));
      for (let k = 0; k <= seed % 3; k++) bytes[random.int(bytes.length)] = random.int(256);
      try {
        importONNX(bytes).compile();
      } catch (error) {
        if (!(error instanceof BorealError)) throw error;
      }
    }
  });

  test('refuses model files whose steps are damaged', async () => {
    const bytes = importONNX(file([node('Abs')])).toBytes();
    const damaged = Buffer.from(bytes);
    const at = damaged.indexOf('"activation"');
    expect(at).toBeGreaterThan(0);
    for (const op of ['"buildxxxxx"', '"toString"  ', '"softmax" , ']) {
      damaged.write(op, at, 'latin1');
      await expect(load(damaged)).rejects.toMatchObject({ code: 'ERR_MODEL_FILE' });
    }
  });
});

describe('exportONNX', () => {
  test('has an input for each column where one holds text, or on request', async () => {
    const model = await new StandardScaler().fit({ age: [1, 2, 4], size: [3, 5, 9] });
    expect(importONNX(exportONNX(model)).featureNamesIn).toEqual(['age', 'size']);
    expect(importONNX(exportONNX(model, { inputs: 'columns' })).featureNamesIn).toEqual(['age', 'size']);
    const words = await new OneHotEncoder().fit({ city: ['Oslo', 'Turku', 'Oslo'] });
    const copy = importONNX(exportONNX(words)) as ImportedGraphTransformer;
    expect(copy.transformSync([{ city: 'Turku' }, { city: 'Oslo' }, { city: 'Bern' }]).toArray()).toEqual([
      [0, 1],
      [1, 0],
      [0, 0],
    ]);
  });

  test('refuses what it cannot write', async () => {
    const code = (run: () => unknown) => {
      try {
        run();
      } catch (error) {
        return (error as BorealError).code;
      }
      return undefined;
    };
    expect(code(() => exportONNX(new LinearRegression()))).toBe('ERR_NOT_FITTED');
    expect(code(() => exportONNX({} as LinearRegression))).toBe('ERR_PARAMETER');
    const model = await new LinearRegression().fit([[1], [2]], [1, 2]);
    expect(code(() => exportONNX(model, { precision: 'int8' as 'float32' }))).toBe('ERR_PARAMETER');
    expect(code(() => exportONNX(model, { inputs: 'all' as 'matrix' }))).toBe('ERR_PARAMETER');
    const words = await new OneHotEncoder().fit({ city: ['Oslo', 'Turku'] });
    expect(code(() => exportONNX(words, { inputs: 'matrix' }))).toBe('ERR_PARAMETER');
  });

  test('writes the same bytes each time', async () => {
    const model = await new LinearRegression().fit(
      [
        [1, 2],
        [2, 1],
        [3, 5],
      ],
      [1, 2, 4],
    );
    expect(exportONNX(model)).toEqual(exportONNX(model));
  });
});
