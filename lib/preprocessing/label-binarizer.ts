/** Labels as columns of zeros and ones: one label a row, or several. */
import { distinctLabels, type Label } from '../core/labels.js';
import { Matrix, type NumericMatrixLike } from '../core/matrix.js';
import { checkParams, real, requireOptions, show } from '../core/params.js';
import { CsrMatrix } from '../core/sparse/csr-matrix.js';
import { ValidationError } from '../errors.js';
import { learnLabels, requireLabels, requireLearned, requireList } from './label-lists.js';

/** Options of {@link LabelBinarizer}. */
export interface LabelBinarizerOptions {
  /** What stands for "another label", below posLabel. Default 0. */
  readonly negLabel?: number;
  /** What stands for "this label". Default 1. */
  readonly posLabel?: number;
}

/**
 * A column for each label, in sorted order, with `posLabel` where a row has it; of two labels one column, for the second. Classifiers of
 * boreal take labels as they are, and need none; this is for code that wants the columns, such as networks of one's own.
 *
 * Differs from scikit-learn: `transform` is dense, `transformSparse` sparse; one label a row; missing labels are refused.
 *
 * @example
 * ```ts
 * import { LabelBinarizer } from 'boreal';
 * const binarizer = new LabelBinarizer().fit(['rome', 'oslo', 'bern']);
 * binarizer.classes; // ['bern', 'oslo', 'rome']
 * binarizer.transform(['oslo', 'paris']).toArray(); // [[0, 1, 0], [0, 0, 0]]
 * binarizer.inverseTransform([[0.1, 0.2, 0.7]]); // ['rome']
 * ```
 */
export class LabelBinarizer {
  #classes: readonly Label[] | null = null;
  readonly #negLabel: number;
  readonly #posLabel: number;

  /** @throws {ERR_PARAMETER} for a bad option, or `negLabel` that is not below `posLabel` */
  constructor(options: LabelBinarizerOptions = {}) {
    requireOptions(options);
    const { negLabel = 0, posLabel = 1 } = options;
    checkParams(
      'LabelBinarizer',
      { negLabel, posLabel },
      { negLabel: real(), posLabel: real(negLabel, Infinity, 'min') },
    );
    this.#negLabel = negLabel;
    this.#posLabel = posLabel;
  }

  /**
   * Learns the labels.
   *
   * @throws {ERR_LABELS | ERR_EMPTY} for a missing label, labels of mixed types, or none
   */
  fit(y: ArrayLike<unknown>): this {
    this.#classes = learnLabels('LabelBinarizer', y);
    return this;
  }

  /** The labels, sorted. @throws {ERR_NOT_FITTED} before `fit` */
  get classes(): Label[] {
    return requireLearned('LabelBinarizer', this.#classes);
  }

  /**
   * The columns, [rows, labels], or [rows, 1] of two labels; of one that `fit` did not see no column is `posLabel`.
   *
   * @throws {ERR_NOT_FITTED | ERR_LABELS} before `fit`, or for a missing label
   */
  transform(y: ArrayLike<unknown>): Matrix<Float64Array> {
    const { columns, cols } = this.#columnsOf(y);
    const out = new Matrix(
      new Float64Array(columns.length * cols).fill(this.#negLabel),
      columns.length,
      cols,
    );
    columns.forEach((column, i) => {
      if (column >= 0) out.data[i * cols + column] = this.#posLabel;
    });
    return out;
  }

  /**
   * As {@link LabelBinarizer.transform}, sparse.
   *
   * @throws {ERR_PARAMETER} where `negLabel` is not 0
   * @throws {ERR_NOT_FITTED | ERR_LABELS} before `fit`, or for a missing label
   */
  transformSparse(y: ArrayLike<unknown>): CsrMatrix<Float64Array> {
    if (this.#negLabel !== 0) {
      const message = `LabelBinarizer: sparse rows hold zeros, but negLabel is ${this.#negLabel}.`;
      throw new ValidationError('ERR_PARAMETER', message);
    }
    const { columns, cols } = this.#columnsOf(y);
    const lists = Array.from(columns, (column) => (column >= 0 ? [column] : []));
    return onesAt(lists, cols, this.#posLabel);
  }

  /** The column of each row, -1 where no column is posLabel. */
  #columnsOf(y: ArrayLike<unknown>): { columns: Int32Array; cols: number } {
    const { classes } = this;
    requireLabels('LabelBinarizer', y);
    const codes = codesOf(classes);
    const cols = classes.length <= 2 ? 1 : classes.length;
    // Of two labels the column is that of the second; a label alone is never another one's opposite.
    const first = cols > 1 ? 0 : 1;
    const columns = Int32Array.from({ length: y.length }, (_, i) => (codes.get(y[i]) ?? -1) - first);
    return { columns, cols };
  }

  /** Fits, then transforms the same labels. */
  fitTransform(y: ArrayLike<unknown>): Matrix<Float64Array> {
    return this.fit(y).transform(y);
  }

  /**
   * The label of each row: that of the largest column, the first of equals; of two labels the second where its column is above
   * `threshold`.
   *
   * @param threshold - of two labels; default halfway between `negLabel` and `posLabel`
   * @throws {ERR_NOT_FITTED} before `fit`
   * @throws {ERR_SHAPE} when there is not a column for each label (one or two of two labels)
   * @throws {ERR_INPUT_NAN} for NaN
   */
  inverseTransform(Y: NumericMatrixLike, threshold = (this.#negLabel + this.#posLabel) / 2): Label[] {
    const { classes } = this;
    const { data, rows, cols } = Matrix.from(Y);
    const fits = classes.length > 2 ? cols === classes.length : cols === 1 || cols === classes.length;
    if (!fits) {
      const message = `LabelBinarizer: Y has ${cols} columns, but there are ${classes.length} labels.`;
      throw new ValidationError('ERR_SHAPE', message);
    }
    const missing = data.findIndex(Number.isNaN);
    if (missing >= 0) {
      const message = `LabelBinarizer: row ${Math.floor(missing / cols)} of Y holds NaN.`;
      throw new ValidationError('ERR_INPUT_NAN', message);
    }
    return Array.from({ length: rows }, (_, i) => {
      const row = data.subarray(i * cols, (i + 1) * cols);
      if (classes.length > 2) return classes[row.indexOf(Math.max(...row))];
      return classes[Math.min(Number(row[cols - 1] > threshold), classes.length - 1)];
    });
  }
}

/**
 * A column for each label, with 1 where a row has it: rows have any number of labels.
 *
 * Differs from scikit-learn: `transform` is dense, `transformSparse` sparse; labels that `fit` did not see are left out without a warning.
 *
 * @example
 * ```ts
 * import { MultiLabelBinarizer } from 'boreal';
 * const binarizer = new MultiLabelBinarizer();
 * binarizer.fitTransform([['drama', 'crime'], ['crime'], []]).toArray(); // [[1, 1], [1, 0], [0, 0]]
 * binarizer.inverseTransform([[0, 1]]); // [['drama']]
 * ```
 */
export class MultiLabelBinarizer {
  readonly #given: readonly Label[] | null;
  #classes: readonly Label[] | null = null;

  /** @param options - classes: the labels in the order of their columns; default: those of `fit`, sorted. @throws {ERR_PARAMETER} for repeats, and what is no label */
  constructor(options: { readonly classes?: readonly Label[] | null } = {}) {
    requireOptions(options);
    const { classes = null } = options;
    this.#given = classes && givenLabels(classes);
  }

  /**
   * Learns the labels.
   *
   * @param y - a list of labels for each row
   * @throws {ERR_LABELS} for a row that is no list, a missing label, or labels of mixed types
   */
  fit(y: ArrayLike<Iterable<Label>>): this {
    const labels = listsOf(y).flat();
    this.#classes = this.#given ?? distinctLabels(labels, 'MultiLabelBinarizer: y', 'ERR_LABELS');
    return this;
  }

  /** The labels, in the order of their columns. @throws {ERR_NOT_FITTED} before `fit` */
  get classes(): Label[] {
    return requireLearned('MultiLabelBinarizer', this.#classes);
  }

  /** The columns, [rows, labels]. @throws {ERR_NOT_FITTED | ERR_LABELS} before `fit`, or for a row that is no list */
  transform(y: ArrayLike<Iterable<Label>>): Matrix<Float64Array> {
    return this.transformSparse(y).toDense() as Matrix<Float64Array>;
  }

  /** As {@link MultiLabelBinarizer.transform}, sparse. @throws {ERR_NOT_FITTED | ERR_LABELS} as there */
  transformSparse(y: ArrayLike<Iterable<Label>>): CsrMatrix<Float64Array> {
    const codes = codesOf(this.classes);
    const lists = listsOf(y).map((labels) => {
      const columns = new Set(labels.map((label) => codes.get(label) ?? -1));
      columns.delete(-1);
      return [...columns].sort((a, b) => a - b);
    });
    return onesAt(lists, codes.size, 1);
  }

  /** Fits, then transforms the same rows. */
  fitTransform(y: ArrayLike<Iterable<Label>>): Matrix<Float64Array> {
    return this.fit(y).transform(y);
  }

  /**
   * The labels of each row, in the order of their columns.
   *
   * @throws {ERR_NOT_FITTED} before `fit`
   * @throws {ERR_SHAPE | ERR_LABELS} when there is not a column for each label, or a value is neither 0 nor 1
   */
  inverseTransform(Y: NumericMatrixLike): Label[][] {
    const { classes } = this;
    const { data, rows, cols } = Matrix.from(Y);
    if (cols !== classes.length) {
      const message = `MultiLabelBinarizer: Y has ${cols} columns, but there are ${classes.length} labels.`;
      throw new ValidationError('ERR_SHAPE', message);
    }
    const odd = data.findIndex((value) => value !== 0 && value !== 1);
    if (odd >= 0) {
      const message = `MultiLabelBinarizer: row ${Math.floor(odd / cols)} of Y holds ${data[odd]}, neither 0 nor 1.`;
      throw new ValidationError('ERR_LABELS', message);
    }
    return Array.from({ length: rows }, (_, i) => classes.filter((_label, c) => data[i * cols + c] === 1));
  }
}

/** Sparse rows with one value in the given columns of each row, which ascend. */
function onesAt(
  lists: ReadonlyArray<readonly number[]>,
  cols: number,
  value: number,
): CsrMatrix<Float64Array> {
  const indptr = new Int32Array(lists.length + 1);
  lists.forEach((columns, i) => {
    indptr[i + 1] = indptr[i] + columns.length;
  });
  const indices = Int32Array.from(lists.flat());
  return new CsrMatrix({ data: new Float64Array(indices.length).fill(value), indices, indptr, cols });
}

function codesOf(classes: readonly Label[]): ReadonlyMap<unknown, number> {
  return new Map(classes.map((label, code) => [label, code]));
}

/** A copy of the labels that a caller names. */
function givenLabels(classes: readonly Label[]): Label[] {
  const what = 'MultiLabelBinarizer: classes';
  const isList = Array.isArray(classes);
  if (isList && distinctLabels(classes, what, 'ERR_PARAMETER').length === classes.length) return [...classes];
  throw new ValidationError('ERR_PARAMETER', `${what} must be a list of labels without repeats.`);
}

/** The labels of each row. */
function listsOf(y: ArrayLike<Iterable<Label>>): Label[][] {
  requireList('MultiLabelBinarizer', y);
  return Array.from(y, (labels, i) => {
    const isList = typeof labels === 'object' && labels !== null && Symbol.iterator in labels;
    if (!isList)
      throw new ValidationError(
        'ERR_LABELS',
        `MultiLabelBinarizer: y[${i}] is ${show(labels)}, no list of labels.`,
      );
    const list = [...labels];
    if (list.some((label) => label === null || label === undefined || Number.isNaN(label)))
      throw new ValidationError('ERR_LABELS', `MultiLabelBinarizer: y[${i}] has a missing label.`);
    return list;
  });
}
