/**
 * Transformers side by side of which some make sparse rows: how their rows become those of one matrix, and the vectorizer that they
 * are together where some read documents.
 */
import { sideBySide } from '../core/apply.js';
import { takeColumns } from '../core/columns.js';
import { Estimator } from '../core/estimator.js';
import { type FitInput, toShared } from '../core/fit-input.js';
import { isSparse } from '../core/forms.js';
import { isTransformer } from '../core/kinds.js';
import type { SignalOptions } from '../core/linalg/call.js';
import { Matrix, type MatrixLike } from '../core/matrix.js';
import { type NamedCategories, unitedCategories, withNamed } from '../core/named-categories.js';
import { custom, type Rules } from '../core/params.js';
import { type Column, Schema } from '../core/schema.js';
import { sparseSideBySide, takeSparseColumns } from '../core/sparse/csr-columns.js';
import { type CsrMatrix, requireCsr } from '../core/sparse/csr-matrix.js';
import { checkDenseSize } from '../core/sparse/densify.js';
import { JoinedRows } from '../core/sparse/joined-rows.js';
import { asSparse, makeRows, type Rows } from '../core/sparse/made-rows.js';
import { weigh } from '../core/sparse/weigh.js';
import { isTable, type Table, tableToColumns } from '../core/table.js';
import { BorealError, ValidationError } from '../errors.js';
import type { CancelHandle } from '../native.js';

/** A fitted transformer and what it reads. */
export interface SidePart {
  /** Columns of X; null: all of X, which may be documents. */
  readonly columns: Int32Array | null;
  /** null: the columns pass unchanged. */
  readonly estimator: Estimator | null;
  /** What its rows are multiplied by. */
  readonly weight: number;
}

/** The state of {@link SideBySide}. */
export interface SideBySideState {
  readonly parts: readonly SidePart[];
}

const isPart = ({ columns, estimator, weight }: Partial<SidePart>) =>
  (columns === null || columns instanceof Int32Array) &&
  (estimator === null || (isTransformer(estimator) && estimator.isFitted)) &&
  Number.isFinite(weight);

/** Fitted transformers as one vectorizer. Made of those of a ColumnTransformer or FeatureUnion, and never fitted itself. */
export class SideBySide extends JoinedRows<SideBySideState> {
  /** @param schema - of X */
  static of(parts: readonly SidePart[], schema: Schema): SideBySide {
    const joint = new SideBySide({});
    const target = { kind: 'none' } as const;
    joint.restore({ state: { parts }, schema: schema.withTarget(target), dtype: 'float64' });
    return joint;
  }

  get stateRules(): Rules<SideBySideState> {
    return {
      parts: custom('fitted parts', (v) => Array.isArray(v) && v.length > 0 && v.every(isPart)),
    };
  }

  protected override checkState({ parts }: SideBySideState, columns: readonly Column[]): void {
    for (const part of parts) {
      if (!part.columns?.some((j) => j < 0 || j >= columns.length)) continue;
      throw new ValidationError(
        'ERR_PARAMETER',
        'SideBySide state: a part names a column that is not there.',
      );
    }
  }

  protected rowsOfParts(X: MatrixLike, options: SignalOptions): Promise<CsrMatrix>[] {
    const { schema } = this;
    return this.state.parts.map(async ({ columns, estimator, weight }) => {
      const own = columns === null ? X : columnsOf(X, schema, columns);
      const made =
        estimator === null
          ? passed(own, schema, columns)
          : await makeRows(estimator, own, options).catch((error) => {
              throw columns === null ? error : inColumnsOfX(error, columns);
            });
      return weighed(await asSparse(made), weight);
    });
  }

  protected get width(): number {
    return widthOf(this.state.parts, this.schema.columns.length);
  }
}

/** A part counts columns from its own first one; the caller from the first of X. */
export function inColumnsOfX(error: unknown, columns: ArrayLike<number>): unknown {
  if (error instanceof BorealError && error.column !== undefined) error.column = columns[error.column];
  return error;
}

/** How many columns parts of X, which has `cols`, give together. */
export function widthOf(parts: readonly SidePart[], cols: number): number {
  const width = ({ columns, estimator }: SidePart) =>
    isTransformer(estimator) ? estimator.outputColumns().length : (columns?.length ?? cols);
  return parts.reduce((sum, part) => sum + width(part), 0);
}

/** Columns of X in the order of a schema: by name of a table, else by position. */
function columnsOf(X: MatrixLike, schema: Schema, columns: Int32Array): MatrixLike {
  if (isSparse(X)) {
    schema.checkWidth(X.cols);
    return takeSparseColumns(requireCsr(X), Array.from(columns));
  }
  const own = Array.from(columns, (j) => schema.columns[j]);
  if (isTable(X)) {
    const table = tableToColumns(X);
    if (!schema.named) return takeColumns(X, Array.from(columns));
    return Object.fromEntries(own.map(({ name }) => [name, columnNamed(table, name)])) as Table;
  }
  if (Array.isArray(X) && schema.columns.some(({ kind }) => kind === 'category' || kind === 'text')) {
    for (const row of X) schema.checkWidth(row?.length);
    return Object.fromEntries(own.map(({ name }, k) => [name, X.map((row) => row[columns[k]])])) as Table;
  }
  const x = Matrix.from(X);
  schema.checkWidth(x.cols);
  return x.columns(Array.from(columns));
}

function columnNamed({ names, columns }: ReturnType<typeof tableToColumns>, name: string) {
  const j = names.indexOf(name);
  if (j >= 0) return columns[j];
  throw new ValidationError('ERR_UNKNOWN_COLUMN', `The table has no column '${name}'.`);
}

/** Columns that no transformer changes. */
function passed(X: MatrixLike, schema: Schema, columns: Int32Array | null): Rows {
  if (isSparse(X)) return requireCsr(X);
  const own = columns === null ? schema.columns : Array.from(columns, (j) => schema.columns[j]);
  return toShared(Schema.named(own).encode(X));
}

/** Rows times a number. */
export async function weighed<R extends Rows>(rows: R, weight: number): Promise<R> {
  if (weight === 1) return rows;
  if (!isSparse(rows)) return toShared(await rows.scaleAsync(weight)) as R;
  const x = requireCsr(rows);
  return weigh(x, { weight: new Float64Array(x.cols).fill(weight) }) as Promise<R>;
}

/** The columns of a training set, by the names of a table; kinds of `texts`, which vectorizers read, are not looked for. */
export function schemaOf(
  { given, columns, namer }: FitInput,
  texts: ReadonlySet<string | number>,
  owner: Estimator,
): Schema {
  if (given === undefined || isSparse(given)) return Schema.named(columns);
  const namedOf = namer ?? ((own) => owner.namedCategories(own));
  if (!isTable(given)) return Schema.infer(given, namedOf);
  const table = tableToColumns(given);
  const isText = (name: string, j: number) => texts.has(name) || texts.has(j);
  const others = Object.fromEntries(
    table.names.flatMap((name, j) => (isText(name, j) ? [] : [[name, table.columns[j]]])),
  ) as Table;
  const known = Object.keys(others).length === 0 ? null : Schema.infer(others);
  const seen = table.names.map((name, j): Column => {
    return isText(name, j) || known === null ? { name, kind: 'text' } : known.columns[known.indexOf(name)];
  });
  const named = namedOf(seen);
  return Schema.named(
    seen.map((column, j) =>
      column.kind === 'text' ? column : withNamed(column, named[j], table.columns[j]),
    ),
  );
}

/** The training set of a part, and its schema. Who reads no documents gets the numbers of a table. */
export function partInput(
  input: FitInput,
  schema: Schema,
  columns: Int32Array,
  estimator: Estimator | null,
): [FitInput, Schema] {
  const { given, namer } = input;
  const own = Array.from(columns, (j) => schema.columns[j]);
  const seen = Schema.named(own);
  const rows = columnsOf(given as MatrixLike, schema, columns);
  if (isSparse(rows)) return [{ ...input, given: rows, columns: own }, seen];
  const around = namer?.(schema.columns) ?? [];
  const namedOf = (seen: readonly Column[]) =>
    unitedCategories([
      inOrderOf(seen, own, estimator?.namedCategories(own) ?? []),
      inOrderOf(
        seen,
        own,
        Array.from(columns, (j) => around[j] ?? []),
      ),
    ]);
  if (estimator?.tags.vectorizes)
    return [{ ...input, given: rows, columns: [], namer: namer && namedOf }, seen];
  const kinds = own.some(({ kind }) => kind === 'text') ? kindsOf(rows, own, namedOf) : seen;
  const x = toShared(kinds.encode(rows));
  return [{ ...input, x, given: undefined, namer: undefined, columns: kinds.columns }, kinds];
}

/** What is named of columns, for those of the same names in another order. */
function inOrderOf(
  seen: readonly Column[],
  columns: readonly Column[],
  named: NamedCategories,
): NamedCategories {
  if (named.length === 0) return [];
  return seen.map(({ name }) => named[columns.findIndex((column) => column.name === name)] ?? []);
}

/** The schema of a table, its columns in the order of others. */
function kindsOf(
  rows: MatrixLike,
  own: readonly Column[],
  namedOf: (seen: readonly Column[]) => NamedCategories,
): Schema {
  const inferred = Schema.infer(rows, namedOf);
  return Schema.named(own.map(({ name }) => inferred.columns[inferred.indexOf(name)]));
}

/** Whether an estimator reads documents. */
export const vectorizes = (part: unknown): boolean =>
  part instanceof Estimator && (part.tags.vectorizes ?? false);

/**
 * The rows of all parts as one matrix: a dense one where no part is sparse.
 *
 * @param threshold - of the share of values that are stored, below which that is sparse; values of dense parts all count
 */
export async function joined(
  parts: readonly Rows[],
  threshold: number,
  cancel: CancelHandle | null,
): Promise<Rows> {
  const [{ rows }] = parts;
  const cols = parts.reduce((sum, part) => sum + part.cols, 0);
  const stored = parts.reduce((sum, part) => sum + part.data.length, 0);
  if (parts.some(isSparse) && stored < threshold * rows * cols) {
    const sparse: CsrMatrix[] = [];
    for (const part of parts) sparse.push(await asSparse(part, cancel));
    return sparseSideBySide(sparse, cancel);
  }
  checkDenseSize(rows, cols);
  return sideBySide(parts.map((part) => (isSparse(part) ? toShared(requireCsr(part).toDense()) : part)));
}
