/** What exportONNX writes: every estimator, or those that the guide names, and what importONNX reads back of it. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { registeredEstimators } from '../../lib/core/registry.js';
import {
  exportONNX,
  type ImportedGraphClassifier,
  importONNX,
  KMeans,
  KNeighborsClassifier,
  RadiusNeighborsClassifier,
  RadiusNeighborsRegressor,
  SVC,
  SVR,
} from '../../lib/index.js';
import type { NodeProto } from '../../lib/interchange/onnx/messages.js';
import { ELEMENT, encodeModel } from '../../lib/interchange/onnx/messages.js';
import { Subject } from '../../lib/testing/subject.js';
import { codeOf } from '../support/codes.js';
import { EXAMPLES } from '../support/estimators.js';
import { expectClose, iterative } from '../support/tolerance.js';

const guide = readFileSync(new URL('../../docs/guide/interchange.md', import.meta.url), 'utf8');

describe('every estimator is exported, or named in the guide', () => {
  const [, table] = guide.split('| not exported ');
  const named = new Set(
    table
      .slice(0, table.indexOf('\n\n'))
      .split('\n')
      .flatMap((line) => [...line.split(' | ')[0].matchAll(/`([A-Z]\w+)`/g)].map(([, name]) => name)),
  );
  const refused = new Set<string>();
  const shown = new Set(EXAMPLES.map(({ make }) => make().constructor.name));

  test.each(EXAMPLES)('$name', async ({ make }) => {
    const subject = new Subject(make);
    const model = await subject.fitted();
    let bytes: Uint8Array;
    try {
      bytes = exportONNX(model, { precision: 'float64' });
    } catch (error) {
      expect(error).toMatchObject({ code: 'ERR_NOT_SUPPORTED' });
      expect([...named]).toContain(subject.name);
      refused.add(subject.name);
      return;
    }
    const back = importONNX(bytes);
    const output =
      model.kind === 'classifier'
        ? model.outputs.includes('proba')
          ? 'proba'
          : 'label'
        : model.kind === 'outlierDetector'
          ? 'label'
          : 'value';
    if (output === 'label') return;
    const [actual, expected] = [back, model].map(
      (each) => each.compile({ output, precision: 'float64' }).runSync(subject.X).data,
    );
    const largest = Array.from(expected, Math.abs)
      .filter(Number.isFinite)
      .reduce((a, b) => Math.max(a, b), 1);
    expectClose(
      Array.from(actual, (value) => value / largest),
      Array.from(expected, (value) => value / largest),
      iterative(1e-5),
    );
  });

  test('and the guide names no others', () => {
    // The vectorizer that joins those of an ensemble is no name of its own to a user.
    const others = registeredEstimators().filter(
      ({ name }) => !shown.has(name) && name !== 'JointVectorizer' && name !== 'SideBySide',
    );
    const sparse = others.filter(({ name }) => /Vectorizer$|^FeatureHasher$|^TfidfTransformer$/.test(name));
    expect([...named].sort()).toEqual([...refused, ...sparse.map(({ name }) => name)].sort());
  });
});

const points = Array.from({ length: 300 }, (_, i) =>
  Array.from({ length: 70 }, (_, j) => Math.sin(1 + 3 * i + j * j)),
);

test('distances from more values than are compared at once', async () => {
  const y = points.map(([a]) => a);
  const model = await new SVR({ gamma: 0.02 }).fit(points, y);
  const back = importONNX(exportONNX(model, { precision: 'float64' }));
  expectClose(back.compile().runSync(points).data, model.predictSync(points), iterative(1e-12));
  const explained = back.compile().explain();
  expect(JSON.stringify(explained)).not.toContain('"gather"');
});

test('a row alone within the radius has no class, and NaN for a number', async () => {
  const X = [
    [0, 0],
    [0.5, 0],
    [4, 4],
  ];
  const far = [
    [9, -9],
    [0.25, 0],
    [4, 4],
  ];
  for (const weights of ['uniform', 'distance'] as const) {
    const numbers = await new RadiusNeighborsRegressor({ radius: 1, weights }).fit(X, [1, 2, 7]);
    const values = importONNX(exportONNX(numbers)).compile().runSync(far).data;
    expect(Array.from(values)).toEqual([Number.NaN, 1.5, 7]);
    const labels = await new RadiusNeighborsClassifier({ radius: 1, weights, outlierLabel: 1 }).fit(
      X,
      [0, 0, 1],
    );
    const back = importONNX(exportONNX(labels)) as ImportedGraphClassifier;
    expect(back.predictSync(far)).toEqual(labels.predictSync(far));
    expect(back.predictProbaSync(far).toArray()).toEqual(labels.predictProbaSync(far).toArray());
  }
});

test('k-means is read back as distances from its centres', async () => {
  const model = await new KMeans({ nClusters: 4, randomState: 1 }).fit(points);
  const back = importONNX(exportONNX(model, { precision: 'float64' }));
  expect(back.compile().runSync(points).data).toEqual(model.compile().runSync(points).data);
});

test('more pairs of classes than a graph can couple are refused', async () => {
  const X = Array.from({ length: 130 }, (_, i) => [i % 65, Math.floor(i / 65)]);
  const y = X.map(([label]) => label);
  const model = await new SVC({ probability: true, randomState: 0 }).fit(X, y);
  expect(codeOf(() => exportONNX(model))).toBe('ERR_NOT_SUPPORTED');
  const near = await new KNeighborsClassifier({ nNeighbors: 1 }).fit(X, y);
  expect(exportONNX(near).length).toBeGreaterThan(0);
});

describe('graphs of distances', () => {
  const numbers = (name: string, dims: number[], data: number[], dataType: number = ELEMENT.double) => ({
    ...{ name, dims, dataType },
    rawData: new Uint8Array(
      (dataType === ELEMENT.int64 ? BigInt64Array.from(data, BigInt) : Float64Array.from(data)).buffer,
    ),
  });
  const P = numbers('P', [2, 3], [0, 0, 0, 1, 1, 2]);
  const two = numbers('two', [1], [2], ELEMENT.int64);
  const read = (node: NodeProto[], initializer = [P, two]) => {
    const dim = [{ param: 'N' }, { value: 3 }];
    const input = [{ name: 'X', type: { tensorType: { elemType: ELEMENT.double, shape: { dim } } } }];
    const one = numbers('one', [1], [1], ELEMENT.int64);
    const rows = { opType: 'Unsqueeze', input: ['X', 'one'], output: ['R'] };
    const graph = {
      node: [rows, ...node],
      input,
      output: [{ name: 'Y' }],
      initializer: [...initializer, one],
    };
    return importONNX(encodeModel({ irVersion: 8, opsetImport: [{ version: 15 }], graph }));
  };
  const sub = { opType: 'Sub', input: ['P', 'R'], output: ['G'] };
  const keep = [{ name: 'keepdims', i: 0 }];
  const expectValues = (node: NodeProto[], expected: number[], initializer?: (typeof P)[]) =>
    expectClose(
      read(node, initializer)
        .compile()
        .runSync([[1, 2, 4]]).data,
      expected,
      iterative(1e-6),
    );

  test('points less rows, squared or without their signs', () => {
    const squares = { opType: 'Mul', input: ['G', 'G'], output: ['S'] };
    const sum = { opType: 'ReduceSum', input: ['S', 'two'], output: ['Y'], attribute: keep };
    expectValues([sub, squares, sum], [21, 5]);
    const sizes = { opType: 'Abs', input: ['G'], output: ['S'] };
    expectValues([sub, sizes, sum], [7, 3]);
    // A plain sum of the gaps, and one of other products, are no distances.
    expectValues([sub, { ...sum, input: ['G', 'two'] }], [-7, -3]);
    const other = { opType: 'Mul', input: ['G', 'R'], output: ['S'] };
    expectValues([sub, other, sum], [-21, -10]);
  });

  test('sums over the points are none', () => {
    const squares = { opType: 'Mul', input: ['G', 'G'], output: ['S'] };
    const overPoints = [numbers('two', [1], [1], ELEMENT.int64), P];
    const sum = { opType: 'ReduceSum', input: ['S', 'two'], output: ['Y'], attribute: keep };
    expectValues([sub, squares, sum], [1, 5, 20], overPoints);
  });

  test('the least and the greatest columns, of equal ones the first', () => {
    const take = (k: number, largest: number): NodeProto[] =>
      [
        {
          opType: 'TopK',
          input: ['X', 'k'],
          output: ['V', 'I'],
          attribute: [{ name: 'largest', i: largest }],
        },
        { opType: 'Cast', input: ['I'], output: ['J'], attribute: [{ name: 'to', i: ELEMENT.double }] },
        { opType: 'Concat', input: ['V', 'J'], output: ['Y'], attribute: [{ name: 'axis', i: 1 }] },
      ].map((node, i) => ({ ...node, name: `${k} ${i}` }));
    const of = (k: number, largest: number) =>
      read(take(k, largest), [numbers('k', [1], [k], ELEMENT.int64)]);
    const run = (k: number, largest: number, row: number[]) =>
      Array.from(of(k, largest).compile().runSync([row]).data);
    expect(run(2, 1, [1, 4, 4])).toEqual([4, 4, 1, 2]);
    expect(run(3, 0, [1, 4, 1])).toEqual([1, 1, 4, 0, 2, 1]);
    for (const k of [0, 4, -1]) expect(codeOf(() => of(k, 1))).toBe('ERR_IMPORT');
  });

  test('parts of a constant, which must exist', () => {
    const take = { opType: 'Gather', input: ['P', 'at'], output: ['Q'] };
    const add = { opType: 'Add', input: ['X', 'Q'], output: ['Y'] };
    const at = (index: number) => [P, numbers('at', [1], [index], ELEMENT.int64)];
    expectValues([take, add], [2, 3, 6], at(-1));
    expect(codeOf(() => read([take, add], at(2)))).toBe('ERR_IMPORT');
  });

  test('a constant beyond the widest matrix is refused', () => {
    const many = numbers('P', [1 << 11, 1, 1], new Array(1 << 11).fill(0));
    const wide = numbers('W', [1, 1, 1 << 12], new Array(1 << 12).fill(0));
    const nodes = [
      { opType: 'Slice', input: ['X', 'zero', 'one', 'one'], output: ['x'] },
      { opType: 'Unsqueeze', input: ['x', 'two'], output: ['x3'] },
      { opType: 'Add', input: ['x3', 'W'], output: ['a'] },
      { opType: 'Unsqueeze', input: ['a', 'one'], output: ['b'] },
      { opType: 'Add', input: ['b', 'P'], output: ['Y'] },
    ];
    const zero = numbers('zero', [1], [0], ELEMENT.int64);
    expect(() => read(nodes, [many, wide, zero, two])).toThrow(/8388608 values for each row, more than/);
  });
});
