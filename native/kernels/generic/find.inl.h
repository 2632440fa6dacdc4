// Searches: the first element that matches, find_invalid.
#pragma once

#include "kernels/kernels.h"

namespace boreal {
namespace {

// Index of the first x[j] for which matches(x[j]), a lane mask, is set; cols if there is none. The tail is
// filled with zeros: matches must not accept a 0 unless some x[j] is one.
template <typename T, typename F>
inline size_t find_first(const T* x, size_t cols, F matches) {
  constexpr size_t kLanes = Vec<T>::kLanes;
  size_t j = 0;
  uint32_t bits = 0;
  for (; j + kLanes <= cols; j += kLanes) {
    bits = lane_bits(matches(load(x + j)));
    if (bits != 0) break;
  }
  if (bits == 0 && j < cols) bits = lane_bits(matches(load(x + j, cols - j, broadcast(T(0)))));
  if (bits == 0) return cols;
  for (; (bits & 1) == 0; bits >>= 1) ++j;
  return j;
}

template <typename T, typename F>
inline size_t find_first_in_rows(const T* x, size_t xs, size_t rows, size_t cols, F matches) {
  if (xs == cols) return find_first(x, rows * cols, matches);
  for (size_t i = 0; i < rows; ++i) {
    const size_t j = find_first(x + i * xs, cols, matches);
    if (j < cols) return i * cols + j;
  }
  return rows * cols;
}

template <typename T>
size_t find_invalid(FiniteRule rule, const T* x, size_t xs, size_t rows, size_t cols) noexcept {
  const Vec<T> infinity = broadcast(T(__builtin_huge_valf()));
  if (rule == FiniteRule::kFinite) {
    return find_first_in_rows(x, xs, rows, cols, [infinity](Vec<T> a) { return not_less(abs(a), infinity); });
  }
  return find_first_in_rows(x, xs, rows, cols, [infinity](Vec<T> a) { return equal(abs(a), infinity); });
}

}  // namespace
}  // namespace boreal
