// The nearest of sparse rows, by all distances.
#pragma once

#include <cstdint>
#include <vector>

#include "base/cancel.h"
#include "linalg/csr.h"

namespace boreal {

enum class SparseMetric : int32_t { kEuclidean = 0, kCosine = 1 };

struct SparseNearest {
  std::vector<double> distances;  // [queries, count], ascending
  std::vector<int32_t> indices;   // [queries, count] of points; of equal distances the first comes first
};

// The `count` points nearest to each query, count >= 1, points and queries being finite and of as many
// columns. own: queries are the points, and none is its own neighbour. A cosine distance from a row of zeros
// is 1. Euclidean neighbours are found by |x|^2 + |p|^2 - 2 x p, and their distances made of differences.
// Throws ERR_PARAMETER for fewer points than wanted, ERR_INPUT_INFINITE for rows whose squares are too large.
SparseNearest sparse_nearest(const CsrView<double>& points, const CsrView<double>& queries, size_t count,
                             SparseMetric metric, bool own, const CancelToken* cancel);

}  // namespace boreal
