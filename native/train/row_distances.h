// Distances of one row to all others, in tiles of packed rows that stay in the cache.
#pragma once

#include <algorithm>
#include <cmath>
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
    for (size_t i = 0; i < x.rows; ++i) {
      double squares = 0;
      for (size_t j = 0; j < x.cols; ++j) squares += x.at(i, j) * x.at(i, j);
      const double norm = std::sqrt(squares);
      for (size_t j = 0; j < x.cols; ++j) units_.data()[i * x.cols + j] = norm > 0 ? x.at(i, j) / norm : 0;
    }
    x_ = dense_view<const double>(units_.data(), x.rows, x.cols);
  }

  void of(size_t row, double* out) const {
    if (given_) {
      std::copy(x_.row(row), x_.row(row) + x_.cols, out);
      return;
    }
    distance_kernels<double>(kernels()).distances(packed_.metric(), x_.row(row), x_.stride, packed_.from(0),
                                                  out, x_.rows, 1, x_.rows, x_.cols);
  }

  // Of two rows alone.
  double between(size_t i, size_t j) const {
    if (given_) return x_.at(i, j);
    double sum = 0;
    for (size_t c = 0; c < x_.cols; ++c) {
      const double difference = x_.at(i, c) - x_.at(j, c);
      sum += packed_.metric() == Metric::kManhattan ? std::abs(difference) : difference * difference;
    }
    if (packed_.metric() == Metric::kEuclidean) return std::sqrt(sum);
    return packed_.metric() == Metric::kCosine ? sum / 2 : sum;
  }

 private:
  static MatrixView<const double> none() { return {nullptr, 0, 0, 0}; }
  MatrixView<const double> x_;
  bool given_;
  PackedRows<double> packed_;
  AlignedBuffer<double> units_;
};

}  // namespace boreal
