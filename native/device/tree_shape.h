// What the choice of an engine and the layout of nodes need to know of trees.
#pragma once

#include <cstdint>
#include <vector>

#include "plan/op.h"

namespace boreal {

struct TreeShape {
  uint32_t depth = 0;  // most edges from root to leaf
  size_t leaves = 0;
  double mean_depth = 0;  // of a row; by cover, or by subtree size without it
};

// The arrays of one tree of an op; its cover may be empty.
struct TreeView {
  Span<int32_t> feature, left;
  Span<float> cover;

  bool inner(size_t k) const { return feature[k] >= 0; }
  size_t child(size_t k) const { return static_cast<size_t>(left[k]); }
};
TreeView view_tree(const ForestOp& op, size_t tree);

// How often each node is reached, as far as is known.
std::vector<double> node_weights(const TreeView& tree);

TreeShape shape_tree(const TreeView& tree, const std::vector<double>& weights);

struct ForestShape {
  explicit ForestShape(const ForestOp& op);

  std::vector<TreeShape> trees;
  size_t nodes;
  uint32_t depth = 0;      // of the deepest tree
  size_t most_leaves = 0;  // of a tree
  double mean_depth = 0;   // averaged over trees
};

}  // namespace boreal
