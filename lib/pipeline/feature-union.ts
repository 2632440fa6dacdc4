/** Transformers side by side, each on all columns, compiled into one plan. */
import { sideBySide, transformTraining } from '../core/apply.js';
import type { ResolvedCompileOptions } from '../core/compile-options.js';
import { Estimator } from '../core/estimator.js';
import type { FitInput } from '../core/fit-input.js';
import { isTransformer, Transformer } from '../core/kinds.js';
import type { Matrix } from '../core/matrix.js';
import { checkParts, nameByClass } from '../core/named-parts.js';
import { bool, custom, either, nothing, type Rules } from '../core/params.js';
import type { PlanBuilder, Slot } from '../core/plan-builder.js';
import { type Column, Schema } from '../core/schema.js';
import { ValidationError } from '../errors.js';

/** A named part of a union: a transformer, 'passthrough' for the columns as they are, or 'drop' for none. */
export type UnionPart = readonly [name: string, transformer: Estimator | 'passthrough' | 'drop'];

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
}

/**
 * Gives all columns to each of several transformers and puts their results side by side.
 *
 * Differs from scikit-learn: `fit` works on clones, found in `namedTransformers`; parts are fitted one after another, each
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
export class FeatureUnion extends Transformer<FeatureUnionParams, FeatureUnionState> {
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
    const schema = Schema.named(input.columns);
    const parts: FittedPart[] = [];
    for (const [name, transformer] of this.params.transformers) {
      if (transformer === 'drop') continue;
      const estimator = transformer instanceof Estimator ? transformer.clone() : null;
      await estimator?.fitInput({ ...input, validation: null, queries: null }, schema);
      parts.push({ name, estimator });
    }
    if (parts.length === 0) {
      throw new ValidationError(
        'ERR_EMPTY',
        'FeatureUnion: all parts are dropped, so nothing would come out.',
      );
    }
    return { parts };
  }

  #weightOf(part: string): number | undefined {
    const { transformerWeights } = this.fittedParams;
    return transformerWeights !== null && Object.hasOwn(transformerWeights, part)
      ? transformerWeights[part]
      : undefined;
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
    return this.state.parts.flatMap(({ name, estimator }) => {
      const own = isTransformer(estimator) ? estimator.outputColumns() : this.schema.columns;
      const weighed = this.#weightOf(name) !== undefined;
      return own.map((column): Column => {
        const named = verboseFeatureNamesOut ? `${name}__${column.name}` : column.name;
        return weighed ? { name: named, kind: 'number' } : { ...column, name: named };
      });
    });
  }

  lower(plan: PlanBuilder, x: Slot, options: ResolvedCompileOptions): Slot {
    const parts = this.state.parts.map(({ name, estimator }) => {
      const own = estimator?.lowerChecked(plan, x, { ...options, output: 'transform' }) ?? x;
      const weight = this.#weightOf(name);
      return weight === undefined ? own : plan.binary(own, 'mul', new Float64Array(own.width).fill(weight));
    });
    return plan.concat(parts);
  }
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
