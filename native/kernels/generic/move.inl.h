// Transposition and change of precision.
#pragma once

#include "kernels/kernels.h"

namespace boreal {
namespace {

// Square tiles of whole cache lines on both sides.
template <typename T>
void transpose(const T* x, size_t xs, T* y, size_t ys, size_t rows, size_t cols) noexcept {
  constexpr size_t kTile = 64 / sizeof(T);
  for (size_t i = 0; i < rows; i += kTile) {
    const size_t height = rows - i < kTile ? rows - i : kTile;
    for (size_t j = 0; j < cols; j += kTile) {
      const size_t width = cols - j < kTile ? cols - j : kTile;
      for (size_t c = 0; c < width; ++c) {
        for (size_t r = 0; r < height; ++r) y[(j + c) * ys + i + r] = x[(i + r) * xs + j + c];
      }
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
