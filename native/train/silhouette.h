// Silhouettes (Rousseeuw 1987): sums of the distances of each row to the rows of each cluster, from tiles of
// distances that are computed and dropped.
#pragma once

#include <cstdint>
#include <vector>

#include "base/cancel.h"
#include "base/matrix_view.h"
#include "base/span.h"
#include "kernels/distance_kernels.h"

namespace boreal {

// labels: [x.rows], each below sizes.size; sizes: rows of each cluster. metric null: x [n, n] holds the
// distances themselves. [x.rows]; 0 for a row that is alone in its cluster.
template <typename T>
std::vector<double> silhouettes(MatrixView<const T> x, Span<int32_t> labels, Span<double> sizes,
                                const Metric* metric, const CancelToken* cancel);

}  // namespace boreal
