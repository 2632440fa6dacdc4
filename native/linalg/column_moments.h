// Mean, variance, range and count of each column. NaN counts as missing and is skipped; everything is
// float64, whatever the element type. Results do not depend on the number of threads.
#pragma once

#include <vector>

#include "base/matrix_view.h"
#include "base/span.h"
#include "linalg/elementwise.h"

namespace boreal {

struct ColumnMoments {
  std::vector<double> count;     // rows that are not NaN (total weight when weights are given)
  std::vector<double> mean;      // NaN where count is 0
  std::vector<double> variance;  // population variance (divided by count), two-pass with correction
  std::vector<double> min, max;  // NaN where count is 0
};
// weights: [rows] or empty; rows of weight 0 count as absent. copy: [rows, cols], receives x, which must be
// dense then, while it is read anyway; may be null. Without `variance` the pass of squares is left out, and
// variances are NaN. Throws as total_weight does.
template <typename T>
ColumnMoments column_moments(MatrixView<const T> x, Span<double> weights, const RunOptions& options = {},
                             T* copy = nullptr, bool variance = true);

// The weighted means of at most 256 rows, evenly spread: near those of all, and a constant column's value.
// weights: [rows] or empty.
template <typename T>
std::vector<double> mean_of_some_rows(MatrixView<const T> x, Span<double> weights);

}  // namespace boreal
