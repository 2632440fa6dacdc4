// Grows one decision tree depth first. The rows of a node are a slice of one array, which a split partitions
// in place; each tree has its own random stream, so it does not matter which thread grows it.
// Memory: 2 * sizeof(Row) + 4 bytes per row besides SplitSearch (46 in all for two classes), kept from tree
// to tree; a finished tree has 30 bytes per node and 8 * outputs per leaf.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <vector>

#include "base/cancel.h"
#include "base/rng.h"
#include "train/forest.h"
#include "train/rank_table.h"
#include "train/row_sampler.h"
#include "train/split_search.h"

namespace boreal {

// The arrays of ForestModel for one tree; `left` of a leaf counts the leaves of this tree only.
struct Tree {
  std::vector<int32_t> feature;
  std::vector<double> threshold;
  std::vector<int32_t> left;
  std::vector<uint8_t> missing_left;
  std::vector<float> cover;
  std::vector<float> impurity;
  std::vector<double> values;
  std::vector<double> importances;  // [cols] decrease in impurity times the node's weight

  size_t nodes() const { return feature.size(); }
  void add_nodes(size_t count) {
    const size_t nodes = feature.size() + count;
    feature.resize(nodes, -1);
    threshold.resize(nodes);
    left.resize(nodes);
    missing_left.resize(nodes);
    cover.resize(nodes);
    impurity.resize(nodes);
  }
};

template <typename Stats>
class TreeBuilder {
 public:
  TreeBuilder(const RankTable& table, const RowSampler& sampler, const Stats& stats,
              const ForestParams& params, const CancelToken* cancel)
      : table_(table),
        sampler_(sampler),
        stats_(stats),
        params_(params),
        cancel_(cancel),
        search_(table, stats, params),
        total_(stats.cells()) {
    rows_.reserve(table.rows());
  }

  Tree grow(uint64_t stream) {
    Rng rng(params_.seed, stream);
    search_.start_tree();
    rows_.clear();
    sampler_.draw(rng, &counts_, [this](size_t row, double weight) {
      rows_.push_back(stats_.make_row(static_cast<uint32_t>(row), weight));
    });
    spare_.resize(rows_.size());
    Tree tree;
    tree.importances.assign(table_.cols(), 0.0);
    tree.add_nodes(1);
    boundaries_.clear();
    pending_.assign(1, {0, 0, rows_.size(), 0});
    while (!pending_.empty()) {
      const Node node = pending_.back();
      pending_.pop_back();
      check_cancel(node.end - node.begin);
      grow_node(node, rng, &tree);
    }
    // Done last and together, as nearly every look-up misses the caches.
    for (const Boundary& b : boundaries_) tree.threshold[b.node] = table_.threshold(b.feature, b.low, b.high);
    return tree;
  }

 private:
  using Row = typename Stats::Row;
  using Cell = typename Stats::Cell;
  struct Node {
    size_t index;
    size_t begin, end;  // its rows
    uint32_t depth;
  };
  struct Boundary {  // of a split, as ranks
    size_t node;
    uint32_t feature, low, high;
  };
  // scikit-learn's tolerance for the decrease in impurity.
  static constexpr double kEpsilon = std::numeric_limits<double>::epsilon();

  void grow_node(const Node& node, Rng& rng, Tree* tree) {
    Row* rows = rows_.data() + node.begin;
    const size_t count = node.end - node.begin;
    std::fill(total_.begin(), total_.end(), Cell());
    for (size_t i = 0; i < count; ++i) stats_.add(total_.data(), rows[i]);
    const Cell* total = total_.data();
    const double weight = stats_.weight(total);
    if (node.index == 0) root_weight_ = weight;
    tree->cover[node.index] = static_cast<float>(weight);
    tree->impurity[node.index] = static_cast<float>(stats_.impurity(total, rows, count));

    Split split;
    double gain = 0;
    if (may_split(node.depth, count, weight) && !stats_.pure(total, rows, count)) {
      split = search_.find({rows, count, total}, rng);
      if (split.found()) gain = stats_.gain(total, split.score);
    }
    if (!split.found() || gain * weight / root_weight_ + kEpsilon < params_.min_impurity_decrease) {
      const size_t outputs = stats_.outputs();
      tree->left[node.index] = static_cast<int32_t>(tree->values.size() / outputs);
      tree->values.resize(tree->values.size() + outputs);
      stats_.write_value(total, tree->values.data() + tree->values.size() - outputs);
      return;
    }

    const size_t left_count = partition(rows, count, split);
    const size_t left = tree->nodes();
    tree->add_nodes(2);
    tree->feature[node.index] = static_cast<int32_t>(split.feature);
    boundaries_.push_back({node.index, split.feature, split.low, split.high});
    tree->left[node.index] = static_cast<int32_t>(left);
    tree->missing_left[node.index] = split.missing ? split.missing_left : left_count > count - left_count;
    tree->importances[split.feature] += gain * weight;
    const size_t middle = node.begin + left_count;
    pending_.push_back({left + 1, middle, node.end, node.depth + 1});
    pending_.push_back({left, node.begin, middle, node.depth + 1});
  }

  bool may_split(uint32_t depth, size_t count, double weight) const {
    return depth < params_.max_depth && count >= params_.min_samples_split &&
           count / 2 >= params_.min_samples_leaf && weight >= 2 * params_.min_weight_leaf;
  }

  // Stable; returns how many rows went left.
  size_t partition(Row* rows, size_t count, const Split& split) {
    const uint16_t* ranks = search_.ranks();
    // One added to a rank wraps missing to 0, the leftmost.
    const uint16_t shift = split.missing_left ? 1 : 0;
    const uint16_t bound = static_cast<uint16_t>(split.low + shift);
    size_t left = 0, right = 0;
    for (size_t i = 0; i < count; ++i) {
      const bool goes_left = static_cast<uint16_t>(ranks[i] + shift) <= bound;
      const Row row = rows[i];
      rows[left] = row;
      spare_[right] = row;
      left += goes_left;
      right += !goes_left;
    }
    std::copy_n(spare_.begin(), right, rows + left);
    return left;
  }

  // Every thousand small nodes or so, and before a large one.
  void check_cancel(size_t rows) {
    constexpr size_t kRowsPerCheck = 10000;
    uncounted_rows_ += rows + 10;
    if (cancel_ == nullptr || uncounted_rows_ < kRowsPerCheck) return;
    uncounted_rows_ = 0;
    cancel_->check();
  }

  const RankTable& table_;
  const RowSampler& sampler_;
  const Stats& stats_;
  const ForestParams& params_;
  const CancelToken* const cancel_;
  SplitSearch<Stats> search_;
  std::vector<Row> rows_, spare_;
  std::vector<uint32_t> counts_;
  std::vector<Cell> total_;
  std::vector<Node> pending_;
  std::vector<Boundary> boundaries_;
  double root_weight_ = 0;
  size_t uncounted_rows_ = 0;
};

}  // namespace boreal
