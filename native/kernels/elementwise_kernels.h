// Kernels of elementwise arithmetic, reductions and data movement: what ops of a Plan and native/linalg are
// made of. The common rules stand in kernels.h.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "kernels/functions.h"

namespace boreal {

// An operand of `binary`: element (i, j) of the result takes data[i * row_step + j * col_step]; row_step is 0
// for an operand of one row, col_step is 0 for one of one column, else 1.
template <typename T>
struct Operand {
  const T* data;
  size_t row_step;
  size_t col_step;
};

// What one pass over values gathers.
//   kSum, kSumAbs    sum of x, of |x|
//   kSumSquares      sum of (scale x)^2
//   kSumDeviations   sum of (x - shift)^2 after the correction for the rounding of shift, the mean:
//                    sum (x - shift)^2 - (sum (x - shift))^2 / count
//   kProduct, kMin, kMax, kMaxAbs
// Sums of a row run in as many chains as hide the latency of addition, cut every few hundred terms and added
// pairwise: the error bound grows with the logarithm of the count. The order depends on the count alone.
// kMin, kMax and kMaxAbs are NaN if any value is. Of nothing: sums 0, kProduct 1, kMin and kMax +-infinity,
// kMaxAbs 0.
enum class Fold : int32_t {
  kSum,
  kSumAbs,
  kSumSquares,
  kSumDeviations,
  kProduct,
  kMin,
  kMax,
  kMaxAbs,
};

template <typename T>
struct ElementwiseKernels {
  // y = f(x), see functions.h.
  void (*unary)(Unary f, const T* x, size_t xs, T* y, size_t ys, size_t rows, size_t cols) noexcept;

  // y[i,j] = f(a(i,j), b(i,j)). y may be the data of an operand whose steps are (ys, 1).
  void (*binary)(Binary f, const Operand<T>& a, const Operand<T>& b, T* y, size_t ys, size_t rows,
                 size_t cols) noexcept;

  // y[i] = the fold of row i. parameters: [rows], the scale of kSumSquares or the shift of kSumDeviations;
  // null for the other folds.
  void (*fold_rows)(Fold fold, const T* x, size_t xs, size_t rows, size_t cols, const T* parameters,
                    T* y) noexcept;
  // y[j] = the fold of column j; parameters [cols]. Columns are summed in groups of 8 rows, group after
  // group: callers keep rows small (kFoldRows) and add the results pairwise. y must not overlap x. rows == 0
  // gives the fold of nothing.
  void (*fold_cols)(Fold fold, const T* x, size_t xs, size_t rows, size_t cols, const T* parameters,
                    T* y) noexcept;

  // Index of the first largest (smallest) of x[0..n); the first NaN before all (numpy's rule). n >= 1.
  size_t (*find_extreme)(bool largest, const T* x, size_t n) noexcept;
  // The same for each column, as a row index in T's precision: rows <= 2^20, >= 1. best[j] receives the
  // value.
  void (*find_extreme_cols)(bool largest, const T* x, size_t xs, size_t rows, size_t cols, T* index,
                            T* best) noexcept;

  // Each row of y = exp(x - max) / sum, the maximum taken first so that nothing overflows; with `log`, its
  // logarithm x - max - log sum. A row with a NaN becomes all NaN.
  void (*softmax_rows)(bool log, const T* x, size_t xs, T* y, size_t ys, size_t rows, size_t cols) noexcept;
  // The same of columns.
  void (*softmax_cols)(bool log, const T* x, size_t xs, T* y, size_t ys, size_t rows, size_t cols) noexcept;

  // y[j, i] = x[i, j]; x [rows, cols], y [cols, rows]. y must not overlap x.
  void (*transpose)(const T* x, size_t xs, T* y, size_t ys, size_t rows, size_t cols) noexcept;
};

constexpr size_t kFoldRows = 512;  // of one fold_cols

struct ConvertKernels {
  // y = x in the other precision, rounded to nearest even; y must not overlap x.
  void (*to_f64)(const float* x, size_t xs, double* y, size_t ys, size_t rows, size_t cols) noexcept;
  void (*to_f32)(const double* x, size_t xs, float* y, size_t ys, size_t rows, size_t cols) noexcept;
};

}  // namespace boreal
