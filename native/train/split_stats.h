// What a tree sums over its rows, and how good a split is. SplitSearch and TreeBuilder are written once over
// these policies, which give:
//   Row      a training row within one tree: its index, its weight and what is to be predicted
//   payload  stands for a row in the keys that sort a node's rows by rank; up to kShortKeyRows rows: 16 bits
//   Cell     cells() of them hold the sum over a set of rows
//   Scratch  what a thread keeps for the node in work; prepare() sets it up for a node
//   Scan     moves rows from the right to the left side one by one and scores each such split, in the order
//            of scikit-learn's proxy of the impurity improvement; left_value and right_value are what
//            monotonic constraints compare: the number predicted, or the share of the last class
//   kBoundsRuns  whether Scan can tell from the sum of a run of rows that no boundary within it exceeds a
//            score. If so, payloads have 16 bits, run_of() is a row's part of such a sum, which fits if
//            fits_run(), run_rows() counts its rows, and a Scan has move_run() and may_exceed()
//   kImpurityOfLeaves  whether impurities are added up from the leaves once the tree has grown, by mean() and
//            squares(): on a GPU, which gives the rows back then, and on the CPU alike, for the same bits
//   gain     impurity decrease per unit of the node's weight, from the best score
// Here are the policies for classes; target_stats.h and absolute_error.h have those for numbers.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

#include "base/span.h"
#include "train/split.h"

namespace boreal {

// A node in work: its rows, their sum, and the scratch of the thread.
template <typename Stats>
struct NodeView {
  const typename Stats::Row* rows;
  size_t count;
  const typename Stats::Cell* total;
  typename Stats::Scratch* scratch;
};

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
  static constexpr bool kImpurityOfLeaves = false;
  static constexpr bool kBoundsRuns = true;
  using Cell = uint64_t;  // weight << 32 | weight of class 1
  struct Scratch {};
  using View = NodeView<BinaryGini>;

  // A row's weight, and so the payload, has to fit 16 bits with the class.
  static constexpr uint32_t kMaxWeight = 0x7fff;

  explicit BinaryGini(Span<int32_t> classes) : classes_(classes) {}
  size_t cells() const { return 1; }
  size_t outputs() const { return 2; }
  Scratch make_scratch() const { return {}; }
  Row make_row(uint32_t index, double weight) const {
    const uint32_t whole = std::min(static_cast<uint32_t>(weight), kMaxWeight);
    return {index, whole << 1 | static_cast<uint32_t>(classes_[index])};
  }
  uint32_t payload(const Row* rows, size_t i) const { return rows[i].weight_class; }
  void add(Cell* sum, const Row& row) const { *sum += expand(row.weight_class); }

  // rows << 42 | weight << 21 | weight of class 1
  static bool fits_run(const View& node) { return *node.total >> 32 < uint64_t{1} << kRunBits; }
  static uint64_t run_of(uint32_t payload) {
    return uint64_t{1} << 2 * kRunBits | (payload >> 1) * (uint64_t{1} << kRunBits | (payload & 1));
  }
  static size_t run_rows(uint64_t run) { return static_cast<size_t>(run >> 2 * kRunBits); }

  void prepare(const View&) const {}
  double weight(const View& node) const { return static_cast<double>(*node.total >> 32); }
  bool pure(const View& node) const {
    const uint32_t positive = static_cast<uint32_t>(*node.total);
    return positive == 0 || positive == *node.total >> 32;
  }
  double impurity(const View& node) const {
    const double p = positive(node) / weight(node);
    return 2 * p * (1 - p);
  }
  double gain(const View& node, double score) const { return 2 * score / (weight(node) * weight(node)); }
  void write_value(const View& node, double* value) const {
    value[0] = (weight(node) - positive(node)) / weight(node);
    value[1] = positive(node) / weight(node);
  }

  class Scan {
   public:
    Scan(const BinaryGini&, const View& node)
        : weight_(static_cast<int64_t>(*node.total >> 32)),
          positive_(static_cast<uint32_t>(*node.total)),
          step_{-positive_, weight_ - positive_},
          total_(static_cast<double>(weight_)) {}
    void move(uint32_t payload) {
      const int64_t weight = payload >> 1;
      difference_ += weight * step_[payload & 1];
      left_weight_ += weight;
    }
    void move_run(uint64_t run) { move(run_positive(run), run_weight(run) - run_positive(run)); }
    // The score is a convex function of the weights of both classes on the left, so inside the run it is at
    // most what it would be if the rows of one class came first, or of none, or of both.
    bool may_exceed(uint64_t run, double bar) const {
      if (run == 0) return false;
      const int64_t positive = run_positive(run), negative = run_weight(run) - positive;
      auto exceeds = [this, bar](int64_t positives, int64_t negatives) {
        Scan corner = *this;
        corner.move(positives, negatives);
        return corner.score().exceeds(bar);
      };
      return exceeds(positive, 0) || exceeds(0, negative) || exceeds(positive, negative) || exceeds(0, 0);
    }
    double left_weight() const { return static_cast<double>(left_weight_); }
    double right_weight() const { return total_ - left_weight(); }
    double left_value() const { return static_cast<double>(left_positive()) / left_weight(); }
    double right_value() const { return static_cast<double>(positive_ - left_positive()) / right_weight(); }
    Fraction score() const {
      const double difference = static_cast<double>(difference_);
      return {difference * difference, left_weight() * right_weight()};
    }

   private:
    void move(int64_t positive, int64_t negative) {
      difference_ += positive * step_[1] + negative * step_[0];
      left_weight_ += positive + negative;
    }
    int64_t left_positive() const { return (difference_ + positive_ * left_weight_) / weight_; }

    int64_t weight_, positive_;
    int64_t step_[2];  // what one row of weight 1 of either class adds to the difference
    double total_;
    int64_t left_weight_ = 0;
    int64_t difference_ = 0;  // W p - P w
  };

 private:
  static constexpr uint32_t kRunBits = 21;
  static constexpr uint64_t kRunMask = (uint64_t{1} << kRunBits) - 1;
  static int64_t run_weight(uint64_t run) { return static_cast<int64_t>(run >> kRunBits & kRunMask); }
  static int64_t run_positive(uint64_t run) { return static_cast<int64_t>(run & kRunMask); }
  static Cell expand(uint32_t weight_class) {
    return uint64_t{weight_class >> 1} * (uint64_t{1} << 32 | (weight_class & 1));
  }
  static double positive(const View& node) { return static_cast<double>(static_cast<uint32_t>(*node.total)); }

  Span<int32_t> classes_;
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
  static constexpr bool kImpurityOfLeaves = false;
  static constexpr bool kBoundsRuns = false;
  using Cell = double;  // one for each class: its weight
  using Scratch = std::vector<Cell>;
  using View = NodeView<ClassImpurity>;

  ClassImpurity(Span<int32_t> classes, size_t class_count, Terms terms)
      : labels_(classes), classes_(class_count), terms_(std::move(terms)) {}
  size_t cells() const { return classes_; }
  size_t outputs() const { return classes_; }
  Scratch make_scratch() const { return Scratch(2 * classes_); }
  Row make_row(uint32_t index, double weight) const {
    return {weight, static_cast<uint32_t>(labels_[index]), index};
  }
  uint32_t payload(const Row*, size_t i) const { return static_cast<uint32_t>(i); }
  void add(Cell* sum, const Row& row) const { sum[row.cls] += row.weight; }

  void prepare(const View&) const {}
  double weight(const View& node) const {
    double weight = 0;
    for (size_t k = 0; k < classes_; ++k) weight += node.total[k];
    return weight;
  }
  bool pure(const View& node) const {
    size_t present = 0;
    for (size_t k = 0; k < classes_; ++k) present += node.total[k] > 0;
    return present < 2;
  }
  double impurity(const View& node) const { return terms_.impurity(sum_terms(node), weight(node)); }
  double gain(const View& node, double score) const {
    return terms_.gain(score, sum_terms(node), weight(node));
  }
  void write_value(const View& node, double* value) const {
    const double total = weight(node);
    for (size_t k = 0; k < classes_; ++k) value[k] = node.total[k] / total;
  }

  class Scan {
   public:
    Scan(const ClassImpurity& stats, const View& node)
        : terms_(stats.terms_),
          classes_(stats.classes_),
          rows_(node.rows),
          left_(node.scratch->data()),
          right_(left_ + classes_) {
      for (size_t k = 0; k < classes_; ++k) {
        left_[k] = 0;
        right_[k] = node.total[k];
        right_weight_ += node.total[k];
        right_terms_ += terms_.term(node.total[k]);
      }
    }
    void move(uint32_t payload) {
      const size_t k = rows_[payload].cls;
      const double weight = rows_[payload].weight;
      left_terms_ += terms_.term(left_[k] + weight) - terms_.term(left_[k]);
      right_terms_ += terms_.term(right_[k] - weight) - terms_.term(right_[k]);
      left_[k] += weight;
      right_[k] -= weight;
      left_weight_ += weight;
      right_weight_ -= weight;
    }
    double left_weight() const { return left_weight_; }
    double right_weight() const { return right_weight_; }
    double left_value() const { return left_[classes_ - 1] / left_weight_; }
    double right_value() const { return right_[classes_ - 1] / right_weight_; }
    Fraction score() const { return terms_.score(left_terms_, left_weight_, right_terms_, right_weight_); }

   private:
    const Terms& terms_;
    const size_t classes_;
    const Row* const rows_;
    Cell* const left_;
    Cell* const right_;
    double left_weight_ = 0, right_weight_ = 0, left_terms_ = 0, right_terms_ = 0;
  };

 private:
  double sum_terms(const View& node) const {
    double terms = 0;
    for (size_t k = 0; k < classes_; ++k) terms += terms_.term(node.total[k]);
    return terms;
  }

  Span<int32_t> labels_;
  size_t classes_;
  Terms terms_;
};

}  // namespace boreal
