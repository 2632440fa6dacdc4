#include "device/tree_shape.h"

#include <algorithm>

namespace boreal {

TreeView view_tree(const ForestOp& op, size_t tree) {
  const size_t begin = static_cast<size_t>(op.tree_offsets[tree]);
  const size_t size = static_cast<size_t>(op.tree_offsets[tree + 1]) - begin;
  TreeView view{{op.feature.data + begin, size}, {op.left.data + begin, size}, {}};
  if (op.cover.size != 0) view.cover = {op.cover.data + begin, size};
  return view;
}

std::vector<double> node_weights(const TreeView& tree) {
  std::vector<double> weights(tree.feature.size, 1.0);
  if (tree.cover.size != 0) {
    // Whatever is no positive number (the caller's business) weighs nothing.
    for (size_t k = 0; k < weights.size(); ++k)
      weights[k] = tree.cover[k] > 0 ? static_cast<double>(tree.cover[k]) : 0.0;
  } else {
    for (size_t k = weights.size(); k-- > 0;) {
      if (tree.inner(k)) weights[k] += weights[tree.child(k)] + weights[tree.child(k) + 1];
    }
  }
  return weights;
}

TreeShape shape_tree(const TreeView& tree, const std::vector<double>& weights) {
  TreeShape shape;
  std::vector<uint32_t> depth(tree.feature.size, 0);
  double steps = 0;
  for (size_t k = 0; k < depth.size(); ++k) {
    shape.depth = std::max(shape.depth, depth[k]);
    if (!tree.inner(k)) {
      ++shape.leaves;
      continue;
    }
    steps += weights[k];
    depth[tree.child(k)] = depth[tree.child(k) + 1] = depth[k] + 1;
  }
  const double mean = steps / weights[0];
  shape.mean_depth = mean <= shape.depth ? mean : shape.depth;  // also where the weights make no sense
  return shape;
}

ForestShape::ForestShape(const ForestOp& op) : nodes(op.feature.size) {
  for (size_t t = 0; t + 1 < op.tree_offsets.size; ++t) {
    const TreeView tree = view_tree(op, t);
    trees.push_back(shape_tree(tree, node_weights(tree)));
    depth = std::max(depth, trees.back().depth);
    most_leaves = std::max(most_leaves, trees.back().leaves);
  }
  for (const TreeShape& tree : trees) mean_depth += tree.mean_depth / static_cast<double>(trees.size());
}

}  // namespace boreal
