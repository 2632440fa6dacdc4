// The policy of split_stats.h for several numbers: the squared error, averaged over the targets.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/span.h"
#include "train/split.h"
#include "train/split_stats.h"

namespace boreal {

// With W and M the weight and the means of the node, and w, y those and the weighted target sums of the left
// side, the decrease of the mean variance is |y - w M|^2 / (targets w (W - w)).
class SquaredErrors {
 public:
  struct Row {
    double weight;
    uint32_t index;
  };
  static constexpr size_t kShortKeyRows = size_t{1} << 16;
  static constexpr bool kImpurityOfLeaves = false;
  static constexpr bool kBoundsRuns = false;
  using Cell = double;                  // the weight, then the weighted sum of each target
  using Scratch = std::vector<double>;  // |y - w M| of each target, then M
  using View = NodeView<SquaredErrors>;

  // targets: [rows, count]
  SquaredErrors(Span<double> targets, size_t count) : targets_(targets), count_(count) {}
  size_t cells() const { return count_ + 1; }
  size_t outputs() const { return count_; }
  Scratch make_scratch() const { return Scratch(2 * count_); }
  Row make_row(uint32_t index, double weight) const { return {weight, index}; }
  uint32_t payload(const Row*, size_t i) const { return static_cast<uint32_t>(i); }
  void add(Cell* sum, const Row& row) const {
    sum[0] += row.weight;
    for (size_t t = 0; t < count_; ++t) sum[t + 1] += row.weight * target(row, t);
  }

  void prepare(const View& node) const { write_value(node, node.scratch->data() + count_); }
  double weight(const View& node) const { return node.total[0]; }
  bool pure(const View& node) const {
    return std::all_of(node.rows, node.rows + node.count, [&](const Row& row) {
      for (size_t t = 0; t < count_; ++t) {
        if (target(row, t) != target(node.rows[0], t)) return false;
      }
      return true;
    });
  }
  double impurity(const View& node) const {
    const double* const means = node.scratch->data() + count_;
    double squares = 0;
    for (size_t i = 0; i < node.count; ++i) {
      for (size_t t = 0; t < count_; ++t) {
        const double d = target(node.rows[i], t) - means[t];
        squares += node.rows[i].weight * d * d;
      }
    }
    return squares / (node.total[0] * static_cast<double>(count_));
  }
  double gain(const View&, double score) const { return score; }
  void write_value(const View& node, double* value) const {
    for (size_t t = 0; t < count_; ++t) value[t] = node.total[t + 1] / node.total[0];
  }

  class Scan {
   public:
    Scan(const SquaredErrors& stats, const View& node)
        : stats_(stats),
          rows_(node.rows),
          left_(node.scratch->data()),
          means_(left_ + stats.count_),
          total_(node.total[0]) {
      std::fill_n(left_, stats.count_, 0.0);
    }
    void move(uint32_t payload) {
      const Row& row = rows_[payload];
      weight_ += row.weight;
      for (size_t t = 0; t < stats_.count_; ++t) left_[t] += row.weight * (stats_.target(row, t) - means_[t]);
    }
    double left_weight() const { return weight_; }
    double right_weight() const { return total_ - weight_; }
    // No order of several numbers could be kept.
    double left_value() const { return 0; }
    double right_value() const { return 0; }
    Fraction score() const {
      double squares = 0;
      for (size_t t = 0; t < stats_.count_; ++t) squares += left_[t] * left_[t];
      return {squares, static_cast<double>(stats_.count_) * left_weight() * right_weight()};
    }

   private:
    const SquaredErrors& stats_;
    const Row* const rows_;
    double* const left_;
    const double* const means_;
    const double total_;
    double weight_ = 0;
  };

 private:
  double target(const Row& row, size_t t) const { return targets_[row.index * count_ + t]; }

  Span<double> targets_;
  size_t count_;
};

}  // namespace boreal
