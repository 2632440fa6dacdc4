/** Wrong arguments of functions on documents and sparse rows end in an error with a code. */
import { describe, expect, it } from 'vitest';
import {
  CSR,
  codeOf,
  DESCENT,
  f32,
  f64,
  LOGISTIC,
  raw,
  SVM,
  sparseKernel,
  sparseSearch,
  sparseVote,
  TEXT,
} from './calls.ts';

describe('text and sparse rows', () => {
  it.each<[string, string, () => unknown]>([
    [
      'ERR_SHAPE',
      'documents beyond their bytes',
      () => raw.textHash(...TEXT().with(1, Float64Array.of(0, 9)), 4, true, null, null, null),
    ],
    [
      'ERR_SHAPE',
      'documents that go back',
      () => raw.textHash(...TEXT().with(1, Float64Array.of(4, 2)), 4, true, null, null, null),
    ],
    ['ERR_SHAPE', 'no starts', () => raw.textHash(...TEXT().with(1, f64(0)), 4, true, null, null, null)],
    [
      'ERR_SHAPE',
      'too few values',
      () => raw.textHash(...TEXT(), 4, true, f64(1), Float64Array.of(0, 2, 3), null),
    ],
    ['ERR_PARAMETER', 'no columns', () => raw.textHash(...TEXT(), 0, true, null, null, null)],
    ['ERR_PARAMETER', 'a term twice', () => raw.termsCreate(Uint8Array.of(97, 255, 97, 255))],
    [
      'ERR_SHAPE',
      'a column that is not there',
      () => raw.csrColumnCounts(...CSR().with(1, Int32Array.of(1, 0, 9)), null),
    ],
    [
      'ERR_SHAPE',
      'a column below 0 of more columns than an int32 can tell',
      () =>
        raw.csrCheck(
          ...CSR()
            .with(1, Int32Array.of(1, -1, 2))
            .with(3, 2 ** 33),
        ),
    ],
    [
      'ERR_SHAPE',
      'rows that go back',
      () => raw.csrColumnCounts(...CSR().with(0, Int32Array.of(0, 3, 1)), null),
    ],
    ['ERR_PARAMETER', 'no parts', () => raw.csrSideBySide([], null)],
    ['ERR_PARAMETER', 'a part without columns', () => raw.csrSideBySide(CSR().slice(0, 3), null)],
    [
      'ERR_SHAPE',
      'parts whose columns wrap',
      () =>
        raw.csrSideBySide(
          [...Array(2048).fill(CSR().with(3, Number.MAX_SAFE_INTEGER)), CSR().with(3, 2048)].flat(),
          null,
        ),
    ],
    [
      'ERR_SHAPE',
      'parts of other rows',
      () => raw.csrSideBySide([...CSR(), ...CSR().with(0, Int32Array.of(0, 3))], null),
    ],
    [
      'ERR_SHAPE',
      'a part whose column is not there',
      () => raw.csrSideBySide([...CSR(), ...CSR().with(3, 1)], null),
    ],
    [
      'ERR_DTYPE',
      'distances of float32',
      () => raw.csrProduct(...CSR().slice(0, 2), f32(3), 3, f32(6), f32(2), 2, true, true, null),
    ],
    [
      'ERR_PARAMETER',
      'a group that is not there',
      () => raw.csrGroupSums(...CSR(), Int32Array.of(0, 2), 2, null, true, null),
    ],
    [
      'ERR_PARAMETER',
      'a solver that reads dense rows',
      () =>
        raw.csrLogistic(
          ...[...CSR(), Int32Array.of(0, 1), 2, null],
          ...[{ ...LOGISTIC, solver: 'newton-cholesky' }, null, null],
        ),
    ],
    [
      'ERR_SHAPE',
      'a start of another shape',
      () =>
        raw.csrLogistic(
          ...[...CSR(), Int32Array.of(0, 1), 2, null],
          ...[{ ...LOGISTIC, startCoef: f64(1), startIntercept: f64(1) }, null, null],
        ),
    ],
    [
      'ERR_SHAPE',
      'y of another length',
      () => raw.csrElasticNet(...CSR(), f64(3), null, { ...DESCENT, alphas: f64(1), l1Ratio: 1 }, null),
    ],
    [
      'ERR_PARAMETER',
      'more neighbours than points',
      () => raw.csrNearest(...CSR(), ...CSR(), sparseSearch({ count: 2, own: true }), null),
    ],
    ['ERR_PARAMETER', 'no neighbours', () => raw.csrNearest(...CSR(), ...CSR(), sparseSearch(), null)],
    [
      'ERR_SHAPE',
      'queries of other columns',
      () => raw.csrWithin(...CSR(), ...CSR().with(3, 4), sparseSearch(), false, null),
    ],
    [
      'ERR_PARAMETER',
      'a radius below 0',
      () => raw.csrWithin(...CSR(), ...CSR(), sparseSearch({ radius: -1 }), false, null),
    ],
    [
      'ERR_SHAPE',
      'targets of other rows',
      () => raw.csrVotes(...CSR(), ...CSR(), { ...sparseVote(), values: f64(3) }, null),
    ],
    [
      'ERR_PARAMETER',
      'a class that is not there',
      () =>
        raw.csrVotes(
          ...[...CSR(), ...CSR()],
          ...[{ ...sparseVote(), vote: 'classes', classes: Int32Array.of(0, 1), values: f64(0) }, null],
        ),
    ],
    [
      'ERR_PARAMETER',
      'distances in other columns',
      () =>
        raw.csrVotes(
          ...[...CSR(), ...CSR()],
          ...[{ ...sparseVote(), vote: 'distances', outputs: 2, values: f64(0) }, null],
        ),
    ],
    [
      'ERR_SHAPE',
      'weights of other vectors',
      () => raw.csrKernelExpansion(...CSR(), ...CSR(), { ...sparseKernel(), weights: f64(3) }, null),
    ],
    [
      'ERR_SHAPE',
      'rows of other columns than the vectors',
      () => raw.csrKernelExpansion(...CSR(), ...CSR().with(3, 4), sparseKernel(), null),
    ],
    [
      'ERR_PARAMETER',
      'a sparse kernel that is given',
      () =>
        raw.csrSvm(
          ...[...CSR(), Float64Array.of(0, 1), 2, null],
          ...[{ ...SVM, kernel: 'precomputed' }, null, null],
        ),
    ],
  ])('%s: %s', async (code, _, call) => {
    expect(await codeOf(call)).toBe(code);
  });
});

it('sparse rows are those whose columns ascend below their number, in each row: the same answer as of a loop', async () => {
  // Every two rows, and an empty one before, between or after them, of up to three columns.
  const lists = [[], [0], [2], [0, 1], [0, 2], [1, 1], [2, 1], [-1, 0], [3], [0, 1, 2], [0, 2, 1], [1, 3]];
  const ascends = (row: readonly number[]) => row.every((j, k) => j > (row[k - 1] ?? -1) && j < 3);
  for (const first of lists) {
    for (const second of lists) {
      for (const rows of [
        [[], first, second],
        [first, [], second],
        [first, second, []],
      ]) {
        const starts = Int32Array.from({ length: 4 }, (_, i) => rows.slice(0, i).flat().length);
        const columns = Int32Array.from(rows.flat());
        const check = () => raw.csrCheck(starts, columns, f64(columns.length), 3);
        if (rows.every(ascends)) expect(check()).toBeUndefined();
        else expect(await codeOf(check), JSON.stringify(rows)).toBe('ERR_SHAPE');
      }
    }
  }
});
