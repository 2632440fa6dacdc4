// The best split of a node from its histograms. With G and H the sums of gradients and Hessians of a side, a
// side is worth T(G)^2 / (H + l2), T(G) being G moved l1 towards 0, which is what its best value saves (Chen
// and Guestrin, XGBoost, 2016, equation 7); a split gains the worth of its sides less that of the node.
// Sides compare in steps of the packed gradients, so that no bin needs to be scaled.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "base/span.h"
#include "kernels/boost_kernels.h"
#include "train/hist_bins.h"
#include "train/hist_gradient.h"

namespace boreal {

// A set of bins: which go left.
class BinSet {
 public:
  bool has(size_t bin) const { return (words_[bin / 64] >> (bin % 64) & 1) != 0; }
  const std::array<uint64_t, 4>& words() const { return words_; }
  void add(size_t bin) { words_[bin / 64] |= uint64_t{1} << (bin % 64); }

 private:
  std::array<uint64_t, 4> words_ = {};
};

struct HistSplit {
  double gain = 0;      // in squared gradient steps over Hessian steps
  int32_t column = -1;  // -1: there is none
  uint8_t bin = 0;      // of numbers: the last that goes left
  bool missing_left = false;
  BinSet left_bins;       // of categories
  PackedPair left = 0;    // sums of the left side
  double left_value = 0;  // of the sides, in steps; set where columns are monotonic
  double right_value = 0;

  bool found() const { return column >= 0; }
};

// What splits must obey; all in steps of the tree's gradients.
struct SplitRules {
  const BoostKernels* kernels = nullptr;
  double l1 = 0, l2 = 0;
  double least_hessian = 0;                         // of a side
  double least_gain = 0;                            // gain must be greater
  uint32_t least_rows = 1;                          // of a side
  double row_hessian_min = 1, row_hessian_max = 1;  // of a row
  Span<int8_t> monotonic;                           // [cols] -1, 0 or 1, or empty
  double category_smoothing = 0;  // added to the Hessian of each category when they are ordered
  double category_support = 10;  // least Hessian of a category that may go left, where a row has 1 on average

  // The least Hessian of a side of so many rows, and what a side of fewer cannot exceed.
  double possible_hessian() const { return std::max(least_hessian, row_hessian_min * least_rows); }
  double sure_hessian() const { return row_hessian_max * (least_rows - 1.0); }
};

struct SplitNode {
  PackedPair total;
  size_t row_count;
  Span<uint32_t> rows;     // not needed with counts
  const uint32_t* counts;  // rows by slot, [cols, slots]; or null
  size_t slots;
  // Bounds of the values, in steps, where columns are monotonic.
  double lower = -std::numeric_limits<double>::infinity();
  double upper = std::numeric_limits<double>::infinity();
};

// Replaces best by a split of column j where one is better. histogram: the column's slots.
void find_split(const BinMapper::Column& column, size_t j, const BinnedMatrix& x, const PackedPair* histogram,
                const SplitNode& node, const SplitRules& rules, HistSplit* best);

// The value of a leaf, -T(G) / (H + l2), in steps of gradient over steps of Hessian; 0 for an empty one.
double leaf_value(double gradient, double hessian, double l1, double l2);

}  // namespace boreal
