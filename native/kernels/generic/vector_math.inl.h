// The functions of one Vec that Unary and Binary name. unary(kind, x) is for code that meets a vector at a
// time (the epilogue of a product); with_unary hands a functor to a loop, so that it is specialised for each.
#pragma once

#include "kernels/functions.h"
#include "kernels/generic/erf.inl.h"
#include "kernels/generic/exp.inl.h"
#include "kernels/generic/log.inl.h"
#include "kernels/generic/normal_quantile.inl.h"
#include "kernels/generic/trigonometric.inl.h"

namespace boreal {
namespace {

// NaN stays NaN.
template <typename T>
inline Vec<T> relu(Vec<T> x) {
  const Vec<T> zero = broadcast(T(0));
  return select(less(x, zero), zero, x);
}

template <typename T>
inline Vec<T> reciprocal(Vec<T> x) {
  return broadcast(T(1)) / x;
}

// -1, 0 or 1; 0 for -0.
template <typename T>
inline Vec<T> sign(Vec<T> x) {
  const Vec<T> zero = broadcast(T(0)), one = broadcast(T(1));
  const Vec<T> nonnegative = select(less(zero, x), one, select(is_nan(x), x, zero));
  return select(less(x, zero), -one, nonnegative);
}

// The smaller and the larger of two numbers; NaN if either is.
template <typename T>
inline Vec<T> minimum(Vec<T> a, Vec<T> b) {
  return select(is_nan(a), a, min(a, b));
}
template <typename T>
inline Vec<T> maximum(Vec<T> a, Vec<T> b) {
  return select(is_nan(a), a, max(a, b));
}

// body(f), f being the function as a generic functor of one Vec.
template <typename F>
inline void with_unary(Unary kind, F body) {
  switch (kind) {
    case Unary::kIdentity:
      return body([](auto x) { return x; });
    case Unary::kRelu:
      return body([](auto x) { return relu(x); });
    case Unary::kSigmoid:
      return body([](auto x) { return sigmoid(x); });
    case Unary::kTanh:
      return body([](auto x) { return tanh(x); });
    case Unary::kExp:
      return body([](auto x) { return exp(x); });
    case Unary::kExpm1:
      return body([](auto x) { return expm1(x); });
    case Unary::kLog:
      return body([](auto x) { return log(x); });
    case Unary::kLog1p:
      return body([](auto x) { return log1p(x); });
    case Unary::kSqrt:
      return body([](auto x) { return sqrt(x); });
    case Unary::kErf:
      return body([](auto x) { return erf(x); });
    case Unary::kGelu:
      return body([](auto x) { return gelu(x); });
    case Unary::kSilu:
      return body([](auto x) { return silu(x); });
    case Unary::kSoftplus:
      return body([](auto x) { return softplus(x); });
    case Unary::kAbs:
      return body([](auto x) { return abs(x); });
    case Unary::kNegate:
      return body([](auto x) { return -x; });
    case Unary::kSquare:
      return body([](auto x) { return x * x; });
    case Unary::kReciprocal:
      return body([](auto x) { return reciprocal(x); });
    case Unary::kFloor:
      return body([](auto x) { return floor(x); });
    case Unary::kCeil:
      return body([](auto x) { return ceil(x); });
    case Unary::kRound:
      return body([](auto x) { return round(x); });
    case Unary::kSign:
      return body([](auto x) { return sign(x); });
    case Unary::kSinPi:
      return body([](auto x) { return sin_pi(x); });
    case Unary::kCosPi:
      return body([](auto x) { return cos_pi(x); });
    case Unary::kNormalQuantile:
      return body([](auto x) { return normal_quantile(x); });
  }
}

template <typename T>
inline Vec<T> unary(Unary kind, Vec<T> x) {
  with_unary(kind, [&x](auto f) { x = f(x); });
  return x;
}

// body(f), f being the function as a generic functor of two Vec.
template <typename F>
inline void with_binary(Binary kind, F body) {
  switch (kind) {
    case Binary::kAdd:
      return body([](auto a, auto b) { return a + b; });
    case Binary::kSub:
      return body([](auto a, auto b) { return a - b; });
    case Binary::kMul:
      return body([](auto a, auto b) { return a * b; });
    case Binary::kDiv:
      return body([](auto a, auto b) { return a / b; });
    case Binary::kMin:
      return body([](auto a, auto b) { return minimum(a, b); });
    case Binary::kMax:
      return body([](auto a, auto b) { return maximum(a, b); });
    case Binary::kPow:
      return body([](auto a, auto b) { return pow(a, b); });
  }
}

}  // namespace
}  // namespace boreal
