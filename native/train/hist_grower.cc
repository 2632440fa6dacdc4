#include "train/hist_grower.h"

#include <algorithm>
#include <cmath>

#include "base/thread_pool.h"
#include "kernels/dispatch.h"
#include "kernels/dispatch_boost.h"
#include "train/split.h"

namespace boreal {
namespace {

constexpr size_t kDepthBatch = 64;
// A GPU wants many at once, but rows are gone through for those that are not wanted in the end, too.
constexpr size_t kGpuBatch = 16;
static_assert(2 * std::max(kDepthBatch, kGpuBatch) <= HistGpu::kMost, "a batch's children are built at once");

size_t batch_size(const GrowthParams& params, size_t threads, bool on_gpu) {
  if (!params.leaf_wise) return kDepthBatch;
  if (on_gpu) return kGpuBatch;
  return threads == 1 ? 1 : 4 * threads;
}

size_t histogram_capacity(const GrowthParams& params, size_t size, size_t batch) {
  return std::max(params.histogram_bytes / (size * sizeof(PackedPair)), 3 * batch + 2);
}

// Where a GPU searches, the histograms are its own, and these are their numbers.
HistogramPool histogram_pool(const BinMapper& mapper, const GrowthParams& params, size_t rows, size_t batch,
                             const HistGpu* gpu) {
  if (gpu != nullptr && gpu->searches()) return {0, TreeGrower::gpu_histograms(mapper, params, rows), false};
  const size_t size = mapper.cols() * mapper.slots();
  return {size, histogram_capacity(params, size, batch), gpu != nullptr && gpu->counts_rows()};
}

}  // namespace

// Categories, bounds and draws of columns are the host's.
bool TreeGrower::may_search_on_gpu(const BinMapper& mapper, const GrowthParams& params) {
  for (size_t j = 0; j < mapper.cols(); ++j) {
    if (mapper.column(j).categorical) return false;
  }
  return params.l1 == 0 && params.monotonic.empty() && params.groups.empty() && params.columns_per_split >= 1;
}

size_t TreeGrower::most_leaves(const GrowthParams& params, size_t rows) {
  const size_t by_depth = params.max_depth < 31 ? size_t{1} << params.max_depth : rows;
  return std::max<size_t>(1, std::min({size_t{params.max_leaves}, rows / params.min_samples_leaf, by_depth}));
}

size_t TreeGrower::gpu_histograms(const BinMapper& mapper, const GrowthParams& params, size_t rows) {
  const size_t batch = batch_size(params, 0, true);
  const size_t wanted = most_leaves(params, rows) + 4 * batch;  // leaves, and what is explored ahead
  return std::min(wanted, histogram_capacity(params, mapper.cols() * mapper.slots(), batch));
}

bool TreeGrower::Before::operator()(const Open& a, const Open& b) const {
  if (leaf_wise && a.gain != b.gain) return a.gain > b.gain;
  if (!leaf_wise && a.depth != b.depth) return a.depth < b.depth;
  return a.tree_node < b.tree_node;
}

TreeGrower::TreeGrower(const BinMapper& mapper, const BinnedMatrix& x, const GrowthParams& params,
                       HistGpu* gpu)
    : mapper_(mapper),
      x_(x),
      params_(params),
      threads_(params.max_threads == 0 ? ThreadPool::instance().size() : params.max_threads),
      batch_(batch_size(params, threads_, gpu != nullptr)),
      rows_(gpu == nullptr ? x.rows() : 0),
      gpu_(gpu),
      histograms_(histogram_pool(mapper, params, x.rows(), batch_, gpu)) {}

HistTree TreeGrower::grow(const QuantizedGradients& gradients, Span<uint32_t> rows, bool all_rows,
                          const std::vector<uint8_t>& may_use, uint64_t seed, uint64_t stream,
                          const CancelToken* cancel) {
  cancel_ = cancel;
  gradients_ = &gradients;
  may_use_ = &may_use;
  seed_ = seed;
  stream_ = stream;
  const double g = gradients.gradient_step(), h = gradients.hessian_step();
  rules_.kernels = &boost_kernels(kernels());
  rules_.l1 = params_.l1 / g;
  rules_.l2 = params_.l2 / h;
  rules_.least_hessian = params_.min_hessian / h;
  rules_.least_gain = params_.min_gain / (g * g / h);
  rules_.least_rows = params_.min_samples_leaf;
  rules_.row_hessian_min = gradients.least_hessian();
  rules_.row_hessian_max = gradients.greatest_hessian();
  rules_.monotonic = {params_.monotonic.data(), params_.monotonic.size()};
  rules_.category_smoothing = params_.category_smoothing / h;
  rules_.category_support = params_.category_support;

  HistTree tree;
  tree.nodes.resize(1);
  std::vector<uint32_t> node_of = {0};  // by node of the tree
  Queue queue(Before{params_.leaf_wise});
  start(rows, all_rows);
  const auto open = [&](uint32_t node, uint32_t tree_node) {
    const Node& n = nodes_[node];
    tree.nodes[tree_node].rows = static_cast<uint32_t>(n.rows.count);
    if (n.split.found()) queue.insert({node, tree_node, n.split.gain, n.depth});
  };
  open(0, 0);
  for (size_t leaves = 1; leaves < params_.max_leaves && !queue.empty(); ++leaves) {
    const Open next = *queue.begin();
    if (nodes_[next.node].left == 0) explore(queue, leaves);
    queue.erase(queue.begin());
    write_split(next, &tree);
    const uint32_t left = nodes_[next.node].left, tree_left = tree.nodes[next.tree_node].left;
    node_of.push_back(left);
    node_of.push_back(left + 1);
    open(left, tree_left);
    open(left + 1, tree_left + 1);
  }
  close_leaves(node_of, &tree);
  return tree;
}

void TreeGrower::write_split(const Open& open, HistTree* tree) const {
  const Node& node = nodes_[open.node];
  const HistSplit& split = node.split;
  const double g = gradients_->gradient_step(), h = gradients_->hessian_step();
  const size_t column = static_cast<size_t>(split.column);
  HistTree::Node to;
  to.column = split.column;
  to.left = static_cast<uint32_t>(tree->nodes.size());
  to.rows = static_cast<uint32_t>(node.rows.count);
  to.bin = split.bin;
  // Where no value was missing, missing ones follow the majority.
  const bool left_is_larger = nodes_[node.left].rows.count > nodes_[node.left + 1].rows.count;
  to.missing_left = x_.has_missing(column) ? split.missing_left : left_is_larger;
  to.categorical = mapper_.column(column).categorical;
  to.gain = split.gain * (g * g / h);
  if (to.categorical) {
    to.set = static_cast<uint32_t>(tree->sets.size());
    tree->sets.push_back(split.left_bins);
    if (to.missing_left) tree->sets.back().add(mapper_.column(column).bins);
  }
  tree->nodes[open.tree_node] = to;
  tree->nodes.resize(tree->nodes.size() + 2);
}

void TreeGrower::close_leaves(const std::vector<uint32_t>& node_of, HistTree* tree) {
  leaves_.clear();
  leaf_slices_.clear();
  const bool fetches_rows = gpu_ != nullptr && !gpu_->holds_loss();
  if (fetches_rows) leaf_rows_.resize(x_.rows());
  const double unit = gradients_->gradient_step() / gradients_->hessian_step();
  for (size_t k = 0; k < tree->nodes.size(); ++k) {
    if (tree->nodes[k].column >= 0) continue;
    tree->nodes[k].left = static_cast<uint32_t>(leaves_.size());
    const Node& node = nodes_[node_of[k]];
    RowSlice rows = node.rows;
    Leaf leaf{{}, node.lower * unit, node.upper * unit};
    if (gpu_ == nullptr) {
      // Children that were explored but are not wanted have taken the rows along.
      if (node.left != 0) rows.side = nodes_[node.left].rows.side;
      leaf.rows = rows_[rows];
    } else {
      leaf_slices_.push_back(rows);
      if (fetches_rows) leaf.rows = {leaf_rows_.data() + rows.begin, rows.count};
    }
    leaves_.push_back(leaf);
  }
  if (fetches_rows) gpu_->rows(leaf_slices_, leaf_rows_.data());
  tree->values.assign(leaves_.size(), 0.0);
  for (Node& node : nodes_) release(&node);
}

// ---- Exploring --------------------------------------------------------------------------------------

void TreeGrower::start(Span<uint32_t> rows, bool all_rows) {
  check_cancel(cancel_);
  nodes_.clear();
  nodes_.emplace_back();
  Node& root = nodes_[0];
  if (gpu_ != nullptr) {
    root.rows = gpu_->start(*gradients_, rows, all_rows, &root.total);
  } else if (all_rows) {
    root.rows = rows_.start(x_.rows());
    root.total = gradients_->total();
  } else {
    root.rows = rows_.start(rows);
    for (uint32_t row : rows) root.total += gradients_->data()[row];
  }
  root.groups.assign(params_.group_words, ~uint32_t{0});
  builds_.clear();
  pairs_.clear();
  if (!may_split(root)) return;
  root.histogram = histograms_.take();
  Pair pair;
  pair.smaller = 0;
  pair.smaller_build = add_build(0);
  pairs_.push_back(pair);
  add_up();
  search();
}

std::vector<uint32_t> TreeGrower::choose(const Queue& queue, size_t leaves) const {
  std::vector<uint32_t> batch;
  size_t room = std::min<size_t>(params_.max_leaves - leaves, 2 * batch_);
  for (auto open = queue.begin(); open != queue.end() && room > 0 && batch.size() < batch_; ++open, --room) {
    if (nodes_[open->node].left == 0) batch.push_back(open->node);
  }
  return batch;
}

void TreeGrower::explore(const Queue& queue, size_t leaves) {
  check_cancel(cancel_);
  const std::vector<uint32_t> batch = choose(queue, leaves);
  split_rows(batch);
  builds_.clear();
  pairs_.clear();
  if (leaves + 1 == params_.max_leaves) return;  // nothing below the last split is part of the tree
  for (uint32_t parent : batch) plan_pair(parent);
  add_up();
  search();
}

void TreeGrower::split_rows(const std::vector<uint32_t>& batch) {
  std::vector<RowSplit> splits(batch.size());
  for (size_t s = 0; s < batch.size(); ++s) {
    const Node& node = nodes_[batch[s]];
    const auto column = static_cast<size_t>(node.split.column);
    const BinMapper::Column& binned = mapper_.column(column);
    splits[s].slice = node.rows;
    splits[s].column = column;
    splits[s].bins = x_.column(column);
    for (size_t b = 0; b < splits[s].goes_left.size(); ++b) {
      const bool number_left = b < binned.bins ? b <= node.split.bin : node.split.missing_left;
      splits[s].goes_left[b] = binned.categorical ? node.split.left_bins.has(b) : number_left;
    }
  }
  if (gpu_ != nullptr) {
    gpu_->split(&splits);
  } else {
    rows_.split(&splits, params_.max_threads);
  }
  for (size_t s = 0; s < batch.size(); ++s) {
    const uint32_t left = static_cast<uint32_t>(nodes_.size());
    nodes_.resize(nodes_.size() + 2);
    Node& parent = nodes_[batch[s]];
    parent.left = left;
    const HistSplit& split = parent.split;
    const size_t column = static_cast<size_t>(split.column);
    const int8_t order = rules_.monotonic.size == 0 ? 0 : rules_.monotonic[column];
    const double middle = (split.left_value + split.right_value) / 2;
    for (uint32_t k = 0; k < 2; ++k) {
      Node& child = nodes_[left + k];
      child.rows = k == 0 ? splits[s].left : splits[s].right;
      child.total = k == 0 ? split.left : parent.total - split.left;
      child.depth = parent.depth + 1;
      child.path = child_path(parent.path, k);
      child.lower = parent.lower;
      child.upper = parent.upper;
      if (order != 0) ((order > 0) == (k == 0) ? child.upper : child.lower) = middle;
      child.groups = parent.groups;
      for (size_t w = 0; w < params_.group_words; ++w) {
        child.groups[w] &= params_.groups[column * params_.group_words + w];
      }
    }
  }
}

bool TreeGrower::may_split(const Node& node) const {
  return node.depth < params_.max_depth && node.rows.count / 2 >= params_.min_samples_leaf &&
         hessian_of(node.total) >= 2 * rules_.least_hessian;
}

void TreeGrower::plan_pair(uint32_t parent) {
  const uint32_t left = nodes_[parent].left;
  const bool left_is_smaller = nodes_[left].rows.count <= nodes_[left + 1].rows.count;
  Pair pair;
  pair.smaller = left_is_smaller ? left : left + 1;
  const uint32_t larger = left_is_smaller ? left + 1 : left;
  const bool smaller_may = may_split(nodes_[pair.smaller]), larger_may = may_split(nodes_[larger]);
  const bool has_parent = nodes_[parent].histogram != HistogramPool::kNone;
  pair.derive = larger_may && has_parent;
  if (smaller_may || pair.derive) {
    take_histogram(pair.smaller);
    pair.smaller_build = add_build(pair.smaller);
  }
  if (larger_may) pair.larger = larger;
  if (pair.derive) {
    std::swap(nodes_[larger].histogram, nodes_[parent].histogram);
  } else if (larger_may) {
    take_histogram(larger);
    pair.larger_build = add_build(larger);
  }
  release(&nodes_[parent]);
  if (!smaller_may && !larger_may) return;
  if (!smaller_may && !pair.derive) {
    pair.smaller = larger;
    pair.smaller_build = pair.larger_build;
    pair.larger = Pair::kNone;
  }
  pairs_.push_back(pair);
}

// When all are taken the least promising node does without: its children are added up from their rows.
void TreeGrower::take_histogram(uint32_t node) {
  nodes_[node].histogram = histograms_.take();
  if (nodes_[node].histogram != HistogramPool::kNone) return;
  Node* least = nullptr;
  for (Node& other : nodes_) {
    if (other.left != 0 || other.histogram == HistogramPool::kNone || !other.split.found()) continue;
    if (least == nullptr || other.split.gain < least->split.gain) least = &other;
  }
  std::swap(nodes_[node].histogram, least->histogram);
}

void TreeGrower::release(Node* node) {
  if (node->histogram == HistogramPool::kNone) return;
  histograms_.give_back(node->histogram);
  node->histogram = HistogramPool::kNone;
}

}  // namespace boreal
