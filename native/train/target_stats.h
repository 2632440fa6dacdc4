// Policies of split_stats.h for numbers: squared error, Poisson deviance, and isolation, which has no target.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "base/span.h"
#include "train/split.h"
#include "train/split_stats.h"

namespace boreal {

// What criteria of a mean share: sums of weights and of weighted targets.
class TargetSums {
 public:
  struct Row {
    double weight;
    double target;
    uint32_t index;
  };
  static constexpr size_t kShortKeyRows = size_t{1} << 16;
  static constexpr bool kImpurityOfLeaves = false;
  static constexpr bool kBoundsRuns = false;
  struct Cell {
    double weight = 0;
    double target = 0;  // weighted

    void add(const Row& row) {
      weight += row.weight;
      target += row.weight * row.target;
    }
    double mean() const { return target / weight; }
  };
  struct Scratch {};
  using View = NodeView<TargetSums>;

  explicit TargetSums(Span<double> targets) : targets_(targets) {}
  size_t cells() const { return 1; }
  size_t outputs() const { return 1; }
  Scratch make_scratch() const { return {}; }
  Row make_row(uint32_t index, double weight) const { return {weight, targets_[index], index}; }
  uint32_t payload(const Row*, size_t i) const { return static_cast<uint32_t>(i); }
  void add(Cell* sum, const Row& row) const { sum->add(row); }

  void prepare(const View&) const {}
  double weight(const View& node) const { return node.total->weight; }
  bool pure(const View& node) const {
    return std::all_of(node.rows, node.rows + node.count,
                       [&](const Row& row) { return row.target == node.rows[0].target; });
  }
  void write_value(const View& node, double* value) const { *value = node.total->mean(); }

  class Scan {
   public:
    explicit Scan(const View& node) : rows_(node.rows), total_(*node.total) {}
    void move(uint32_t payload) { left_.add(rows_[payload]); }
    double left_weight() const { return left_.weight; }
    double right_weight() const { return total_.weight - left_.weight; }
    double left_value() const { return left_.mean(); }
    double right_value() const { return (total_.target - left_.target) / right_weight(); }

   protected:
    const Row* const rows_;
    const Cell total_;
    Cell left_;
  };

 private:
  Span<double> targets_;
};

// Squared error. With W, Y the weight and the weighted target sum of the node, and w, y those of the left
// side, the decrease of the variance is (y - w Y / W)^2 / (w (W - w)).
class SquaredError : public TargetSums {
 public:
  using TargetSums::TargetSums;

  double impurity(const View& node) const {
    const double mean = node.total->mean();
    double squares = 0;
    for (size_t i = 0; i < node.count; ++i) {
      const double d = node.rows[i].target - mean;
      squares += node.rows[i].weight * d * d;
    }
    return squares / node.total->weight;
  }
  double gain(const View&, double score) const { return score; }

  class Scan : public TargetSums::Scan {
   public:
    Scan(const SquaredError&, const View& node) : TargetSums::Scan(node), mean_(total_.mean()) {}
    Fraction score() const {
      const double difference = left_.target - mean_ * left_.weight;
      return {difference * difference, left_weight() * right_weight()};
    }

   private:
    const double mean_;
  };
};

// Half the Poisson deviance per weight, sum w y log(y / mean) / W, targets being >= 0. Each side must have a
// positive sum, since it predicts a rate.
class PoissonDeviance : public TargetSums {
 public:
  using TargetSums::TargetSums;

  double impurity(const View& node) const {
    const double mean = node.total->mean();
    if (node.total->target <= kLeastSum) return 0;
    double sum = 0;
    for (size_t i = 0; i < node.count; ++i) {
      const Row& row = node.rows[i];
      if (row.target > 0) sum += row.weight * row.target * std::log(row.target / mean);
    }
    return sum / node.total->weight;
  }
  double gain(const View& node, double score) const {
    const Cell& total = *node.total;
    return (score - total.target * std::log(total.mean())) / total.weight;
  }

  class Scan : public TargetSums::Scan {
   public:
    Scan(const PoissonDeviance&, const View& node) : TargetSums::Scan(node) {}
    Fraction score() const {
      const double right = total_.target - left_.target;
      if (left_.target <= kLeastSum || right <= kLeastSum) return kForbidden;
      return {left_.target * std::log(left_value()) + right * std::log(right_value()), 1};
    }
  };

 private:
  static constexpr double kLeastSum = std::numeric_limits<double>::epsilon();
};

// Isolation trees: any split is as good as another, and a node's value is the number of its rows, each of
// which counts once however often it was drawn.
class Isolation {
 public:
  struct Row {
    uint32_t index;
  };
  static constexpr size_t kShortKeyRows = size_t{1} << 16;
  static constexpr bool kImpurityOfLeaves = false;
  static constexpr bool kBoundsRuns = false;
  using Cell = double;
  struct Scratch {};
  using View = NodeView<Isolation>;

  size_t cells() const { return 1; }
  size_t outputs() const { return 1; }
  Scratch make_scratch() const { return {}; }
  Row make_row(uint32_t index, double) const { return {index}; }
  uint32_t payload(const Row*, size_t i) const { return static_cast<uint32_t>(i); }
  void add(Cell* sum, const Row&) const { *sum += 1; }

  void prepare(const View&) const {}
  double weight(const View& node) const { return *node.total; }
  bool pure(const View& node) const { return node.count < 2; }
  double impurity(const View&) const { return 1; }
  double gain(const View&, double) const { return 0; }
  void write_value(const View& node, double* value) const { *value = *node.total; }

  class Scan {
   public:
    Scan(const Isolation&, const View& node) : total_(*node.total) {}
    void move(uint32_t) { left_ += 1; }
    double left_weight() const { return left_; }
    double right_weight() const { return total_ - left_; }
    double left_value() const { return 0; }
    double right_value() const { return 0; }
    Fraction score() const { return {0, 1}; }

   private:
    const double total_;
    double left_ = 0;
  };
};

}  // namespace boreal
