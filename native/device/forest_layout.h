// A ForestOp rearranged for walking: nodes packed into words and clustered into cache lines, feature values
// staged as ordered bits, equal leaf values stored once.
#pragma once

#include <cstdint>
#include <cstring>
#include <vector>

#include "base/aligned_buffer.h"
#include "kernels/kernels.h"
#include "plan/op.h"

namespace boreal {

// Maps floats to integers of the same order; both zeros become one. Not for NaN.
inline uint32_t ordered_bits(float value) {
  value += 0.0f;  // -0 + 0 = +0
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof(bits));
  return bits ^ ((bits >> 31) != 0 ? 0xffffffffu : 0x80000000u);
}
constexpr uint32_t kBelowAllFloats = 0;
constexpr uint32_t kAboveAllFloats = 0xffffffffu;

struct ForestLayout {
  // A staged column: a feature together with the side that a missing value takes. A feature that no node
  // reads is not staged; one that is read with both sides is staged twice.
  struct Column {
    uint32_t feature;
    uint32_t missing;  // kBelowAllFloats: left, kAboveAllFloats: right
  };
  std::vector<Column> columns;  // a pad column of zeros follows in the staged matrix
  uint32_t feature_bits = 0;

  AlignedBuffer<ForestNode> nodes;
  std::vector<size_t> tree_begin;    // [trees + 1]
  std::vector<uint32_t> tree_depth;  // [trees]
  std::vector<double> values;        // [distinct leaf values, outputs]
  size_t node_count = 0;             // without gaps
  double mean_depth = 0;             // of a row, averaged over trees; by cover, or by subtree size without it

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
