// Policy of split_stats.h for the mean absolute error around the weighted median. Each side of a split is a
// Fenwick tree over the node's targets in order (Fenwick, A new data structure for cumulative frequency
// tables, 1994): a row moves, and a median is found, in O(log n).
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <vector>

#include "base/span.h"
#include "train/split.h"
#include "train/split_stats.h"

namespace boreal {

// The weights and weighted targets of a set of rows, by the rank of the target.
class MedianTree {
 public:
  struct Median {
    double value;
    double error;  // sum of weight * |target - value|
  };

  void reset(size_t size) {
    sums_.assign(size + 1, {});
    total_ = {};
    top_ = 1;
    while (top_ * 2 <= size) top_ *= 2;
  }
  // A negative weight takes a row out again.
  void add(size_t rank, double weight, double target) {
    const Sum sum = {weight, weight * target};
    total_ += sum;
    for (size_t i = rank + 1; i < sums_.size(); i += i & (~i + 1)) sums_[i] += sum;
  }
  // Half of the weight lies on either side; between two targets it is their mean. targets: ascending.
  Median median(const std::vector<double>& targets) const {
    const double half = total_.weight / 2;
    Sum below;
    const size_t upper = find(&below, [half](double weight) { return weight <= half; });
    double value = targets[std::min(upper, targets.size() - 1)];
    if (below.weight == half) {
      Sum before;
      const size_t lower = find(&before, [half](double weight) { return weight < half; });
      value = (targets[lower] + value) / 2;
    }
    const Sum above = {total_.weight - below.weight, total_.target - below.target};
    return {value, above.target - value * above.weight + (value * below.weight - below.target)};
  }

 private:
  struct Sum {
    double weight = 0;
    double target = 0;
    void operator+=(const Sum& other) {
      weight += other.weight;
      target += other.target;
    }
  };

  // The most ranks whose weight `fits`, and their sum.
  template <typename Fits>
  size_t find(Sum* sum, Fits fits) const {
    size_t ranks = 0;
    for (size_t step = top_; step > 0; step /= 2) {
      const size_t next = ranks + step;
      if (next >= sums_.size() || !fits(sum->weight + sums_[next].weight)) continue;
      ranks = next;
      *sum += sums_[next];
    }
    return ranks;
  }

  std::vector<Sum> sums_;
  Sum total_;
  size_t top_ = 1;
};

class AbsoluteError {
 public:
  struct Row {
    double weight;
    double target;
    uint32_t index;
  };
  static constexpr size_t kShortKeyRows = size_t{1} << 16;
  static constexpr bool kImpurityOfLeaves = false;
  static constexpr bool kBoundsRuns = false;
  using Cell = double;  // the weight
  struct Scratch {
    std::vector<uint32_t> order, rank;  // of the node's rows by target
    std::vector<double> targets;        // ascending
    MedianTree left, right;
    MedianTree::Median median;
  };
  using View = NodeView<AbsoluteError>;

  explicit AbsoluteError(Span<double> targets) : targets_(targets) {}
  size_t cells() const { return 1; }
  size_t outputs() const { return 1; }
  Scratch make_scratch() const { return {}; }
  Row make_row(uint32_t index, double weight) const { return {weight, targets_[index], index}; }
  uint32_t payload(const Row*, size_t i) const { return static_cast<uint32_t>(i); }
  void add(Cell* sum, const Row& row) const { *sum += row.weight; }

  void prepare(const View& node) const {
    Scratch& scratch = *node.scratch;
    scratch.order.resize(node.count);
    scratch.rank.resize(node.count);
    scratch.targets.resize(node.count);
    std::iota(scratch.order.begin(), scratch.order.end(), 0u);
    std::sort(scratch.order.begin(), scratch.order.end(), [&node](uint32_t a, uint32_t b) {
      return node.rows[a].target != node.rows[b].target ? node.rows[a].target < node.rows[b].target : a < b;
    });
    for (uint32_t k = 0; k < node.count; ++k) {
      scratch.rank[scratch.order[k]] = k;
      scratch.targets[k] = node.rows[scratch.order[k]].target;
    }
    fill(node, &scratch.right);
    scratch.median = scratch.right.median(scratch.targets);
  }
  double weight(const View& node) const { return *node.total; }
  bool pure(const View& node) const { return node.scratch->targets.front() == node.scratch->targets.back(); }
  double impurity(const View& node) const { return node.scratch->median.error / *node.total; }
  double gain(const View& node, double score) const {
    return (node.scratch->median.error + score) / *node.total;
  }
  void write_value(const View& node, double* value) const { *value = node.scratch->median.value; }

  class Scan {
   public:
    Scan(const AbsoluteError&, const View& node)
        : rows_(node.rows), scratch_(*node.scratch), total_(*node.total) {
      scratch_.left.reset(node.count);
      fill(node, &scratch_.right);
    }
    void move(uint32_t payload) {
      const Row& row = rows_[payload];
      scratch_.left.add(scratch_.rank[payload], row.weight, row.target);
      scratch_.right.add(scratch_.rank[payload], -row.weight, row.target);
      left_ += row.weight;
    }
    double left_weight() const { return left_; }
    double right_weight() const { return total_ - left_; }
    double left_value() const { return scratch_.left.median(scratch_.targets).value; }
    double right_value() const { return scratch_.right.median(scratch_.targets).value; }
    Fraction score() const {
      const std::vector<double>& targets = scratch_.targets;
      return {-(scratch_.left.median(targets).error + scratch_.right.median(targets).error), 1};
    }

   private:
    const Row* const rows_;
    Scratch& scratch_;
    const double total_;
    double left_ = 0;
  };

 private:
  static void fill(const View& node, MedianTree* tree) {
    tree->reset(node.count);
    for (size_t i = 0; i < node.count; ++i) {
      tree->add(node.scratch->rank[i], node.rows[i].weight, node.rows[i].target);
    }
  }

  Span<double> targets_;
};

}  // namespace boreal
