// What both sides of a split must hold, by the counts, weights and values of a Scan of split_stats.h.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "train/forest.h"
#include "train/split.h"

namespace boreal {

class SplitLimits {
 public:
  explicit SplitLimits(const TreeParams& params)
      : params_(params), min_weight_(std::max(params.min_weight_leaf, std::numeric_limits<double>::min())) {}

  double min_weight() const { return min_weight_; }
  // The node in work.
  void enter(const ValueBounds& bounds) { bounds_ = bounds; }
  bool monotonic() const { return !params_.monotonic.empty(); }

  template <typename Scan>
  bool allow(const Scan& scan, size_t left_rows, size_t rows, uint32_t feature) const {
    return left_rows >= params_.min_samples_leaf && rows - left_rows >= params_.min_samples_leaf &&
           scan.left_weight() >= min_weight_ && scan.right_weight() >= min_weight_ &&
           (!monotonic() || in_order(scan, params_.monotonic[feature]));
  }
  // What a split that is taken says of the values of its sides.
  template <typename Scan>
  void write_middle(const Scan& scan, Split* split) const {
    if (monotonic()) split->middle = (scan.left_value() + scan.right_value()) / 2;
  }

 private:
  template <typename Scan>
  bool in_order(const Scan& scan, int8_t direction) const {
    if (direction == 0) return true;
    const double left = scan.left_value(), right = scan.right_value();
    return bounds_.hold(left) && bounds_.hold(right) && (left - right) * direction <= 0;
  }

  const TreeParams& params_;
  const double min_weight_;  // positive: a side whose weight is lost to rounding is no side
  ValueBounds bounds_;
};

}  // namespace boreal
