// Kernels that map rows of a matrix to rows: what the ops of a Plan are made of. The common rules stand in
// kernels.h.
#pragma once

#include <stddef.h>
#include <stdint.h>

namespace boreal {

// Functions of one number. The values of the first five are those of the plan's wire format.
enum class Unary : int32_t {
  kIdentity = 0,
  kRelu = 1,
  kSigmoid = 2,
  kTanh = 3,
  kExp = 4,
};
// Functions of two.
enum class Binary : int32_t { kAdd, kSub, kMul, kDiv, kMin, kMax, kPow };

// How find_invalid judges a value.
enum class FiniteRule : int32_t { kFinite = 0, kFiniteOrNan = 1 };

template <typename T>
struct RowKernels {
  // y[i,j] = isnan(x[i,j]) ? fill[j] : x[i,j]
  void (*impute)(const T* x, size_t xs, const T* fill, T* y, size_t ys, size_t rows, size_t cols) noexcept;

  // y[i,j] = (x[i,j] - shift[j]) / scale[j], a true division
  void (*affine)(const T* x, size_t xs, const T* shift, const T* scale, T* y, size_t ys, size_t rows,
                 size_t cols) noexcept;

  // y = f(x). exp, sigmoid and tanh within 4 ulp of the exact value over the whole range (no flush of
  // subnormal results beyond 1 ulp of the smallest normal number), f(+-inf) exact, relu(NaN) = NaN.
  void (*activate)(Unary kind, const T* x, size_t xs, T* y, size_t ys, size_t rows, size_t cols) noexcept;

  // y[i,:] = exp(x[i,:] - max) / sum, the maximum taken first so that nothing overflows. A row with a NaN
  // becomes all NaN.
  void (*softmax)(const T* x, size_t xs, T* y, size_t ys, size_t rows, size_t cols) noexcept;

  // y[i * ys] = index of the first largest value of row i, as T; a NaN counts as the largest (numpy's rule).
  // y must not overlap x. cols >= 1.
  void (*argmax)(const T* x, size_t xs, T* y, size_t ys, size_t rows, size_t cols) noexcept;

  // Index (i * cols + j) of the first value of the matrix that breaks the rule, or rows * cols.
  size_t (*find_invalid)(FiniteRule rule, const T* x, size_t xs, size_t rows, size_t cols) noexcept;
};

}  // namespace boreal
