/** The normal distribution. */
import { chi2Survival } from './survival.js';

const CENTRE = {
  over: [
    3.3871328727963665, 133.14166789178438, 1971.5909503065513, 13731.69376550946, 45921.95393154987,
    67265.7709270087, 33430.57558358813, 2509.0809287301227,
  ],
  under: [
    1, 42.31333070160091, 687.1870074920579, 5394.196021424751, 21213.794301586597, 39307.89580009271,
    28729.085735721943, 5226.495278852854,
  ],
};
const SHOULDER = {
  over: [
    1.4234371107496835, 4.630337846156546, 5.769497221460691, 3.6478483247632045, 1.2704582524523684,
    0.2417807251774506, 0.022723844989269184, 0.0007745450142783414,
  ],
  under: [
    1, 2.053191626637759, 1.6763848301838038, 0.6897673349851, 0.14810397642748008, 0.015198666563616457,
    0.0005475938084995345, 1.0507500716444169e-9,
  ],
};
const TAIL = {
  over: [
    6.657904643501103, 5.463784911164114, 1.7848265399172913, 0.29656057182850487, 0.026532189526576124,
    0.0012426609473880784, 2.7115555687434876e-5, 2.0103343992922881e-7,
  ],
  under: [
    1, 0.599832206555888, 0.1369298809227358, 0.014875361290850615, 0.0007868691311456133,
    1.8463183175100548e-5, 1.421511758316446e-7, 2.0442631033899397e-15,
  ],
};

/** The three rational functions of {@link normalQuantile}: coefficients, the constant first. */
export const QUANTILE_RATIOS = { centre: CENTRE, shoulder: SHOULDER, tail: TAIL };

/** A quotient of two polynomials, by Horner's rule. */
function ratio({ over, under }: typeof CENTRE, x: number): number {
  let [top, bottom] = [0, 0];
  for (let k = over.length - 1; k >= 0; k--) {
    top = top * x + over[k];
    bottom = bottom * x + under[k];
  }
  return top / bottom;
}

/**
 * The standard normal quantile: z with P(Z <= z) = p, to about 1e-16 (Wichura 1988, algorithm AS 241).
 *
 * @param p - in (0, 1)
 */
export function normalQuantile(p: number): number {
  const q = p - 0.5;
  if (Math.abs(q) <= 0.425) return q * ratio(CENTRE, 0.180625 - q * q);
  const r = Math.sqrt(-Math.log(q < 0 ? p : 1 - p));
  const z = r <= 5 ? ratio(SHOULDER, r - 1.6) : ratio(TAIL, r - 5);
  return q < 0 ? -z : z;
}

/** P(Z <= z) of the standard normal distribution: half of the chi-squared survival of z squared is the tail. */
export function normalCdf(z: number): number {
  const tail = chi2Survival(z * z, 1) / 2;
  return z > 0 ? 1 - tail : tail;
}
