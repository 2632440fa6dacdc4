// Sums of the rows of each cluster that change by the rows that move: what one pass over all rows costs less
// and less as clusters settle. Over the fixed partition of the rows, so that they have the same bits at any
// thread count.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/matrix_view.h"
#include "base/partition.h"
#include "base/span.h"
#include "train/kmeans_assign.h"

namespace boreal {

template <typename T>
class MovingSums {
 public:
  MovingSums(MatrixView<const T> x, Span<double> weights, size_t clusters);

  // Parts may be changed by different threads at once.
  const Partition& rows() const { return rows_; }
  // A row of the part gets this cluster; it had `*label`, -1 for none.
  void assign(size_t part, size_t row, int32_t cluster, int32_t* label);

  ClusterSums total() const;
  // Whether any row has moved since the last call.
  bool take_moved();

 private:
  struct Part {
    std::vector<double> sums, weights;
    std::vector<int64_t> counts;  // rows of a weight above 0: no rounding hides that a cluster is empty
    bool moved = false;
  };

  void add(Part* part, size_t row, int32_t cluster, double sign) const;

  MatrixView<const T> x_;
  Span<double> weights_;
  size_t clusters_;
  Partition rows_;
  std::vector<Part> parts_;
};

}  // namespace boreal
