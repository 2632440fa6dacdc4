/** Transformers in parallel, each on its own columns, compiled into one plan. */
import { applyOps, sideBySide, transformTraining } from '../core/apply.js';
import type { ResolvedCompileOptions } from '../core/compile-options.js';
import { Estimator } from '../core/estimator.js';
import type { FitInput } from '../core/fit-input.js';
import { isTransformer, Transformer } from '../core/kinds.js';
import type { Matrix } from '../core/matrix.js';
import { checkParts } from '../core/named-parts.js';
import { bool, custom, oneOf, type Rules } from '../core/params.js';
import type { PlanBuilder, Slot } from '../core/plan-builder.js';
import { type Column, Schema } from '../core/schema.js';
import { BorealError, ValidationError } from '../errors.js';
import { refusalOf } from './feature-union.js';

/** Columns by name, by position, or all of some kind. */
export type ColumnSelection =
  | string
  | number
  | ReadonlyArray<string | number>
  | { readonly kind: Column['kind'] };
/** A named part: a transformer (or 'passthrough' or 'drop') and the columns it takes. */
export type ColumnPart = readonly [
  name: string,
  transformer: Estimator | 'passthrough' | 'drop',
  columns: ColumnSelection,
];

/** Parameters of {@link ColumnTransformer}. */
export interface ColumnTransformerParams {
  transformers: readonly ColumnPart[];
  /** What becomes of columns that no part takes. Default 'drop'. */
  remainder: 'drop' | 'passthrough';
  /** Begin the name of each column with the part's name and '__'. Default true. */
  verboseFeatureNamesOut: boolean;
}

interface FittedPart {
  readonly name: string;
  readonly columns: Int32Array;
  /** null: the columns pass unchanged. */
  readonly estimator: Estimator | null;
}
/** Learned by {@link ColumnTransformer}: the parts that have columns, fitted. */
export interface ColumnTransformerState {
  readonly parts: readonly FittedPart[];
}

/**
 * Gives each transformer its own columns and puts the results side by side, in the order of the parts; the remainder last.
 *
 * Differs from scikit-learn: columns are also chosen by kind (`{ kind: 'category' }`).
 *
 * @example
 * ```ts
 * import { ColumnTransformer, OneHotEncoder, StandardScaler } from 'boreal';
 * const prepare = new ColumnTransformer([
 *   ['numbers', new StandardScaler(), ['age']],
 *   ['words', new OneHotEncoder(), ['city']],
 * ]);
 * await prepare.fit({ age: [20, 40], city: ['Oslo', 'Turku'] });
 * prepare.getFeatureNamesOut(); // ['numbers__age', 'words__city_Oslo', 'words__city_Turku']
 * ```
 */
export class ColumnTransformer extends Transformer<ColumnTransformerParams, ColumnTransformerState> {
  constructor(
    transformers: readonly ColumnPart[],
    options: Partial<Omit<ColumnTransformerParams, 'transformers'>> = {},
  ) {
    super({ remainder: 'drop', verboseFeatureNamesOut: true, ...options, transformers });
  }

  static override fromParams({ transformers, ...options }: ColumnTransformerParams): ColumnTransformer {
    return new ColumnTransformer(transformers, options);
  }

  get rules(): Rules<ColumnTransformerParams> {
    return {
      transformers: custom('a list of [name, transformer, columns]', (v) => Array.isArray(v) && v.length > 0),
      remainder: oneOf('drop', 'passthrough'),
      verboseFeatureNamesOut: bool,
    };
  }

  get stateRules(): Rules<ColumnTransformerState> {
    return {
      parts: custom('the fitted parts', (v) => Array.isArray(v) && v.length > 0 && v.every(isFittedPart)),
    };
  }

  protected override checkState({ parts }: ColumnTransformerState, columns: readonly Column[]): void {
    for (const part of parts) {
      if (part.columns.some((j) => j < 0 || j >= columns.length)) {
        throw new ValidationError(
          'ERR_PARAMETER',
          `ColumnTransformer state: part '${part.name}' names a column that is not there.`,
        );
      }
    }
  }

  override get tags() {
    const takesGroups = this.params.transformers.some(
      ([, part]) => part instanceof Estimator && part.tags.takesGroups,
    );
    return { allowNan: true, allowCategories: true, takesGroups, delegates: true };
  }

  override checkParams(): void {
    super.checkParams();
    checkParts(this, this.params.transformers, {
      what: 'part',
      form: '[name, transformer, columns]',
      refusal: ([name, transformer, columns]) => {
        if (name === 'remainder') return 'has a name that is taken.';
        if (!isSelection(columns))
          return 'must take columns: a name, a position, a list of them, or { kind }.';
        return refusalOf(transformer);
      },
    });
  }

  protected override get namedParts() {
    return 'transformers';
  }

  protected async fitState(input: FitInput): Promise<ColumnTransformerState> {
    const schema = Schema.named(input.columns);
    const taken = new Set<number>();
    const parts: FittedPart[] = [];
    for (const [name, transformer, selection] of this.params.transformers) {
      const indices = selectColumns(selection, schema, name);
      for (const j of indices) taken.add(j);
      if (transformer === 'drop' || indices.length === 0) continue;
      const estimator = transformer instanceof Estimator ? transformer.clone() : null;
      await estimator?.fitInput(...(await columnsOf(input, schema, indices))).catch((error) => {
        throw inColumnsOfX(error, indices);
      });
      parts.push({ name, columns: Int32Array.from(indices), estimator });
    }
    const rest = input.columns.map((_, j) => j).filter((j) => !taken.has(j));
    if (this.params.remainder === 'passthrough' && rest.length > 0) {
      parts.push({ name: 'remainder', columns: Int32Array.from(rest), estimator: null });
    }
    if (parts.length === 0) {
      throw new ValidationError(
        'ERR_EMPTY',
        'ColumnTransformer: no part selects a column, so nothing would come out.',
      );
    }
    return { parts };
  }

  override get crossFits() {
    return this.params.transformers.some(([, part]) => part instanceof Estimator && part.crossFits);
  }

  override async crossFitted(input: FitInput): Promise<Matrix> {
    const schema = Schema.named(input.columns);
    const parts: Matrix[] = [];
    for (const { columns, estimator } of this.state.parts) {
      const [own, ownSchema] = await columnsOf(input, schema, Array.from(columns));
      parts.push(estimator ? await transformTraining(estimator, own, ownSchema) : own.x);
    }
    return sideBySide(parts);
  }

  /** The fitted transformers by name. @throws {ERR_NOT_FITTED} before `fit` */
  get namedTransformers(): Record<string, Estimator | 'passthrough'> {
    return Object.fromEntries(
      this.state.parts.map(({ name, estimator }) => [name, estimator ?? 'passthrough']),
    );
  }

  outputColumns(): readonly Column[] {
    const { verboseFeatureNamesOut } = this.fittedParams;
    return this.state.parts.flatMap(({ name, columns, estimator }) => {
      const own = isTransformer(estimator)
        ? estimator.outputColumns()
        : Array.from(columns, (j) => this.schema.columns[j]);
      return own.map((c): Column => ({ ...c, name: verboseFeatureNamesOut ? `${name}__${c.name}` : c.name }));
    });
  }

  lower(plan: PlanBuilder, x: Slot, options: ResolvedCompileOptions): Slot {
    const parts = this.state.parts.map(({ columns, estimator }) => {
      const own = plan.gather(x, Array.from(columns));
      return estimator ? estimator.lowerChecked(plan, own, { ...options, output: 'transform' }) : own;
    });
    return plan.concat(parts);
  }
}

/** A part counts columns from its own first one; the caller of `fit` from the first of X. */
function inColumnsOfX(error: unknown, indices: readonly number[]): unknown {
  if (error instanceof BorealError && error.column !== undefined) error.column = indices[error.column];
  return error;
}

/** The training set of one part. */
async function columnsOf(input: FitInput, schema: Schema, indices: number[]): Promise<[FitInput, Schema]> {
  const x = await applyOps(input.x, schema, (plan, slot) => plan.gather(slot, indices), input.cancel);
  const columns = indices.map((j) => input.columns[j]);
  return [{ ...input, x, columns }, Schema.named(columns)];
}

function isSelection(value: unknown): value is ColumnSelection {
  const isColumn = (v: unknown) => typeof v === 'string' || typeof v === 'number';
  if (Array.isArray(value)) return value.every(isColumn);
  return isColumn(value) || typeof (value as { kind?: unknown } | null)?.kind === 'string';
}

function selectColumns(selection: ColumnSelection, schema: Schema, part: string): number[] {
  if (typeof selection === 'object' && 'kind' in selection) {
    return [...schema.columns.keys()].filter((j) => schema.columns[j].kind === selection.kind);
  }
  const wanted: ReadonlyArray<string | number> = Array.isArray(selection) ? selection : [selection];
  return wanted.map((column) => {
    const j = typeof column === 'string' ? schema.indexOf(column) : column;
    if (!Number.isInteger(j) || j < 0 || j >= schema.columns.length) {
      const known = schema.columns.map((c) => `'${c.name}'`).join(', ');
      throw new ValidationError(
        'ERR_UNKNOWN_COLUMN',
        `ColumnTransformer: part '${part}' takes column ${JSON.stringify(column)}, which is not there; the columns are ${known}.`,
      );
    }
    return j;
  });
}

function isFittedPart(value: unknown): value is FittedPart {
  const { name, columns, estimator } = (value ?? {}) as Partial<FittedPart>;
  return (
    typeof name === 'string' &&
    columns instanceof Int32Array &&
    (estimator === null || isTransformer(estimator))
  );
}
