// Kernels with constants for each column: impute and affine. A tail goes through the same vector arithmetic
// as the rest, so an element's bits do not depend on its column's place in a vector.
#pragma once

#include "kernels/generic/repeat.inl.h"
#include "kernels/kernels.h"

namespace boreal {
namespace {

template <typename T>
void impute(const T* x, size_t xs, const T* fill, T* y, size_t ys, size_t rows, size_t cols) noexcept {
  constexpr size_t kLanes = Vec<T>::kLanes;
  const Vec<T> zero = broadcast(T(0));
  if (xs == cols && ys == cols && is_repeated<T>(rows, cols)) {
    const Repeated<T> fills(fill, cols);
    return map_repeated(x, y, rows * cols, fills.size(),
                        [&](Vec<T> a, size_t at) { return select(is_nan(a), fills.at(at), a); });
  }
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
  if (xs == cols && ys == cols && is_repeated<T>(rows, cols)) {
    const Repeated<T> shifts(shift, cols), scales(scale, cols);
    return map_repeated(x, y, rows * cols, shifts.size(),
                        [&](Vec<T> a, size_t at) { return (a - shifts.at(at)) / scales.at(at); });
  }
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
