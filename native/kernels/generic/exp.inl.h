// exp, expm1, sigmoid, silu and tanh of one Vec, all from a single polynomial for e^r - 1.
//
// Reduction: x = n ln2 + r with n whole, |r| <= ln2 / 2 (Cody & Waite, "Software Manual for the Elementary
// Functions", 1980: ln2 in two parts, n times the upper part being exact). Then e^r - 1 = r + r^2 q(r), where
// q interpolates (e^r - 1 - r) / r^2 in Chebyshev nodes on |r| <= 0.3466: relative error of e^r 1.1e-8
// (float), 1.6e-17 (double). Keeping e^r - 1 apart from the 1, and its rounding error beside it, is what
// makes the functions below accurate: they divide once and correct the quotient by its remainder.
#pragma once

#include "kernels/generic/pair.inl.h"

namespace boreal {
namespace {

template <typename T>
struct ExpConstants;

template <>
struct ExpConstants<float> {
  static constexpr float kLog2E = 0x1.715476p+0f;
  static constexpr float kLn2High = 0x1.62e4p-1f;  // 15 bits: exact times any n of 8 bits
  static constexpr float kLn2Low = 0x1.7f7d1cp-20f;
  static constexpr float kLowest = -112.0f;     // e^x and x e^x round to 0 below it
  static constexpr float kHighest = 89.0f;      // e^x overflows above it
  static constexpr float kIsMinusOne = -30.0f;  // e^x - 1 rounds to -1 below it
  static constexpr float kTanhIsOne = 10.0f;    // tanh x rounds to 1 above it
  static constexpr float kInfinity = __builtin_huge_valf();
  static constexpr float kNan = __builtin_nanf("");
  static constexpr size_t kTerms = 5;
  static constexpr float kQ[kTerms] = {0x1p-1f, 0x1.5554dcp-3f, 0x1.55551ap-5f, 0x1.120b6cp-7f,
                                       0x1.6d1106p-10f};
};

template <>
struct ExpConstants<double> {
  static constexpr double kLog2E = 0x1.71547652b82fep+0;
  static constexpr double kLn2High = 0x1.62e42fefa2p-1;  // 40 bits: exact times any n of 11 bits
  static constexpr double kLn2Low = 0x1.9ef35793c7673p-41;
  static constexpr double kLowest = -760.0;
  static constexpr double kHighest = 710.0;
  static constexpr double kIsMinusOne = -60.0;
  static constexpr double kTanhIsOne = 20.0;
  static constexpr double kInfinity = __builtin_huge_val();
  static constexpr double kNan = __builtin_nan("");
  static constexpr size_t kTerms = 10;
  static constexpr double kQ[kTerms] = {0x1.0000000000001p-1,  0x1.5555555555556p-3,  0x1.5555555553d64p-5,
                                        0x1.11111111109b4p-7,  0x1.6c16c1788b646p-10, 0x1.a01a01a7c3d59p-13,
                                        0x1.a019b90eefe8ep-16, 0x1.71de0daf7a6ccp-19, 0x1.2891834686c7ep-22,
                                        0x1.af38a71a18cb9p-26};
};

template <typename T, size_t kTerms>
inline Vec<T> polynomial(const T (&coefficients)[kTerms], Vec<T> x) {
  Vec<T> sum = broadcast(coefficients[kTerms - 1]);
  for (size_t i = kTerms - 1; i-- > 0;) sum = fma(sum, x, broadcast(coefficients[i]));
  return sum;
}

// x + low = n ln2 + r; expm1 + expm1_low = e^r - 1. x within [kLowest, kHighest] or NaN.
template <typename T>
struct ReducedExp {
  Vec<T> n, expm1, expm1_low;
};

template <typename T>
inline ReducedExp<T> reduced_exp(Vec<T> x) {
  using C = ExpConstants<T>;
  const Vec<T> n = round(x * broadcast(C::kLog2E));
  const Vec<T> most = fma(n, broadcast(-C::kLn2High), x), less = n * broadcast(C::kLn2Low), r = most - less;
  const Vec<T> square = r * r, q = polynomial(C::kQ, r), expm1 = fma(square, q, r);
  const Vec<T> r_low = (most - r) - less;
  return {n, expm1, fma(square, q, r - expm1) + fma(r_low, expm1, r_low)};
}
template <typename T>
inline ReducedExp<T> reduced_exp(Vec<T> x, Vec<T> low) {
  const ReducedExp<T> e = reduced_exp(x);
  return {e.n, e.expm1, e.expm1_low + fma(low, e.expm1, low)};
}

// e^(x + low) 2^-n as a pair.
template <typename T>
inline Pair<T> significand(const ReducedExp<T>& e) {
  const Pair<T> sum = add_ordered(broadcast(T(1)), e.expm1);
  return {sum.high, sum.low + e.expm1_low};
}

template <typename T>
inline Vec<T> clamp_exponent(Vec<T> x) {
  using C = ExpConstants<T>;
  return max(broadcast(C::kLowest), min(broadcast(C::kHighest), x));
}

template <typename T>
inline Vec<T> exp(Vec<T> x) {
  const ReducedExp<T> e = reduced_exp(clamp_exponent(x));
  return scale2(broadcast(T(1)) + e.expm1, e.n);
}

// 2^n ((e^r - 1) + (1 - 2^-n)), which cancels nowhere and overflows only where e^x does.
template <typename T>
inline Vec<T> expm1(Vec<T> x) {
  using C = ExpConstants<T>;
  const Vec<T> one = broadcast(T(1));
  const ReducedExp<T> e = reduced_exp(max(broadcast(C::kIsMinusOne), min(broadcast(C::kHighest), x)));
  const Pair<T> sum = add(one - scale2(one, -e.n), e.expm1);
  const Vec<T> y = scale2(sum.high + (sum.low + e.expm1_low), e.n);
  return select(equal(x, broadcast(T(0))), x, y);  // -0
}

// sigmoid x = y 2^n, before a rounding to a subnormal; for x >= 0 it is y, whatever n.
template <typename T>
struct ScaledSigmoid {
  Vec<T> y, n;
};

// With e^-|x| = 2^n s, s = 1 + (e^r - 1): 1 / (1 + 2^n s) for x >= 0, else 2^n s / (1 + 2^n s).
template <typename T>
inline ScaledSigmoid<T> scaled_sigmoid(Vec<T> x) {
  using C = ExpConstants<T>;
  const Vec<T> zero = broadcast(T(0)), one = broadcast(T(1));
  const ReducedExp<T> e = reduced_exp(max(broadcast(C::kLowest), -abs(x)));
  const Pair<T> s = significand(e);
  const Vec<T> power = scale2(one, e.n);
  const Pair<T> sum = add_ordered(one, power * s.high);
  const Vec<T> sum_low = fma(power, s.low, sum.low);
  const auto negative = less(x, zero);
  const Vec<T> numerator = select(negative, s.high, one), numerator_low = select(negative, s.low, zero);
  const Vec<T> inverse = one / sum.high, y = numerator * inverse;
  const Vec<T> remainder = residual(numerator, y, sum.high) + fma(-y, sum_low, numerator_low);
  return {fma(remainder, inverse, y), e.n};
}

// Cheaper than scaled_sigmoid, and accurate enough where nothing is multiplied by it: what rounding takes
// from s and from the quotient stays below 2 ulps, so only the rounding of 1 + p is made good, its quotient
// taken as 1 / (1 + p) ~ 1 - p / 2, which is off by less than 1/6 of a small correction.
template <typename T>
inline Vec<T> sigmoid(Vec<T> x) {
  using C = ExpConstants<T>;
  const Vec<T> one = broadcast(T(1));
  const ReducedExp<T> e = reduced_exp(max(broadcast(C::kLowest), -abs(x)));
  const Vec<T> s = one + e.expm1, p = scale2(s, e.n), sum = one + p, lost = (one - sum) + p;
  const auto negative = less(x, broadcast(T(0)));
  const Vec<T> quotient = select(negative, s, one) / sum;
  const Vec<T> y = fma(-lost * quotient, fma(broadcast(T(-0.5)), p, one), quotient);
  return select(negative, scale2(y, e.n), y);
}

// x sigmoid(x); -0, the limit, at -infinity. Scaled last: x makes a subnormal sigmoid's rounding error
// larger.
template <typename T>
inline Vec<T> silu(Vec<T> x) {
  const ScaledSigmoid<T> s = scaled_sigmoid(x);
  const Vec<T> y = max(broadcast(ExpConstants<T>::kLowest), x) * s.y;
  return select(less(x, broadcast(T(0))), scale2(y, s.n), y);
}

// tanh |x| = m / (m + 2), m = e^(2|x|) - 1 = 2^n (e^r - 1) + (2^n - 1), which cancels nowhere.
template <typename T>
inline Vec<T> tanh(Vec<T> x) {
  const Vec<T> one = broadcast(T(1)), two = broadcast(T(2));
  const Vec<T> clamped = min(broadcast(ExpConstants<T>::kTanhIsOne), abs(x));
  const ReducedExp<T> e = reduced_exp(clamped + clamped);
  const Vec<T> power = scale2(one, e.n);
  const Pair<T> m = add(power - one, power * e.expm1);
  const Vec<T> m_low = fma(power, e.expm1_low, m.low);
  const Pair<T> sum = add_ordered(max(m.high, two), min(m.high, two));
  const Vec<T> inverse = one / sum.high, y = m.high * inverse;
  const Vec<T> remainder = residual(m.high, y, sum.high) + fma(-y, sum.low + m_low, m_low);
  return copy_sign(fma(remainder, inverse, y), x);
}

}  // namespace
}  // namespace boreal
