/** Transformers side by side, each on all columns, compiled into one plan. */
import { sideBySide, transformTraining } from '../core/apply.js';
import type { ResolvedCompileOptions } from '../core/compile-options.js';
import { Estimator } from '../core/estimator.js';
import type { FitInput } from '../core/fit-input.js';
import { isSparse } from '../core/forms.js';
import { lowerTransformer } from '../core/inner-models.js';
import { isTransformer } from '../core/kinds.js';
import type { Matrix } from '../core/matrix.js';
import { checkParts, nameByClass } from '../core/named-parts.js';
import { bool, custom, type Rules } from '../core/params.js';
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
import { joined, type SidePart, weighed } from './side-by-side.js';

/** A named part of a union: a transformer, 'passthrough' for the columns as they are, or 'drop' for none. */
export type UnionPart = readonly [name: string, transformer: Estimator | 'passthrough' | 'drop'];

/** Parameters of {@link FeatureUnion}. */
export interface FeatureUnionParams {
  transformers: readonly UnionPart[];
  /** What the columns of a part are multiplied by, by its name, unless they hold text; parts not named stay as they are. Default null. */
  transformerWeights: PartWeights;
  /** Begin the name of each column with the part's name and '__'. Default true. */
  verboseFeatureNamesOut: boolean;
}

/** Learned by {@link FeatureUnion}: the parts that give columns, fitted. */
export interface FeatureUnionState extends ParallelState {
  /** Whether a part reads documents: the plan then reads the rows of all parts. */
  readonly vectorizes?: boolean;
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
export class FeatureUnion extends Parallel<FeatureUnionParams, FeatureUnionState> {
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
      transformerWeights: weightsRule,
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
    const parts = this.within.flatMap((part) => (part instanceof Estimator ? [part.tags] : []));
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
    checkWeightNames(
      this,
      transformerWeights,
      transformers.map(([name]) => name),
    );
  }

  protected async learn(input: FitInput, wantsRows: boolean): Promise<Learning<FeatureUnionState>> {
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
        rows.push(await weighed(made, weightIn(transformerWeights, name)));
      } else {
        await estimator?.fitInput(own, schema);
      }
      const part = { name, estimator };
      checkWeighed(this, part, input.columns, weightIn(transformerWeights, name));
      parts.push(part);
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
    return { state, rows: makesRows ? await joined(rows, Infinity, input.cancel) : undefined };
  }

  protected sidesOf({ parts }: FeatureUnionState): readonly SidePart[] {
    return parts.map(({ name, estimator }) => ({ columns: null, estimator, weight: this.weightOf(name) }));
  }

  protected readsDocuments({ vectorizes = false }: FeatureUnionState): boolean {
    return vectorizes;
  }

  override async crossFitted(input: FitInput): Promise<Matrix> {
    const schema = Schema.named(input.columns);
    const parts: Matrix[] = [];
    for (const { name, estimator } of this.state.parts) {
      const own = estimator ? await transformTraining(estimator, input, schema) : input.x;
      parts.push(await weighed(own, this.weightOf(name)));
    }
    return sideBySide(parts);
  }

  outputColumns(): readonly Column[] {
    const { verboseFeatureNamesOut } = this.fittedParams;
    const { parts, input } = this.state;
    const given = input?.columns ?? this.schema.columns;
    return parts.flatMap(({ name, estimator }) => {
      const own = isTransformer(estimator) ? estimator.outputColumns() : given;
      const weight = this.weightOf(name);
      return own.map((column) => {
        const named = verboseFeatureNamesOut ? `${name}__${column.name}` : column.name;
        return weighedColumn(column, named, weight);
      });
    });
  }

  lower(plan: PlanBuilder, x: Slot, options: ResolvedCompileOptions): Slot {
    if (this.readsDocuments(this.state)) return x;
    const parts = this.state.parts.map(({ name, estimator }) => {
      const own = estimator === null ? x : lowerTransformer(estimator, plan, x, options);
      return lowerWeighed(plan, own, this.weightOf(name));
    });
    return plan.concat(parts);
  }
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
