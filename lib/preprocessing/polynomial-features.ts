/** Products of columns. */
import type { FitInput } from '../core/fit-input.js';
import { Transformer } from '../core/kinds.js';
import { bool, custom, type Rules } from '../core/params.js';
import type { PlanBuilder, Slot } from '../core/plan-builder.js';
import type { Column } from '../core/schema.js';
import { ValidationError } from '../errors.js';

/** More columns than this would not fit into memory with any number of rows. */
const MAX_OUTPUTS = 1_000_000;

/** Parameters of {@link PolynomialFeatures}. */
export interface PolynomialFeaturesParams {
  /** The largest degree, or the smallest and the largest. Default 2. */
  degree: number | readonly [min: number, max: number];
  /** Only products of different columns. Default false. */
  interactionOnly: boolean;
  /** A first column of ones, the product of nothing. Default true. */
  includeBias: boolean;
}

/** The products of one degree: each a column times a product of the degree before. */
interface Degree {
  /** The column of each product. */
  readonly column: number[];
  /** The product of the degree before that it is multiplied by, by number. */
  readonly rest: number[];
}

/**
 * All products of up to `degree` columns, by degree and then by column: for a and b of degree 2 these are
 * 1, a, b, a^2, a b and b^2.
 *
 * Differs from scikit-learn: at most 1,000,000 columns come out; there is no `order`.
 *
 * @example
 * ```ts
 * import { PolynomialFeatures } from 'boreal';
 * const polynomial = await new PolynomialFeatures().fit({ a: [2], b: [3] });
 * polynomial.getFeatureNamesOut(); // ['1', 'a', 'b', 'a^2', 'a b', 'b^2']
 * polynomial.transformSync({ a: [2], b: [3] }).toArray(); // [[1, 2, 3, 4, 6, 9]]
 * ```
 */
export class PolynomialFeatures extends Transformer<PolynomialFeaturesParams, Record<string, never>> {
  constructor(params: Partial<PolynomialFeaturesParams> = {}) {
    super({ degree: 2, interactionOnly: false, includeBias: true, ...params });
  }

  get rules(): Rules<PolynomialFeaturesParams> {
    const isDegree = (v: unknown): v is number => Number.isSafeInteger(v) && (v as number) >= 0;
    return {
      degree: custom('a whole number >= 0, or two of them [min, max] with min <= max', (v) => {
        return isDegree(v) || (Array.isArray(v) && v.length === 2 && v.every(isDegree) && v[0] <= v[1]);
      }),
      interactionOnly: bool,
      includeBias: bool,
    };
  }

  get stateRules(): Rules<Record<string, never>> {
    return {};
  }

  protected async fitState({ x }: FitInput): Promise<Record<string, never>> {
    const outputs = this.#count(x.cols);
    if (outputs === 0) {
      throw new ValidationError(
        'ERR_PARAMETER',
        'PolynomialFeatures: degree 0 without includeBias leaves no column.',
      );
    }
    if (outputs > MAX_OUTPUTS) {
      throw new ValidationError(
        'ERR_PARAMETER',
        `PolynomialFeatures: ${x.cols} columns have ${outputs} products of degree ${this.params.degree}; at most ${MAX_OUTPUTS} are possible. Lower the degree, or set interactionOnly.`,
      );
    }
    return {};
  }

  /** The number of columns that come out, without listing them. */
  #count(cols: number): number {
    const { interactionOnly, includeBias } = this.params;
    const [min, max] = degrees(this.params);
    let total = includeBias ? 1 : 0;
    let ofDegree = 1;
    for (let d = 1; d <= max && ofDegree > 0 && total <= MAX_OUTPUTS; d++) {
      ofDegree = (ofDegree * (interactionOnly ? cols - d + 1 : cols + d - 1)) / d;
      if (d >= min) total += ofDegree;
    }
    return total;
  }

  /** The number of columns that come out. @throws {ERR_NOT_FITTED} before `fit` */
  get nOutputFeatures(): number {
    return this.powers.length;
  }

  /** By column that comes out, the exponent of each column of X. @throws {ERR_NOT_FITTED} before `fit` */
  get powers(): number[][] {
    const { includeBias } = this.fittedParams;
    const [min] = degrees(this.fittedParams);
    const nothing = new Array<number>(this.nFeaturesIn).fill(0);
    const result = includeBias ? [nothing] : [];
    let before = [nothing];
    this.#products().forEach(({ column, rest }, k) => {
      before = column.map((j, p) => before[rest[p]].map((power, i) => (i === j ? power + 1 : power)));
      if (k + 1 >= min) result.push(...before);
    });
    return result;
  }

  outputColumns(): readonly Column[] {
    const names = this.featureNamesIn;
    return this.powers.map((powers) => {
      const factors = powers.flatMap((power, j) => {
        if (power === 0) return [];
        return power === 1 ? [names[j]] : [`${names[j]}^${power}`];
      });
      return { name: factors.join(' ') || '1', kind: 'number' };
    });
  }

  lower(plan: PlanBuilder, x: Slot): Slot {
    const [min] = degrees(this.fittedParams);
    const parts: Slot[] = [];
    let before = x;
    this.#products().forEach(({ column, rest }, k) => {
      if (k > 0) before = plan.binaryOf([plan.gather(before, rest), plan.gather(x, column)], 'mul');
      if (k + 1 >= min) parts.push(before);
    });
    if (this.fittedParams.includeBias) parts.unshift(plan.constant(x, Float64Array.of(1)));
    return plan.concat(parts);
  }

  /** Degree 1, degree 2 and so on. */
  #products(): Degree[] {
    const { interactionOnly } = this.fittedParams;
    const [, max] = degrees(this.fittedParams);
    const cols = this.nFeaturesIn;
    const result: Degree[] = [];
    if (max === 0) return result;
    let last: Degree = { column: Array.from({ length: cols }, (_, j) => j), rest: new Array(cols).fill(0) };
    while (last.column.length > 0) {
      result.push(last);
      if (result.length === max) break;
      const next: Degree = { column: [], rest: [] };
      for (let j = 0; j < cols; j++) {
        // The products of columns from j on, or after j: those whose first factor is such a column.
        const from = interactionOnly ? j + 1 : j;
        last.column.forEach((first, p) => {
          if (first < from) return;
          next.column.push(j);
          next.rest.push(p);
        });
      }
      last = next;
    }
    return result;
  }
}

function degrees({ degree }: Readonly<PolynomialFeaturesParams>): readonly [min: number, max: number] {
  return typeof degree === 'number' ? [0, degree] : degree;
}
