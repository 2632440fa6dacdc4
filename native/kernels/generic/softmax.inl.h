// softmax and log-softmax of rows and of columns. Lanes are combined in an order that depends on the size of
// what is summed only.
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

// y = e^(x - largest); returns the sum. A NaN in the row is in the sum, and so in all of y.
template <typename T>
inline void softmax_row(const T* x, T* y, size_t cols) {
  constexpr size_t kLanes = Vec<T>::kLanes;
  const Vec<T> lowest = broadcast(-ExpConstants<T>::kInfinity);  // e^-inf adds nothing to the sum
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
  const Vec<T> total = broadcast(reduce_add(sum));
  for (j = 0; j + kLanes <= cols; j += kLanes) store(y + j, load(y + j) / total);
  if (j < cols) store(y + j, tail / total, cols - j);
}

template <typename T>
inline void log_softmax_row(const T* x, T* y, size_t cols) {
  constexpr size_t kLanes = Vec<T>::kLanes;
  const Vec<T> lowest = broadcast(-ExpConstants<T>::kInfinity);
  const Vec<T> largest = broadcast(row_max(x, cols));
  Vec<T> sum = broadcast(T(0));
  size_t j = 0;
  for (; j + kLanes <= cols; j += kLanes) sum = sum + exp(load(x + j) - largest);
  if (j < cols) sum = sum + exp(load(x + j, cols - j, lowest) - largest);
  const Vec<T> log_sum = log(broadcast(reduce_add(sum)));
  for (j = 0; j + kLanes <= cols; j += kLanes) store(y + j, (load(x + j) - largest) - log_sum);
  if (j < cols) store(y + j, (load(x + j, cols - j, lowest) - largest) - log_sum, cols - j);
}

template <typename T>
void softmax_rows(bool log, const T* x, size_t xs, T* y, size_t ys, size_t rows, size_t cols) noexcept {
  if (cols == 0) return;
  for (size_t i = 0; i < rows; ++i) {
    if (log) {
      log_softmax_row(x + i * xs, y + i * ys, cols);
    } else {
      softmax_row(x + i * xs, y + i * ys, cols);
    }
  }
}

// `count` columns beside each other, a vector at a time; `get` and `put` read and write one.
template <typename T>
void softmax_cols(bool log_form, const T* x, size_t xs, T* y, size_t ys, size_t rows, size_t cols) noexcept {
  constexpr size_t kLanes = Vec<T>::kLanes, kChunk = 32;
  Vec<T> largest[kChunk], sum[kChunk];
  for (size_t first = 0; first < cols; first += kChunk * kLanes) {
    const size_t count = cols - first < kChunk * kLanes ? cols - first : kChunk * kLanes;
    const size_t vectors = count / kLanes, rest = count % kLanes;
    // body(v, load of this vector in a row, store) for each vector of the chunk.
    const auto each_vector = [=](auto body) {
      for (size_t v = 0; v < vectors; ++v) {
        body(
            v, [=](const T* row) { return load(row + first + v * kLanes); },
            [=](T* row, Vec<T> a) { store(row + first + v * kLanes, a); });
      }
      if (rest > 0) {
        const size_t at = first + vectors * kLanes;
        body(
            vectors, [=](const T* row) { return load(row + at, rest, broadcast(T(0))); },
            [=](T* row, Vec<T> a) { store(row + at, a, rest); });
      }
    };
    for (size_t v = 0; v < kChunk; ++v) {
      largest[v] = broadcast(-ExpConstants<T>::kInfinity);
      sum[v] = broadcast(T(0));
    }
    for (size_t i = 0; i < rows; ++i) {
      each_vector([&](size_t v, auto get, auto) { largest[v] = max(largest[v], get(x + i * xs)); });
    }
    for (size_t i = 0; i < rows; ++i) {
      each_vector([&](size_t v, auto get, auto put) {
        const Vec<T> e = exp(get(x + i * xs) - largest[v]);
        sum[v] = sum[v] + e;
        if (!log_form) put(y + i * ys, e);
      });
    }
    if (log_form) {
      for (size_t v = 0; v < kChunk; ++v) sum[v] = log(sum[v]);
    }
    for (size_t i = 0; i < rows; ++i) {
      each_vector([&](size_t v, auto get, auto put) {
        put(y + i * ys, log_form ? (get(x + i * xs) - largest[v]) - sum[v] : get(y + i * ys) / sum[v]);
      });
    }
  }
}

}  // namespace
}  // namespace boreal
