// What trees on bins sum over rows, by the terms of split_stats.h: whole numbers alone, so that sums are
// exact and come in any order. A row's weight is a whole number of steps (WeightSteps). Beside what that
// header lists, policies give
//   has_rows  whether a bin's cells hold any
//   kCells    cells(), where the compiler is to know them, else 0
//   Scan      moves the cells of a bin, all its rows at once, and counts rows
// and their Row has no payload.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/span.h"
#include "train/forest.h"
#include "train/split.h"
#include "train/split_stats.h"

namespace boreal {

// Weights as whole numbers: exact where they are (as how often a row was drawn), else in steps of a power of
// two of which all rows have about 2^29. A row that weighs less than a step weighs one.
class WeightSteps {
 public:
  WeightSteps(const ForestData& data, const ForestParams& params);

  double step() const { return step_; }
  uint32_t of(double weight) const {
    return std::max(uint32_t{1}, static_cast<uint32_t>(std::nearbyint(weight / step_)));
  }
  // Of a tree's rows, at most; its square is less than 2^63.
  double most() const { return most_; }

 private:
  double step_ = 1, most_ = 0;
};

// Gini: sums of squares, which are whole.
struct GiniSums {
  uint64_t term(uint64_t c) const { return c * c; }
  // Of each c up to the most; empty where a GPU needs no table.
  std::vector<uint64_t> terms() const { return {}; }
  Fraction score(uint64_t left, uint64_t left_weight, uint64_t right, uint64_t right_weight) const {
    return gini_score(left, left_weight, right, right_weight);
  }
  double impurity(uint64_t terms, uint64_t weight) const {
    const double w = static_cast<double>(weight);
    return 1 - static_cast<double>(terms) / (w * w);
  }
  double gain(double score, uint64_t terms, uint64_t weight) const {
    const double w = static_cast<double>(weight);
    return (score - static_cast<double>(terms) / w) / w;
  }
};

// Entropy in bits: c log2 c in steps of a power of two, as small as sums allow.
class EntropySums {
 public:
  // most: the weight of a tree's rows, in steps of weight.
  explicit EntropySums(double most);

  uint64_t term(uint64_t c) const { return c < table_.size() ? table_[c] : x_log_x(c); }
  std::vector<uint64_t> terms() const;
  Fraction score(uint64_t left, uint64_t left_weight, uint64_t right, uint64_t right_weight) const {
    return entropy_score(left + right, term(left_weight) + term(right_weight));
  }
  double impurity(uint64_t terms, uint64_t weight) const {
    return static_cast<double>(term(weight) - terms) * step_ / static_cast<double>(weight);
  }
  double gain(double score, uint64_t terms, uint64_t weight) const {
    return (score + static_cast<double>(term(weight) - terms)) * step_ / static_cast<double>(weight);
  }

 private:
  uint64_t x_log_x(uint64_t c) const {
    const double x = static_cast<double>(c);
    return c == 0 ? 0 : static_cast<uint64_t>(std::nearbyint(x * std::log2(x) / step_));
  }

  double most_, step_;
  std::vector<uint64_t> table_;
};

// Classes by their weights. Terms gives the impurity as a function of sum_k term(weight of class k). kClasses
// is their number where the compiler is to know it, else 0.
template <typename Terms, size_t kClasses = 0>
class BinClasses {
 public:
  struct Row {
    uint32_t index, cls, weight;
  };
  using Cell = uint64_t;  // of a class: weight << 32 | rows
  static constexpr size_t kCells = kClasses;
  static constexpr bool kImpurityOfLeaves = false;
  using Scratch = std::vector<Cell>;
  using View = NodeView<BinClasses>;

  BinClasses(const ForestData& data, const WeightSteps& steps, Terms terms)
      : labels_(data.classes), classes_(data.class_counts[0]), steps_(steps), terms_(std::move(terms)) {}
  size_t cells() const { return kClasses > 0 ? kClasses : classes_; }
  size_t outputs() const { return cells(); }
  Span<int32_t> labels() const { return labels_; }
  const WeightSteps& steps() const { return steps_; }
  const Terms& terms() const { return terms_; }
  static size_t rows_of(Cell cell) { return static_cast<size_t>(cell & 0xffffffffu); }
  static Cell rest_of(Cell total, Cell left) { return total - left; }
  Scratch make_scratch() const { return Scratch(cells()); }
  Row make_row(uint32_t index, double weight) const {
    return {index, static_cast<uint32_t>(labels_[index]), steps_.of(weight)};
  }
  void add(Cell* sum, const Row& row) const { sum[row.cls] += uint64_t{row.weight} << 32 | 1; }
  bool has_rows(const Cell* sum) const {
    Cell any = 0;
    for (size_t k = 0; k < cells(); ++k) any |= sum[k];
    return any != 0;
  }

  void prepare(const View&) const {}
  double weight(const View& node) const { return static_cast<double>(weight_of(node)) * steps_.step(); }
  bool pure(const View& node) const {
    size_t present = 0;
    for (size_t k = 0; k < cells(); ++k) present += node.total[k] != 0;
    return present < 2;
  }
  double impurity(const View& node) const { return terms_.impurity(sum_terms(node), weight_of(node)); }
  double gain(const View& node, double score) const {
    return terms_.gain(score, sum_terms(node), weight_of(node));
  }
  void write_value(const View& node, double* value) const {
    const double total = static_cast<double>(weight_of(node));
    for (size_t k = 0; k < cells(); ++k) value[k] = static_cast<double>(node.total[k] >> 32) / total;
  }

  class Scan {
   public:
    Scan(const BinClasses& stats, const View& node) : stats_(stats), total_(node.total) {
      if constexpr (kClasses == 0) left_ = node.scratch->data();
      for (size_t k = 0; k < stats.cells(); ++k) {
        left_[k] = 0;
        all_ += total_[k];
      }
      right_terms_ = stats.sum_terms(node);
    }
    void move(const Cell* cells) {
      const Terms& terms = stats_.terms_;
      for (size_t k = 0; k < stats_.cells(); ++k) {
        if (kClasses == 0 && cells[k] == 0) continue;
        const Cell before = left_[k], after = before + cells[k];
        left_terms_ += terms.term(after >> 32) - terms.term(before >> 32);
        right_terms_ += terms.term((total_[k] - after) >> 32) - terms.term((total_[k] - before) >> 32);
        left_[k] = after;
        sum_ += cells[k];
      }
    }
    size_t left_rows() const { return rows_of(sum_); }
    double left_weight() const { return static_cast<double>(sum_ >> 32) * stats_.steps_.step(); }
    double right_weight() const { return static_cast<double>((all_ - sum_) >> 32) * stats_.steps_.step(); }
    double left_value() const { return share(left_[last()], sum_); }
    double right_value() const { return share(total_[last()] - left_[last()], all_ - sum_); }
    Fraction score() const {
      return stats_.terms_.score(left_terms_, sum_ >> 32, right_terms_, (all_ - sum_) >> 32);
    }

   private:
    size_t last() const { return stats_.cells() - 1; }
    static double share(Cell part, Cell whole) {
      return static_cast<double>(part >> 32) / static_cast<double>(whole >> 32);
    }

    const BinClasses& stats_;
    const Cell* const total_;
    std::conditional_t<kClasses == 0, Cell*, std::array<Cell, kClasses>> left_;
    Cell sum_ = 0, all_ = 0;  // of the classes on the left; of all
    uint64_t left_terms_ = 0, right_terms_ = 0;
  };

 private:
  uint64_t weight_of(const View& node) const {
    Cell sum = 0;
    for (size_t k = 0; k < cells(); ++k) sum += node.total[k];
    return sum >> 32;
  }
  uint64_t sum_terms(const View& node) const {
    uint64_t terms = 0;
    for (size_t k = 0; k < cells(); ++k) terms += terms_.term(node.total[k] >> 32);
    return terms;
  }

  Span<int32_t> labels_;
  size_t classes_;
  WeightSteps steps_;
  Terms terms_;
};

// Squared error: numbers as whole steps of a power of two from the middle of their range, of which there are
// as many as sums of them allow: 2^45 or more of a hundred thousand rows, about 2^33 where weights are not
// whole.
class BinTargets {
 public:
  struct Row {
    int64_t target;
    uint32_t index, weight;
  };
  struct Cell {
    int64_t target = 0;  // weighted
    uint64_t rows = 0;   // weight << 32 | rows
  };
  static constexpr size_t kCells = 1;
  static constexpr bool kImpurityOfLeaves = true;
  struct Scratch {};
  using View = NodeView<BinTargets>;

  // Of one of the targets.
  BinTargets(const ForestData& data, const WeightSteps& steps, size_t target = 0);
  size_t cells() const { return 1; }
  size_t outputs() const { return 1; }
  Scratch make_scratch() const { return {}; }
  Row make_row(uint32_t index, double weight) const { return {targets_[index], index, steps_.of(weight)}; }
  void add(Cell* sum, const Row& row) const {
    sum->target += row.weight * row.target;
    sum->rows += uint64_t{row.weight} << 32 | 1;
  }
  bool has_rows(const Cell* sum) const { return sum->rows != 0; }

  void prepare(const View&) const {}
  double weight(const View& node) const { return weight_of(node) * steps_.step(); }
  // False where the rows are not here.
  bool pure(const View& node) const {
    return node.rows != nullptr && std::all_of(node.rows, node.rows + node.count, [&](const Row& row) {
             return row.target == node.rows[0].target;
           });
  }
  double mean(const View& node) const { return mean_of(node) * step_; }
  // Of rows in their order: the sum of weighted squared distances from their mean, and their weight, both in
  // steps of weight.
  std::pair<double, double> squares(const Row* rows, size_t count, double mean) const {
    double squares = 0, weight = 0;
    for (size_t i = 0; i < count; ++i) {
      const double d = static_cast<double>(rows[i].target) * step_ - mean;
      squares += rows[i].weight * d * d;
      weight += rows[i].weight;
    }
    return {squares, weight};
  }
  Row row_of(uint32_t index, uint32_t weight) const { return {targets_[index], index, weight}; }
  const std::vector<int64_t>& targets() const { return targets_; }
  // What targets are counted from, and in.
  double centre() const { return centre_; }
  double step() const { return step_; }
  const WeightSteps& steps() const { return steps_; }
  static size_t rows_of(const Cell& cell) { return static_cast<size_t>(cell.rows & 0xffffffffu); }
  static Cell rest_of(const Cell& total, const Cell& left) {
    return {total.target - left.target, total.rows - left.rows};
  }
  // Scores are in squared steps.
  double gain(const View&, double score) const { return score * step_ * step_; }
  void write_value(const View& node, double* value) const { *value = centre_ + mean_of(node) * step_; }

  class Scan {
   public:
    Scan(const BinTargets& stats, const View& node)
        : stats_(stats), total_(*node.total), mean_(mean_of(node)) {}
    void move(const Cell* cell) {
      left_.target += cell->target;
      left_.rows += cell->rows;
    }
    size_t left_rows() const { return rows_of(left_); }
    double left_weight() const { return weight_of(left_) * stats_.steps_.step(); }
    double right_weight() const { return weight_of(right()) * stats_.steps_.step(); }
    double left_value() const { return value(left_); }
    double right_value() const { return value(right()); }
    Fraction score() const {
      return squares_score(left_.target, left_.rows >> 32, right().rows >> 32, mean_);
    }

   private:
    Cell right() const { return rest_of(total_, left_); }
    double value(const Cell& side) const {
      return stats_.centre_ + static_cast<double>(side.target) / weight_of(side) * stats_.step_;
    }

    const BinTargets& stats_;
    const Cell total_;
    const double mean_;  // in steps
    Cell left_;
  };

 private:
  static double weight_of(const Cell& cell) { return static_cast<double>(cell.rows >> 32); }
  static double weight_of(const View& node) { return weight_of(*node.total); }
  static double mean_of(const View& node) {
    return static_cast<double>(node.total->target) / weight_of(node);
  }

  WeightSteps steps_;
  double centre_ = 0, step_ = 1;
  std::vector<int64_t> targets_;  // [rows] in steps from the centre
};

}  // namespace boreal
