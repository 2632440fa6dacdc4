// Where the largest or smallest value is: argmax and argmin of rows and of columns.
#pragma once

#include "kernels/generic/find.inl.h"
#include "kernels/generic/fold.inl.h"

namespace boreal {
namespace {

template <typename T>
size_t find_extreme(bool largest, const T* x, size_t n) noexcept {
  T best;
  fold_rows(largest ? Fold::kMax : Fold::kMin, x, n, 1, n, static_cast<const T*>(nullptr), &best);
  if (best != best) return find_first(x, n, [](Vec<T> a) { return is_nan(a); });
  const Vec<T> wanted = broadcast(best);
  return find_first(x, n, [wanted](Vec<T> a) { return equal(a, wanted); });
}

template <typename T>
void find_extreme_cols(bool largest, const T* x, size_t xs, size_t rows, size_t cols, T* index,
                       T* best) noexcept {
  constexpr size_t kLanes = Vec<T>::kLanes;
  const Vec<T> zero = broadcast(T(0));
  for (size_t j = 0; j < cols; ++j) {
    best[j] = x[j];
    index[j] = 0;
  }
  for (size_t i = 1; i < rows; ++i) {
    const T* row = x + i * xs;
    const Vec<T> here = broadcast(static_cast<T>(i));
    // The new value a is better than b: a NaN is better than anything but a NaN.
    const auto replaces = [largest](Vec<T> a, Vec<T> b) {
      const auto beats = largest ? less(b, a) : less(a, b);
      return both(either(beats, is_nan(a)), negate(is_nan(b)));
    };
    size_t j = 0;
    for (; j + kLanes <= cols; j += kLanes) {
      const Vec<T> a = load(row + j), b = load(best + j);
      const auto better = replaces(a, b);
      store(best + j, select(better, a, b));
      store(index + j, select(better, here, load(index + j)));
    }
    if (j < cols) {
      const size_t rest = cols - j;
      const Vec<T> a = load(row + j, rest, zero), b = load(best + j, rest, zero);
      const auto better = replaces(a, b);
      store(best + j, select(better, a, b), rest);
      store(index + j, select(better, here, load(index + j, rest, zero)), rest);
    }
  }
}

}  // namespace
}  // namespace boreal
