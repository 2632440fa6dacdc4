// Kernels that look along a row: softmax, argmax, find_invalid. Lanes are combined in an order that depends
// on the number of columns only.
#pragma once

#include "kernels/generic/vector_math.inl.h"
#include "kernels/kernels.h"

namespace boreal {
namespace {

// The largest of x[0..cols), cols >= 1; unspecified if there is a NaN.
template <typename T>
inline T row_max(const T* x, size_t cols) {
  constexpr size_t kLanes = Vec<T>::kLanes;
  const Vec<T> lowest = broadcast(-ExpConstants<T>::kInfinity);
  Vec<T> largest = lowest;
  size_t j = 0;
  for (; j + kLanes <= cols; j += kLanes) largest = max(largest, load(x + j));
  if (j < cols) largest = max(largest, load(x + j, cols - j, lowest));
  return reduce_max(largest);
}

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

template <typename T>
void softmax(const T* x, size_t xs, T* y, size_t ys, size_t rows, size_t cols) noexcept {
  constexpr size_t kLanes = Vec<T>::kLanes;
  const Vec<T> lowest = broadcast(-ExpConstants<T>::kInfinity);  // e^-inf adds nothing to the sum
  for (size_t i = 0; i < rows; ++i, x += xs, y += ys) {
    const Vec<T> largest = broadcast(row_max(x, cols));
    Vec<T> sum = broadcast(T(0));
    size_t j = 0;
    for (; j + kLanes <= cols; j += kLanes) {
      const Vec<T> e = exp(load(x + j) - largest);
      store(y + j, e);
      sum = sum + e;
    }
    Vec<T> tail = sum;  // stays in its register: most rows are shorter than a vector
    if (j < cols) {
      tail = exp(load(x + j, cols - j, lowest) - largest);
      sum = sum + tail;
    }
    const Vec<T> total = broadcast(reduce_add(sum));  // a NaN in the row is in the sum, and so in all of y
    for (j = 0; j + kLanes <= cols; j += kLanes) store(y + j, load(y + j) / total);
    if (j < cols) store(y + j, tail / total, cols - j);
  }
}

template <typename T>
void argmax(const T* x, size_t xs, T* y, size_t ys, size_t rows, size_t cols) noexcept {
  for (size_t i = 0; i < rows; ++i, x += xs) {
    size_t first = find_first(x, cols, [](Vec<T> a) { return is_nan(a); });
    if (first == cols) {
      const Vec<T> largest = broadcast(row_max(x, cols));
      first = find_first(x, cols, [largest](Vec<T> a) { return equal(a, largest); });
    }
    y[i * ys] = static_cast<T>(first);
  }
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
  const Vec<T> infinity = broadcast(ExpConstants<T>::kInfinity);
  if (rule == FiniteRule::kFinite) {
    return find_first_in_rows(x, xs, rows, cols, [infinity](Vec<T> a) { return not_less(abs(a), infinity); });
  }
  return find_first_in_rows(x, xs, rows, cols, [infinity](Vec<T> a) { return equal(abs(a), infinity); });
}

}  // namespace
}  // namespace boreal
