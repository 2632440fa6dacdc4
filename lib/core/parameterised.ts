/** What has parameters: how they are changed, copied and checked, with those of whatever is among them. */
import { ValidationError } from '../errors.js';
import { cloneParts, nestedIn, replaceParts } from './named-parts.js';
import { ownCopy } from './own-copy.js';
import { checkNames, checkParams, type Rules, show } from './params.js';

/** Parameters of an estimator and of those within it. */
export type NestedParams<P> = Partial<P> & Readonly<Record<`${string}__${string}`, unknown>>;

/**
 * Base class of estimators, as far as they are not fitted.
 *
 * @typeParam P - the parameters
 */
export abstract class Parameterised<P extends object = object> {
  #params: P;

  /**
   * @param params - all parameters, defaults filled in by the subclass; checked when `fit` runs. Arrays and matrices among them are
   *   copied: a fit reads them when the caller may have changed them
   */
  constructor(params: P) {
    this.#params = ownCopy(params);
  }

  /** The rule of each parameter. */
  abstract get rules(): Rules<P>;

  /** An unfitted one with the same parameters. */
  abstract clone(): this;

  /** The parameters, as given or by default. Change them with {@link Estimator.setParams}. */
  get params(): Readonly<P> {
    return this.#params;
  }

  /**
   * Changes parameters; they apply from the next `fit` on. Those of an estimator within go by its name and two underscores, as
   * `{ model__maxDepth: 3 }` for the step 'model' of a pipeline; its name alone replaces it. Arrays and matrices are copied.
   *
   * @throws {ERR_PARAMETER} for a name this estimator does not have
   */
  setParams(params: Partial<P> | NestedParams<P>): this {
    if (typeof params !== 'object' || params === null) {
      const message = `${this.constructor.name}: setParams takes an object of parameters; got ${show(params)}.`;
      throw new ValidationError('ERR_PARAMETER', message);
    }
    const own: Record<string, unknown> = {};
    const within: Array<readonly [Parameterised, object]> = [];
    for (const [name, value] of Object.entries(params)) {
      const [outer, inner] = splitName(name);
      const nested = this.#nested(outer);
      if (nested !== undefined && inner !== undefined) within.push([nested, { [inner]: value }]);
      else own[name] = value;
    }
    const key = this.namedParts;
    const replaced = key === null ? own : replaceParts(own, key, this.#param(key));
    checkNames(this.constructor.name, replaced, Object.keys(this.rules));
    for (const [estimator, value] of within) estimator.setParams(value);
    this.#params = { ...this.#params, ...ownCopy(replaced) };
    return this;
  }

  /** The parameter that holds a list of named parts, `[name, estimator, ...]`, whose names then go as parameters too; null: none. */
  protected get namedParts(): string | null {
    return null;
  }

  /** The estimator within of that name: a named part, or the value of a parameter. */
  #nested(name: string): Parameterised | undefined {
    const part = this.namedParts === null ? undefined : nestedIn(this.#param(this.namedParts), name);
    const value = part ?? this.#param(name);
    return value instanceof Parameterised ? value : undefined;
  }

  #param(name: string): unknown {
    return (this.#params as Record<string, unknown>)[name];
  }

  /** The parameters of a clone, with clones of the estimators among them. */
  protected cloneParams(): P {
    const entries = Object.entries(this.#params).map(([name, value]) => {
      if (name === this.namedParts) return [name, cloneParts(value)];
      return [name, value instanceof Parameterised ? value.clone() : value];
    });
    return Object.fromEntries(entries);
  }

  /** @throws {ERR_PARAMETER} for a parameter that breaks its rule */
  checkParams(): void {
    checkParams(this.constructor.name, this.#params, this.rules);
  }
}

/** 'model__alpha' -> 'model' and 'alpha'. */
function splitName(name: string): [outer: string, inner: string | undefined] {
  const at = name.indexOf('__');
  return at < 0 ? [name, undefined] : [name.slice(0, at), name.slice(at + 2)];
}
