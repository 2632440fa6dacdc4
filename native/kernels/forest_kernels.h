// Kernels of forests. Two families: walks over words, for trees of any size, and byte ranks, for trees of at
// most kMuxLeaves leaves. The common rules stand in kernels.h.
#pragma once

#include <stddef.h>
#include <stdint.h>

namespace boreal {

// A node of a prepared forest: one word, so that a step of the walk is one load, and eight nodes fill a cache
// line.
//   bits 0..31         inner: the threshold as ordered bits; leaf: its row in the table of leaf values
//   next feature_bits  staged column
//   the rest           inner: index of the left child within the tree (right child = left + 1);
//                      leaf: its own index, a self-loop through the pad column
// Ordered bits (device/forest_columns.h) are uint32 that compare as the floats they stand for: an integer
// compare feeds the next address 1.5 times as fast as a float compare, and 0 lies below every float and
// 0xffffffff above, which is how missing values take their side.
using ForestNode = uint64_t;

// Nodes of all trees, prepared by device/forest_layout.cc.
struct ForestTable {
  const ForestNode* nodes;     // all trees, one after another, each starting on a cache line
  const size_t* tree_begin;    // [trees] index of each tree's root in nodes
  const uint32_t* tree_depth;  // [trees] most edges from root to leaf
  size_t trees;
  uint32_t feature_bits;
};

// ---- Byte ranks ------------------------------------------------------------------------------------
// A rank is how many of a feature's sorted cuts are less than the value, so `value > cuts[k]` iff `rank > k`:
// nothing is lost. A segment of kSegmentCuts cuts has a column of ranks of its own, so that a rank is a byte.

constexpr size_t kSegmentCuts = 255;
constexpr size_t kSegmentGroup = 16;
// A segment in memory: 16 pivots, each the last cut of a group, then 16 groups of 16 cuts; infinity after the
// last cut.
constexpr size_t kSegmentSize = kSegmentGroup + kSegmentGroup * kSegmentGroup;

template <typename T>
struct RankFeature {
  const T* segments;  // [count][kSegmentSize]
  size_t count;
  bool narrow;  // values are rounded to float32 first
};

constexpr size_t kMuxRows = 256;    // of a block: four of the widest registers of bytes, to hide latencies
constexpr size_t kMuxLeaves = 256;  // of a tree: an index is a byte
constexpr size_t kMuxSlots = 9;     // zeros, and what a tree of kMuxLeaves leaves needs (Sethi and Ullman)
constexpr uint32_t kMuxDepth = 8;   // of a perfect tree
constexpr size_t kMuxTrees = 4;     // whose leaf values are added at once

// Of a tree of any shape, in an order in which children come first. A node's slot gets the index, within its
// subtree, of each row's leaf:
//   slots[out] = rank < bound ? slots[left] : slots[right] + step
// A leaf is slot 0, which holds zeros; step = leaves of the left subtree. The last node is the root.
struct MuxNode {
  uint16_t column;
  int8_t bound;  // ranks are biased by -128 here, to compare as signed bytes
  uint8_t step;
  uint8_t left, right, out, unused;
};

// Of a perfect tree, each node after its left and then its right subtree.
struct PerfectNode {
  uint16_t column;
  int8_t bound;
  uint8_t unused;
};

// For single rows: the same trees as nodes of 4 bytes.
//   bits 0..7    inner: the row goes right iff its (unsigned) rank is greater; leaf: 255
//   bits 8..19   inner: column; leaf: its index in the tree
//   bits 20..31  inner: how far behind it the left child stands (right child = left + 1); leaf: 0
using RankNode = uint32_t;
constexpr size_t kRankColumns = 4096;  // that 12 bits can name
struct RankedTrees {
  const RankNode* nodes;
  const uint32_t* tree_begin;   // [trees] index of each root
  const uint32_t* tree_depth;   // [trees]
  const uint32_t* value_begin;  // [trees] row of the value of leaf 0
};

// Walks: a step goes right iff x > threshold. x is the staged matrix of ordered bits; its pad column holds 0,
// so that a leaf (which reads it) always stays where it is.
struct ForestKernels {
  // leaf[i] = row of the leaf value that row i reaches in tree `tree`.
  void (*walk_rows)(const ForestTable* forest, size_t tree, const uint32_t* x, size_t xs, size_t rows,
                    uint32_t* leaf) noexcept;
  // leaf[t] for every tree and one staged row.
  void (*walk_trees)(const ForestTable* forest, const uint32_t* x, uint32_t* leaf) noexcept;

  // ranks[s * rs + i] = rank of x[i * xs] in segment s, exclusive-or flip; NaN ranks 0. Returns whether there
  // was a NaN.
  bool (*rank_f32)(const RankFeature<float>* feature, const float* x, size_t xs, size_t rows, uint8_t flip,
                   uint8_t* ranks, size_t rs) noexcept;
  bool (*rank_f64)(const RankFeature<double>* feature, const double* x, size_t xs, size_t rows, uint8_t flip,
                   uint8_t* ranks, size_t rs) noexcept;
  // leaf[i] = index of the leaf of row i in a tree of `count` nodes; 0 when there are none. Biased ranks are
  // [columns, kMuxRows], of which `rows` count; all of them, and all of leaf [kMuxRows], may be touched.
  void (*mux)(const MuxNode* nodes, size_t count, const uint8_t* ranks, size_t rows, uint8_t* leaf) noexcept;
  // The same in a perfect tree of depth 0..kMuxDepth. Bit d of the index says whether the row goes left at
  // depth d.
  void (*mux_perfect)(const PerfectNode* nodes, uint32_t depth, const uint8_t* ranks, size_t rows,
                      uint8_t* leaf) noexcept;
  // sums[i] += values[begin[t] + leaf[t * kMuxRows + i]] for t = 0 .. trees - 1, in that order; trees <=
  // kMuxTrees.
  void (*add_leaves)(const double* values, const uint32_t* begin, const uint8_t* leaf, size_t trees,
                     size_t rows, double* sums) noexcept;
  // leaf[t] = row of the leaf value of tree t, for trees first <= t < last and one row of unbiased ranks,
  // readable up to kMuxLeaves.
  void (*walk_ranks)(const RankedTrees* forest, const uint8_t* ranks, size_t first, size_t last,
                     uint32_t* leaf) noexcept;
  // The sum of values[leaf[t]] over the same trees, in order.
  double (*sum_ranks)(const RankedTrees* forest, const uint8_t* ranks, const double* values, size_t first,
                      size_t last) noexcept;
};

}  // namespace boreal
