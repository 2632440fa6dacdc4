// Grows a tree on binned rows. The tree that is wanted is the one that splits the leaf of greatest gain first
// (leaf-wise), or level by level (depth-wise), until a limit is met. What splits gain does not depend on that
// order, so that several leaves are explored at once, each a little before it is known whether its turn
// comes, and the tree is then read off in order: threads share the work of many leaves, and the tree is the
// same. A smaller child's histogram is added up from its rows, its sibling's is the parent's less that.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <set>
#include <vector>

#include "base/cancel.h"
#include "base/rng.h"
#include "device/cuda_library.h"
#include "train/hist_bins.h"
#include "train/hist_gpu.h"
#include "train/hist_gradient.h"
#include "train/hist_histogram.h"
#include "train/hist_rows.h"
#include "train/hist_split.h"
#include "train/hist_tree.h"

namespace boreal {

struct GrowthParams {
  bool leaf_wise = true;
  uint32_t max_leaves = 31;          // >= 2
  uint32_t max_depth = 0xffffffffu;  // edges, >= 1
  uint32_t min_samples_leaf = 20;    // >= 1
  double l1 = 0, l2 = 0;
  double min_hessian = 1e-3;  // of a leaf
  double min_gain = 0;        // a split gains more
  double category_smoothing = 10, category_support = 10;
  double columns_per_split = 1;   // share of the columns, drawn anew for each split
  std::vector<int8_t> monotonic;  // [cols] or empty
  // Columns that may share a branch, as bits over groups: column j is in group g iff bit g % 32 of word
  // group_words * j + g / 32 is set. Empty: all may.
  std::vector<uint32_t> groups;
  size_t group_words = 0;
  size_t max_threads = 0;
  size_t histogram_bytes = size_t{512} << 20;  // for histograms, unless a batch needs more
  CudaTarget cuda;                             // does what goes through rows, if it is a GPU
};

class TreeGrower {
 public:
  // gpu goes through the rows of x; null: the CPU does.
  TreeGrower(const BinMapper& mapper, const BinnedMatrix& x, const GrowthParams& params, HistGpu* gpu);

  static constexpr size_t kGroupColumns = 8;  // that one task searches
  // The same on a GPU: one after another takes long there, and all of them at once come back.
  static size_t gpu_group(size_t cols) { return std::min(kGroupColumns, 1 + cols / 64); }

  // Of a tree on so many rows.
  static size_t most_leaves(const GrowthParams& params, size_t rows);
  // Whether a GPU can find splits that obey the parameters, where trees may use every column; and how many
  // histograms it then keeps.
  static bool may_search_on_gpu(const BinMapper& mapper, const GrowthParams& params);
  static size_t gpu_histograms(const BinMapper& mapper, const GrowthParams& params, size_t rows);

  // Grows a tree on all rows, or on those listed (ascending), from the columns that may_use allows (all when
  // empty). Its leaves have no values yet. `stream` numbers the tree.
  HistTree grow(const QuantizedGradients& gradients, Span<uint32_t> rows, bool all_rows,
                const std::vector<uint8_t>& may_use, uint64_t seed, uint64_t stream,
                const CancelToken* cancel);

  // After grow, by leaf: its rows (of a GPU that holds the loss none), and the bounds that monotonic columns
  // set to its value, in units of the loss.
  struct Leaf {
    Span<uint32_t> rows;
    double lower, upper;
  };
  const std::vector<Leaf>& leaves() const { return leaves_; }
  // Where a GPU has them.
  const std::vector<RowSlice>& leaf_slices() const { return leaf_slices_; }

 private:
  // A node that is part of the tree, or that may become one.
  struct Node {
    RowSlice rows;
    PackedPair total = 0;
    uint32_t depth = 0;
    uint64_t path = 1;  // names the node whatever the order of exploration
    double lower = -std::numeric_limits<double>::infinity(), upper = std::numeric_limits<double>::infinity();
    HistSplit split;
    size_t histogram = HistogramPool::kNone;
    uint32_t left = 0;             // of the explored children; 0: not explored
    std::vector<uint32_t> groups;  // that this branch may use
  };
  // A leaf of the tree that could be split.
  struct Open {
    uint32_t node, tree_node;
    double gain;
    uint32_t depth;
  };
  struct Before {
    bool leaf_wise;
    bool operator()(const Open& a, const Open& b) const;
  };
  using Queue = std::set<Open, Before>;
  // A histogram to be added up from a node's rows, by several threads perhaps.
  struct Build {
    uint32_t node;
    size_t parts = 1;
    size_t first_scratch = 0;  // part p > 0 has scratch first_scratch + p - 1
  };
  // Siblings whose splits are to be found (or the root). The larger one's histogram is its own, or derived
  // from the parent's, which it takes over.
  struct Pair {
    static constexpr uint32_t kNone = 0xffffffffu;
    uint32_t smaller, larger = kNone;
    size_t smaller_build, larger_build = 0;
    bool derive = false;
  };

  void start(Span<uint32_t> rows, bool all_rows);
  void explore(const Queue& queue, size_t leaves);
  std::vector<uint32_t> choose(const Queue& queue, size_t leaves) const;
  void split_rows(const std::vector<uint32_t>& batch);
  void plan_pair(uint32_t parent);
  size_t add_build(uint32_t node);
  void add_up();
  void add_up_on_gpu();
  std::vector<HistSplit> search_on_gpu();
  void take_best(const std::vector<HistSplit>& found, size_t groups);
  void search();
  void merge(const Pair& pair, size_t begin, size_t end);
  bool may_split(const Node& node) const;
  void take_histogram(uint32_t node);
  void release(Node* node);
  std::vector<uint8_t> draw_columns(const Node& node) const;
  void write_split(const Open& open, HistTree* tree) const;
  void close_leaves(const std::vector<uint32_t>& node_of, HistTree* tree);
  bool every_column() const;

  const BinMapper& mapper_;
  const BinnedMatrix& x_;
  const GrowthParams& params_;
  const size_t threads_, batch_;  // batch_: leaves explored at once, at most
  TreeRows rows_;
  HistGpu* const gpu_;
  std::vector<uint32_t> leaf_rows_;  // of a tree whose rows a GPU has
  std::vector<RowSlice> leaf_slices_;
  HistogramPool histograms_;
  std::vector<AlignedBuffer<PackedPair>> scratch_;  // partial histograms
  std::vector<Node> nodes_;
  std::vector<Leaf> leaves_;
  std::vector<Build> builds_;  // of the leaves being explored
  std::vector<Pair> pairs_;

  // Of the tree that grows.
  SplitRules rules_;
  const QuantizedGradients* gradients_ = nullptr;
  const std::vector<uint8_t>* may_use_ = nullptr;
  uint64_t seed_ = 0, stream_ = 0;
  const CancelToken* cancel_ = nullptr;
};

}  // namespace boreal
