// The order of a tree's nodes in memory. Siblings are neighbours (16 bytes), so a cache line holds four
// pairs; each line takes a connected cluster, grown from its first pair by always adding the children of the
// node that most training rows reach. A walk then finds two to three levels in each line it touches. Lines
// follow each other depth first, heavy side first; small clusters at the bottom share lines.
#pragma once

#include <cstdint>
#include <vector>

#include "plan/op.h"

namespace boreal {

struct TreeOrder {
  std::vector<uint32_t> position;  // [nodes] where each node goes; the root's is 0
  size_t slots = 0;                // nodes and gaps together, a multiple of a line
  uint32_t depth = 0;              // most edges from root to leaf
  double mean_depth = 0;           // weighted
};

// feature, left: [nodes] as in ForestOp, checked. cover: [nodes] or empty, then subtrees count by their size.
TreeOrder order_tree(Span<int32_t> feature, Span<int32_t> left, Span<float> cover);

}  // namespace boreal
