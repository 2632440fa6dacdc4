// softmax and log-softmax of rows and of columns. Lanes are combined in an order that depends on the size of
// what is summed only.
#pragma once

#include "kernels/generic/elementwise.inl.h"
#include "kernels/generic/move.inl.h"
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

constexpr size_t kNarrow = 32;  // columns of rows that may be narrow

// A row by itself with the bits that softmax_cols gives it as a column: the sum runs from left to right.
template <typename T>
inline void softmax_narrow_row(bool log_form, const T* x, T* y, size_t cols) {
  constexpr size_t kLanes = Vec<T>::kLanes;
  const Vec<T> lowest = broadcast(-ExpConstants<T>::kInfinity), largest = broadcast(row_max(x, cols));
  T e[kNarrow], sum = 0;
  for (size_t j = 0; j < cols; j += kLanes) {  // whole vectors, which single values can be read from at once
    store(e + j, exp((j + kLanes <= cols ? load(x + j) : load(x + j, cols - j, lowest)) - largest));
  }
  for (size_t j = 0; j < cols; ++j) sum += e[j];
  const Vec<T> total = log_form ? log(broadcast(sum)) : broadcast(sum);
  if (log_form) {
    map_row(x, y, cols, [=](Vec<T> a) { return (a - largest) - total; });
  } else {
    map_row(e, y, cols, [=](Vec<T> a) { return a / total; });
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
    for (size_t v = 0; v < vectors + (rest > 0); ++v) {
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
      for (size_t v = 0; v < vectors + (rest > 0); ++v) sum[v] = log(sum[v]);
    }
    for (size_t i = 0; i < rows; ++i) {
      each_vector([&](size_t v, auto get, auto put) {
        put(y + i * ys, log_form ? (get(x + i * xs) - largest[v]) - sum[v] : get(y + i * ys) / sum[v]);
      });
    }
  }
}

// Whether rows are so short that they are better turned, some at a time, so that a vector holds a column of
// as many of them: else each would fill a part of its vectors, wait for what it sums across their lanes and,
// in place, for the masked store of the row before it, which a load of the next bytes cannot pass. Of one
// lane there is nothing to fill.
template <typename T>
constexpr bool is_narrow(bool log, size_t cols) {
  return Vec<T>::kLanes > 1 && cols <= kNarrow && (log || cols % Vec<T>::kLanes != 0);
}

template <typename T>
inline void softmax_turned(bool log, const T* x, size_t xs, T* y, size_t ys, size_t rows, size_t cols) {
  constexpr size_t kTurned = 4 * Vec<T>::kLanes;
  alignas(64) T turned[kNarrow * kTurned];
  for (size_t i = 0; i < rows; i += kTurned) {
    const size_t count = rows - i < kTurned ? rows - i : kTurned;
    transpose(x + i * xs, xs, turned, kTurned, count, cols);
    softmax_cols(log, turned, kTurned, turned, kTurned, cols, count);
    transpose(turned, kTurned, y + i * ys, ys, cols, count);
  }
}

template <typename T>
void softmax_rows(bool log, const T* x, size_t xs, T* y, size_t ys, size_t rows, size_t cols) noexcept {
  if (cols == 0) return;
  if (is_narrow<T>(log, cols)) {
    const size_t few = rows % Vec<T>::kLanes, many = 2 * few <= Vec<T>::kLanes ? rows - few : rows;
    softmax_turned(log, x, xs, y, ys, many, cols);
    for (size_t i = many; i < rows; ++i) softmax_narrow_row(log, x + i * xs, y + i * ys, cols);
    return;
  }
  for (size_t i = 0; i < rows; ++i) {
    if (log) {
      log_softmax_row(x + i * xs, y + i * ys, cols);
    } else {
      softmax_row(x + i * xs, y + i * ys, cols);
    }
  }
}

}  // namespace
}  // namespace boreal
