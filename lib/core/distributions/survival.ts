/**
 * Survival functions of the chi-squared and of Kolmogorov's distributions, good to about 1e-13 of their value. Powers and
 * factorials that nearly cancel are joined by C. Loader's saddle-point expansion (Fast and Accurate Computation of
 * Binomial Probabilities, 2000); the choice of methods for Kolmogorov's follows Simard and L'Ecuyer (2011).
 */

const { abs, exp, log, log1p, PI, sqrt } = Math;
const EPSILON = 2 ** -53;
const HALF_LOG_2PI = 0.5 * log(2 * PI);

/** log(n!) less Stirling's formula for it; n >= 0, a multiple of 1/2. */
function stirlingError(n: number): number {
  if (n <= 15) return logFactorial(n) - (n === 0 ? 0 : (n + 0.5) * log(n) - n + HALF_LOG_2PI);
  const s = 1 / (n * n);
  return (1 / 12 - (1 / 360 - (1 / 1260 - (1 / 1680 - (1 / 1188 - (691 / 360360) * s) * s) * s) * s) * s) / n;
}

/** log(n!) for a small multiple of 1/2, as a product. */
function logFactorial(n: number): number {
  return log(factorial(n));
}

function factorial(n: number): number {
  let product = Number.isInteger(n) ? 1 : sqrt(PI);
  for (let k = Number.isInteger(n) ? 1 : 0.5; k <= n; k++) product *= k;
  return product;
}

/** x log(x / m) + m - x, without cancellation. */
function deviance(x: number, m: number): number {
  if (abs(x - m) >= 0.1 * (x + m)) return x === 0 ? m : x * log(x / m) + m - x;
  const v = (x - m) / (x + m);
  let sum = (x - m) * v;
  let term = 2 * x * v;
  for (let k = 3; ; k += 2) {
    term *= v * v;
    const next = sum + term / k;
    if (next === sum) return sum;
    sum = next;
  }
}

/** x^a e^-x / a!; a > 0 a multiple of 1/2. */
function poisson(a: number, x: number): number {
  if (a <= 15) return exp(a * log(x) - x) / factorial(a);
  return exp(-stirlingError(a) - deviance(a, x)) / sqrt(2 * PI * a);
}

/** Probability of k of n, each with probability p = 1 - q. */
function binomial(k: number, n: number, p: number, q: number): number {
  if (k === 0) return exp(n * log1p(-p));
  if (k === n) return p ** n;
  const exponent =
    stirlingError(n) - stirlingError(k) - stirlingError(n - k) - deviance(k, n * p) - deviance(n - k, n * q);
  return exp(exponent) * sqrt(n / (2 * PI * k * (n - k)));
}

/**
 * P(X > x) of a chi-squared distribution.
 *
 * @param dof - degrees of freedom, a whole number >= 1
 */
export function chi2Survival(x: number, dof: number): number {
  if (!(x > 0)) return Number.isNaN(x) ? x : 1;
  if (x === Infinity) return 0;
  return upperGamma(dof / 2, x / 2);
}

/** The regularised upper incomplete gamma function Q(a, x): a series below a + 1, a continued fraction above. */
function upperGamma(a: number, x: number): number {
  const scale = poisson(a, x);
  if (x < a + 1) {
    let term = 1;
    let sum = 1;
    for (let k = 1; term > sum * EPSILON; k++) {
      term *= x / (a + k);
      sum += term;
    }
    return 1 - scale * sum;
  }
  // Lentz's evaluation.
  let b = x + 1 - a;
  let c = Infinity;
  let d = 1 / b;
  let h = d;
  for (let k = 1, change = 0; abs(change - 1) > 4 * EPSILON && k < 1e6; k++) {
    const an = k * (a - k);
    b += 2;
    d = 1 / (an * d + b);
    c = b + an / c;
    change = c * d;
    h *= change;
  }
  return scale * a * h;
}

/**
 * P(D >= d) of the one-sample, two-sided Kolmogorov-Smirnov statistic.
 *
 * @param n - size of the sample, a whole number >= 1
 */
export function kolmogorovSurvival(d: number, n: number): number {
  const t = n * d;
  if (d >= 1) return 0;
  if (t <= 0.5) return 1;
  if (t <= 1) {
    const inside = n <= 15 ? factorial(n) / n ** n : sqrt(2 * PI * n) * exp(stirlingError(n) - n);
    return 1 - inside * (2 * t - 1) ** n;
  }
  if (t >= n - 1) return 2 * exp(n * log1p(-d));
  const squared = t * d;
  if (squared >= 370) return 0;
  if (d >= 0.5 || squared >= (n <= 140 ? 4 : 2.2)) return Math.min(1, 2 * smirnovSurvival(d, n));
  const cdf = n <= 140 || (n <= 1e5 && n * d ** 1.5 <= 1.4) ? durbin(n, d) : pelzGood(n, d);
  return Math.min(1, Math.max(0, 1 - cdf));
}

/** P(D+ >= d), one-sided: the sum of Smirnov and of Birnbaum and Tingey. */
function smirnovSurvival(d: number, n: number): number {
  let sum = 0;
  for (let j = 0; j <= n * (1 - d); j++) {
    const p = d + j / n;
    const q = (n - j) / n - d;
    if (q > 0) sum += binomial(j, n, p, q) / p;
  }
  return d * sum;
}

/** P(D < d): the matrix power of Durbin in the form of Marsaglia, Tsang and Wang (2003). */
function durbin(n: number, d: number): number {
  const k = Math.ceil(n * d);
  const h = k - n * d;
  const m = 2 * k - 1;
  const inverse = new Float64Array(m + 2).fill(1);
  for (let i = 1; i < inverse.length; i++) inverse[i] = inverse[i - 1] / i;
  const base = new Float64Array(m * m);
  for (let i = 0; i < m; i++) {
    for (let j = 0; j <= Math.min(i + 1, m - 1); j++) base[i * m + j] = inverse[i - j + 1];
  }
  for (let i = 0; i < m; i++) {
    const corner = (1 - h ** (i + 1)) * inverse[i + 1];
    base[i * m] = corner;
    base[(m - 1) * m + m - 1 - i] = corner;
  }
  base[(m - 1) * m] = (1 - 2 * h ** m + Math.max(0, 2 * h - 1) ** m) * inverse[m];
  const power = matrixPower({ data: base, exponent: 0 }, m, n);
  let p = power.data[(k - 1) * m + k - 1];
  let { exponent } = power;
  for (let i = 1; i <= n; i++) {
    p *= i / n;
    if (p < 2 ** -128) {
      p *= 2 ** 128;
      exponent -= 128;
    }
  }
  return p * 2 ** exponent;
}

/** A square matrix times 2^exponent. */
interface Scaled {
  readonly data: Float64Array;
  readonly exponent: number;
}

function matrixPower(base: Scaled, m: number, n: number): Scaled {
  if (n === 1) return base;
  const half = matrixPower(base, m, n >> 1);
  const squared = multiply(half, half, m);
  return n % 2 === 0 ? squared : multiply(squared, base, m);
}

function multiply(a: Scaled, b: Scaled, m: number): Scaled {
  const data = new Float64Array(m * m);
  for (let i = 0; i < m; i++) {
    for (let k = 0; k < m; k++) {
      const factor = a.data[i * m + k];
      for (let j = 0; j < m; j++) data[i * m + j] += factor * b.data[k * m + j];
    }
  }
  const exponent = a.exponent + b.exponent;
  const middle = data[(m * m) >> 1];
  if (middle < 2 ** 128) return { data, exponent };
  return { data: data.map((value) => value * 2 ** -128), exponent: exponent + 128 };
}

/** P(D < d), four terms of Pelz and Good (1976). */
function pelzGood(n: number, d: number): number {
  const z = sqrt(n) * d;
  const z2 = z * z;
  const z4 = z2 * z2;
  const z6 = z4 * z2;
  const p2 = PI * PI;
  let k0 = 0;
  let k1 = 0;
  let k2 = 0;
  let k3 = 0;
  for (let i = Math.ceil((16 * z) / PI); i >= 0; i--) {
    const s = (i + 0.5) ** 2 * p2;
    const q = exp(-s / (2 * z2));
    k0 += q;
    k1 += (s - z2) * q;
    k2 += (6 * z6 + 2 * z4 + (2 * z4 - 5 * z2) * s + (1 - 2 * z2) * s * s) * q;
    const cubic = (5 - 30 * z2) * s ** 3 + (-60 * z2 + 212 * z4) * s * s + (135 * z4 - 96 * z6) * s;
    k3 += (cubic - 30 * z6 - 90 * z4 * z4) * q;
    if (i === 0) continue;
    const whole = i * i * p2;
    const r = whole * exp(-whole / (2 * z2));
    k2 -= 2 * z4 * r;
    k3 += 30 * z4 * (3 * z2 - whole) * r;
  }
  const root = sqrt(2 * PI);
  return (
    (root / z) * k0 +
    (root / (6 * z4 * sqrt(n))) * k1 +
    (root / (72 * z4 * z2 * z * n)) * k2 +
    (root / (6480 * z4 * z6 * n ** 1.5)) * k3
  );
}

/** The x with P(X >= x) = `p` for chi-squared of `dof` degrees of freedom, for p in (0, 1). */
export function chi2Critical(p: number, dof: number): number {
  let high = 1;
  while (chi2Survival(high, dof) > p) high *= 2;
  let low = 0;
  for (let i = 0; i < 100; i++) {
    const middle = (low + high) / 2;
    if (chi2Survival(middle, dof) > p) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
