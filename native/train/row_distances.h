// Distances of one row to all others, in tiles of packed rows that stay in the cache.
#pragma once

#include <algorithm>
#include <cstddef>

#include "base/aligned_buffer.h"
#include "base/matrix_view.h"
#include "kernels/dispatch.h"
#include "linalg/distance.h"

namespace boreal {

class RowDistances {
 public:
  // metric null: x [n, n] holds the distances themselves.
  RowDistances(MatrixView<const double> x, const Metric* metric)
      : x_(x),
        given_(metric == nullptr),
        packed_(given_ ? Metric::kEuclidean : *metric, given_ ? none() : x) {
    if (given_ || *metric != Metric::kCosine) return;
    units_ = AlignedBuffer<double>(x.rows * x.cols);
    for (size_t i = 0; i < x.rows; ++i) normalize_row(x.row(i), x.cols, units_.data() + i * x.cols);
    x_ = dense_view<const double>(units_.data(), x.rows, x.cols);
  }

  void of(size_t row, double* out) const {
    if (given_) {
      std::copy(x_.row(row), x_.row(row) + x_.cols, out);
      return;
    }
    distances(row, 0, x_.rows, out);
  }

  // Of two rows alone, with the bits that of() gives.
  double between(size_t i, size_t j) const {
    if (given_) return x_.at(i, j);
    const size_t lane = j % kernel().lanes;
    double row[kMostLanes];
    distances(i, j - lane, lane + 1, row);
    return row[lane];
  }

 private:
  static constexpr size_t kMostLanes = 8;
  static const DistanceKernels<double>& kernel() { return distance_kernels<double>(kernels()); }
  // To `count` rows from `first`, the first of a block of lanes.
  void distances(size_t row, size_t first, size_t count, double* out) const {
    kernel().distances(packed_.metric(), x_.row(row), x_.stride, packed_.from(first), out, count, 1, count,
                       x_.cols);
  }

  static MatrixView<const double> none() { return {nullptr, 0, 0, 0}; }
  MatrixView<const double> x_;
  bool given_;
  PackedRows<double> packed_;
  AlignedBuffer<double> units_;
};

}  // namespace boreal
