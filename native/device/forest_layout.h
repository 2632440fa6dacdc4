// A ForestOp rearranged for walking: nodes packed into words and clustered into cache lines, equal leaf
// values stored once.
#pragma once

#include <cstdint>
#include <vector>

#include "base/aligned_buffer.h"
#include "device/forest_columns.h"
#include "kernels/kernels.h"
#include "plan/op.h"

namespace boreal {

struct ForestLayout {
  explicit ForestLayout(const ForestOp& forest) : columns(forest) {}

  ForestColumns columns;  // a pad column of zeros follows in the staged matrix
  uint32_t feature_bits = 0;

  AlignedBuffer<ForestNode> nodes;
  std::vector<size_t> tree_begin;    // [trees + 1]
  std::vector<uint32_t> tree_depth;  // [trees]
  std::vector<double> values;        // [distinct leaf values, values_per_leaf()]

  size_t trees() const { return tree_depth.size(); }
  size_t staged_width() const { return columns.size() + 1; }
  ForestTable table() const {
    return {nodes.data(), tree_begin.data(), tree_depth.data(), trees(), feature_bits};
  }
};

// Throws ERR_NOT_SUPPORTED when a tree has more nodes than a word can index: 2^32 divided by the number of
// staged columns (rounded up to a power of two), for example 67 million nodes with 60 features, 1 million
// with 4000.
ForestLayout layout_forest(const ForestOp& forest);

}  // namespace boreal
