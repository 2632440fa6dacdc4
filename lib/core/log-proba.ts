/** Logarithms of probabilities. */
import { type FloatArray, Matrix } from './matrix.js';

/** The logarithms of what `predictProba` gives. */
export function logOf(proba: Matrix | Matrix[]): Matrix | Matrix[] {
  if (Array.isArray(proba)) return proba.map((own) => logOf(own) as Matrix);
  return new Matrix(proba.data.map(Math.log), proba.rows, proba.cols);
}

/**
 * Logarithms of probabilities from those of joint ones: less the logarithm of the sum of the exponentials of each row. Of a row that no
 * class has (all of them -Infinity) they are NaN, as scikit-learn's are.
 */
export function logNormalised(joint: Matrix | Matrix[]): Matrix | Matrix[] {
  if (Array.isArray(joint)) return joint.map((own) => logNormalised(own) as Matrix);
  const out = new Matrix(joint.data.slice(), joint.rows, joint.cols);
  for (let i = 0; i < out.rows; i++) {
    const row: FloatArray = out.row(i);
    let most = -Infinity;
    for (const value of row) most = Math.max(most, value);
    let sum = 0;
    for (const value of row) sum += Math.exp(value - most);
    for (let c = 0; c < row.length; c++) row[c] -= most + Math.log(sum);
  }
  return out;
}
