// The part of TreeGrower that adds histograms up and finds splits in them.
#include <algorithm>
#include <cmath>

#include "base/thread_pool.h"
#include "train/hist_grower.h"

namespace boreal {
namespace {

constexpr size_t kPartRows = 4096;         // at least, of a histogram that threads share
constexpr size_t kInlineUpdates = 200000;  // fewer additions are not worth waking a thread

}  // namespace

size_t TreeGrower::add_build(uint32_t node) {
  builds_.push_back({node});
  return builds_.size() - 1;
}

void TreeGrower::add_up() {
  if (gpu_ != nullptr && gpu_->searches()) return;  // search_on_gpu() does
  if (gpu_ != nullptr) return add_up_on_gpu();
  size_t total = 0, scratch = 0;
  for (const Build& build : builds_) total += nodes_[build.node].rows.count;
  const size_t part_rows = std::max(kPartRows, threads_ == 1 ? total : total / (2 * threads_) + 1);
  std::vector<std::pair<size_t, size_t>> tasks;  // build and part
  for (size_t b = 0; b < builds_.size(); ++b) {
    builds_[b].parts = std::max<size_t>(1, nodes_[builds_[b].node].rows.count / part_rows);
    builds_[b].first_scratch = scratch;
    scratch += builds_[b].parts - 1;
    for (size_t p = 0; p < builds_[b].parts; ++p) tasks.emplace_back(b, p);
  }
  while (scratch_.size() < scratch) scratch_.emplace_back(histograms_.size());

  ThreadPool::instance().parallel_for(
      tasks.size(),
      [&](size_t task, size_t) {
        const auto [b, p] = tasks[task];
        const Build& build = builds_[b];
        const Node& node = nodes_[build.node];
        PackedPair* to = p == 0 ? histograms_[node.histogram] : scratch_[build.first_scratch + p - 1].data();
        std::fill(to, to + histograms_.size(), PackedPair{0});
        const size_t begin = node.rows.count * p / build.parts, end = node.rows.count * (p + 1) / build.parts;
        if (node.rows.count == x_.rows()) {
          add_rows(x_, begin, end, gradients_->data(), mapper_.slots(), to);
        } else {
          const Span<uint32_t> rows = rows_[node.rows];
          add_rows(x_, {rows.data + begin, end - begin}, gradients_->data(), mapper_.slots(), to);
        }
      },
      total * x_.cols() < kInlineUpdates ? 1 : params_.max_threads);
}

void TreeGrower::add_up_on_gpu() {
  std::vector<RowSlice> slices;
  std::vector<PackedPair*> sums;
  std::vector<uint32_t*> counts;
  for (const Build& build : builds_) {
    const Node& node = nodes_[build.node];
    slices.push_back(node.rows);
    sums.push_back(histograms_[node.histogram]);
    counts.push_back(histograms_.counts(node.histogram));
  }
  gpu_->build(slices, sums, counts);
}

std::vector<HistSplit> TreeGrower::search_on_gpu() {
  std::vector<BorealCudaBuild> builds;
  for (const Build& build : builds_) {
    const Node& node = nodes_[build.node];
    builds.push_back({HistGpu::slice_of(node.rows), static_cast<uint32_t>(node.histogram), 0});
  }
  std::vector<BorealCudaPair> pairs;
  for (const Pair& pair : pairs_) {
    BorealCudaPair to{};
    to.derive = pair.derive ? 1 : 0;
    for (size_t k = 0; k < 2; ++k) {
      const uint32_t number = k == 0 ? pair.smaller : pair.larger;
      if (number == Pair::kNone) continue;
      const Node& node = nodes_[number];
      to.total[k] = node.total;
      to.rows[k] = node.rows.count;
      to.histogram[k] = static_cast<uint32_t>(node.histogram);
      to.seek[k] = may_split(node) ? 1 : 0;
    }
    pairs.push_back(to);
  }
  std::vector<HistSplit> splits;
  for (const BorealCudaFound& found : gpu_->search(builds, pairs, rules_)) {
    HistSplit split;
    split.gain = found.gain;
    split.column = found.column;
    split.bin = found.bin;
    split.missing_left = found.missing_left != 0;
    split.left = found.left;
    splits.push_back(split);
  }
  return splits;
}

// Columns in groups are tasks; the best of the groups is taken in their order.
void TreeGrower::search() {
  if (pairs_.empty()) return;  // no node of the batch may split
  const size_t cols = mapper_.cols();
  if (gpu_ != nullptr && gpu_->searches()) {
    const size_t group = gpu_group(cols);
    return take_best(search_on_gpu(), (cols + group - 1) / group);
  }
  const size_t groups = (cols + kGroupColumns - 1) / kGroupColumns;
  std::vector<std::vector<uint8_t>> allowed;
  if (!every_column()) {
    for (const Pair& pair : pairs_) {
      allowed.push_back(draw_columns(nodes_[pair.smaller]));
      allowed.push_back(pair.larger == Pair::kNone ? std::vector<uint8_t>()
                                                   : draw_columns(nodes_[pair.larger]));
    }
  }
  std::vector<HistSplit> found(pairs_.size() * groups * 2);
  const size_t used = pairs_.size() * cols < 2 * kGroupColumns ? 1 : params_.max_threads;
  const bool in_order = used == 1;
  const auto search_group = [&](size_t task, size_t) {
    const size_t p = task / groups, group = task % groups;
    const size_t first = group * kGroupColumns, last = std::min(cols, first + kGroupColumns);
    const Pair& pair = pairs_[p];
    const Node* nodes[2] = {&nodes_[pair.smaller],
                            pair.larger == Pair::kNone ? nullptr : &nodes_[pair.larger]};
    SplitNode views[2];
    for (size_t k = 0; k < 2; ++k) {
      if (nodes[k] == nullptr || !may_split(*nodes[k])) {
        nodes[k] = nullptr;
        continue;
      }
      const Node& node = *nodes[k];
      views[k] = {node.total, node.rows.count, {}, histograms_.counts(node.histogram), mapper_.slots()};
      if (gpu_ == nullptr) views[k].rows = rows_[node.rows];
      views[k].lower = node.lower;
      views[k].upper = node.upper;
      // What an earlier group gains is the least that this one must, where it is known already.
      if (in_order && group > 0) found[2 * task + k].gain = found[2 * (task - 1) + k].gain;
    }
    for (size_t j = first; j < last; ++j) {
      const size_t begin = j * mapper_.slots();
      merge(pair, begin, begin + mapper_.slots());
      for (size_t k = 0; k < 2; ++k) {
        if (nodes[k] == nullptr || (!allowed.empty() && allowed[2 * p + k][j] == 0)) continue;
        find_split(mapper_.column(j), j, x_, histograms_[nodes[k]->histogram] + begin, views[k], rules_,
                   &found[2 * task + k]);
      }
    }
  };
  ThreadPool::instance().parallel_for(pairs_.size() * groups, search_group, used);
  take_best(found, groups);
}

// Of the groups in their order; found: [pairs, groups, 2].
void TreeGrower::take_best(const std::vector<HistSplit>& found, size_t groups) {
  for (size_t p = 0; p < pairs_.size(); ++p) {
    for (size_t k = 0; k < 2; ++k) {
      const uint32_t number = k == 0 ? pairs_[p].smaller : pairs_[p].larger;
      if (number == Pair::kNone) continue;
      Node& node = nodes_[number];
      for (size_t group = 0; group < groups; ++group) {
        const HistSplit& split = found[2 * (p * groups + group) + k];
        if (split.found() && split.gain > node.split.gain) node.split = split;
      }
      if (!node.split.found()) release(&node);
    }
  }
}

// Completes the slots from begin to end of the pair's histograms.
void TreeGrower::merge(const Pair& pair, size_t begin, size_t end) {
  const auto join = [&](const Build& build) {
    PackedPair* to = histograms_[nodes_[build.node].histogram];
    for (size_t p = 0; p + 1 < build.parts; ++p) {
      const PackedPair* from = scratch_[build.first_scratch + p].data();
      for (size_t i = begin; i < end; ++i) to[i] += from[i];
    }
  };
  join(builds_[pair.smaller_build]);
  if (pair.larger == Pair::kNone) return;
  if (!pair.derive) return join(builds_[pair.larger_build]);
  PackedPair* to = histograms_[nodes_[pair.larger].histogram];
  const PackedPair* sibling = histograms_[nodes_[pair.smaller].histogram];
  for (size_t i = begin; i < end; ++i) to[i] -= sibling[i];
  uint32_t* to_count = histograms_.counts(nodes_[pair.larger].histogram);
  const uint32_t* sibling_count = histograms_.counts(nodes_[pair.smaller].histogram);
  for (size_t i = begin; i < end && to_count != nullptr; ++i) to_count[i] -= sibling_count[i];
}

bool TreeGrower::every_column() const {
  return may_use_->empty() && params_.groups.empty() && params_.columns_per_split >= 1;
}

// Which columns the node's split may use; drawn by the node's name, whatever the order of exploration.
std::vector<uint8_t> TreeGrower::draw_columns(const Node& node) const {
  std::vector<uint32_t> usable;
  for (size_t j = 0; j < mapper_.cols(); ++j) {
    bool may = may_use_->empty() || (*may_use_)[j] != 0;
    if (!params_.groups.empty()) {
      bool shares = false;
      for (size_t w = 0; w < params_.group_words; ++w) {
        shares = shares || (params_.groups[j * params_.group_words + w] & node.groups[w]) != 0;
      }
      may = may && shares;
    }
    if (may) usable.push_back(static_cast<uint32_t>(j));
  }
  std::vector<uint8_t> allowed(mapper_.cols());
  const double share = params_.columns_per_split * static_cast<double>(usable.size());
  const size_t count = std::min(usable.size(), std::max<size_t>(1, static_cast<size_t>(std::ceil(share))));
  Rng rng(seed_ ^ node.path, stream_);
  for (size_t k = 0; k < count; ++k) {
    if (count < usable.size()) {
      const size_t other = k + rng.below(static_cast<uint32_t>(usable.size() - k));
      std::swap(usable[k], usable[other]);
    }
    allowed[usable[k]] = 1;
  }
  return allowed;
}

}  // namespace boreal
