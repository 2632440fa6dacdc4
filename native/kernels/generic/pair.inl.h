// Numbers held as an unevaluated sum high + low, |low| <= ulp(high) / 2 or so: what keeps the rounding of an
// intermediate from reaching the result. T. J. Dekker, "A floating-point technique for extending the
// available precision" (1971). Terms of the size of low^2 are dropped.
#pragma once

namespace boreal {
namespace {

template <typename T>
struct Pair {
  Vec<T> high, low;
};

// a + b, for |a| >= |b| or a = 0.
template <typename T>
inline Pair<T> add_ordered(Vec<T> a, Vec<T> b) {
  const Vec<T> sum = a + b;
  return {sum, b - (sum - a)};
}

// a + b, whichever is larger.
template <typename T>
inline Pair<T> add(Vec<T> a, Vec<T> b) {
  const Vec<T> sum = a + b, b_part = sum - a;
  return {sum, (a - (sum - b_part)) + (b - b_part)};
}

template <typename T>
inline Pair<T> multiply(Vec<T> a, Vec<T> b) {
  const Vec<T> product = a * b;
  return {product, product_error(a, b, product)};
}
template <typename T>
inline Pair<T> multiply(Pair<T> a, Vec<T> b) {
  const Vec<T> product = a.high * b;
  return {product, fma(a.low, b, product_error(a.high, b, product))};
}
template <typename T>
inline Pair<T> multiply(Pair<T> a, Pair<T> b) {
  const Vec<T> product = a.high * b.high;
  return {product, fma(a.low, b.high, fma(a.high, b.low, product_error(a.high, b.high, product)))};
}

// 1 / a
template <typename T>
inline Pair<T> reciprocal(Pair<T> a) {
  const Vec<T> one = broadcast(T(1)), y = one / a.high;
  return {y, (residual(one, y, a.high) - y * a.low) * y};
}

}  // namespace
}  // namespace boreal
