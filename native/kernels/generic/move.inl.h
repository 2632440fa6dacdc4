// Transposition and change of precision.
#pragma once

#include BOREAL_SIMD

#include "kernels/generic/unroll.h"
#include "kernels/kernels.h"

namespace boreal {
namespace {

// y[c, r] = x[r, c] of at most kLanes rows and columns: in registers where they fill them. Where loads and
// stores of a part of a vector go through memory, the rest goes element by element.
template <typename T>
inline void turn_square(const T* x, size_t xs, T* y, size_t ys, size_t rows, size_t cols) {
  constexpr size_t kLanes = Vec<T>::kLanes;
  constexpr bool kParts = kLanes > 4;
  const Vec<T> zero = broadcast(T(0));
  const bool whole = rows == kLanes && cols == kLanes;
  if (!whole && !kParts) {
    for (size_t r = 0; r < rows; ++r) {
      for (size_t c = 0; c < cols; ++c) y[c * ys + r] = x[r * xs + c];
    }
    return;
  }
  Vec<T> square[kLanes];
  if (whole) {
    BOREAL_UNROLL
    for (size_t r = 0; r < kLanes; ++r) square[r] = load(x + r * xs);
  } else {
    BOREAL_UNROLL
    for (size_t r = 0; r < kLanes; ++r) {
      square[r] = r >= rows ? zero : cols == kLanes ? load(x + r * xs) : load(x + r * xs, cols, zero);
    }
  }
  transpose(square);
  if (rows == kLanes) {
    for (size_t c = 0; c < cols; ++c) store(y + c * ys, square[c]);
  } else {
    for (size_t c = 0; c < cols; ++c) store(y + c * ys, square[c], rows);
  }
}

template <typename T>
void transpose(const T* x, size_t xs, T* y, size_t ys, size_t rows, size_t cols) noexcept {
  constexpr size_t kLanes = Vec<T>::kLanes;
  for (size_t i = 0; i < rows; i += kLanes) {
    const size_t height = rows - i < kLanes ? rows - i : kLanes;
    for (size_t j = 0; j < cols; j += kLanes) {
      const size_t width = cols - j < kLanes ? cols - j : kLanes;
      turn_square(x + i * xs + j, xs, y + j * ys + i, ys, height, width);
    }
  }
}

template <typename From, typename To>
void convert(const From* x, size_t xs, To* y, size_t ys, size_t rows, size_t cols) noexcept {
  if (xs == cols && ys == cols) {
    cols *= rows;
    rows = cols > 0;
  }
  for (size_t i = 0; i < rows; ++i, x += xs, y += ys) {
    for (size_t j = 0; j < cols; ++j) y[j] = static_cast<To>(x[j]);
  }
}

}  // namespace
}  // namespace boreal
