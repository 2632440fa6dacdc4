// sin(pi x) and cos(pi x) of one Vec (IEEE 754's sinPi and cosPi). x - q / 2 for the nearest whole q of 2x is
// exact and at most 1/4, so the angle is never above pi / 4, where Taylor's series do: the first term left
// out is 2^-40 (float) and 2^-63 (double) of the result.
#pragma once

#include "kernels/generic/exp.inl.h"

namespace boreal {
namespace {

template <typename T>
struct CircleConstants;
template <>
struct CircleConstants<float> {
  static constexpr float kPi = 0x1.921fb6p1f;
  static constexpr float kPiLow = -0x1.777a5cp-24f;  // pi - kPi
  static constexpr float kWhole = 0x1p23f;           // from here on all numbers are whole
  static constexpr size_t kTerms = 5;
  // -1/3!, 1/5!, ...; -1/2!, 1/4!, ...
  static constexpr float kSin[kTerms] = {-0x1.555556p-3f, 0x1.111112p-7f, -0x1.a01a02p-13f, 0x1.71de3ap-19f,
                                         -0x1.ae6456p-26f};
  static constexpr float kCos[kTerms] = {-0x1p-1f, 0x1.555556p-5f, -0x1.6c16c2p-10f, 0x1.a01a02p-16f,
                                         -0x1.27e4fcp-22f};
};
template <>
struct CircleConstants<double> {
  static constexpr double kPi = 0x1.921fb54442d18p1;
  static constexpr double kPiLow = 0x1.1a62633145c07p-53;
  static constexpr double kWhole = 0x1p52;
  static constexpr size_t kTerms = 9;
  static constexpr double kSin[kTerms] = {-1.0 / 6,
                                          1.0 / 120,
                                          -1.0 / 5040,
                                          1.0 / 362880,
                                          -1.0 / 39916800,
                                          1.0 / 6227020800,
                                          -1.0 / 1307674368000,
                                          1.0 / 355687428096000,
                                          -1.0 / 121645100408832000};
  static constexpr double kCos[kTerms] = {-1.0 / 2,
                                          1.0 / 24,
                                          -1.0 / 720,
                                          1.0 / 40320,
                                          -1.0 / 3628800,
                                          1.0 / 479001600,
                                          -1.0 / 87178291200,
                                          1.0 / 20922789888000,
                                          -1.0 / 6402373705728000};
};

// sin(pi (x + turn / 2)), turn 0 or 1.
template <typename T>
inline Vec<T> sin_pi_ahead(Vec<T> x, T turn) {
  using C = CircleConstants<T>;
  const Vec<T> zero = broadcast(T(0)), one = broadcast(T(1)), two = broadcast(T(2)),
               quarter = broadcast(T(0.25));
  const Vec<T> nearest = round(x + x);
  const Vec<T> r = fma(nearest, broadcast(T(-0.5)), x);
  const Vec<T> q = nearest + broadcast(turn);
  const Vec<T> quadrant = q - broadcast(T(4)) * floor(q * quarter);  // 0, 1, 2, 3
  // pi r as a pair, for the rounding of pi and of the product would each cost half an ulp.
  const Vec<T> t = r * broadcast(C::kPi), z = t * t;
  const Vec<T> low = fma(r, broadcast(C::kPiLow), product_error(r, broadcast(C::kPi), t));
  const Vec<T> sine = t + fma(t * z, polynomial(C::kSin, z), low);
  const Vec<T> cosine = one + fma(z, polynomial(C::kCos, z), -(t * low));
  const Vec<T> odd = quadrant - two * floor(quadrant * broadcast(T(0.5)));
  const Vec<T> value = select(less(zero, odd), cosine, sine);
  return select(less(one, quadrant), -value, value);
}

// x where its fraction matters, else a number that stands for it: 1 for the odd, 0 for the even; NaN for the
// infinite. Beyond 2^53 (2^24) all are even.
template <typename T>
inline Vec<T> within_turn(Vec<T> x) {
  const Vec<T> whole = broadcast(CircleConstants<T>::kWhole), two = broadcast(T(2));
  const Vec<T> half = x * broadcast(T(0.5));
  const Vec<T> parity = fma(-floor(half), two, x);  // exact; NaN of infinities
  return select(less(abs(x), whole), x, parity);
}

// sin(pi x): a zero of the sign of x at whole x.
template <typename T>
inline Vec<T> sin_pi(Vec<T> x) {
  const Vec<T> value = sin_pi_ahead(within_turn(x), T(0));
  return select(equal(value, broadcast(T(0))), copy_sign(broadcast(T(0)), x), value);
}

// cos(pi x): +0 between whole numbers.
template <typename T>
inline Vec<T> cos_pi(Vec<T> x) {
  return sin_pi_ahead(within_turn(x), T(1)) + broadcast(T(0));
}

}  // namespace
}  // namespace boreal
