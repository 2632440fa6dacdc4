// A ForestOp of small trees prepared for the byte-rank kernels: every tree as a list of nodes for blocks of
// rows, in the shape whose kernel is cheaper, and as 4-byte nodes for single rows. Both name leaves alike.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "base/aligned_buffer.h"
#include "device/forest_ranks.h"
#include "device/tree_shape.h"
#include "kernels/kernels.h"
#include "plan/op.h"

namespace boreal {

// How the kernels of a block go through trees: as they are, or padded to perfect ones.
enum class MuxShape { kAny, kPerfect };

// What finding a row's leaves takes, without ranking the row.
struct MuxCost {
  MuxCost(const ForestShape& forest, MuxShape shape);

  double block_row_ns = 0;   // in a full block
  double single_row_ns = 0;  // on its own
};
MuxShape cheapest_mux(const ForestShape& forest);

struct MuxLayout {
  MuxShape shape;
  std::vector<MuxNode> nodes;        // kAny
  std::vector<PerfectNode> perfect;  // kPerfect
  std::vector<uint32_t> begin;       // [trees + 1] in one of them
  AlignedBuffer<RankNode> rank_nodes;
  std::vector<uint32_t> rank_begin;   // [trees]
  std::vector<uint32_t> depth;        // [trees]
  std::vector<uint32_t> value_begin;  // [trees] row of values
  std::vector<double> values;         // [leaves of all trees, width]
  size_t width;                       // values of a leaf

  size_t trees() const { return depth.size(); }
  size_t memory_bytes() const;
  RankedTrees table() const {
    return {rank_nodes.data(), rank_begin.data(), depth.data(), value_begin.data()};
  }
};

// test(node): what the inner node asks. Trees have at most kMuxLeaves leaves and, for kPerfect, kMuxDepth
// levels.
using MuxTest = std::function<RankTest(size_t node)>;
MuxLayout layout_mux(const ForestOp& forest, const ForestShape& shape, MuxShape kind, const MuxTest& test);

}  // namespace boreal
