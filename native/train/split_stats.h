// What a tree sums over its rows, and how good a split is. SplitSearch and TreeBuilder are written once over
// these policies, which give:
//   Row      a training row within one tree: its index, its weight and what is to be predicted
//   payload  stands for a row in the keys that sort a node's rows by rank; up to kShortKeyRows rows: 16 bits
//   Cell     cells() of them hold the sum over a set of rows
//   Scan     moves rows from the right to the left side one by one and scores each such split, in the order
//            of scikit-learn's proxy of the impurity improvement; it needs 2 * cells() cells of scratch
//   gain     impurity decrease per unit of the node's weight, from the best score
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

#include "plan/op.h"
#include "train/split.h"

namespace boreal {

// Gini impurity of two classes, weights being whole numbers (bootstrap counts). With W, P the weight of the
// node and of its class 1, and w, p those of the left side, the decrease is
// 2 (W p - P w)^2 / (W^2 w (W - w)).
class BinaryGini {
 public:
  struct Row {
    uint32_t index;
    uint32_t weight_class;  // weight << 1 | class
  };
  static constexpr size_t kShortKeyRows = std::numeric_limits<size_t>::max();
  using Cell = uint64_t;  // weight << 32 | weight of class 1

  // A row's weight, and so the payload, has to fit 16 bits with the class.
  static constexpr uint32_t kMaxWeight = 0x7fff;

  explicit BinaryGini(Span<int32_t> classes) : classes_(classes) {}
  size_t cells() const { return 1; }
  size_t outputs() const { return 2; }
  Row make_row(uint32_t index, double weight) const {
    const uint32_t whole = std::min(static_cast<uint32_t>(weight), kMaxWeight);
    return {index, whole << 1 | static_cast<uint32_t>(classes_[index])};
  }
  uint32_t payload(const Row* rows, size_t i) const { return rows[i].weight_class; }
  void add(Cell* sum, const Row& row) const { *sum += expand(row.weight_class); }

  double weight(const Cell* sum) const { return static_cast<double>(*sum >> 32); }
  bool pure(const Cell* sum, const Row*, size_t) const {
    const uint32_t positive = static_cast<uint32_t>(*sum);
    return positive == 0 || positive == *sum >> 32;
  }
  double impurity(const Cell* sum, const Row*, size_t) const {
    const double p = positive(sum) / weight(sum);
    return 2 * p * (1 - p);
  }
  double gain(const Cell* sum, double score) const { return 2 * score / (weight(sum) * weight(sum)); }
  void write_value(const Cell* sum, double* value) const {
    value[0] = (weight(sum) - positive(sum)) / weight(sum);
    value[1] = positive(sum) / weight(sum);
  }

  class Scan {
   public:
    Scan(const BinaryGini&, const Cell* total, Cell*) {
      const int64_t weight = static_cast<int64_t>(*total >> 32), positive = static_cast<uint32_t>(*total);
      weight_ = static_cast<double>(weight);
      step_[0] = -positive;
      step_[1] = weight - positive;
    }
    void move(const Row*, uint32_t payload) {
      const int64_t weight = payload >> 1;
      difference_ += weight * step_[payload & 1];
      left_weight_ += weight;
    }
    double left_weight() const { return static_cast<double>(left_weight_); }
    double right_weight() const { return weight_ - left_weight(); }
    Fraction score() const {
      const double difference = static_cast<double>(difference_);
      return {difference * difference, left_weight() * right_weight()};
    }

   private:
    int64_t step_[2];  // what one row of weight 1 of either class adds to the difference
    double weight_;
    int64_t left_weight_ = 0;
    int64_t difference_ = 0;  // W p - P w
  };

 private:
  static Cell expand(uint32_t weight_class) {
    return uint64_t{weight_class >> 1} * (uint64_t{1} << 32 | (weight_class & 1));
  }
  static double positive(const Cell* sum) { return static_cast<double>(static_cast<uint32_t>(*sum)); }

  Span<int32_t> classes_;
};

// Squared error. With W, Y the weight and the weighted target sum of the node, and w, y those of the left
// side, the decrease of the variance is (y - w Y / W)^2 / (w (W - w)).
class SquaredError {
 public:
  struct Row {
    double weight;
    double target;
    uint32_t index;
  };
  static constexpr size_t kShortKeyRows = size_t{1} << 16;
  struct Cell {
    double weight = 0;
    double target = 0;  // weighted
  };

  explicit SquaredError(Span<double> targets) : targets_(targets) {}
  size_t cells() const { return 1; }
  size_t outputs() const { return 1; }
  Row make_row(uint32_t index, double weight) const { return {weight, targets_[index], index}; }
  uint32_t payload(const Row*, size_t i) const { return static_cast<uint32_t>(i); }
  void add(Cell* sum, const Row& row) const {
    sum->weight += row.weight;
    sum->target += row.weight * row.target;
  }

  double weight(const Cell* sum) const { return sum->weight; }
  bool pure(const Cell*, const Row* rows, size_t count) const {
    for (size_t i = 1; i < count; ++i) {
      if (rows[i].target != rows[0].target) return false;
    }
    return true;
  }
  double impurity(const Cell* sum, const Row* rows, size_t count) const {
    const double mean = sum->target / sum->weight;
    double squares = 0;
    for (size_t i = 0; i < count; ++i) {
      const double d = rows[i].target - mean;
      squares += rows[i].weight * d * d;
    }
    return squares / sum->weight;
  }
  double gain(const Cell*, double score) const { return score; }
  void write_value(const Cell* sum, double* value) const { *value = sum->target / sum->weight; }

  class Scan {
   public:
    Scan(const SquaredError&, const Cell* total, Cell*)
        : total_weight_(total->weight), mean_(total->target / total->weight) {}
    void move(const Row* rows, uint32_t payload) {
      const Row& row = rows[payload];
      left_.weight += row.weight;
      left_.target += row.weight * row.target;
    }
    double left_weight() const { return left_.weight; }
    double right_weight() const { return total_weight_ - left_.weight; }
    Fraction score() const {
      const double difference = left_.target - mean_ * left_.weight;
      return {difference * difference, left_weight() * right_weight()};
    }

   private:
    const double total_weight_, mean_;
    Cell left_;
  };

 private:
  Span<double> targets_;
};

// Gini: the impurity of class weights c with sum W is 1 - sum c^2 / W^2.
struct GiniTerms {
  double term(double c) const { return c * c; }
  Fraction score(double left, double left_weight, double right, double right_weight) const {
    return {left * right_weight + right * left_weight, left_weight * right_weight};
  }
  double impurity(double terms, double weight) const { return 1 - terms / (weight * weight); }
  double gain(double score, double terms, double weight) const { return (score - terms / weight) / weight; }
};

// Entropy in bits: log2 W - sum c log2 c / W. Logarithms would take most of the time, so c log2 c is
// tabulated for whole c, which weights are unless there are sample weights and no bootstrap.
class EntropyTerms {
 public:
  // max_weight: the most that a tree's weights sum to, if they are whole.
  explicit EntropyTerms(size_t max_weight) {
    constexpr size_t kMaxTable = size_t{1} << 16;  // fits the L2 cache
    for (size_t c = 0; c <= std::min(max_weight, kMaxTable); ++c)
      table_.push_back(x_log_x(static_cast<double>(c)));
  }
  double term(double c) const {
    const int64_t whole = static_cast<int64_t>(c);
    const bool tabulated = static_cast<double>(whole) == c && static_cast<size_t>(whole) < table_.size();
    return tabulated ? table_[static_cast<size_t>(whole)] : x_log_x(c);
  }
  Fraction score(double left, double left_weight, double right, double right_weight) const {
    return {left + right - term(left_weight) - term(right_weight), 1};
  }
  double impurity(double terms, double weight) const { return (term(weight) - terms) / weight; }
  double gain(double score, double terms, double weight) const {
    return (score + term(weight) - terms) / weight;
  }

 private:
  static double x_log_x(double x) { return x > 0 ? x * std::log2(x) : 0; }

  std::vector<double> table_;
};

// Any number of classes and any weights. Terms gives the impurity as a function of sum_k term(weight of class
// k); that sum is kept for both sides and changed by one class as a row moves from right to left.
template <typename Terms>
class ClassImpurity {
 public:
  struct Row {
    double weight;
    uint32_t cls;
    uint32_t index;
  };
  static constexpr size_t kShortKeyRows = size_t{1} << 16;
  using Cell = double;  // one for each class: its weight

  ClassImpurity(Span<int32_t> classes, size_t class_count, Terms terms)
      : labels_(classes), classes_(class_count), terms_(std::move(terms)) {}
  size_t cells() const { return classes_; }
  size_t outputs() const { return classes_; }
  Row make_row(uint32_t index, double weight) const {
    return {weight, static_cast<uint32_t>(labels_[index]), index};
  }
  uint32_t payload(const Row*, size_t i) const { return static_cast<uint32_t>(i); }
  void add(Cell* sum, const Row& row) const { sum[row.cls] += row.weight; }

  double weight(const Cell* sum) const {
    double weight = 0;
    for (size_t k = 0; k < classes_; ++k) weight += sum[k];
    return weight;
  }
  bool pure(const Cell* sum, const Row*, size_t) const {
    size_t present = 0;
    for (size_t k = 0; k < classes_; ++k) present += sum[k] > 0;
    return present < 2;
  }
  double impurity(const Cell* sum, const Row*, size_t) const {
    return terms_.impurity(sum_terms(sum), weight(sum));
  }
  double gain(const Cell* sum, double score) const { return terms_.gain(score, sum_terms(sum), weight(sum)); }
  void write_value(const Cell* sum, double* value) const {
    const double total = weight(sum);
    for (size_t k = 0; k < classes_; ++k) value[k] = sum[k] / total;
  }

  class Scan {
   public:
    Scan(const ClassImpurity& stats, const Cell* total, Cell* sides)
        : terms_(stats.terms_), classes_(stats.classes_), left_(sides), right_(sides + classes_) {
      for (size_t k = 0; k < classes_; ++k) {
        left_[k] = 0;
        right_[k] = total[k];
        right_weight_ += total[k];
        right_terms_ += terms_.term(total[k]);
      }
    }
    void move(const Row* rows, uint32_t payload) {
      const size_t k = rows[payload].cls;
      const double weight = rows[payload].weight;
      left_terms_ += terms_.term(left_[k] + weight) - terms_.term(left_[k]);
      right_terms_ += terms_.term(right_[k] - weight) - terms_.term(right_[k]);
      left_[k] += weight;
      right_[k] -= weight;
      left_weight_ += weight;
      right_weight_ -= weight;
    }
    double left_weight() const { return left_weight_; }
    double right_weight() const { return right_weight_; }
    Fraction score() const { return terms_.score(left_terms_, left_weight_, right_terms_, right_weight_); }

   private:
    const Terms& terms_;
    const size_t classes_;
    Cell* const left_;
    Cell* const right_;
    double left_weight_ = 0, right_weight_ = 0, left_terms_ = 0, right_terms_ = 0;
  };

 private:
  double sum_terms(const Cell* sum) const {
    double terms = 0;
    for (size_t k = 0; k < classes_; ++k) terms += terms_.term(sum[k]);
    return terms;
  }

  Span<int32_t> labels_;
  size_t classes_;
  Terms terms_;
};

}  // namespace boreal
