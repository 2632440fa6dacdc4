/** Pearson's chi-squared test of independence in a table of counts. */
import { chi2Survival } from '../core/distributions/survival.js';
import { requireOptions, show } from '../core/params.js';
import { ValidationError } from '../errors.js';

/** Options of {@link chi2Contingency}. */
export interface Chi2Options {
  /** Yates' correction for continuity, for tables of one degree of freedom. Default true. */
  readonly correction?: boolean;
}

/** What {@link chi2Contingency} returns. */
export interface Chi2Result {
  readonly statistic: number;
  /** In [0, 1]: how probable a statistic as large is when rows and columns are independent. */
  readonly pvalue: number;
  /** Degrees of freedom. */
  readonly dof: number;
  /** Counts expected under independence, in the shape of the table. */
  readonly expectedFreq: readonly (readonly number[])[];
}

/**
 * Tests whether the rows and columns of a table of counts are independent, as `scipy.stats.chi2_contingency` does.
 *
 * @param table - [rows, columns] of counts >= 0; each row and each column needs a count above 0
 * @throws {ERR_SHAPE | ERR_PARAMETER | ERR_EMPTY} for a table that is none
 * @example
 * ```ts
 * import { chi2Contingency } from 'boreal';
 * chi2Contingency([[10, 10, 20], [20, 20, 20]]).pvalue; // 0.2498...
 * ```
 */
export function chi2Contingency(
  table: ReadonlyArray<ArrayLike<number>>,
  options: Chi2Options = {},
): Chi2Result {
  requireOptions(options);
  const { correction = true } = options;
  if (!Array.isArray(table) || table.length === 0 || !(table[0]?.length > 0)) {
    throw new ValidationError('ERR_EMPTY', 'chi2Contingency: table needs at least one row and one column.');
  }
  const cols = table[0].length;
  const rowSums = new Float64Array(table.length);
  const colSums = new Float64Array(cols);
  let total = 0;
  table.forEach((row, i) => {
    if (row?.length !== cols) {
      throw new ValidationError('ERR_SHAPE', `chi2Contingency: rows 0 and ${i} differ in length.`);
    }
    for (let j = 0; j < cols; j++) {
      const count = row[j];
      if (!(Number.isFinite(count) && count >= 0)) {
        const message = `chi2Contingency: counts are finite and >= 0; row ${i}, column ${j} is ${show(count)}.`;
        throw new ValidationError('ERR_PARAMETER', message);
      }
      rowSums[i] += count;
      colSums[j] += count;
      total += count;
    }
  });
  if (rowSums.includes(0) || colSums.includes(0)) {
    throw new ValidationError('ERR_PARAMETER', 'chi2Contingency: a row or a column holds only zeros.');
  }
  const dof = (table.length - 1) * (cols - 1);
  const expectedFreq = Array.from(rowSums, (row) => Array.from(colSums, (col) => (row * col) / total));
  if (dof === 0) return { statistic: 0, pvalue: 1, dof, expectedFreq };
  const shift = correction && dof === 1 ? 0.5 : 0;
  let statistic = 0;
  expectedFreq.forEach((row, i) => {
    row.forEach((expected, j) => {
      const difference = Math.abs(table[i][j] - expected);
      statistic += (difference - Math.min(shift, difference)) ** 2 / expected;
    });
  });
  return { statistic, pvalue: chi2Survival(statistic, dof), dof, expectedFreq };
}
