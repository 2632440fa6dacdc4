// What the searches for splits of numbers and of categories share: how sides are scored, and whether they
// hold enough rows.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>

#include "train/hist_split.h"

namespace boreal {

inline double shrink(double gradient, double l1) {
  if (gradient > l1) return gradient - l1;
  if (gradient < -l1) return gradient + l1;
  return 0.0;
}

// Sides without l1 and bounds.
class FreeScore : public FreeGain {
 public:
  static constexpr bool kScans = true;  // find_gains of kernels/boost_kernels.h knows it
  FreeScore(const SplitRules& rules, const SplitNode& node, int8_t) : FreeGain(rules.l2, node.total) {}
  void write_values(HistSplit*, double, double, double, double) const {}
};

// A side's value kept within the node's bounds, and the values of both in the order that the column demands.
// A side of gradient G and weight W = H + l2 saves -(2 G v + W v^2 + 2 l1 |v|) by the value v.
class BoundedScore {
 public:
  static constexpr bool kScans = false;
  BoundedScore(const SplitRules& rules, const SplitNode& node, int8_t monotonic)
      : l1_(rules.l1), l2_(rules.l2), lower_(node.lower), upper_(node.upper), monotonic_(monotonic) {
    const double g = gradient_of(node.total), h = hessian_of(node.total);
    node_ = saving(value(g, h), g, h);
  }

  bool may_exceed(double, double, double, double, double) const { return true; }
  double gain(double gl, double hl, double gr, double hr) const {
    const double vl = value(gl, hl), vr = value(gr, hr);
    if ((monotonic_ > 0 && vl > vr) || (monotonic_ < 0 && vl < vr)) return -1.0;
    return saving(vl, gl, hl) + saving(vr, gr, hr) - node_;
  }
  void write_values(HistSplit* split, double gl, double hl, double gr, double hr) const {
    split->left_value = value(gl, hl);
    split->right_value = value(gr, hr);
  }

 private:
  double value(double g, double h) const {
    return std::min(std::max(leaf_value(g, h, l1_, l2_), lower_), upper_);
  }
  double saving(double v, double g, double h) const {
    return -(2 * g * v + (h + l2_) * v * v + 2 * l1_ * std::fabs(v));
  }

  double l1_, l2_, lower_, upper_, node_;
  int8_t monotonic_;
};

// Whether both sides of a split have enough rows and Hessian. Histograms do not count rows: the Hessian of a
// side and the bounds of a row's say how many there may be. Only where that leaves a doubt, and the split
// would be the best so far, the node's rows are counted, once a column.
class SplitSides {
 public:
  SplitSides(const BinnedMatrix& x, size_t j, const SplitNode& node, const SplitRules& rules)
      : bins_(x.column(j)),
        counts_(node.counts == nullptr ? nullptr : node.counts + j * node.slots),
        node_(node),
        least_rows_(rules.least_rows),
        possible_(rules.possible_hessian()),
        sure_(rules.sure_hessian()) {}

  bool may_hold(double left_hessian, double right_hessian) const {
    return left_hessian >= possible_ && right_hessian >= possible_;
  }
  bool surely_hold(double left_hessian, double right_hessian) const {
    return left_hessian > sure_ && right_hessian > sure_;
  }
  // By the number of rows that go left.
  bool hold(uint32_t left_rows) const {
    return left_rows >= least_rows_ && node_.row_count - left_rows >= least_rows_;
  }
  // Rows of the node in the bin, and in it and those before.
  uint32_t rows_in(uint32_t bin) { return rows_up_to(bin) - (bin == 0 ? 0 : rows_up_to(bin - 1)); }
  uint32_t rows_up_to(uint32_t bin) {
    if (!counted_) {
      counted_ = true;
      cumulative_.fill(0);
      if (counts_ != nullptr) {
        std::copy_n(counts_, std::min(node_.slots, cumulative_.size()), cumulative_.begin());
      } else {
        for (uint32_t row : node_.rows) ++cumulative_[bins_[row]];
      }
      for (size_t b = 1; b < cumulative_.size(); ++b) cumulative_[b] += cumulative_[b - 1];
    }
    return cumulative_[bin];
  }

 private:
  const uint8_t* bins_;
  const uint32_t* counts_;  // of the column's slots, or null
  const SplitNode& node_;
  const uint32_t least_rows_;
  const double possible_, sure_;
  bool counted_ = false;
  std::array<uint32_t, 256> cumulative_;  // once it is counted
};

// hist_split_category.cc
void find_category_split(const BinMapper::Column& column, size_t j, const BinnedMatrix& x,
                         const PackedPair* histogram, const SplitNode& node, const SplitRules& rules,
                         HistSplit* best);

}  // namespace boreal
