// The policies of split_stats.h for several targets, by the mean of their impurities: numbers by the squared
// error, and classes.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
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

// Impurities and scores are linear in the sums of terms, so that those of the mean over the targets are their
// means. The classes of the targets stand side by side in sums and values.
template <typename Terms>
class SeveralClasses {
 public:
  struct Row {
    double weight;
    uint32_t index;
  };
  static constexpr size_t kShortKeyRows = size_t{1} << 16;
  static constexpr bool kImpurityOfLeaves = false;
  static constexpr bool kBoundsRuns = false;
  using Cell = double;  // one for each class of each target: its weight
  using Scratch = std::vector<Cell>;
  using View = NodeView<SeveralClasses>;

  // classes: [rows, class_counts.size()]
  SeveralClasses(Span<int32_t> classes, const std::vector<uint32_t>& class_counts, Terms terms)
      : labels_(classes), targets_(class_counts.size()), terms_(std::move(terms)) {
    for (uint32_t count : class_counts) {
      first_.push_back(cells_);
      cells_ += count;
    }
  }
  size_t cells() const { return cells_; }
  size_t outputs() const { return cells_; }
  Scratch make_scratch() const { return Scratch(2 * cells_); }
  Row make_row(uint32_t index, double weight) const { return {weight, index}; }
  uint32_t payload(const Row*, size_t i) const { return static_cast<uint32_t>(i); }
  void add(Cell* sum, const Row& row) const {
    for (size_t t = 0; t < targets_; ++t) sum[cell(row, t)] += row.weight;
  }

  void prepare(const View&) const {}
  double weight(const View& node) const {
    const size_t end = targets_ > 1 ? first_[1] : cells_;
    double weight = 0;
    for (size_t k = 0; k < end; ++k) weight += node.total[k];
    return weight;
  }
  bool pure(const View& node) const {
    size_t present = 0;
    for (size_t k = 0; k < cells_; ++k) present += node.total[k] > 0;
    return present == targets_;
  }
  double impurity(const View& node) const { return terms_.impurity(mean_terms(node), weight(node)); }
  double gain(const View& node, double score) const {
    return terms_.gain(score, mean_terms(node), weight(node));
  }
  void write_value(const View& node, double* value) const {
    const double total = weight(node);
    for (size_t k = 0; k < cells_; ++k) value[k] = node.total[k] / total;
  }

  class Scan {
   public:
    Scan(const SeveralClasses& stats, const View& node)
        : stats_(stats),
          rows_(node.rows),
          left_(node.scratch->data()),
          right_(left_ + stats.cells_),
          right_weight_(stats.weight(node)),
          right_terms_(stats.sum_terms(node)) {
      std::fill_n(left_, stats.cells_, 0.0);
      std::copy_n(node.total, stats.cells_, right_);
    }
    void move(uint32_t payload) {
      const Row& row = rows_[payload];
      const double weight = row.weight;
      for (size_t t = 0; t < stats_.targets_; ++t) {
        const size_t k = stats_.cell(row, t);
        left_terms_ += term(left_[k] + weight) - term(left_[k]);
        right_terms_ += term(right_[k] - weight) - term(right_[k]);
        left_[k] += weight;
        right_[k] -= weight;
      }
      left_weight_ += weight;
      right_weight_ -= weight;
    }
    double left_weight() const { return left_weight_; }
    double right_weight() const { return right_weight_; }
    // No order of several shares could be kept.
    double left_value() const { return 0; }
    double right_value() const { return 0; }
    Fraction score() const {
      const double targets = static_cast<double>(stats_.targets_);
      return stats_.terms_.score(left_terms_ / targets, left_weight_, right_terms_ / targets, right_weight_);
    }

   private:
    double term(double weight) const { return stats_.terms_.term(weight); }

    const SeveralClasses& stats_;
    const Row* const rows_;
    Cell* const left_;
    Cell* const right_;
    double left_weight_ = 0, right_weight_, left_terms_ = 0, right_terms_;
  };

 private:
  size_t cell(const Row& row, size_t t) const {
    return first_[t] + static_cast<size_t>(labels_[row.index * targets_ + t]);
  }
  double sum_terms(const View& node) const {
    double terms = 0;
    for (size_t k = 0; k < cells_; ++k) terms += terms_.term(node.total[k]);
    return terms;
  }
  double mean_terms(const View& node) const { return sum_terms(node) / static_cast<double>(targets_); }

  Span<int32_t> labels_;
  size_t targets_, cells_ = 0;
  std::vector<size_t> first_;  // cell of each target
  Terms terms_;
};

}  // namespace boreal
