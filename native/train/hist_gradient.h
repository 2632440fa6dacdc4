// Gradients and Hessians as whole numbers, the pair in 64 bits: sums of them are exact, so that a histogram
// does not depend on the order in which threads add rows, and one addition does for both.
// One step is a power of two, the least for which no sum over the rows overflows its 32 bits: of a million
// rows the mean gradient has a thousand steps, and a leaf's error stays far below its sampling error. Leaf
// values are summed from the gradients themselves.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/aligned_buffer.h"
#include "base/partition.h"
#include "device/boosting_splits.h"

namespace boreal {

// How rows are cut for sums in float64: the same at any number of threads.
inline Partition row_partition(size_t rows) { return partition_rows(rows, 8192, 128); }

class HistGpu;

class QuantizedGradients {
 public:
  // rows: 0 where a GPU has them.
  explicit QuantizedGradients(size_t rows) : packed_(rows) {}

  // gradient, hessian: [rows], hessian >= 0; a null hessian means all 1. Throws ERR_PARAMETER for what is not
  // finite.
  void quantize(const float* gradient, const float* hessian, size_t max_threads);
  // Those of an output that a GPU has; they stay there, and there is no data() and no total().
  void quantize(HistGpu* gpu, size_t rows, size_t output);

  const PackedPair* data() const { return packed_.data(); }
  PackedPair total() const { return total_; }
  double gradient_step() const { return gradient_step_; }
  double hessian_step() const { return hessian_step_; }
  // Over the rows, in steps.
  double least_hessian() const { return least_hessian_; }
  double greatest_hessian() const { return greatest_hessian_; }

 private:
  struct Range {
    double gradients, hessians;
    float least, greatest;
  };
  struct Scales {
    double gradient, hessian;
  };
  static Range range_of(const float* gradient, const float* hessian, size_t begin, size_t end);
  // From the ranges of the parts of all rows, in order.
  Scales set_steps(const std::vector<Range>& ranges);

  AlignedBuffer<PackedPair> packed_;
  PackedPair total_ = 0;
  double gradient_step_ = 1, hessian_step_ = 1, least_hessian_ = 1, greatest_hessian_ = 1;
};

}  // namespace boreal
