// Lloyd's assignments without looking at every row: a row stays where it is while an upper bound on its
// distance to its centre is below a lower bound on that to any other (Hamerly 2010, "Making k-means even
// faster"), and sums change by the rows that move. Labels are those of assign_rows: bounds leave room for the
// rounding of the kernel, and equal distances are never skipped.
#pragma once

#include <cstdint>
#include <vector>

#include "base/cancel.h"
#include "base/matrix_view.h"
#include "base/partition.h"
#include "base/span.h"
#include "linalg/distance.h"
#include "train/kmeans_assign.h"

namespace boreal {

template <typename T>
class BoundedLloyd {
 public:
  BoundedLloyd(MatrixView<const T> x, Span<double> weights, size_t clusters, const CancelToken* cancel);

  // The nearest of the centres for each row; labels are those of the last call.
  void assign(const std::vector<double>& centres, int32_t* labels);
  ClusterSums sums() const;

 private:
  struct Part {
    std::vector<double> sums, weights;
    std::vector<int64_t> counts;  // rows of a weight above 0: no rounding hides that a cluster is empty
  };

  void move(const std::vector<T>& to);
  void assign_part(size_t part, const PackedRows<T>& packed, int32_t* labels);
  void assign_block(const std::vector<uint32_t>& rows, const PackedRows<T>& packed, int32_t* labels, T* block,
                    T* tile, Part* part);
  void count(size_t row, size_t cluster, double sign, Part* part) const;

  MatrixView<const T> x_;
  Span<double> weights_;
  size_t clusters_;
  const CancelToken* cancel_;
  Partition rows_;
  double room_;  // relative
  bool first_ = true;
  std::vector<T> centres_;              // as the kernel sees them
  std::vector<double> shift_;           // of each centre since the last call
  std::vector<double> farthest_other_;  // the largest shift of the other centres
  std::vector<double> half_;            // half the distance to the nearest other centre
  std::vector<double> upper_, lower_;   // [rows]
  std::vector<Part> parts_;
};

}  // namespace boreal
