// Local outlier factors (Breunig, Kriegel, Ng and Sander, 2000, "LOF: identifying density-based local
// outliers"): how much less dense a row's surroundings are than those of its neighbours.
#pragma once

#include <algorithm>
#include <vector>

#include "base/cancel.h"
#include "base/thread_pool.h"
#include "kernels/dispatch.h"
#include "neighbors/index.h"

namespace boreal {

struct LocalOutliers {
  std::vector<double> factor;   // [rows] negated: about -1 within a cluster, lower the more a row stands out
  std::vector<double> reach;    // [rows] distance to the k-th neighbour
  std::vector<double> density;  // [rows] local reachability density
};

// From the k nearest of each of n rows, which are not the row itself: distances and indices [n, k].
template <typename T>
LocalOutliers local_outliers_among(const std::vector<T>& distances, const std::vector<int32_t>& indices,
                                   size_t n, size_t k) {
  LocalOutliers result{std::vector<double>(n), std::vector<double>(n), std::vector<double>(n)};
  for (size_t i = 0; i < n; ++i) result.reach[i] = static_cast<double>(distances[i * k + k - 1]);
  constexpr size_t kRows = 4096;
  const auto each_row = [n](const auto& body) {
    ThreadPool::instance().parallel_for((n + kRows - 1) / kRows, [&](size_t task, size_t) {
      for (size_t i = task * kRows; i < std::min(n, (task + 1) * kRows); ++i) body(i);
    });
  };
  const double count = static_cast<double>(k);
  each_row([&](size_t i) {
    double sum = 0;
    for (size_t c = i * k; c < (i + 1) * k; ++c) {
      sum += std::max(static_cast<double>(distances[c]), result.reach[static_cast<size_t>(indices[c])]);
    }
    result.density[i] = 1 / (sum / count + 1e-10);  // the addition is scikit-learn's, for rows that are alike
  });
  each_row([&](size_t i) {
    double sum = 0;
    for (size_t c = i * k; c < (i + 1) * k; ++c) sum += result.density[static_cast<size_t>(indices[c])];
    result.factor[i] = -(sum / count) / result.density[i];
  });
  return result;
}

// Throws ERR_PARAMETER unless there are more than k rows.
template <typename T>
LocalOutliers local_outliers(MatrixView<const T> x, const NeighborSpec& spec, size_t k,
                             const CancelToken* cancel) {
  const RunOptions options{0, cancel};
  const NeighborIndex<T> index(spec, x, kernels(), options);
  const NearestRows<T> near = nearest_rows(index, x, k, true, options);
  return local_outliers_among(near.distances, near.indices, x.rows, k);
}

}  // namespace boreal
