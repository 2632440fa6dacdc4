// Grows one decision tree, depth first or, when leaves are limited, the node of the greatest decrease first.
// The rows of a node are a slice of one array, which a split partitions in place; each tree has its own
// random stream, so it does not matter which thread grows it. Search finds the split of a node: SplitSearch
// on ranks, BinSearch on bins. Memory: 2 * sizeof(Row) + 4 bytes per row
// besides SplitSearch (54 in all for two classes), kept from tree to tree; a finished tree has 25 bytes per
// node and 8 * outputs per leaf, one that grows 33 + 8 * outputs per node.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <tuple>
#include <utility>
#include <vector>

#include "base/cancel.h"
#include "base/rng.h"
#include "train/forest.h"
#include "train/node_writer.h"
#include "train/rank_table.h"
#include "train/row_sampler.h"
#include "train/split_search.h"
#include "train/tree.h"

namespace boreal {

template <typename Stats, typename Search = SplitSearch<Stats>>
class TreeBuilder {
 public:
  using Table = typename Search::Table;

  TreeBuilder(const Table& table, const RowSampler& sampler, const Stats& stats, const TreeParams& params,
              const CancelToken* cancel)
      : table_(table),
        sampler_(sampler),
        stats_(stats),
        params_(params),
        cancel_(cancel),
        search_(table, stats, params),
        writer_(stats, params),
        total_(stats.cells()),
        scratch_(stats.make_scratch()) {
    rows_.reserve(table.rows());
  }

  // path: if not null, how the tree would be pruned.
  Tree grow(uint64_t stream, PruningPath* path = nullptr) {
    Rng rng(params_.seed, stream);
    stream_ = stream;
    search_.start_tree(rng);
    rows_.clear();
    sampler_.draw(rng, &counts_, [this](size_t row, double weight) {
      rows_.push_back(stats_.make_row(static_cast<uint32_t>(row), weight));
    });
    spare_.resize(rows_.size());
    tree_ = GrowingTree(stats_.outputs());
    tree_.add_nodes(1);
    boundaries_.clear();
    const Node root = {0, 0, rows_.size(), 0, 1, {}};
    if (params_.max_leaves == 0) {
      grow_depth_first(root, rng);
    } else {
      grow_best_first(root, rng);
    }
    // Done last and together, as nearly every look-up misses the caches.
    for (const Boundary& b : boundaries_) {
      tree_.threshold[b.node] = table_.threshold(b.feature, b.low, b.high);
    }
    if constexpr (Stats::kImpurityOfLeaves) {
      for (size_t k = 0; k < tree_.nodes(); ++k) {
        if (!tree_.is_leaf(k)) continue;
        const auto [begin, end] = slices_[k];
        std::tie(tree_.squares[k], tree_.weights[k]) =
            stats_.squares(rows_.data() + begin, end - begin, tree_.means[k]);
      }
      add_up_impurity(&tree_);
    }
    if (path != nullptr || params_.ccp_alpha > 0) prune(&tree_, params_.ccp_alpha, path);
    return tree_.finish(table_.cols());
  }

  // The rows of the tree grown last that were drawn, as RowSampler counts them.
  const std::vector<uint32_t>& draws() const { return counts_; }

 private:
  using Row = typename Stats::Row;
  using Cell = typename Stats::Cell;
  struct Node {
    size_t index;
    size_t begin, end;  // its rows
    uint32_t depth;
    uint64_t path;  // names the node within its tree, whatever the order of growth
    ValueBounds bounds;
  };
  // A node that has been searched; its rows are partitioned if a split was found.
  struct Searched {
    Node node;
    Split split;
    size_t middle = 0;    // the first row that goes right
    double decrease = 0;  // in impurity, relative to the weight of all rows

    bool operator<(const Searched& other) const {
      return decrease != other.decrease ? decrease < other.decrease : node.index > other.node.index;
    }
  };
  struct Boundary {  // of a split, as ranks
    size_t node;
    uint32_t feature, low, high;
  };

  void grow_depth_first(const Node& root, Rng& rng) {
    std::vector<Node> pending = {root};
    while (!pending.empty()) {
      const Searched searched = search(pending.back(), rng);
      pending.pop_back();
      if (!searched.split.found()) continue;
      const auto [left, right] = split(searched);
      pending.push_back(right);
      pending.push_back(left);
    }
  }

  void grow_best_first(const Node& root, Rng& rng) {
    std::vector<Searched> frontier;  // a heap
    auto add = [&](const Node& node) {
      const Searched searched = search(node, rng);
      if (!searched.split.found()) return;
      frontier.push_back(searched);
      std::push_heap(frontier.begin(), frontier.end());
    };
    add(root);
    for (uint32_t leaves = 1; leaves < params_.max_leaves && !frontier.empty(); ++leaves) {
      std::pop_heap(frontier.begin(), frontier.end());
      const Searched best = frontier.back();
      frontier.pop_back();
      const auto [left, right] = split(best);
      add(left);
      add(right);
    }
  }

  // Sets what the tree says about the node, and parts its rows if they are to be split.
  Searched search(const Node& node, Rng& rng) {
    Row* rows = rows_.data() + node.begin;
    const size_t count = node.end - node.begin;
    check_cancel(count);
    if constexpr (Stats::kImpurityOfLeaves) {
      tree_.make_room_for_squares();
      slices_.resize(tree_.nodes());
      slices_[node.index] = {node.begin, node.end};
    }
    std::fill(total_.begin(), total_.end(), Cell());
    for (size_t i = 0; i < count; ++i) stats_.add(total_.data(), rows[i]);
    const typename Stats::View view = {rows, count, total_.data(), &scratch_};
    stats_.prepare(view);
    if (node.index == 0) root_weight_ = stats_.weight(view);
    Searched searched = {node, {}};
    if (!writer_.write(view, node.index, node.depth, node.bounds, root_weight_, &tree_)) return searched;
    const Split split = find(view, node, rng);
    if (!split.found()) return searched;
    searched.decrease = writer_.decrease(view, split, root_weight_);
    if (!writer_.is_worth(searched.decrease)) return searched;
    searched.split = split;
    searched.middle = node.begin + partition(rows, count, split);
    return searched;
  }

  Split find(const typename Stats::View& view, const Node& node, Rng& rng) {
    if constexpr (Search::kDrawsByNode) {
      Rng draws(params_.seed ^ node.path, stream_);
      return search_.find(view, node.bounds, draws);
    } else {
      return search_.find(view, node.bounds, rng);
    }
  }

  // Adds the children to the tree.
  std::pair<Node, Node> split(const Searched& searched) {
    const auto& [node, split, middle, decrease] = searched;
    const size_t left = tree_.nodes();
    tree_.add_nodes(2);
    tree_.feature[node.index] = static_cast<int32_t>(split.feature);
    tree_.left[node.index] = static_cast<int32_t>(left);
    if (std::isnan(split.threshold)) {
      boundaries_.push_back({node.index, split.feature, split.low, split.high});
    } else {
      tree_.threshold[node.index] = split.threshold;
    }
    tree_.missing_left[node.index] =
        split.missing ? split.missing_left : middle - node.begin > node.end - middle;
    std::pair<Node, Node> children = {
        {left, node.begin, middle, node.depth + 1, child_path(node.path, 0), node.bounds},
        {left + 1, middle, node.end, node.depth + 1, child_path(node.path, 1), node.bounds}};
    const int8_t direction = params_.monotonic.empty() ? int8_t{0} : params_.monotonic[split.feature];
    if (direction != 0) {
      Node& low = direction > 0 ? children.first : children.second;
      Node& high = direction > 0 ? children.second : children.first;
      low.bounds.upper = high.bounds.lower = split.middle;
    }
    return children;
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

  const Table& table_;
  const RowSampler& sampler_;
  const Stats& stats_;
  const TreeParams& params_;
  const CancelToken* const cancel_;
  Search search_;
  const NodeWriter<Stats> writer_;
  std::vector<Row> rows_, spare_;
  std::vector<uint32_t> counts_;
  std::vector<Cell> total_;
  typename Stats::Scratch scratch_;
  GrowingTree tree_{1};
  std::vector<Boundary> boundaries_;
  std::vector<std::pair<size_t, size_t>> slices_;  // of the nodes' rows; where impurities are the leaves'
  uint64_t stream_ = 0;                            // of the tree that grows
  double root_weight_ = 0;
  size_t uncounted_rows_ = 0;
};

}  // namespace boreal
