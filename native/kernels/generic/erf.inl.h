// erf and gelu (the exact form, x Phi(x)) of one Vec.
//
// Both tails are a Gaussian times a slowly varying function, a polynomial in t = (a - k) / (a + k) (the
// mapping of Schonfelder, "Chebyshev expansions for the error and related functions", 1978) that interpolates
// in Chebyshev nodes of t. gelu needs the relative accuracy of its tail, so it takes Q(z) = Phi(-z) =
// e^(-z^2/2) P(t) / (z + 4) as a product of three pairs, with z^2 exact: a rounding error of it would be an
// absolute error of the exponent. erf subtracts its tail from 1. Relative errors: P 2^-28 (float), 2^-57
// (double); W 2^-27, 2^-57; S 2^-29, 2^-60.
#pragma once

#include "kernels/generic/exp.inl.h"

namespace boreal {
namespace {

template <typename T>
struct ErfConstants;

template <>
struct ErfConstants<float> {
  static constexpr float kTail = 14.75f;             // z Q(z) rounds to 0 above it
  static constexpr float kP0Low = -0x1.c68d7ap-27f;  // what rounding took from kP[0]
  static constexpr size_t kTerms = 11;
  static constexpr float kP[kTerms] = {0x1.82b4bcp-1f,  -0x1.373e3cp-1f,  0x1.8c6dbcp-2f, -0x1.7dfedep-3f,
                                       0x1.eec6cep-5f,  -0x1.ee7c98p-8f,  -0x1.c95a1p-9f, 0x1.af48ccp-10f,
                                       0x1.66ba3ep-13f, -0x1.e61df8p-13f, -0x1.b07cfp-15f};
  static constexpr float kErfIsOne = 4.0f;
  static constexpr size_t kSmallTerms = 7;
  static constexpr float kS[kSmallTerms] = {0x1.06eba8p-3f, -0x1.81273ep-2f,  0x1.ce2d1p-4f, -0x1.b7fabap-6f,
                                            0x1.54127p-8f,  -0x1.a45088p-11f, 0x1.4a569p-14f};
  static constexpr float kPole = 2.5f;
  static constexpr size_t kLargeTerms = 7;
  static constexpr float kW[kLargeTerms] = {0x1.0dd508p+0f, -0x1.9bfb52p-1f, 0x1.d0cf2ep-2f, -0x1.5ebba4p-3f,
                                            0x1.cfdc5cp-6f, 0x1.14b334p-7f,  -0x1.144f6p-8f};
};

template <>
struct ErfConstants<double> {
  static constexpr double kTail = 38.75;
  static constexpr double kP0Low = -0x1.9954660f06f5fp-56;
  static constexpr size_t kTerms = 24;
  static constexpr double kP[kTerms] = {
      0x1.82b4bb8c94dcep-1,  -0x1.373e3a893c28ap-1,  0x1.8c6dbf2cfc2afp-2,   -0x1.7dff2bff6836fp-3,
      0x1.eec4cc3e4dc28p-5,  -0x1.ee27610489488p-8,  -0x1.c81719d61b984p-9,  0x1.ab825fc31e6b6p-10,
      0x1.17a4aec5034d2p-13, -0x1.e4a425e64becdp-13, -0x1.001f476f64d56p-19, 0x1.26d0a086a6f5fp-15,
      0x1.80c1d81b2e133p-21, -0x1.8d4b8226b2abep-18, -0x1.520fe422b9a7cp-21, 0x1.12365ab4f70dap-20,
      0x1.23d2974c408ccp-22, -0x1.4cb4177d9055cp-23, -0x1.6ea9366c71d31p-24, 0x1.c7a5cd3cedadap-27,
      0x1.5083bc814519ep-26, 0x1.0790e75d68ebdp-29,  -0x1.5929145f28705p-29, -0x1.8d587b432f065p-31};
  static constexpr double kErfIsOne = 6.0;
  static constexpr size_t kSmallTerms = 13;
  static constexpr double kS[kSmallTerms] = {
      0x1.06eba8214db69p-3,  -0x1.812746b0379e6p-2,  0x1.ce2f21a042b3p-4,   -0x1.b82ce31284ep-6,
      0x1.565bcd0dbaa38p-8,  -0x1.c02db3dac435fp-11, 0x1.f9a321d5b8e1ep-14, -0x1.f4d1e3183f7aep-17,
      0x1.b9df224ca4b97p-20, -0x1.5f1ecb6f0764cp-23, 0x1.f7b4bf3b13964p-27, -0x1.389d4f2641625p-30,
      0x1.05ffd737fb32ep-34};
  static constexpr double kPole = 3.0;
  static constexpr size_t kLargeTerms = 16;
  static constexpr double kW[kLargeTerms] = {
      0x1.12f21ddd9f5e2p+0,   -0x1.c44c471baa376p-1,  0x1.2e326945de2c8p-1,   -0x1.3deb21415dc35p-2,
      0x1.e995f11b12f87p-4,   -0x1.b78993d6e8518p-6,  -0x1.3dd3e6e28376ap-10, 0x1.8dae3a7d8c415p-9,
      -0x1.1f78e88426addp-11, -0x1.2239428fb212bp-12, 0x1.c327118162b35p-14,  0x1.fe36ecbf4b1fp-16,
      -0x1.2514894443e7cp-16, -0x1.440715555f5bp-18,  0x1.65b945c48d2e1p-19,  0x1.34f4509e22a8dp-20};
};

// e^-(exponent) P(t) / (z + 4) = q 2^n, z in [0, kTail], exponent <= z^2 / 2 + 1.
template <typename T>
struct ScaledTail {
  Pair<T> q;
  Vec<T> n;
};

template <typename T>
inline ScaledTail<T> scaled_tail(Pair<T> z, Pair<T> exponent) {
  using C = ErfConstants<T>;
  const ReducedExp<T> e = reduced_exp(-exponent.high, -exponent.low);
  const Pair<T> sum = add(z.high, broadcast(T(4)));
  const Pair<T> inverse = reciprocal(Pair<T>{sum.high, sum.low + z.low});
  const Pair<T> t = add_ordered(broadcast(T(1)), inverse.high * broadcast(T(-8)));
  // P(t) = P[0] + t (P[1] + t slope); t.low moves it by about P'(t), of which a few terms are enough.
  Vec<T> slope = broadcast(C::kP[C::kTerms - 1]);
  for (size_t i = C::kTerms - 1; i-- > 2;) slope = fma(slope, t.high, broadcast(C::kP[i]));
  const Vec<T> derivative =
      fma(t.high, fma(t.high, broadcast(3 * C::kP[3]), broadcast(2 * C::kP[2])), broadcast(C::kP[1]));
  const Vec<T> p0 = broadcast(C::kP[0]), p1 = broadcast(C::kP[1]);
  const Vec<T> inner = fma(t.high, slope, p1), inner_low = fma(t.high, slope, p1 - inner);
  const Vec<T> p = fma(t.high, inner, p0), p_lost = fma(t.high, inner, p0 - p);
  const Vec<T> t_low = fma(inverse.low, broadcast(T(-8)), t.low);
  const Vec<T> p_low = fma(t_low, derivative, fma(t.high, inner_low, p_lost + broadcast(C::kP0Low)));
  return {multiply(multiply(significand(e), inverse), Pair<T>{p, p_low}), e.n};
}

// 1 - q 2^n, q 2^n <= 1
template <typename T>
inline Pair<T> complement(Pair<T> q, Vec<T> n) {
  const Vec<T> power = scale2(broadcast(T(1)), n);
  const Pair<T> rest = add_ordered(broadcast(T(1)), -q.high * power);
  return {rest.high, rest.low - q.low * power};
}

// x + x S(x^2) up to 1; beyond, 1 - erfc(a) with erfc(a) = e^(-a^2) W(t) / (a + kPole), whose own errors
// count little.
template <typename T>
inline Vec<T> erf(Vec<T> x) {
  using C = ErfConstants<T>;
  const Vec<T> one = broadcast(T(1)), magnitude = abs(x), pole = broadcast(C::kPole);
  const Vec<T> small = fma(x, polynomial(C::kS, x * x), x);
  const Vec<T> a = min(broadcast(C::kErfIsOne), magnitude);
  const Vec<T> inverse = one / (a + pole), t = (a - pole) * inverse;
  const Vec<T> large = fma(-(exp(-a * a) * inverse), polynomial(C::kW, t), one);
  return select(less(magnitude, one), small, copy_sign(large, x));
}

// -z Q(z) for x = -z < 0 (-0 at -infinity, the limit), else x (1 - Q(x)). Scaled last, as silu is.
template <typename T>
inline Vec<T> gelu(Vec<T> x) {
  const Vec<T> zero = broadcast(T(0)), tail_start = broadcast(ErfConstants<T>::kTail);
  const Vec<T> z = min(tail_start, abs(x)), half = broadcast(T(0.5));
  const Pair<T> square = multiply(z, z);
  const ScaledTail<T> tail = scaled_tail(Pair<T>{z, zero}, Pair<T>{square.high * half, square.low * half});
  const Pair<T> rest = complement(tail.q, tail.n);
  const auto negative = less(x, zero);
  const Pair<T> factor{select(negative, tail.q.high, rest.high), select(negative, tail.q.low, rest.low)};
  const Pair<T> y = multiply(factor, max(-tail_start, min(tail_start, x)));
  const Vec<T> sum = y.high + y.low, scaled = select(negative, scale2(sum, tail.n), sum);
  return select(either(less(tail_start, x), equal(x, zero)), x, scaled);
}

}  // namespace
}  // namespace boreal
