/** What transformers share that are made of transformers side by side. */
import { Estimator, type Front, type State } from '../core/estimator.js';
import type { FitInput } from '../core/fit-input.js';
import { frontOf } from '../core/inner-models.js';
import { isTransformer, Transformer } from '../core/kinds.js';
import type { SignalOptions } from '../core/linalg/call.js';
import type { MatrixLike } from '../core/matrix.js';
import { heldBy } from '../core/named-parts.js';
import { custom, either, nothing, type Rule } from '../core/params.js';
import type { PlanBuilder, Slot } from '../core/plan-builder.js';
import { type Column, Schema } from '../core/schema.js';
import type { CsrMatrix } from '../core/sparse/csr-matrix.js';
import { fitKeepingRows, type MakesRows, mayMakeSparse, type Rows } from '../core/sparse/made-rows.js';
import { SparseTransformer } from '../core/sparse/sparse-transformer.js';
import { ValidationError } from '../errors.js';
import { SideBySide, type SidePart, widthOf } from './side-by-side.js';

/** What the columns of a part are multiplied by, by its name; parts not named stay as they are. */
export type PartWeights = Readonly<Record<string, number>> | null;

/** Parameters that all of them have. */
export interface ParallelParams {
  transformerWeights: PartWeights;
  transformers: ReadonlyArray<
    readonly [name: string, transformer: Estimator | 'passthrough' | 'drop', ...unknown[]]
  >;
}

/** A part that gives columns. */
export interface FittedPart {
  readonly name: string;
  /** null: the columns pass unchanged. */
  readonly estimator: Estimator | null;
}

/** Learned by all of them. */
export interface ParallelState extends State {
  readonly parts: readonly FittedPart[];
  /** Of X, where a part reads what has no columns yet. */
  readonly input?: ReturnType<Schema['toJSON']>;
}

/** What a fit learns, and the rows it makes. */
export interface Learning<S> {
  readonly state: S;
  readonly rows?: Rows;
}

/** Base class of transformers made of transformers side by side. */
export abstract class Parallel<P extends ParallelParams, S extends ParallelState>
  extends Transformer<P, S>
  implements MakesRows
{
  /** @param wantsRows - whether to give what the parts make of the rows, where these may be sparse */
  protected abstract learn(input: FitInput, wantsRows: boolean): Promise<Learning<S>>;
  /** The parts with what each reads, and its weight. */
  protected abstract sidesOf(state: S): readonly SidePart[];
  /** Whether a part reads documents: the plan then reads the rows of all parts. */
  protected abstract readsDocuments(state: S): boolean;

  /** What stands side by side: transformers, 'passthrough' and 'drop'. */
  protected get within(): readonly unknown[] {
    return heldBy(this.params.transformers);
  }

  protected override get namedParts() {
    return 'transformers';
  }

  /** The weight of a part of the fitted transformer; 1 of those not named. */
  protected weightOf(part: string): number {
    const { transformerWeights } = this.isFitted ? this.fittedParams : this.params;
    return weightIn(transformerWeights, part);
  }

  protected async fitState(input: FitInput): Promise<S> {
    return (await this.learn(input, false)).state;
  }

  /** @internal */
  get mayMakeSparse(): boolean {
    return this.within.some(mayMakeSparse);
  }

  /** Fits, and gives what the rows become. @internal */
  fitRows(input: FitInput, schema: Schema): Promise<Rows> {
    return fitKeepingRows(this, input, schema, (own) => this.learn(own, true));
  }

  /** @internal */
  makeRows(X: MatrixLike, options?: SignalOptions): Promise<Rows> {
    return this.transformSparse(X, options);
  }

  /**
   * As `transform`, of any rows, sparse: the rows of parts that make sparse ones are never dense.
   *
   * @throws see {@link Transformer.transform}
   */
  transformSparse(X: MatrixLike, options: SignalOptions = {}): Promise<CsrMatrix> {
    return this.#joint(this.state, this.schema).transform(X, options);
  }

  /** All parts as one vectorizer. @param schema - of X, where no part reads documents */
  #joint(state: S, schema: Schema): SideBySide {
    const sides = this.sidesOf(state);
    if (state.input !== undefined) return SideBySide.of(sides, Schema.fromJSON(state.input));
    const own = sides.find(({ estimator }) => estimator instanceof SparseTransformer)?.estimator;
    const [within] = sides.flatMap(({ estimator }) => estimator?.vectorizers ?? []);
    return SideBySide.of(sides, (own ?? within)?.schema ?? schema);
  }

  protected override front(state: S): Front {
    if (!this.readsDocuments(state)) return frontOf([]);
    const schema = Schema.unnamed(widthOf(this.sidesOf(state), state.input?.columns.length ?? 0));
    return { vectorizers: [this.#joint(state, schema)], schema, dtype: 'float64' };
  }

  override get crossFits() {
    return this.within.some((part) => part instanceof Estimator && part.crossFits);
  }

  /** The fitted transformers by name. @throws {ERR_NOT_FITTED} before `fit` */
  get namedTransformers(): Record<string, Estimator | 'passthrough'> {
    return Object.fromEntries(
      this.state.parts.map(({ name, estimator }) => [name, estimator ?? 'passthrough']),
    );
  }
}

/** The rule of {@link PartWeights}. */
export const weightsRule: Rule = either(
  nothing,
  custom('an object from the name of a part to a finite number', (v) => {
    return typeof v === 'object' && v !== null && Object.values(v).every(Number.isFinite);
  }),
);

/** @throws {ERR_PARAMETER} for the weight of what is no part */
export function checkWeightNames(owner: object, weights: PartWeights, names: readonly string[]): void {
  const unknown = Object.keys(weights ?? {}).find((name) => !names.includes(name));
  if (unknown === undefined) return;
  const message = `${owner.constructor.name}: transformerWeights names '${unknown}', which is no part.`;
  throw new ValidationError('ERR_PARAMETER', message);
}

/** The weight of a part; 1 of those not named. */
export function weightIn(weights: PartWeights, part: string): number {
  return weights !== null && Object.hasOwn(weights, part) ? weights[part] : 1;
}

/** @throws {ERR_DTYPE} for a weight of columns that hold texts, whose numbers are no amounts */
export function checkWeighed(
  owner: object,
  { name, estimator }: FittedPart,
  given: readonly Column[],
  weight: number,
): void {
  if (weight === 1) return;
  const columns = isTransformer(estimator) ? estimator.outputColumns() : given;
  const text = columns.find(({ kind }) => kind === 'category');
  if (text === undefined) return;
  const message = `${owner.constructor.name}: transformerWeights multiplies part '${name}', whose column '${text.name}' holds text.`;
  throw new ValidationError('ERR_DTYPE', message);
}

/** Columns as they are named once they are multiplied. */
export function weighedColumn(column: Column, name: string, weight: number): Column {
  return weight === 1 ? { ...column, name } : { name, kind: 'number' };
}

/** The ops of columns times a number. */
export function lowerWeighed(plan: PlanBuilder, x: Slot, weight: number): Slot {
  return weight === 1 ? x : plan.binary(x, 'mul', new Float64Array(x.width).fill(weight));
}

/** Why something cannot work beside other transformers; undefined when it can. */
export function refusalOf(transformer: unknown): string | undefined {
  if (transformer === 'passthrough' || transformer === 'drop' || isTransformer(transformer)) return undefined;
  return "must hold a transformer, 'passthrough' or 'drop'.";
}

/** Whether a restored part is one. */
export function isFittedPart(value: unknown): value is FittedPart {
  const { name, estimator } = (value ?? {}) as Partial<FittedPart>;
  return typeof name === 'string' && (estimator === null || isTransformer(estimator));
}
