// exp, sigmoid and tanh of one Vec, all from a single polynomial for e^r - 1.
//
// Reduction: x = n ln2 + r with n whole, |r| <= ln2 / 2 (Cody & Waite, "Software Manual for the Elementary
// Functions", 1980: ln2 in two parts, n times the upper part being exact). Then e^r - 1 = r + r^2 q(r), where
// q interpolates (e^r - 1 - r) / r^2 in Chebyshev nodes on |r| <= 0.3466: relative error of e^r 1.1e-8
// (float), 1.6e-17 (double). Keeping e^r - 1 apart from the 1 is what makes tanh accurate near zero for free.
#pragma once

namespace boreal {
namespace {

template <typename T>
struct ExpConstants;

template <>
struct ExpConstants<float> {
  static constexpr float kLog2E = 0x1.715476p+0f;
  static constexpr float kLn2High = 0x1.62e4p-1f;  // 15 bits: exact times any n of 8 bits
  static constexpr float kLn2Low = 0x1.7f7d1cp-20f;
  static constexpr float kLowest = -104.0f;   // e^x rounds to 0 below it
  static constexpr float kHighest = 89.0f;    // e^x overflows above it
  static constexpr float kTanhIsOne = 10.0f;  // tanh x rounds to 1 above it
  static constexpr float kInfinity = __builtin_huge_valf();
  static constexpr size_t kTerms = 5;
  static constexpr float kQ[kTerms] = {0x1p-1f, 0x1.5554dcp-3f, 0x1.55551ap-5f, 0x1.120b6cp-7f,
                                       0x1.6d1106p-10f};
};

template <>
struct ExpConstants<double> {
  static constexpr double kLog2E = 0x1.71547652b82fep+0;
  static constexpr double kLn2High = 0x1.62e42fefa2p-1;  // 40 bits: exact times any n of 11 bits
  static constexpr double kLn2Low = 0x1.9ef35793c7673p-41;
  static constexpr double kLowest = -746.0;
  static constexpr double kHighest = 710.0;
  static constexpr double kTanhIsOne = 20.0;
  static constexpr double kInfinity = __builtin_huge_val();
  static constexpr size_t kTerms = 10;
  static constexpr double kQ[kTerms] = {0x1.0000000000001p-1,  0x1.5555555555556p-3,  0x1.5555555553d64p-5,
                                        0x1.11111111109b4p-7,  0x1.6c16c1788b646p-10, 0x1.a01a01a7c3d59p-13,
                                        0x1.a019b90eefe8ep-16, 0x1.71de0daf7a6ccp-19, 0x1.2891834686c7ep-22,
                                        0x1.af38a71a18cb9p-26};
};

// x = n ln2 + r; expm1 = e^r - 1. x within [kLowest, kHighest] or NaN.
template <typename T>
struct ReducedExp {
  Vec<T> n, expm1;
};

template <typename T>
inline ReducedExp<T> reduced_exp(Vec<T> x) {
  using C = ExpConstants<T>;
  const Vec<T> n = round(x * broadcast(C::kLog2E));
  const Vec<T> r = fma(n, broadcast(-C::kLn2Low), fma(n, broadcast(-C::kLn2High), x));
  Vec<T> q = broadcast(C::kQ[C::kTerms - 1]);
  for (size_t i = C::kTerms - 1; i-- > 0;) q = fma(q, r, broadcast(C::kQ[i]));
  return {n, fma(r * r, q, r)};
}

template <typename T>
inline Vec<T> exp(Vec<T> x) {
  using C = ExpConstants<T>;
  const ReducedExp<T> e = reduced_exp(max(broadcast(C::kLowest), min(broadcast(C::kHighest), x)));
  return scale2(broadcast(T(1)) + e.expm1, e.n);
}

// 1 / (1 + e^-x) with e^-|x| <= 1, so that nothing overflows; e^x / (1 + e^x) for x < 0.
template <typename T>
inline Vec<T> sigmoid(Vec<T> x) {
  const Vec<T> one = broadcast(T(1));
  const Vec<T> e = exp(broadcast(T(0)) - abs(x));
  return select(less(x, broadcast(T(0))), e, one) / (one + e);
}

// tanh |x| = m / (m + 2), m = e^(2|x|) - 1 = 2^n (e^r - 1) + (2^n - 1), which cancels nowhere.
template <typename T>
inline Vec<T> tanh(Vec<T> x) {
  const Vec<T> one = broadcast(T(1));
  const Vec<T> clamped = min(broadcast(ExpConstants<T>::kTanhIsOne), abs(x));
  const ReducedExp<T> e = reduced_exp(clamped + clamped);
  const Vec<T> power = scale2(one, e.n);
  const Vec<T> m = fma(power, e.expm1, power - one);
  return copy_sign(m / (m + broadcast(T(2))), x);
}

}  // namespace
}  // namespace boreal
