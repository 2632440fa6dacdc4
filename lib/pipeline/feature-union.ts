/** Transformers side by side, each on all columns, compiled into one plan. */
import { sideBySide, transformTraining } from '../core/apply.js';
import type { ResolvedCompileOptions } from '../core/compile-options.js';
import { Estimator, type Front } from '../core/estimator.js';
import type { FitInput } from '../core/fit-input.js';
import { isSparse } from '../core/forms.js';
import { frontOf } from '../core/inner-models.js';
import { isTransformer, Transformer } from '../core/kinds.js';
import type { SignalOptions } from '../core/linalg/call.js';
import type { Matrix, MatrixLike } from '../core/matrix.js';
import { checkParts, nameByClass } from '../core/named-parts.js';
import { bool, custom, either, nothing, type Rules } from '../core/params.js';
import type { PlanBuilder, Slot } from '../core/plan-builder.js';
import { type Column, Schema } from '../core/schema.js';
import { type CsrMatrix, requireCsr } from '../core/sparse/csr-matrix.js';
import {
  fitKeepingRows,
  fitRows,
  type MakesRows,
  mayMakeSparse,
  type Rows,
} from '../core/sparse/made-rows.js';
import { SparseTransformer } from '../core/sparse/sparse-transformer.js';
import { ValidationError } from '../errors.js';
import { joined, SideBySide, weighed, widthOf } from './side-by-side.js';

/** A named part of a union: a transformer, 'passthrough' for the columns as they are, or 'drop' for none. */
export type UnionPart = readonly [name: string, transformer: Estimator | 'passthrough' | 'drop'];

type UnionWeights = FeatureUnionParams['transformerWeights'];

/** Parameters of {@link FeatureUnion}. */
export interface FeatureUnionParams {
  transformers: readonly UnionPart[];
  /** What the columns of a part are multiplied by, by its name; parts not named stay as they are. Default null. */
  transformerWeights: Readonly<Record<string, number>> | null;
  /** Begin the name of each column with the part's name and '__'. Default true. */
  verboseFeatureNamesOut: boolean;
}

interface FittedPart {
  readonly name: string;
  /** null: the columns pass unchanged. */
  readonly estimator: Estimator | null;
}
/** Learned by {@link FeatureUnion}: the parts that give columns, fitted. */
export interface FeatureUnionState {
  readonly parts: readonly FittedPart[];
  /** Whether a part reads documents: the plan then reads the rows of all parts. */
  readonly vectorizes?: boolean;
  /** Of X, where that is sparse and a part reads it as documents. */
  readonly input?: ReturnType<Schema['toJSON']>;
}

/**
 * Gives all columns to each of several transformers and puts their results side by side.
 *
 * Of vectorizers, each reads the documents: words beside characters. Such a union, and one with parts that have `sparseOutput`, fits what
 * follows it in a pipeline on sparse rows, and has `transformSparse`.
 *
 * Differs from scikit-learn: `transform` gives dense rows; `fit` works on clones, found in `namedTransformers`; parts are fitted one after another, each
 * with all threads, so that there is no `nJobs`.
 *
 * @example
 * ```ts
 * import { FeatureUnion, MinMaxScaler, PolynomialFeatures } from 'boreal';
 * const union = new FeatureUnion([
 *   ['scaled', new MinMaxScaler()],
 *   ['powers', new PolynomialFeatures({ includeBias: false })],
 * ]);
 * await union.fit([[0], [2], [4]]);
 * union.transformSync([[2]]).toArray(); // [[0.5, 2, 4]]
 * union.getFeatureNamesOut(); // ['scaled__x0', 'powers__x0', 'powers__x0^2']
 * ```
 */
export class FeatureUnion extends Transformer<FeatureUnionParams, FeatureUnionState> implements MakesRows {
  constructor(
    transformers: readonly UnionPart[],
    options: Partial<Omit<FeatureUnionParams, 'transformers'>> = {},
  ) {
    super({ transformerWeights: null, verboseFeatureNamesOut: true, ...options, transformers });
  }

  static override fromParams({ transformers, ...options }: FeatureUnionParams): FeatureUnion {
    return new FeatureUnion(transformers, options);
  }

  get rules(): Rules<FeatureUnionParams> {
    return {
      transformers: custom('a list of [name, transformer]', (v) => Array.isArray(v) && v.length > 0),
      transformerWeights: either(
        nothing,
        custom('an object from the name of a part to a finite number', (v) => {
          return typeof v === 'object' && v !== null && Object.values(v).every(Number.isFinite);
        }),
      ),
      verboseFeatureNamesOut: bool,
    };
  }

  get stateRules(): Rules<FeatureUnionState> {
    return {
      parts: custom('the fitted parts', (v) => Array.isArray(v) && v.length > 0 && v.every(isFittedPart)),
      vectorizes: custom('true or nothing', (v) => v === undefined || v === true),
      input: custom('a schema', (v) => v === undefined || Schema.fromJSON(v) instanceof Schema),
    };
  }

  override get tags() {
    const parts = this.params.transformers.flatMap(([, part]) =>
      part instanceof Estimator ? [part.tags] : [],
    );
    return {
      allowNan: parts.every(({ allowNan }) => allowNan),
      allowCategories: parts.every(({ allowCategories }) => allowCategories),
      takesGroups: parts.some(({ takesGroups }) => takesGroups),
      vectorizes: parts.some(({ vectorizes }) => vectorizes),
      delegates: true,
    };
  }

  override checkParams(): void {
    super.checkParams();
    const { transformers, transformerWeights } = this.params;
    checkParts(this, transformers, {
      what: 'part',
      form: '[name, transformer]',
      refusal: ([, transformer]) => refusalOf(transformer),
    });
    const names = new Set(transformers.map(([name]) => name));
    for (const name of Object.keys(transformerWeights ?? {})) {
      if (names.has(name)) continue;
      throw new ValidationError(
        'ERR_PARAMETER',
        `FeatureUnion: transformerWeights names '${name}', which is no part.`,
      );
    }
  }

  protected override get namedParts() {
    return 'transformers';
  }

  protected async fitState(input: FitInput): Promise<FeatureUnionState> {
    return (await this.#learn(input, false)).state;
  }

  /** @param wantsRows - whether to give what the parts make of the rows, where these may be sparse */
  async #learn(input: FitInput, wantsRows: boolean): Promise<{ state: FeatureUnionState; rows?: Rows }> {
    const { transformers, transformerWeights } = this.params;
    const reads = this.tags.vectorizes;
    const { given, x } = input;
    const schema = Schema.named(input.columns);
    const makesRows = wantsRows && (isSparse(given) || this.mayMakeSparse);
    const parts: FittedPart[] = [];
    const rows: Rows[] = [];
    for (const [name, transformer] of transformers) {
      if (transformer === 'drop') continue;
      const estimator = transformer instanceof Estimator ? transformer.clone() : null;
      const own = { ...input, validation: null, queries: null };
      if (makesRows) {
        const passed = isSparse(given) ? requireCsr(given) : x;
        const made = estimator === null ? passed : await fitRows(estimator, own, schema);
        rows.push(weighed(made, weightIn(transformerWeights, name) ?? 1));
      } else {
        await estimator?.fitInput(own, schema);
      }
      parts.push({ name, estimator });
    }
    if (parts.length === 0) {
      throw new ValidationError(
        'ERR_EMPTY',
        'FeatureUnion: all parts are dropped, so nothing would come out.',
      );
    }
    if (reads && !isSparse(given) && parts.some(({ estimator }) => estimator === null)) {
      const message = 'FeatureUnion: documents cannot pass through: each part needs a transformer.';
      throw new ValidationError('ERR_PARAMETER', message);
    }
    const seen = isSparse(given) ? { input: schema.toJSON() } : {};
    const state: FeatureUnionState = reads ? { parts, vectorizes: true, ...seen } : { parts };
    return { state, rows: makesRows ? await joined(rows, Infinity) : undefined };
  }

  /** @internal */
  get mayMakeSparse(): boolean {
    return this.params.transformers.some(([, part]) => mayMakeSparse(part));
  }

  /** Fits, and gives what the rows become. @internal */
  fitRows(input: FitInput, schema: Schema): Promise<Rows> {
    return fitKeepingRows(this, input, schema, (own) => this.#learn(own, true));
  }

  /** @internal */
  makeRows(X: MatrixLike, options?: SignalOptions): Promise<Rows> {
    return this.transformSparse(X, options);
  }

  /**
   * As `transform`, of any rows, sparse: the rows of parts that make sparse ones are never dense.
   *
   * @throws see {@link FeatureUnion.transform}
   */
  transformSparse(X: MatrixLike, options: SignalOptions = {}): Promise<CsrMatrix> {
    return this.#joint(this.state, this.fittedParams.transformerWeights, this.schema).transform(X, options);
  }

  /** All parts as one vectorizer. @param schema - of X, where no part reads documents */
  #joint({ parts, input }: FeatureUnionState, weights: UnionWeights, schema: Schema): SideBySide {
    const own = parts.map(({ name, estimator }) => {
      return { columns: null, estimator, weight: weightIn(weights, name) ?? 1 };
    });
    if (input !== undefined) return SideBySide.of(own, Schema.fromJSON(input));
    const [first] = parts.flatMap(({ estimator }) => estimator?.vectorizers ?? []);
    const read = parts.find(({ estimator }) => estimator instanceof SparseTransformer)?.estimator ?? first;
    return SideBySide.of(own, read?.schema ?? schema);
  }

  /** Where a part reads documents, the plan reads the rows of all parts. */
  protected override front(state: FeatureUnionState): Front {
    if (!state.vectorizes) return frontOf([]);
    const parts = state.parts.map(({ estimator }) => ({ columns: null, estimator, weight: 1 }));
    const cols = state.input?.columns.length ?? 0;
    const schema = Schema.unnamed(parts.reduce((sum, part) => sum + widthOf(part, cols), 0));
    const { transformerWeights } = this.isFitted ? this.fittedParams : this.params;
    return { vectorizers: [this.#joint(state, transformerWeights, schema)], schema, dtype: 'float64' };
  }

  #weightOf(part: string): number | undefined {
    return weightIn(this.fittedParams.transformerWeights, part);
  }

  override get crossFits() {
    return this.params.transformers.some(([, part]) => part instanceof Estimator && part.crossFits);
  }

  override async crossFitted(input: FitInput): Promise<Matrix> {
    const schema = Schema.named(input.columns);
    const parts: Matrix[] = [];
    for (const { name, estimator } of this.state.parts) {
      const own = estimator ? await transformTraining(estimator, input, schema) : input.x;
      const weight = this.#weightOf(name);
      parts.push(weight === undefined ? own : await own.scaleAsync(weight));
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
    const { parts, input } = this.state;
    const given = input?.columns ?? this.schema.columns;
    return parts.flatMap(({ name, estimator }) => {
      const own = isTransformer(estimator) ? estimator.outputColumns() : given;
      const weighed = this.#weightOf(name) !== undefined;
      return own.map((column): Column => {
        const named = verboseFeatureNamesOut ? `${name}__${column.name}` : column.name;
        return weighed ? { name: named, kind: 'number' } : { ...column, name: named };
      });
    });
  }

  lower(plan: PlanBuilder, x: Slot, options: ResolvedCompileOptions): Slot {
    if (this.state.vectorizes) return x;
    const parts = this.state.parts.map(({ name, estimator }) => {
      const own = estimator?.lowerChecked(plan, x, { ...options, output: 'transform' }) ?? x;
      const weight = this.#weightOf(name);
      return weight === undefined ? own : plan.binary(own, 'mul', new Float64Array(own.width).fill(weight));
    });
    return plan.concat(parts);
  }
}

function weightIn(weights: UnionWeights, part: string): number | undefined {
  return weights !== null && Object.hasOwn(weights, part) ? weights[part] : undefined;
}

/** Why something cannot work beside other transformers; undefined when it can. */
export function refusalOf(transformer: unknown): string | undefined {
  if (transformer === 'passthrough' || transformer === 'drop' || isTransformer(transformer)) return undefined;
  return "must hold a transformer, 'passthrough' or 'drop'.";
}

function isFittedPart(value: unknown): value is FittedPart {
  const { name, estimator } = (value ?? {}) as Partial<FittedPart>;
  return typeof name === 'string' && (estimator === null || isTransformer(estimator));
}

/**
 * A union whose parts are named after their classes, in lower case ('minmaxscaler'; a second one gets '-2').
 *
 * @example
 * ```ts
 * import { makeUnion, MinMaxScaler, StandardScaler } from 'boreal';
 * const { transformers } = makeUnion(new MinMaxScaler(), new StandardScaler()).params;
 * transformers.map(([name]) => name); // ['minmaxscaler', 'standardscaler']
 * ```
 */
export function makeUnion(...transformers: Estimator[]): FeatureUnion {
  return new FeatureUnion(nameByClass(transformers));
}
