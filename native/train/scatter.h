// The Gram matrix of centred rows, in one pass over a fixed partition: the covariance of many rows without a
// centred copy of them.
#pragma once

#include <vector>

#include "base/cancel.h"
#include "base/matrix_view.h"
#include "base/span.h"

namespace boreal {

// sum_i (x_i - mean)' (x_i - mean), [cols, cols]; mean: [cols].
template <typename T>
std::vector<double> scatter(MatrixView<const T> x, Span<double> mean, const CancelToken* cancel);

}  // namespace boreal
