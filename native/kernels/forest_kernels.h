// Kernels that walk rows through trees. The common rules stand in kernels.h.
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
// Ordered bits (device/forest_layout.h) are uint32 that compare as the floats they stand for: an integer
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

// A step goes right iff x > threshold. x is the staged matrix of ordered bits; its pad column holds 0, so
// that a leaf (which reads it) always stays where it is.
struct ForestKernels {
  // leaf[i] = row of the leaf value that row i reaches in tree `tree`.
  void (*walk_rows)(const ForestTable* forest, size_t tree, const uint32_t* x, size_t xs, size_t rows,
                    uint32_t* leaf) noexcept;
  // leaf[t] for every tree and one staged row.
  void (*walk_trees)(const ForestTable* forest, const uint32_t* x, uint32_t* leaf) noexcept;
};

}  // namespace boreal
