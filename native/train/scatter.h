// The Gram matrix of centred rows, in one pass over a fixed partition: the covariance of many rows without a
// centred copy of them.
#pragma once

#include <vector>

#include "base/cancel.h"
#include "base/matrix_view.h"
#include "base/span.h"
#include "linalg/column_moments.h"

namespace boreal {

// sum_i (x_i - mean)' (x_i - mean), [cols, cols]; mean: [cols].
template <typename T>
std::vector<double> scatter(MatrixView<const T> x, Span<double> mean, const CancelToken* cancel);

struct MeasuredScatter {
  ColumnMoments moments;
  std::vector<double>
      scatter;  // [cols, cols]; infinite where values are missing or infinite, or their squares add up to it
};

// Both the moments and the scatter about the means, while x is read once: rows are shifted by the mean of
// some of them, and the rest is made good afterwards. Where that would cost digits, x is read once more.
// ranges: whether the moments have those, which change no other bit.
template <typename T>
MeasuredScatter measured_scatter(MatrixView<const T> x, bool ranges, const CancelToken* cancel);

}  // namespace boreal
