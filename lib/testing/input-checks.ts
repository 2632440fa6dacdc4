/** What an estimator refuses, with which code, and that errors about a value say where it stands. */
import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Matrix, type MatrixLike } from '../core/matrix.js';
import type { BorealError, ErrorCode } from '../errors.js';
import { assertThrows, type Check } from './check.js';
import { needsPlan } from './plan-checks.js';
import { type Model, type Subject, toTable } from './subject.js';

const isSupervised = (subject: Subject) => (subject.isSupervised ? undefined : 'it does not read y');

/** X with one other value. */
function withValue(X: Matrix, row: number, column: number, value: number): Matrix {
  const data = X.data.slice();
  data[row * X.cols + column] = value;
  return new Matrix(data, X.rows, X.cols);
}

/** Every way of handing rows to a fitted model. */
function uses(subject: Subject, model: Model, X: MatrixLike): Array<[string, () => unknown]> {
  if (!subject.hasPlan) return [];
  return [
    ['the asynchronous call', () => subject.apply(model, X)],
    ['the synchronous call', () => subject.applySync(model, X)],
    ['plan.run', () => model.compile().run(X)],
    ['plan.runSync', () => model.compile().runSync(X)],
  ];
}

function assertPlace(error: BorealError, row: number, column: number, what: string): void {
  assert.equal(error.row, row, `${what}: row of the error`);
  assert.equal(error.column, column, `${what}: column of the error`);
  assert.match(error.message, new RegExp(`^Row ${row}, column 'x${column}': `), what);
}

async function assertRefusesValue(subject: Subject, value: number, code: ErrorCode): Promise<void> {
  for (const X of [subject.X, subject.X.astype('float32')]) {
    const bad = withValue(X, 17, 2, value);
    const refused = await assertThrows(() => subject.make().fit(bad, subject.y), code, `fit on ${X.dtype}`);
    assertPlace(refused, 17, 2, 'fit');
    const model = await subject.fitted(X);
    for (const [what, use] of uses(subject, model, bad))
      assertPlace(await assertThrows(use, code, what), 17, 2, what);
    const single = bad.slice(17, 18);
    for (const [what, use] of uses(subject, model, single))
      assertPlace(await assertThrows(use, code, what), 0, 2, what);
    if (!subject.hasPlan) continue;
    const runRow = () => model.compile().runRow(single.row(0));
    assertPlace(await assertThrows(runRow, code, 'plan.runRow'), 0, 2, 'plan.runRow');
  }
}

export const inputChecks: readonly Check[] = [
  {
    name: 'before fit, everything that needs a model throws ERR_NOT_FITTED',
    async run(subject) {
      const model = subject.make();
      const path = join(tmpdir(), 'never-written.boreal');
      const calls: Array<[string, () => unknown]> = [
        ['the asynchronous call', () => subject.apply(model, subject.X)],
        ['the synchronous call', () => subject.applySync(model, subject.X)],
        ['compile', () => model.compile()],
        ['compileAsync', () => model.compileAsync()],
        ['toBytes', () => model.toBytes()],
        ['save', () => model.save(path)],
        ['schema', () => model.schema],
        ['nFeaturesIn', () => model.nFeaturesIn],
      ];
      if (subject.kind === 'classifier') calls.push(['classes', () => model.classes]);
      if (subject.givesColumns) calls.push(['getFeatureNamesOut', () => model.getFeatureNamesOut!()]);
      if (subject.hasProba) calls.push(['predictProba', () => model.predictProba!(subject.X)]);
      if (subject.isSupervised) calls.push(['score', () => model.score!(subject.X, subject.y as never)]);
      for (const [what, call] of calls) await assertThrows(call, 'ERR_NOT_FITTED', what);
    },
  },
  {
    name: 'another number of columns throws ERR_SHAPE',
    skip: needsPlan,
    async run(subject) {
      const model = await subject.fitted();
      for (const columns of [
        [0, 1, 2],
        [0, 1, 2, 3, 3],
      ]) {
        const X = subject.X.columns(columns);
        for (const [what, use] of uses(subject, model, X)) await assertThrows(use, 'ERR_SHAPE', what);
        await assertThrows(() => model.compile().runRow(X.row(0)), 'ERR_SHAPE', 'plan.runRow');
      }
      const ragged = [
        [1, 2, 3, 4],
        [1, 2, 3],
      ];
      await assertThrows(() => subject.make().fit(ragged, [0, 1]), 'ERR_SHAPE', 'fit on ragged rows');
      await assertThrows(() => subject.apply(model, ragged), 'ERR_SHAPE', 'ragged rows');
    },
  },
  {
    name: 'nothing to fit on throws ERR_EMPTY',
    async run(subject) {
      const empties: Record<string, MatrixLike> = {
        'no rows': [],
        'a matrix of no rows': new Matrix(new Float64Array(0), 0, 4),
        'no columns': new Matrix(new Float64Array(0), 4, 0),
        'empty rows': [[], []],
        'an empty table': {},
        'a table of empty columns': { a: [], b: [] },
      };
      for (const [what, X] of Object.entries(empties)) {
        await assertThrows(() => subject.make().fit(X, []), 'ERR_EMPTY', what);
      }
    },
  },
  {
    name: 'no rows in, no rows out',
    skip: needsPlan,
    async run(subject) {
      const model = await subject.fitted();
      const none = new Matrix(new Float64Array(0), 0, subject.X.cols);
      for (const result of [await subject.apply(model, none), subject.applySync(model, none)]) {
        assert.equal(result instanceof Matrix ? result.rows : result.length, 0);
      }
    },
  },
  {
    name: 'NaN throws ERR_INPUT_NAN and names its place',
    skip: ({ tags }) => (tags.allowNan ? 'it allows NaN' : undefined),
    run: (subject) => assertRefusesValue(subject, Number.NaN, 'ERR_INPUT_NAN'),
  },
  {
    name: 'NaN is used where it is allowed',
    skip: ({ tags }) => (tags.allowNan ? undefined : 'it does not allow NaN'),
    async run(subject) {
      const X = withValue(withValue(subject.X, 3, 1, Number.NaN), 17, 2, Number.NaN);
      const model = await subject.fitted(X);
      for (const [, use] of uses(subject, model, X)) await use();
      assert.deepStrictEqual(
        model.schema.columns.map((column) => column.hasMissing),
        [false, true, true, false],
      );
    },
  },
  {
    name: 'an infinite value throws ERR_INPUT_INFINITE and names its place',
    async run(subject) {
      await assertRefusesValue(subject, Number.POSITIVE_INFINITY, 'ERR_INPUT_INFINITE');
      await assertRefusesValue(subject, Number.NEGATIVE_INFINITY, 'ERR_INPUT_INFINITE');
    },
  },
  {
    name: 'text throws ERR_DTYPE',
    skip: ({ tags }) => (tags.allowCategories ? 'it allows text' : undefined),
    async run(subject) {
      const table = { ...toTable(subject.X), x1: subject.y.map(() => 'text') };
      await assertThrows(() => subject.make().fit(table, subject.y), 'ERR_DTYPE', 'fit on a column of text');
      const model = await subject.fitted(toTable(subject.X));
      for (const [what, use] of uses(subject, model, table)) await assertThrows(use, 'ERR_DTYPE', what);
      const rows = [[1, 'text', 2, 3]] as unknown as number[][];
      for (const [what, use] of uses(subject, model, rows)) await assertThrows(use, 'ERR_DTYPE', what);
    },
  },
  {
    name: 'text is used where it is allowed',
    skip: ({ tags }) => (tags.allowCategories ? undefined : 'it does not allow text'),
    async run(subject) {
      const table = { ...toTable(subject.X), x1: subject.y.map((_, i) => ['a', 'b', 'c'][i % 3]) };
      const model = await subject.fitted(table);
      for (const [, use] of uses(subject, model, table)) await use();
      assert.deepStrictEqual(model.schema.columns[1].categories, ['a', 'b', 'c']);
    },
  },
  {
    name: 'a table without a column of the model throws ERR_UNKNOWN_COLUMN',
    skip: needsPlan,
    async run(subject) {
      const model = await subject.fitted(toTable(subject.X));
      const { x2: _, ...rest } = toTable(subject.X);
      for (const [what, use] of uses(subject, model, rest))
        await assertThrows(use, 'ERR_UNKNOWN_COLUMN', what);
    },
  },
  {
    name: 'targets that cannot be learned are refused',
    skip: isSupervised,
    async run(subject) {
      const { X, y, kind } = subject;
      const refuse = (targets: unknown[] | undefined, code: ErrorCode, what: string) =>
        assertThrows(() => subject.make().fit(X, targets), code, what);
      await refuse(undefined, 'ERR_PARAMETER', 'fit without y');
      await refuse(y.slice(1), 'ERR_SHAPE', 'a y too short');
      if (kind === 'classifier') {
        await refuse(
          y.map((label, i) => (i === 5 ? null : label)),
          'ERR_LABELS',
          'a missing label',
        );
        await refuse(
          y.map((label, i) => (i === 5 ? 'five' : label)),
          'ERR_LABELS',
          'labels of two types',
        );
        await refuse(
          y.map(() => 1),
          'ERR_LABELS',
          'a single class',
        );
      } else {
        await refuse(y.map(String), 'ERR_DTYPE', 'targets of text');
        await refuse(
          y.map((value, i) => (i === 5 ? Number.NaN : value)),
          'ERR_INPUT_NAN',
          'a target of NaN',
        );
        await refuse(
          y.map((value, i) => (i === 5 ? Infinity : value)),
          'ERR_INPUT_INFINITE',
          'an infinite target',
        );
      }
    },
  },
  {
    name: 'weights that make no sense are refused',
    async run(subject) {
      const { X, y } = subject;
      const refuse = (sampleWeight: number[], code: ErrorCode, what: string) =>
        assertThrows(() => subject.make().fit(X, y, { sampleWeight }), code, what);
      await refuse([1, 2], 'ERR_SHAPE', 'too few weights');
      await refuse(
        y.map(() => 0),
        'ERR_PARAMETER',
        'weights that are all 0',
      );
      for (const bad of [-1, Number.NaN, Infinity]) {
        await refuse(
          y.map((_, i) => (i === 5 ? bad : 1)),
          'ERR_PARAMETER',
          `a weight of ${bad}`,
        );
      }
    },
  },
];
