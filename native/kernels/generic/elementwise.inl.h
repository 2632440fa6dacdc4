// Kernels that map each element on its own: impute, affine, activate. A tail goes through the same vector
// arithmetic as the rest, so an element's bits do not depend on its column's place in a vector.
#pragma once

#include "kernels/generic/vector_math.inl.h"
#include "kernels/kernels.h"

namespace boreal {
namespace {

// y[j] = f(x[j])
template <typename T, typename F>
inline void map_row(const T* x, T* y, size_t cols, F f) {
  constexpr size_t kLanes = Vec<T>::kLanes;
  size_t j = 0;
  for (; j + kLanes <= cols; j += kLanes) store(y + j, f(load(x + j)));
  if (j < cols) store(y + j, f(load(x + j, cols - j, broadcast(T(0)))), cols - j);
}

template <typename T, typename F>
inline void map_rows(const T* x, size_t xs, T* y, size_t ys, size_t rows, size_t cols, F f) {
  if (xs == cols && ys == cols) {
    map_row(x, y, rows * cols, f);
    return;
  }
  for (size_t i = 0; i < rows; ++i) map_row(x + i * xs, y + i * ys, cols, f);
}

template <typename T>
void activate(Unary kind, const T* x, size_t xs, T* y, size_t ys, size_t rows, size_t cols) noexcept {
  switch (kind) {
    case Unary::kIdentity:
      return map_rows(x, xs, y, ys, rows, cols, [](Vec<T> a) { return a; });
    case Unary::kRelu:
      return map_rows(x, xs, y, ys, rows, cols, [](Vec<T> a) {
        const Vec<T> zero = broadcast(T(0));
        return select(less(a, zero), zero, a);
      });
    case Unary::kSigmoid:
      return map_rows(x, xs, y, ys, rows, cols, [](Vec<T> a) { return sigmoid(a); });
    case Unary::kTanh:
      return map_rows(x, xs, y, ys, rows, cols, [](Vec<T> a) { return tanh(a); });
    case Unary::kExp:
      return map_rows(x, xs, y, ys, rows, cols, [](Vec<T> a) { return exp(a); });
  }
}

template <typename T>
void impute(const T* x, size_t xs, const T* fill, T* y, size_t ys, size_t rows, size_t cols) noexcept {
  constexpr size_t kLanes = Vec<T>::kLanes;
  const Vec<T> zero = broadcast(T(0));
  for (size_t i = 0; i < rows; ++i, x += xs, y += ys) {
    size_t j = 0;
    for (; j + kLanes <= cols; j += kLanes) {
      const Vec<T> a = load(x + j);
      store(y + j, select(is_nan(a), load(fill + j), a));
    }
    if (j < cols) {
      const Vec<T> a = load(x + j, cols - j, zero);
      store(y + j, select(is_nan(a), load(fill + j, cols - j, zero), a), cols - j);
    }
  }
}

template <typename T>
void affine(const T* x, size_t xs, const T* shift, const T* scale, T* y, size_t ys, size_t rows,
            size_t cols) noexcept {
  constexpr size_t kLanes = Vec<T>::kLanes;
  const Vec<T> one = broadcast(T(1));
  for (size_t i = 0; i < rows; ++i, x += xs, y += ys) {
    size_t j = 0;
    for (; j + kLanes <= cols; j += kLanes) store(y + j, (load(x + j) - load(shift + j)) / load(scale + j));
    if (j < cols) {
      const size_t rest = cols - j;
      store(y + j, (load(x + j, rest, one) - load(shift + j, rest, one)) / load(scale + j, rest, one), rest);
    }
  }
}

}  // namespace
}  // namespace boreal
