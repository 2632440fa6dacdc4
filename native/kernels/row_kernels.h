// Kernels that map rows of a matrix to rows: what the ops of a Plan are made of. The common rules stand in
// kernels.h.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "kernels/functions.h"

namespace boreal {

// How find_invalid judges a value.
enum class FiniteRule : int32_t { kFinite = 0, kFiniteOrNan = 1 };

template <typename T>
struct RowKernels {
  // y[i,j] = isnan(x[i,j]) ? fill[j] : x[i,j]
  void (*impute)(const T* x, size_t xs, const T* fill, T* y, size_t ys, size_t rows, size_t cols) noexcept;

  // y[i,j] = (x[i,j] - shift[j]) / scale[j], a true division
  void (*affine)(const T* x, size_t xs, const T* shift, const T* scale, T* y, size_t ys, size_t rows,
                 size_t cols) noexcept;

  // Index (i * cols + j) of the first value of the matrix that breaks the rule, or rows * cols.
  size_t (*find_invalid)(FiniteRule rule, const T* x, size_t xs, size_t rows, size_t cols) noexcept;
};

}  // namespace boreal
