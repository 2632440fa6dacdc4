// Which batches of small trees stand in a GPU's shared memory: the planner says so, the kernel's launch does
// it.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/host_device.h"
#include "device/cuda_api.h"

namespace boreal {

constexpr unsigned kResidentThreads = 128;  // of a block, at least: a row each
constexpr uint32_t kResidentRows =
    2048;  // fewer are better off without copying trees that each block uses once
constexpr size_t kResidentRankBytes = 65536;  // of a block's rows: half a node says where one is

// Four trees that are walked at once: where their roots are, in bytes, the depth of the deepest in the upper
// eight bits of the first.
constexpr int kWalkTrees = 4;
struct alignas(16) TreeWalk {
  uint32_t at[kWalkTrees];
};

BOREAL_HOST_DEVICE inline size_t walk_bytes(size_t trees) {
  return (trees + kWalkTrees - 1) / kWalkTrees * sizeof(TreeWalk);
}

// Beside the ranks of its rows.
inline size_t resident_tree_bytes(size_t trees, size_t nodes) {
  return walk_bytes(trees) + nodes * sizeof(BorealCudaSmallNode);
}

// rank_words: of a row, >= 1; shared_bytes: of a block.
inline bool trees_may_reside(size_t tree_bytes, size_t rank_words, size_t shared_bytes) {
  const size_t rank_bytes = kResidentThreads * rank_words * sizeof(uint32_t);
  return rank_bytes <= kResidentRankBytes && tree_bytes + rank_bytes <= shared_bytes;
}

}  // namespace boreal
