// Grows the trees of a forest on bins by levels, many at once: a GPU adds up and searches the nodes of a
// level and parts their rows, the host draws columns, and decides what is split. The trees are those of
// TreeBuilder with BinSearch, to the bit: sums are exact, a node's draws are its own, and what a tree says of
// a node is written by the same code. Memory: about 150 bytes and 16 a class for each node of a level, and
// while a tree starts 12 per row for each thread; of squared error 4 per row and tree, and 8 per row for each
// thread at the end. On the device 12 bytes per row and tree.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <mutex>
#include <tuple>
#include <utility>
#include <vector>

#include "base/cancel.h"
#include "base/rng.h"
#include "base/thread_pool.h"
#include "train/bin_table.h"
#include "train/column_draw.h"
#include "train/forest.h"
#include "train/forest_gpu.h"
#include "train/node_writer.h"
#include "train/row_sampler.h"
#include "train/split.h"
#include "train/tree.h"

namespace boreal {

// Stats: those of bin_stats.h.
template <typename Stats>
class ForestLevels {
 public:
  using DrawnFn = std::function<void(size_t tree, const std::vector<uint32_t>& draws)>;
  using DoneFn = std::function<void(size_t trees)>;

  ForestLevels(const BinTable& table, const RowSampler& sampler, const Stats& stats,
               const ForestParams& params, ForestGpu* gpu, size_t max_threads, const CancelToken* cancel)
      : table_(table),
        sampler_(sampler),
        stats_(stats),
        params_(params),
        gpu_(*gpu),
        max_threads_(max_threads),
        cancel_(cancel),
        writer_(stats, params),
        cells_(stats.cells()),
        draws_(ThreadPool::instance().size(), ColumnDraw(table.cols())) {}

  // Trees from first on, as many as the GPU was set up for at most. drawn(tree, draws) hears of each what it
  // drew, from any thread; done(trees) how many of them have grown, after a level where some end.
  void grow(size_t first, size_t count, Tree* trees, const DrawnFn& drawn, const DoneFn& done) {
    first_ = first;
    start(count, drawn);
    for (size_t grown = 0; !level_.empty();) {
      open_level();
      search_level();
      part_level();
      const size_t now = count - trees_in_level();
      if (now > grown) done(now);
      grown = now;
    }
    if constexpr (Stats::kImpurityOfLeaves) add_up_impurities();
    for (size_t t = 0; t < count; ++t) trees[t] = trees_[t].finish(table_.cols());
  }

 private:
  using Cell = typename Stats::Cell;
  using View = typename Stats::View;
  struct Node {
    uint32_t tree, side;
    uint32_t begin, count;  // its rows
    uint32_t depth;
    bool usable = false;  // a column that it drew is not constant
    bool pure = false;    // all its targets are the same, as the search has found
    size_t index;         // in its tree
    uint64_t path;
    Split split;
  };
  struct Leaf {
    size_t index;  // in its tree
    uint32_t tree, side, begin, count;
  };
  static constexpr size_t kBlock = 256;  // nodes that one task goes through

  // body(k, slot of the thread) for k < count.
  template <typename F>
  void each(size_t count, F body) {
    const auto block = [&](size_t b, size_t slot) {
      for (size_t k = b * kBlock; k < std::min(count, (b + 1) * kBlock); ++k) body(k, slot);
    };
    ThreadPool::instance().parallel_for((count + kBlock - 1) / kBlock, block, max_threads_);
  }

  void start(size_t count, const DrawnFn& drawn) {
    trees_.assign(count, GrowingTree(stats_.outputs()));
    root_weights_.assign(count, 0.0);
    weights_.assign(count, {});
    leaves_.clear();
    level_.assign(count, Node());
    totals_.assign(count * cells_, Cell());
    std::mutex mutex;  // of the GPU
    const auto begin = [&](size_t t, size_t) {
      check_cancel(cancel_);
      Rng rng(params_.seed, stream_of(t));
      std::vector<uint32_t> counts, rows, weights(table_.rows());
      Cell* const total = totals_.data() + t * cells_;
      sampler_.draw(rng, &counts, [&](size_t row, double weight) {
        const typename Stats::Row made = stats_.make_row(static_cast<uint32_t>(row), weight);
        stats_.add(total, made);
        rows.push_back(made.index);
        weights[row] = made.weight;
      });
      drawn(first_ + t, counts);
      add_nodes(1, &trees_[t]);
      level_[t] = {
          static_cast<uint32_t>(t), 0, 0, static_cast<uint32_t>(rows.size()), 0, false, false, 0, 1, {}};
      root_weights_[t] = stats_.weight(view_of(t));
      {
        std::lock_guard<std::mutex> lock(mutex);
        gpu_.start(static_cast<uint32_t>(t), rows, weights);
      }
      if (Stats::kImpurityOfLeaves) weights_[t] = std::move(weights);
    };
    ThreadPool::instance().parallel_for(count, begin, max_threads_);
  }

  // Their nodes stand together.
  size_t trees_in_level() const {
    size_t trees = 0;
    for (size_t k = 0; k < level_.size(); ++k) {
      trees += k == 0 || level_[k].tree != level_[k - 1].tree ? 1 : 0;
    }
    return trees;
  }

  uint64_t stream_of(size_t tree) const { return uint64_t{params_.first_tree} + first_ + tree; }
  View view_of(size_t node) const {
    return {nullptr, level_[node].count, totals_.data() + node * cells_, nullptr};
  }

  // Writes the nodes of the level; those that may be split are open.
  void open_level() {
    std::vector<uint8_t> may(level_.size());
    each(level_.size(), [&](size_t k, size_t) {
      const Node& node = level_[k];
      may[k] =
          writer_.write(view_of(k), node.index, node.depth, {}, root_weights_[node.tree], &trees_[node.tree]);
    });
    open_.clear();
    for (size_t k = 0; k < may.size(); ++k) {
      if (may[k]) open_.push_back(static_cast<uint32_t>(k));
    }
  }

  void search_level() {
    lefts_.resize(level_.size() * cells_);
    search(open_, 0, params_.max_features);
    // Those whose columns were constant go on to the first that is not. Each round looks at as many more as
    // were drawn before, so that few rounds look at all.
    std::vector<uint32_t> barren = open_;
    for (size_t drawn = params_.max_features; drawn < table_.cols();) {
      const auto is_over = [&](uint32_t k) { return level_[k].usable || level_[k].pure; };
      barren.erase(std::remove_if(barren.begin(), barren.end(), is_over), barren.end());
      if (barren.empty()) return;
      const size_t columns = std::min({drawn, table_.cols() - drawn, size_t{gpu_.most()}});
      search(barren, drawn, columns);
      drawn += columns;
    }
  }

  // In the columns that are drawn from `first` on, `columns` of them: of the first draws all are taken, of
  // those after them the first that is not constant. An abort is looked for before each call of the GPU.
  void search(const std::vector<uint32_t>& nodes, size_t first, size_t columns) {
    for (size_t begin = 0, count; begin < nodes.size(); begin += count) {
      count = batch_of(nodes, begin, columns);
      const uint64_t rows = level_[nodes[begin]].count;
      const size_t some = count > 1 ? columns : std::max<uint64_t>(1, params_.cuda_updates / rows);
      for (size_t c = 0; c < columns; c += some) {
        check_cancel(cancel_);
        search_batch({nodes.data() + begin, count}, first + c, std::min(some, columns - c), first > 0);
        if (first > 0 && level_[nodes[begin]].usable) break;  // has its one
      }
    }
  }

  // One call of the GPU.
  void search_batch(Span<uint32_t> nodes, size_t first, size_t columns, bool takes_one) {
    tasks_.resize(nodes.size * columns);
    each(nodes.size, [&](size_t k, size_t slot) {
      const Node& node = level_[nodes[k]];
      Rng rng(params_.seed ^ node.path, stream_of(node.tree));
      ColumnDraw& draw = draws_[slot];
      draw.begin();
      while (draw.drawn() < first + columns) draw.next(rng);
      for (size_t c = 0; c < columns; ++c) {
        tasks_[k * columns + c] = {node.tree, node.side, node.begin, node.count, draw[first + c], 0};
      }
    });
    gpu_.search(tasks_, &found_, &found_left_);
    each(nodes.size, [&](size_t k, size_t) {
      for (size_t c = 0; c < columns && !(takes_one && level_[nodes[k]].usable); ++c) {
        take(nodes[k], k * columns + c);
      }
    });
  }

  // How many of the nodes from `begin` on a call of the GPU takes: as many as it was set up for, whose rows
  // times columns are `cuda_updates` at most. Where that is one, it may have more, and is searched by some
  // columns at a time.
  size_t batch_of(const std::vector<uint32_t>& nodes, size_t begin, size_t columns) const {
    const size_t most = std::min(nodes.size() - begin, std::max<size_t>(1, gpu_.most() / columns));
    size_t count = 1;
    uint64_t updates = uint64_t{level_[nodes[begin]].count} * columns;
    for (; count < most; ++count) {
      updates += uint64_t{level_[nodes[begin + count]].count} * columns;
      if (updates > params_.cuda_updates) break;
    }
    return count;
  }

  void take(size_t number, size_t task) {
    const BorealCudaForestFound& found = found_[task];
    Node& node = level_[number];
    node.usable = node.usable || found.usable != 0;
    node.pure = found.pure != 0;
    if (found.found == 0 || !(found.score > bar_above(node.split.score))) return;
    node.split.score = found.score;
    node.split.feature = tasks_[task].column;
    node.split.low = found.low;
    node.split.high = found.numbers_left != 0 ? BinTable::kMissing : found.low + 1;
    node.split.missing = found.missing != 0;
    node.split.missing_left = found.missing_left != 0;
    std::memcpy(static_cast<void*>(lefts_.data() + number * cells_), found_left_.data() + task * gpu_.words(),
                gpu_.words() * sizeof(uint64_t));
  }

  // Makes the next level of the children.
  void part_level() {
    std::vector<uint32_t> split;
    std::vector<size_t> next_node(trees_.size());
    for (const uint32_t k : open_) {
      const Node& node = level_[k];
      if (!node.split.found() || node.pure) continue;
      const double decrease = writer_.decrease(view_of(k), node.split, root_weights_[node.tree]);
      if (!writer_.is_worth(decrease)) continue;
      split.push_back(k);
      next_node[node.tree] += 2;
    }
    for (size_t t = 0; t < trees_.size(); ++t) {
      const size_t nodes = trees_[t].nodes();
      add_nodes(next_node[t], &trees_[t]);
      next_node[t] = nodes;
    }
    std::vector<Node> children(2 * split.size());
    std::vector<Cell> totals(2 * split.size() * cells_);
    std::vector<BorealCudaForestSplit> splits;
    for (size_t s = 0; s < split.size(); ++s) {
      const Node& node = level_[split[s]];
      const Cell* const left = lefts_.data() + split[s] * cells_;
      const Cell* const total = totals_.data() + split[s] * cells_;
      size_t lefts = 0;
      for (size_t k = 0; k < cells_; ++k) {
        totals[2 * s * cells_ + k] = left[k];
        totals[(2 * s + 1) * cells_ + k] = Stats::rest_of(total[k], left[k]);
        lefts += Stats::rows_of(left[k]);
      }
      const size_t index = next_node[node.tree];
      next_node[node.tree] += 2;
      write_split(node, index, lefts, &trees_[node.tree]);
      splits.push_back(parting_of(node));
      if (splits.size() == gpu_.most()) gpu_.split(splits), splits.clear();
      const uint32_t middle = static_cast<uint32_t>(lefts);
      children[2 * s] = child_of(node, 0, index, node.begin, middle);
      children[2 * s + 1] = child_of(node, 1, index + 1, node.begin + middle, node.count - middle);
    }
    if (!splits.empty()) gpu_.split(splits);
    if (Stats::kImpurityOfLeaves) keep_leaves();
    level_ = std::move(children);
    totals_ = std::move(totals);
  }

  void write_split(const Node& node, size_t left, size_t lefts, GrowingTree* tree) const {
    const Split& split = node.split;
    tree->feature[node.index] = static_cast<int32_t>(split.feature);
    tree->left[node.index] = static_cast<int32_t>(left);
    tree->threshold[node.index] = table_.threshold(split.feature, split.low, split.high);
    tree->missing_left[node.index] = split.missing ? split.missing_left : lefts > node.count - lefts;
  }

  BorealCudaForestSplit parting_of(const Node& node) const {
    BorealCudaForestSplit to{};
    to.node = {node.tree, node.side, node.begin, node.count, node.split.feature, 0};
    const uint32_t missing = table_.bins(node.split.feature);
    for (uint32_t b = 0; b <= missing; ++b) {
      const bool left = b < missing ? b <= node.split.low : node.split.missing_left;
      if (left) to.goes_left[b / 32] |= 1u << b % 32;
    }
    return to;
  }

  // ---- Impurities that are added up from the leaves

  static void add_nodes(size_t count, GrowingTree* tree) {
    tree->add_nodes(count);
    if (Stats::kImpurityOfLeaves) tree->make_room_for_squares();
  }

  void keep_leaves() {
    for (const Node& node : level_) {
      if (!trees_[node.tree].is_leaf(node.index)) continue;
      leaves_.push_back({node.index, node.tree, node.side, node.begin, node.count});
    }
  }

  // The rows of the leaves come from the GPU, tree by tree.
  void add_up_impurities() {
    std::vector<std::vector<const Leaf*>> leaves(trees_.size());
    for (const Leaf& leaf : leaves_) leaves[leaf.tree].push_back(&leaf);
    std::mutex mutex;  // of the GPU
    const auto add_up = [&](size_t t, size_t) {
      std::vector<uint32_t> sides[2];
      {
        std::lock_guard<std::mutex> lock(mutex);
        for (uint32_t side = 0; side < 2; ++side) {
          sides[side].resize(table_.rows());
          gpu_.rows(static_cast<uint32_t>(t), side, sides[side].data());
        }
      }
      check_cancel(cancel_);
      GrowingTree& tree = trees_[t];
      std::vector<typename Stats::Row> rows;
      for (const Leaf* leaf : leaves[t]) {
        const uint32_t* const numbers = sides[leaf->side].data() + leaf->begin;
        rows.clear();
        for (size_t k = 0; k < leaf->count; ++k) {
          rows.push_back(stats_.row_of(numbers[k], weights_[t][numbers[k]]));
        }
        std::tie(tree.squares[leaf->index], tree.weights[leaf->index]) =
            stats_.squares(rows.data(), rows.size(), tree.means[leaf->index]);
      }
      add_up_impurity(&tree);
    };
    ThreadPool::instance().parallel_for(trees_.size(), add_up, max_threads_);
  }

  static Node child_of(const Node& node, uint32_t k, size_t index, uint32_t begin, uint32_t count) {
    return {
        node.tree, 1 - node.side, begin, count, node.depth + 1, false, false, index, child_path(node.path, k),
        {}};
  }

  const BinTable& table_;
  const RowSampler& sampler_;
  const Stats& stats_;
  const ForestParams& params_;
  ForestGpu& gpu_;
  const size_t max_threads_;
  const CancelToken* const cancel_;
  const NodeWriter<Stats> writer_;
  const size_t cells_;
  std::vector<ColumnDraw> draws_;  // of the threads

  size_t first_ = 0;  // of the trees that grow
  std::vector<GrowingTree> trees_;
  std::vector<double> root_weights_;
  std::vector<Node> level_;
  std::vector<Cell> totals_, lefts_;  // [nodes of the level, cells]
  std::vector<uint32_t> open_;
  std::vector<std::vector<uint32_t>> weights_;  // [trees] of all rows, and the leaves of the trees: where
  std::vector<Leaf> leaves_;                    // impurities are added up from these
  std::vector<BorealCudaForestNode> tasks_;
  std::vector<BorealCudaForestFound> found_;
  std::vector<uint64_t> found_left_;
};

}  // namespace boreal
