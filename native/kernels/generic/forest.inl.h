// Plain walks over prepared trees.
#pragma once

#include "kernels/kernels.h"

namespace boreal {
namespace {

inline uint32_t walk_tree(const ForestTable& forest, size_t tree, const float* row) {
  const ForestNode* nodes = forest.nodes + forest.tree_begin[tree];
  const uint32_t mask = (uint32_t{1} << forest.feature_bits) - 1;
  uint32_t at = 0;
  for (uint32_t step = 0; step < forest.tree_depth[tree]; ++step) {
    const ForestNode node = nodes[at];
    at = (node.link >> forest.feature_bits) + (row[node.link & mask] > node.threshold ? 1 : 0);
  }
  uint32_t value = 0;
  __builtin_memcpy(&value, &nodes[at].threshold, sizeof(value));
  return value;
}

void walk_rows(const ForestTable* forest, size_t tree, const float* x, size_t xs, size_t rows,
               uint32_t* leaf) noexcept {
  for (size_t i = 0; i < rows; ++i) leaf[i] = walk_tree(*forest, tree, x + i * xs);
}

void walk_trees(const ForestTable* forest, const float* x, uint32_t* leaf) noexcept {
  for (size_t tree = 0; tree < forest->trees; ++tree) leaf[tree] = walk_tree(*forest, tree, x);
}

}  // namespace
}  // namespace boreal
