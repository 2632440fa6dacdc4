/** Transformers in parallel, each on its own columns, compiled into one plan. */
import { applyOps, sideBySide, transformTraining } from '../core/apply.js';
import type { ResolvedCompileOptions } from '../core/compile-options.js';
import { Estimator } from '../core/estimator.js';
import type { FitInput } from '../core/fit-input.js';
import { isSparse } from '../core/forms.js';
import { lowerTransformer } from '../core/inner-models.js';
import { isTransformer } from '../core/kinds.js';
import type { Matrix } from '../core/matrix.js';
import { type NamedCategories, namedAnywhere, unitedCategories } from '../core/named-categories.js';
import { checkParts } from '../core/named-parts.js';
import { bool, custom, either, oneOf, type Rules, real } from '../core/params.js';
import type { PlanBuilder, Slot } from '../core/plan-builder.js';
import { type Column, Schema } from '../core/schema.js';
import { requireCsr } from '../core/sparse/csr-matrix.js';
import { fitRows, type Rows } from '../core/sparse/made-rows.js';
import { ValidationError } from '../errors.js';
import {
  checkWeighed,
  checkWeightNames,
  type FittedPart,
  isFittedPart,
  type Learning,
  lowerWeighed,
  Parallel,
  type ParallelState,
  type PartWeights,
  refusalOf,
  weighedColumn,
  weightIn,
  weightsRule,
} from './parallel.js';
import {
  inColumnsOfX,
  joined,
  partInput,
  type SidePart,
  schemaOf,
  vectorizes,
  weighed,
} from './side-by-side.js';

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
  /** What becomes of columns that no part takes: a transformer that takes them all, or one of these words. Default 'drop'. */
  remainder: Estimator | 'drop' | 'passthrough';
  /** What the columns of a part ('remainder', too) are multiplied by, by its name, unless they hold text; parts not named stay as they are. Default null. */
  transformerWeights: PartWeights;
  /** Begin the name of each column with the part's name and '__'. Default true. */
  verboseFeatureNamesOut: boolean;
  /**
   * Where a part makes sparse rows: what follows in a pipeline is fitted on sparse rows when a smaller share of their values than this is
   * stored, values of dense parts all counting; in [0, 1]. Default 0.3.
   */
  sparseThreshold: number;
}

interface ColumnsPart extends FittedPart {
  readonly columns: Int32Array;
}
/** Learned by {@link ColumnTransformer}: the parts that have columns, fitted. */
export interface ColumnTransformerState extends ParallelState {
  readonly parts: readonly ColumnsPart[];
  /** Of X, where a part reads documents: the plan then reads the rows of all parts. */
  readonly input?: ReturnType<Schema['toJSON']>;
}

/**
 * Gives each transformer its own columns and puts the results side by side, in the order of the parts; the remainder last.
 *
 * Vectorizers stand beside other parts: each reads the texts of a column of a table. Such a transformer, and one with parts that have
 * `sparseOutput`, fits what follows it in a pipeline on sparse rows (`sparseThreshold`), and has `transformSparse`.
 *
 * Differs from scikit-learn: columns are also chosen by kind (`{ kind: 'category' }`); `transform` gives dense rows.
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
export class ColumnTransformer extends Parallel<ColumnTransformerParams, ColumnTransformerState> {
  constructor(
    transformers: readonly ColumnPart[],
    options: Partial<Omit<ColumnTransformerParams, 'transformers'>> = {},
  ) {
    super({
      ...{ remainder: 'drop', transformerWeights: null, verboseFeatureNamesOut: true, sparseThreshold: 0.3 },
      ...options,
      transformers,
    });
  }

  static override fromParams({ transformers, ...options }: ColumnTransformerParams): ColumnTransformer {
    return new ColumnTransformer(transformers, options);
  }

  get rules(): Rules<ColumnTransformerParams> {
    return {
      transformers: custom('a list of [name, transformer, columns]', (v) => Array.isArray(v) && v.length > 0),
      remainder: either(
        oneOf('drop', 'passthrough'),
        custom('a transformer of columns', (v) => isTransformer(v) && !vectorizes(v)),
      ),
      transformerWeights: weightsRule,
      verboseFeatureNamesOut: bool,
      sparseThreshold: real(0, 1),
    };
  }

  get stateRules(): Rules<ColumnTransformerState> {
    return {
      parts: custom('the fitted parts', (v) => Array.isArray(v) && v.length > 0 && v.every(isColumnsPart)),
      input: custom('a schema', (v) => v === undefined || Schema.fromJSON(v) instanceof Schema),
    };
  }

  protected override checkState({ parts, input }: ColumnTransformerState, columns: readonly Column[]): void {
    const { length } = input?.columns ?? columns;
    for (const part of parts) {
      if (part.columns.some((j) => j < 0 || j >= length)) {
        throw new ValidationError(
          'ERR_PARAMETER',
          `ColumnTransformer state: part '${part.name}' names a column that is not there.`,
        );
      }
    }
  }

  protected override get within(): readonly unknown[] {
    return [...super.within, this.params.remainder];
  }

  override get tags() {
    const takesGroups = this.within.some((part) => part instanceof Estimator && part.tags.takesGroups);
    const reads = this.within.some(vectorizes);
    return { allowNan: true, allowCategories: true, takesGroups, vectorizes: reads, delegates: true };
  }

  override checkParams(): void {
    super.checkParams();
    const { transformers, remainder, transformerWeights } = this.params;
    if (remainder instanceof Estimator) remainder.checkParams();
    checkParts(this, transformers, {
      what: 'part',
      form: '[name, transformer, columns]',
      refusal: ([, transformer, columns]) => {
        if (!isSelection(columns))
          return 'must take columns: a name, a position, a list of them, or { kind }.';
        return refusalOf(transformer);
      },
    });
    const names = transformers.map(([name]) => name);
    checkWeightNames(this, transformerWeights, [...names, 'remainder']);
  }

  /** @internal */
  override namedCategories(columns: readonly Column[] | null): NamedCategories {
    if (columns === null) return super.namedCategories(null);
    const { transformers, remainder } = this.params;
    const schema = Schema.named(columns);
    // Named before they are checked, as candidates of a search are: they may be anything.
    const parts = (Array.isArray(transformers) ? transformers : []).map((each) => {
      const [name, part, selection] = Array.isArray(each) ? (each as unknown as ColumnPart) : [];
      return { part, own: isSelection(selection) ? known(selection, schema, name ?? '') : null };
    });
    const taken = new Set(parts.flatMap(({ own }) => own ?? []));
    const rest = [...columns.keys()].filter((j) => !taken.has(j));
    const byPart = [...parts, { part: remainder, own: rest }].map(({ part, own }): NamedCategories => {
      if (!(part instanceof Estimator)) return [];
      // Columns that a step before this one adds: all may be meant.
      if (own === null) return namedAnywhere(part, columns);
      const named = part.namedCategories(own.map((j) => columns[j]));
      if (named.length === 0) return [];
      return columns.map((_, j) => own.flatMap((at, k) => (at === j ? (named[k] ?? []) : [])));
    });
    return unitedCategories(byPart);
  }

  protected async learn(input: FitInput, wantsRows: boolean): Promise<Learning<ColumnTransformerState>> {
    const { transformers, remainder, transformerWeights, sparseThreshold } = this.params;
    const reads = this.tags.vectorizes;
    const schema = schemaOf(input, textColumns(transformers), this);
    const makesRows = wantsRows && (isSparse(input.given) || this.mayMakeSparse);
    const taken = new Set<number>();
    const parts: ColumnsPart[] = [];
    const rows: Rows[] = [];
    const fitPart = async (name: string, transformer: unknown, indices: readonly number[]) => {
      if (transformer === 'drop' || indices.length === 0) return;
      const estimator = transformer instanceof Estimator ? transformer.clone() : null;
      const columns = Int32Array.from(indices);
      const [own, ownSchema] = await columnsOf(input, schema, columns, estimator);
      try {
        if (makesRows) {
          const passed = isSparse(own.given) ? requireCsr(own.given) : own.x;
          const made = estimator === null ? passed : await fitRows(estimator, own, ownSchema);
          rows.push(await weighed(made, weightIn(transformerWeights, name)));
        } else {
          await estimator?.fitInput(own, ownSchema);
        }
      } catch (error) {
        throw inColumnsOfX(error, indices);
      }
      const part = { name, columns, estimator };
      checkWeighed(this, part, own.columns, weightIn(transformerWeights, name));
      parts.push(part);
    };
    for (const [name, transformer, selection] of transformers) {
      const indices = selectColumns(selection, schema, name);
      for (const j of indices) taken.add(j);
      await fitPart(name, transformer, indices);
    }
    const rest = schema.columns.map((_, j) => j).filter((j) => !taken.has(j));
    await fitPart('remainder', remainder, rest);
    if (parts.length === 0) {
      throw new ValidationError(
        'ERR_EMPTY',
        'ColumnTransformer: no part selects a column, so nothing would come out.',
      );
    }
    const state = reads ? { parts, input: schema.toJSON() } : { parts };
    return { state, rows: makesRows ? await joined(rows, sparseThreshold, input.cancel) : undefined };
  }

  protected sidesOf({ parts }: ColumnTransformerState): readonly SidePart[] {
    return parts.map(({ name, columns, estimator }) => ({ columns, estimator, weight: this.weightOf(name) }));
  }

  protected readsDocuments({ input }: ColumnTransformerState): boolean {
    return input !== undefined;
  }

  override async crossFitted(input: FitInput): Promise<Matrix> {
    const schema = Schema.named(input.columns);
    const parts: Matrix[] = [];
    for (const { name, columns, estimator } of this.state.parts) {
      const [own, ownSchema] = await columnsOf(input, schema, columns, estimator);
      const made = estimator ? await transformTraining(estimator, own, ownSchema) : own.x;
      parts.push(await weighed(made, this.weightOf(name)));
    }
    return sideBySide(parts);
  }

  outputColumns(): readonly Column[] {
    const { verboseFeatureNamesOut } = this.fittedParams;
    const { parts, input } = this.state;
    const given = input?.columns ?? this.schema.columns;
    return parts.flatMap(({ name, columns, estimator }) => {
      const own = isTransformer(estimator) ? estimator.outputColumns() : Array.from(columns, (j) => given[j]);
      const weight = this.weightOf(name);
      return own.map((column) => {
        const named = verboseFeatureNamesOut ? `${name}__${column.name}` : column.name;
        return weighedColumn(column, named, weight);
      });
    });
  }

  lower(plan: PlanBuilder, x: Slot, options: ResolvedCompileOptions): Slot {
    if (this.readsDocuments(this.state)) return x;
    const parts = this.state.parts.map(({ name, columns, estimator }) => {
      const own = plan.gather(x, Array.from(columns));
      const made = estimator === null ? own : lowerTransformer(estimator, plan, own, options);
      return lowerWeighed(plan, made, this.weightOf(name));
    });
    return plan.concat(parts);
  }
}

/** The training set of one part. */
async function columnsOf(
  input: FitInput,
  schema: Schema,
  indices: Int32Array,
  estimator: Estimator | null,
): Promise<[FitInput, Schema]> {
  if (input.given !== undefined) return partInput(input, schema, indices, estimator);
  const own = Array.from(indices);
  const x = await applyOps(input.x, schema, (plan, slot) => plan.gather(slot, own), input.cancel);
  const columns = own.map((j) => input.columns[j]);
  return [{ ...input, x, columns }, Schema.named(columns)];
}

/** The columns that parts read documents of, by name or position. */
function textColumns(transformers: readonly ColumnPart[]): ReadonlySet<string | number> {
  const selections = transformers.flatMap(([, part, columns]) => (vectorizes(part) ? [columns] : []));
  return new Set(selections.flat().filter((column) => typeof column !== 'object') as Array<string | number>);
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

/** The columns that are selected; null where not all of them are there. */
function known(selection: ColumnSelection, schema: Schema, part: string): number[] | null {
  try {
    return selectColumns(selection, schema, part);
  } catch (error) {
    if (error instanceof ValidationError) return null;
    throw error;
  }
}

function isColumnsPart(value: unknown): value is ColumnsPart {
  return isFittedPart(value) && (value as Partial<ColumnsPart>).columns instanceof Int32Array;
}
