#include "train/hist_split.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "train/hist_split_side.h"

namespace boreal {
namespace {

// Finds the best cut of one column of numbers. Score is the worth of a side.
template <typename Score>
class NumberScan {
 public:
  NumberScan(const BinMapper::Column& column, size_t j, const BinnedMatrix& x, const PackedPair* histogram,
             const SplitNode& node, const SplitRules& rules, HistSplit* best)
      : bins_(column.bins),
        column_(static_cast<int32_t>(j)),
        histogram_(histogram),
        node_(node),
        rules_(rules),
        gradient_(gradient_of(node.total)),
        hessian_(hessian_of(node.total)),
        least_gain_(best->gain),
        score_(rules, node, rules.monotonic.size == 0 ? 0 : rules.monotonic[j]),
        sides_(x, j, node, rules),
        best_(best) {}

  void run(bool has_missing) {
    // Missing values go right, then left; where the node has none, the second scan would find the same.
    const bool missing = has_missing && histogram_[bins_] != 0;
    const size_t right = list(missing ? bins_ : bins_ - 1, 0);
    for (size_t c = 0; c < right; ++c) {
      const auto b = static_cast<uint32_t>(found_[c]);
      if (histogram_[b] != 0) judge(b, sums_[b], false);
    }
    if (!missing) return;
    for (size_t c = list(bins_ - 1, histogram_[bins_]); c-- > 0;) {
      const auto b = static_cast<uint32_t>(found_[c]);
      if (histogram_[b + 1] != 0) judge(b, sums_[b], true);
    }
  }

 private:
  // Lists the first bins after which a cut could be the best, and sums what is left of each.
  size_t list(size_t count, PackedPair first) {
    if constexpr (Score::kScans) {
      const GainScan scan{first,
                          gradient_,
                          hessian_,
                          rules_.l2,
                          score_.worth_above(least_gain_),
                          rules_.possible_hessian(),
                          rules_.sure_hessian()};
      return rules_.kernels->find_gains(scan, histogram_, count, sums_.data(), found_.data());
    }
    for (size_t b = 0; b < count; ++b) {
      sums_[b] = first += histogram_[b];
      found_[b] = static_cast<int32_t>(b);
    }
    return count;
  }

  void judge(uint32_t bin, PackedPair left, bool missing_left) {
    const double left_hessian = hessian_of(left), right_hessian = hessian_ - left_hessian;
    if (!sides_.may_hold(left_hessian, right_hessian)) return;
    const double left_gradient = gradient_of(left), right_gradient = gradient_ - left_gradient;
    if (!score_.may_exceed(least_gain_, left_gradient, left_hessian, right_gradient, right_hessian)) return;
    const double gain = score_.gain(left_gradient, left_hessian, right_gradient, right_hessian);
    if (!(gain > least_gain_)) return;
    if (!sides_.surely_hold(left_hessian, right_hessian)) {
      const uint32_t rows = sides_.rows_up_to(bin) + (missing_left ? sides_.rows_in(bins_) : 0);
      if (!sides_.hold(rows)) return;
    }
    best_->gain = least_gain_ = gain;
    best_->column = column_;
    best_->bin = static_cast<uint8_t>(bin);
    best_->missing_left = missing_left;
    best_->left = left;
    score_.write_values(best_, left_gradient, left_hessian, right_gradient, right_hessian);
  }

  const uint32_t bins_;
  const int32_t column_;
  const PackedPair* histogram_;
  const SplitNode& node_;
  const SplitRules& rules_;
  const double gradient_, hessian_;  // of the node
  double least_gain_;
  const Score score_;
  SplitSides sides_;
  HistSplit* best_;
  std::array<PackedPair, kGainSums> sums_;
  std::array<int32_t, kGainBins> found_;
};

}  // namespace

double leaf_value(double gradient, double hessian, double l1, double l2) {
  const double weight = hessian + l2;
  return weight > 0 ? -shrink(gradient, l1) / weight : 0.0;
}

void find_split(const BinMapper::Column& column, size_t j, const BinnedMatrix& x, const PackedPair* histogram,
                const SplitNode& node, const SplitRules& rules, HistSplit* best) {
  HistSplit found;
  found.gain = std::max(best->gain, least_gain_of(rules.least_gain, rules.l2, node.total));
  if (column.categorical) {
    find_category_split(column, j, x, histogram, node, rules, &found);
  } else if (rules.l1 == 0 && rules.monotonic.size == 0) {
    NumberScan<FreeScore>(column, j, x, histogram, node, rules, &found).run(x.has_missing(j));
  } else {
    NumberScan<BoundedScore>(column, j, x, histogram, node, rules, &found).run(x.has_missing(j));
  }
  if (found.found()) *best = found;
}

}  // namespace boreal
