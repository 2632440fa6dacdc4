// Moments of the columns of some rows, in float64 whatever the element type. The common rules stand in
// kernels.h. Rows are added in ascending order, one chain a column, so a column's bits depend on its values
// and weights only. NaN is skipped column by column; rows of weight 0 count as absent. weights is [rows] or
// null (all 1). Nothing overlaps.
#pragma once

#include <stddef.h>

namespace boreal {

template <typename T>
struct ColumnKernels {
  // Over the rows i where x[i,j] is not NaN:
  // count[j] = sum w[i], sum[j] = sum w[i] (x[i,j] - origin[j]), min and max of x[i,j] (inf and -inf if
  // none).
  void (*sums)(const T* x, size_t xs, size_t rows, size_t cols, const double* weights, const double* origin,
               double* count, double* sum, double* min, double* max) noexcept;

  // sum[j] = sum w[i] (x[i,j] - center[j]), squares[j] = sum w[i] (x[i,j] - center[j])^2.
  void (*squares)(const T* x, size_t xs, size_t rows, size_t cols, const double* weights,
                  const double* center, double* sum, double* squares) noexcept;
};

}  // namespace boreal
