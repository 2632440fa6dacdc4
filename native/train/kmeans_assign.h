// The step that all variants of k-means share: the nearest centre of each row, and the sums by cluster.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/cancel.h"
#include "base/matrix_view.h"
#include "base/partition.h"
#include "base/span.h"
#include "linalg/csr.h"

namespace boreal {

struct ClusterSums {
  std::vector<double> sums;     // [clusters, cols] weighted
  std::vector<double> weights;  // [clusters]
  double inertia = 0;           // weighted, against the centres the rows were assigned to
};

// labels[i] = the first nearest of centres [clusters, cols], at squared distance distances[i]. Adds up sums
// unless `wanted` is false: then there is the inertia only.
template <typename T>
ClusterSums assign_rows(MatrixView<const T> x, Span<double> weights, const std::vector<double>& centres,
                        size_t clusters, bool wanted, int32_t* labels, T* distances,
                        const CancelToken* cancel);

// The sums for labels that are known.
template <typename T>
ClusterSums sum_rows(MatrixView<const T> x, Span<double> weights, size_t clusters, const int32_t* labels,
                     const CancelToken* cancel);

// Gives each cluster without weight the row that is farthest from its centre, of equal ones the first, and
// takes it from the cluster it was in. distances: squared, to the centre of each row's label. x: a
// MatrixView<const T>, or a CsrView<double>.
template <typename Rows, typename T>
void relocate_empty(const Rows& x, Span<double> weights, const int32_t* labels, const T* distances,
                    ClusterSums* sums);

// Means of the clusters; one that has no weight stands where the heaviest is.
std::vector<double> means_of(const ClusterSums& sums, size_t cols);

// The partition of rows over which sums run: fewer parts where the sums of each are large.
Partition cluster_parts(size_t rows, size_t clusters, size_t cols);

// Between the rows a and b, in float64.
template <typename T>
double euclidean(const T* a, const T* b, size_t cols) {
  double sums[4] = {};
  size_t j = 0;
  for (; j + 4 <= cols; j += 4) {
    for (size_t s = 0; s < 4; ++s) {
      const double d = static_cast<double>(a[j + s]) - static_cast<double>(b[j + s]);
      sums[s] += d * d;
    }
  }
  for (; j < cols; ++j) {
    const double d = static_cast<double>(a[j]) - static_cast<double>(b[j]);
    sums[0] += d * d;
  }
  return std::sqrt((sums[0] + sums[1]) + (sums[2] + sums[3]));
}

double squared_shift(const std::vector<double>& a, const std::vector<double>& b);

template <typename T>
size_t row_count(const MatrixView<const T>& x) {
  return x.rows;
}
inline size_t row_count(const CsrView<double>& x) { return x.rows(); }

inline double weight_of(Span<double> weights, size_t i) { return weights.size == 0 ? 1.0 : weights[i]; }

}  // namespace boreal
