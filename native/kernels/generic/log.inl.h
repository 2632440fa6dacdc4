// log, log1p, softplus and pow of one Vec.
//
// x = 2^k m with m in [sqrt 1/2, sqrt 2), and with f = m - 1 and s = f / (2 + f)
//   log m = 2s + s^3 L(s^2) = f - (f^2/2 - s (f^2/2 + s^2 L(s^2)))
// where the second form's large terms are exact (the method of K. C. Ng's fdlibm, 1993). L(z) = 2/3 + z R(z);
// R interpolates in Chebyshev nodes on |s| <= 0.1716: error relative to log m 2^-31 (float), 2^-65 (double).
// pow needs y log x to the last bit of a number as large as 709, so it takes log as a pair.
#pragma once

#include "kernels/generic/exp.inl.h"

namespace boreal {
namespace {

template <typename T>
struct LogConstants;

template <>
struct LogConstants<float> {
  static constexpr float kSmallestNormal = 0x1p-126f;
  static constexpr float kSubnormalScale = 0x1p24f;
  static constexpr float kSubnormalShift = 24;
  static constexpr float kTwoThirds = 0x1.555556p-1f, kTwoThirdsLow = -0x1.555556p-26f;
  static constexpr float kLn2Lowest = 0x1.ef357ap-45f;  // ln2 - kLn2High - kLn2Low
  static constexpr size_t kTerms = 3;
  static constexpr float kR[kTerms] = {0x1.9999a4p-2f, 0x1.247a3p-2f, 0x1.d80726p-3f};
};

template <>
struct LogConstants<double> {
  static constexpr double kSmallestNormal = 0x1p-1022;
  static constexpr double kSubnormalScale = 0x1p53;
  static constexpr double kSubnormalShift = 53;
  static constexpr double kTwoThirds = 0x1.5555555555555p-1, kTwoThirdsLow = 0x1.5555555555555p-55;
  static constexpr double kLn2Lowest = 0x1.f97b57a079a19p-103;
  static constexpr size_t kTerms = 8;
  static constexpr double kR[kTerms] = {0x1.999999999999ap-2, 0x1.2492492492521p-2, 0x1.c71c71c6eaa1p-3,
                                        0x1.745d177a96056p-3, 0x1.3b1395d2190c1p-3, 0x1.1118c7e4b0917p-3,
                                        0x1.df7cc8e5fa539p-4, 0x1.e02e6fff27908p-4};
};

// split_exponent of any positive finite x.
template <typename T>
inline SplitExponent<T> split_positive(Vec<T> x) {
  using C = LogConstants<T>;
  const auto subnormal = less(x, broadcast(C::kSmallestNormal));
  const SplitExponent<T> parts = split_exponent(select(subnormal, x * broadcast(C::kSubnormalScale), x));
  const Vec<T> shift = select(subnormal, broadcast(C::kSubnormalShift), broadcast(T(0)));
  return {parts.fraction, parts.exponent - shift};
}

// log(2^k m) + low
template <typename T>
inline Vec<T> log_of_parts(SplitExponent<T> x, Vec<T> low) {
  using C = LogConstants<T>;
  const Vec<T> f = x.fraction - broadcast(T(1)), s = f / (f + broadcast(T(2))), z = s * s;
  const Vec<T> half_square = f * f * broadcast(T(0.5));
  const Vec<T> rest = z * fma(z, polynomial(C::kR, z), broadcast(C::kTwoThirds));
  const Vec<T> small = fma(s, half_square + rest, fma(x.exponent, broadcast(ExpConstants<T>::kLn2Low), low));
  return x.exponent * broadcast(ExpConstants<T>::kLn2High) - ((half_square - small) - f);
}

// The logarithm where x is 0, infinite, negative or NaN; y elsewhere.
template <typename T>
inline Vec<T> log_specials(Vec<T> x, Vec<T> y) {
  const Vec<T> zero = broadcast(T(0)), infinity = broadcast(ExpConstants<T>::kInfinity);
  y = select(less(x, infinity), y, x);  // infinity and NaN are their own logarithm
  y = select(equal(x, zero), -infinity, y);
  return select(less(x, zero), broadcast(ExpConstants<T>::kNan), y);
}

template <typename T>
inline Vec<T> log(Vec<T> x) {
  return log_specials(x, log_of_parts(split_positive(x), broadcast(T(0))));
}

// log(u + low), u >= 2^-p: the first terms of a Taylor series give low its part.
template <typename T>
inline Vec<T> log_of_sum(Vec<T> u, Vec<T> low) {
  return log_of_parts(split_exponent(u), low / u);
}

template <typename T>
inline Vec<T> log1p(Vec<T> x) {
  const Vec<T> one = broadcast(T(1)), u = one + x;
  const Vec<T> y = log_of_sum(u, add(one, x).low);
  return select(equal(x, broadcast(T(0))), x, log_specials(u, y));  // -0
}

// log(1 + e^x) = max(x, 0) + log(1 + e^-|x|)
template <typename T>
inline Vec<T> softplus(Vec<T> x) {
  const Vec<T> zero = broadcast(T(0)), one = broadcast(T(1));
  const ReducedExp<T> e = reduced_exp(max(broadcast(ExpConstants<T>::kLowest), -abs(x)));
  const Pair<T> s = significand(e);
  const Pair<T> sum = add_ordered(one, scale2(s.high, e.n));
  return log_of_sum(sum.high, fma(scale2(one, e.n), s.low, sum.low)) + select(less(x, zero), zero, x);
}

// log x as a pair, x positive and finite; the error relative to log x is 2^-65 in double.
template <typename T>
inline Pair<T> log_pair(Vec<T> x) {
  using C = LogConstants<T>;
  using E = ExpConstants<T>;
  const SplitExponent<T> parts = split_positive(x);
  const Vec<T> one = broadcast(T(1)), f = parts.fraction - one;
  const Pair<T> s = multiply(reciprocal(add_ordered(broadcast(T(2)), f)), f);
  const Pair<T> z = multiply(s, s);
  const Pair<T> sum = add_ordered(broadcast(C::kTwoThirds), z.high * polynomial(C::kR, z.high));
  const Pair<T> cubic = multiply(multiply(s, z), Pair<T>{sum.high, sum.low + broadcast(C::kTwoThirdsLow)});
  const Pair<T> log_m = add_ordered(s.high + s.high, cubic.high);
  const Pair<T> high = add(parts.exponent * broadcast(E::kLn2High), log_m.high);
  const Pair<T> low = add(parts.exponent * broadcast(E::kLn2Low), log_m.low + (s.low + s.low + cubic.low));
  const Pair<T> total = add_ordered(high.high, high.low + low.high);
  const Vec<T> lost = add(high.low, low.high).low + low.low;
  return {total.high, total.low + fma(parts.exponent, broadcast(C::kLn2Lowest), lost)};
}

// x^y as C's pow has it. An exponent beyond 2^100 gives what 2^100 gives, and keeps product_error in its
// range.
template <typename T>
inline Vec<T> pow(Vec<T> x, Vec<T> y) {
  using E = ExpConstants<T>;
  const Vec<T> zero = broadcast(T(0)), one = broadcast(T(1)), infinity = broadcast(E::kInfinity);
  const Vec<T> magnitude = abs(x), most = broadcast(T(0x1p100f));
  const Vec<T> bounded = max(-most, min(most, y));
  const Pair<T> finite = log_pair(magnitude);
  const Pair<T> log_x{log_specials(magnitude, finite.high), finite.low};
  const Vec<T> exponent = clamp_exponent(bounded * log_x.high);
  const Vec<T> rest = fma(bounded, log_x.low, product_error(log_x.high, bounded, exponent));
  const auto in_range = both(less(broadcast(E::kLowest), exponent), less(exponent, broadcast(E::kHighest)));
  const ReducedExp<T> e = reduced_exp(exponent, select(in_range, rest, zero));
  Vec<T> power = scale2(one + (e.expm1 + e.expm1_low), e.n);

  const Vec<T> half = y * broadcast(T(0.5));
  const auto whole = equal(floor(y), y), odd = both(whole, negate(equal(floor(half), half)));
  power = select(odd, copy_sign(power, x), power);
  const auto undefined = both(both(less(x, zero), less(magnitude, infinity)), negate(whole));
  power = select(undefined, broadcast(E::kNan), power);
  return select(either(equal(x, one), equal(y, zero)), one, power);  // even of NaN
}

}  // namespace
}  // namespace boreal
