// Distances as searches for neighbours use them. They compare ranks, which grow with the distance and are
// cheaper: the square of a euclidean distance, the p-th power of Minkowski's, the distance itself of the
// others. The cosine distance is the half of the squared euclidean one of rows scaled to length 1 (see
// PreparedRows). Distances that are given are ranks themselves.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>

#include "base/aligned_buffer.h"
#include "base/matrix_view.h"
#include "kernels/kernels.h"

namespace boreal {

enum class NeighborMetric : int32_t {
  kEuclidean = 0,
  kManhattan = 1,
  kChebyshev = 2,
  kMinkowski = 3,  // (sum_k |x_k - y_k|^p)^(1/p)
  kCosine = 4,
  kPrecomputed = 5,  // rows hold their distances to the rows of the index
};

enum class NeighborSearch : int32_t { kAuto = 0, kBrute = 1, kKdTree = 2, kBallTree = 3 };

struct NeighborSpec {
  NeighborMetric metric = NeighborMetric::kEuclidean;
  double p = 2;  // of kMinkowski, >= 1
  NeighborSearch search = NeighborSearch::kAuto;
  size_t leaf_size = 30;  // of trees, >= 1
  double radius = 0;      // where all pairs within it will be asked for; kAuto chooses for that

  bool squares() const { return metric == NeighborMetric::kEuclidean || metric == NeighborMetric::kCosine; }
  // A rank carries so many times the relative error of its distance.
  double power() const { return squares() ? 2 : metric == NeighborMetric::kMinkowski ? p : 1; }

  double to_rank(double distance) const {
    if (metric == NeighborMetric::kCosine) return 2 * distance;
    if (metric == NeighborMetric::kEuclidean) return distance * distance;
    return metric == NeighborMetric::kMinkowski ? std::pow(distance, p) : distance;
  }
  template <typename T>
  T to_distance(T rank) const {
    if (metric == NeighborMetric::kCosine) return std::min(T(2), rank / 2);
    if (metric == NeighborMetric::kEuclidean) return std::sqrt(rank);
    if (metric == NeighborMetric::kMinkowski)
      return static_cast<T>(std::pow(static_cast<double>(rank), 1 / p));
    return rank;
  }

  // One term of the rank, and how terms come together, for bounds in double.
  double term(double difference) const {
    if (squares()) return difference * difference;
    return metric == NeighborMetric::kMinkowski ? std::pow(std::fabs(difference), p) : std::fabs(difference);
  }
  double join(double sum, double term) const {
    return metric == NeighborMetric::kChebyshev ? std::max(sum, term) : sum + term;
  }
  // The metric that obeys the triangle inequality: of the scaled rows for kCosine.
  double root(double rank) const {
    if (squares()) return std::sqrt(rank);
    return metric == NeighborMetric::kMinkowski ? std::pow(rank, 1 / p) : rank;
  }
  double unroot(double length) const { return term(length); }
};

// As the kernels of distances name what they compute; not of kMinkowski and kPrecomputed.
inline Metric kernel_metric(const NeighborSpec& spec) {
  return spec.squares()                              ? Metric::kSquaredEuclidean
         : spec.metric == NeighborMetric::kManhattan ? Metric::kManhattan
                                                     : Metric::kChebyshev;
}

// out[i,j] = rank of the distance of x[i,:] and row j of packed (kernels/distance_kernels.h has the layout).
// The same bits on every instruction set that fuses multiply-adds: a chain of fused multiply-adds, or of
// powers by the C library.
template <typename T>
void rank_distances(const NeighborSpec& spec, const DistanceKernels<T>& kernels, MatrixView<const T> x,
                    const T* packed, MatrixView<T> out) {
  if (spec.metric != NeighborMetric::kMinkowski) {
    kernels.distances(kernel_metric(spec), x.data, x.stride, packed, out.data, out.stride, out.rows, out.cols,
                      x.cols);
    return;
  }
  for (size_t i = 0; i < out.rows; ++i) {
    for (size_t j = 0; j < out.cols; ++j) {
      const T* const y = packed + (j / kernels.lanes * x.cols) * kernels.lanes + j % kernels.lanes;
      double sum = 0;
      for (size_t k = 0; k < x.cols; ++k) {
        sum += std::pow(
            std::fabs(static_cast<double>(x.at(i, k)) - static_cast<double>(y[k * kernels.lanes])), spec.p);
      }
      out.at(i, j) = static_cast<T>(sum);
    }
  }
}

// Rows as rank_distances wants them. For kCosine they are copies of length 1 with two more columns, which
// tell rows of zeros apart: such a row of the index has 1 in the first, one that is searched for in the
// second, and so the distance of either to every row is 1. For other metrics they are the caller's rows.
template <typename T>
class PreparedRows {
 public:
  PreparedRows(const NeighborSpec& spec, MatrixView<const T> rows, bool of_index);
  MatrixView<const T> view() const { return view_; }

 private:
  AlignedBuffer<T> copies_;
  MatrixView<const T> view_;
};

// Prepared rows of the index as rows that are searched for: where kCosine tells rows of zeros apart, the mark
// moves to the second column.
template <typename T>
class SearchedRows {
 public:
  SearchedRows(const NeighborSpec& spec, MatrixView<const T> of_index);
  MatrixView<const T> view() const { return view_; }

 private:
  AlignedBuffer<T> copies_;
  MatrixView<const T> view_;
};

inline size_t prepared_cols(const NeighborSpec& spec, size_t cols) {
  return spec.metric == NeighborMetric::kCosine ? cols + 2 : cols;
}

}  // namespace boreal
