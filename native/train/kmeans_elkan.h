// Elkan (2003), "Using the triangle inequality to accelerate k-means": the labels of Lloyd's algorithm with
// fewer distances, for clusters that are well apart and rows that are long.
#pragma once

#include <cstdint>
#include <vector>

#include "base/aligned_buffer.h"
#include "base/cancel.h"
#include "base/matrix_view.h"

namespace boreal {

template <typename T>
class ElkanBounds {
 public:
  ElkanBounds(MatrixView<const T> x, size_t clusters, const CancelToken* cancel);

  // The nearest centre of each row: all distances at first, then only those that bounds do not rule out.
  void assign(const std::vector<double>& centres, int32_t* labels);
  // Loosens the bounds by how far the centres have moved.
  void move(const std::vector<double>& from, const std::vector<double>& to, const int32_t* labels);

 private:
  double distance(size_t row, const T* centre) const;

  MatrixView<const T> x_;
  size_t clusters_;
  const CancelToken* cancel_;
  bool first_ = true;
  std::vector<double> upper_;    // [rows] on the distance to the own centre
  AlignedBuffer<double> lower_;  // [rows, clusters]
};

}  // namespace boreal
