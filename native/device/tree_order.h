// The order of a tree's nodes in memory. Siblings are neighbours (16 bytes), so a cache line holds four
// pairs; each line takes a connected cluster, grown from its first pair by always adding the children of the
// node that most training rows reach. A walk then finds two to three levels in each line it touches. Lines
// follow each other depth first, heavy side first; small clusters at the bottom share lines.
#pragma once

#include <cstdint>
#include <vector>

#include "device/tree_shape.h"

namespace boreal {

struct TreeOrder {
  std::vector<uint32_t> position;  // [nodes] where each node goes; the root's is 0
  size_t slots = 0;                // nodes and gaps together, a multiple of a line
  TreeShape shape;
};

TreeOrder order_tree(const TreeView& tree);

}  // namespace boreal
