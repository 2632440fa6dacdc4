// The policies of bin_stats.h for several targets, by the mean of their impurities: numbers by the squared
// error, and classes. On the CPU alone, where the rows of a node are at hand.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "train/bin_stats.h"
#include "train/forest.h"
#include "train/split.h"
#include "train/split_stats.h"

namespace boreal {

// Numbers as whole steps, of a size for each target. Scores are in units of the targets.
class BinSquaredErrors {
 public:
  struct Row {
    uint32_t index, weight;
  };
  // weight << 32 | rows, then the weighted sum of each target.
  using Cell = int64_t;
  static constexpr size_t kCells = 0;
  static constexpr bool kImpurityOfLeaves = false;
  using Scratch = std::vector<Cell>;
  using View = NodeView<BinSquaredErrors>;

  BinSquaredErrors(const ForestData& data, const WeightSteps& steps) : steps_(steps) {
    for (size_t t = 0; t < data.target_count; ++t) targets_.emplace_back(data, steps, t);
  }
  size_t cells() const { return targets_.size() + 1; }
  size_t outputs() const { return targets_.size(); }
  Scratch make_scratch() const { return Scratch(cells()); }
  Row make_row(uint32_t index, double weight) const { return {index, steps_.of(weight)}; }
  void add(Cell* sum, const Row& row) const {
    sum[0] += int64_t{row.weight} << 32 | 1;
    for (size_t t = 0; t < targets_.size(); ++t) {
      sum[t + 1] += int64_t{row.weight} * targets_[t].targets()[row.index];
    }
  }
  bool has_rows(const Cell* sum) const { return sum[0] != 0; }

  void prepare(const View&) const {}
  double weight(const View& node) const { return weight_of(node.total[0]) * steps_.step(); }
  bool pure(const View& node) const {
    return std::all_of(targets_.begin(), targets_.end(), [&](const BinTargets& target) {
      const std::vector<int64_t>& values = target.targets();
      return std::all_of(node.rows, node.rows + node.count,
                         [&](const Row& row) { return values[row.index] == values[node.rows[0].index]; });
    });
  }
  double impurity(const View& node) const {
    double squares = 0;
    for (size_t t = 0; t < targets_.size(); ++t) {
      const double mean = mean_of(node, t), step = targets_[t].step();
      double own = 0;
      for (size_t i = 0; i < node.count; ++i) {
        const double d = static_cast<double>(targets_[t].targets()[node.rows[i].index]) - mean;
        own += node.rows[i].weight * d * d;
      }
      squares += own * step * step;
    }
    return squares / (weight_of(node.total[0]) * static_cast<double>(targets_.size()));
  }
  double gain(const View&, double score) const { return score; }
  void write_value(const View& node, double* value) const {
    for (size_t t = 0; t < targets_.size(); ++t) {
      value[t] = targets_[t].centre() + mean_of(node, t) * targets_[t].step();
    }
  }

  class Scan {
   public:
    Scan(const BinSquaredErrors& stats, const View& node)
        : stats_(stats), node_(node), left_(node.scratch->data()) {
      std::fill_n(left_, stats.cells(), Cell{0});
    }
    void move(const Cell* cell) {
      for (size_t k = 0; k < stats_.cells(); ++k) left_[k] += cell[k];
    }
    size_t left_rows() const { return static_cast<size_t>(left_[0] & 0xffffffff); }
    double left_weight() const { return weight_of(left_[0]) * stats_.steps_.step(); }
    double right_weight() const { return weight_of(node_.total[0] - left_[0]) * stats_.steps_.step(); }
    // No order of several numbers could be kept.
    double left_value() const { return 0; }
    double right_value() const { return 0; }
    Fraction score() const {
      const uint64_t left = static_cast<uint64_t>(left_[0]) >> 32;
      const uint64_t right = static_cast<uint64_t>(node_.total[0] - left_[0]) >> 32;
      Fraction sum = {0, 1};
      for (size_t t = 0; t < stats_.targets_.size(); ++t) {
        const double step = stats_.targets_[t].step();
        const Fraction own = squares_score(left_[t + 1], left, right, mean_of(node_, t));
        sum = {sum.num + own.num * step * step, own.den};
      }
      return {sum.num, sum.den * static_cast<double>(stats_.targets_.size())};
    }

   private:
    const BinSquaredErrors& stats_;
    const View& node_;
    Cell* const left_;
  };

 private:
  static double weight_of(Cell cell) { return static_cast<double>(cell >> 32); }
  static double mean_of(const View& node, size_t t) {
    return static_cast<double>(node.total[t + 1]) / weight_of(node.total[0]);
  }

  WeightSteps steps_;
  std::vector<BinTargets> targets_;
};

// Classes by their weights, those of the targets side by side.
template <typename Terms>
class BinSeveralClasses {
 public:
  struct Row {
    uint32_t index, weight;
  };
  using Cell = uint64_t;  // of a class: weight << 32 | rows
  static constexpr size_t kCells = 0;
  static constexpr bool kImpurityOfLeaves = false;
  // Cells of the left side, then the sums of terms of each target: of the left side, and of the right one.
  using Scratch = std::vector<Cell>;
  using View = NodeView<BinSeveralClasses>;

  BinSeveralClasses(const ForestData& data, const WeightSteps& steps, Terms terms)
      : labels_(data.classes), steps_(steps), terms_(std::move(terms)) {
    for (uint32_t count : data.class_counts) begins_.push_back(begins_.back() + count);
  }
  size_t cells() const { return begins_.back(); }
  size_t outputs() const { return cells(); }
  Scratch make_scratch() const { return Scratch(cells() + 2 * targets()); }
  Row make_row(uint32_t index, double weight) const { return {index, steps_.of(weight)}; }
  void add(Cell* sum, const Row& row) const {
    const Cell one = uint64_t{row.weight} << 32 | 1;
    for (size_t t = 0; t < targets(); ++t) {
      sum[begins_[t] + static_cast<size_t>(labels_[row.index * targets() + t])] += one;
    }
  }
  bool has_rows(const Cell* sum) const { return rows_and_weight(sum) != 0; }

  void prepare(const View&) const {}
  double weight(const View& node) const {
    return static_cast<double>(rows_and_weight(node.total) >> 32) * steps_.step();
  }
  bool pure(const View& node) const {
    size_t present = 0;
    for (size_t k = 0; k < cells(); ++k) present += node.total[k] != 0;
    return present == targets();
  }
  double impurity(const View& node) const {
    const uint64_t weight = rows_and_weight(node.total) >> 32;
    return mean([&](size_t t) { return terms_.impurity(sum_terms(node, t), weight); });
  }
  // Linear in the score and the terms, so that the mean is that of the targets.
  double gain(const View& node, double score) const {
    const uint64_t weight = rows_and_weight(node.total) >> 32;
    return mean([&](size_t t) { return terms_.gain(score, sum_terms(node, t), weight); });
  }
  void write_value(const View& node, double* value) const {
    const double total = static_cast<double>(rows_and_weight(node.total) >> 32);
    for (size_t k = 0; k < cells(); ++k) value[k] = static_cast<double>(node.total[k] >> 32) / total;
  }

  class Scan {
   public:
    Scan(const BinSeveralClasses& stats, const View& node)
        : stats_(stats),
          total_(node.total),
          left_(node.scratch->data()),
          left_terms_(left_ + stats.cells()),
          right_terms_(left_terms_ + stats.targets()),
          all_(stats.rows_and_weight(node.total)) {
      std::fill_n(left_, stats.cells() + stats.targets(), Cell{0});
      for (size_t t = 0; t < stats.targets(); ++t) right_terms_[t] = stats.sum_terms(node, t);
    }
    void move(const Cell* cells) {
      const Terms& terms = stats_.terms_;
      for (size_t t = 0; t < stats_.targets(); ++t) {
        for (size_t k = stats_.begins_[t]; k < stats_.begins_[t + 1]; ++k) {
          if (cells[k] == 0) continue;
          const Cell before = left_[k], after = before + cells[k];
          left_terms_[t] += terms.term(after >> 32) - terms.term(before >> 32);
          right_terms_[t] += terms.term((total_[k] - after) >> 32) - terms.term((total_[k] - before) >> 32);
          left_[k] = after;
        }
      }
      sum_ += stats_.rows_and_weight(cells);
    }
    size_t left_rows() const { return static_cast<size_t>(sum_ & 0xffffffffu); }
    double left_weight() const { return static_cast<double>(sum_ >> 32) * stats_.steps_.step(); }
    double right_weight() const { return static_cast<double>((all_ - sum_) >> 32) * stats_.steps_.step(); }
    // No order of several shares could be kept.
    double left_value() const { return 0; }
    double right_value() const { return 0; }
    Fraction score() const {
      Fraction sum = {0, 1};
      for (size_t t = 0; t < stats_.targets(); ++t) {
        const Fraction own =
            stats_.terms_.score(left_terms_[t], sum_ >> 32, right_terms_[t], (all_ - sum_) >> 32);
        sum = {sum.num + own.num, own.den};
      }
      return {sum.num, sum.den * static_cast<double>(stats_.targets())};
    }

   private:
    const BinSeveralClasses& stats_;
    const Cell* const total_;
    Cell *const left_, *const left_terms_, *const right_terms_;
    const Cell all_;
    Cell sum_ = 0;  // of what is on the left
  };

 private:
  size_t targets() const { return begins_.size() - 1; }
  // By the classes of the first target, of which each row has one.
  Cell rows_and_weight(const Cell* sum) const {
    Cell all = 0;
    for (size_t k = 0; k < begins_[1]; ++k) all += sum[k];
    return all;
  }
  uint64_t sum_terms(const View& node, size_t t) const {
    uint64_t terms = 0;
    for (size_t k = begins_[t]; k < begins_[t + 1]; ++k) terms += terms_.term(node.total[k] >> 32);
    return terms;
  }
  template <typename Of>
  double mean(const Of& of) const {
    double sum = 0;
    for (size_t t = 0; t < targets(); ++t) sum += of(t);
    return sum / static_cast<double>(targets());
  }

  Span<int32_t> labels_;
  WeightSteps steps_;
  Terms terms_;
  std::vector<size_t> begins_ = {0};  // of the cells of each target
};

}  // namespace boreal
