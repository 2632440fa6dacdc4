// A ForestOp packed for the GPU: the columns of ranks, and trees as nodes over them. Trees of at most 256
// leaves whose ranks fit into bytes and whose values are not too many have nodes of four bytes; all others
// compare ranks of two bytes.
#pragma once

#include <vector>

#include "device/cuda_api.h"
#include "device/forest_ranks.h"
#include "plan/op.h"

namespace boreal {

struct CudaForest {
  // Throws ERR_NOT_SUPPORTED for a feature with more thresholds than two bytes can tell apart.
  explicit CudaForest(const ForestOp& op);

  bool small = true;  // ranks of one byte
  std::vector<BorealCudaRank> columns;
  std::vector<float> cuts;
  std::vector<uint32_t> set_words;

  std::vector<BorealCudaSmallNode> small_nodes;
  std::vector<BorealCudaNode> large_nodes;
  std::vector<BorealCudaTree> trees;  // begin: of all nodes
  std::vector<double> values;         // [leaves, width]; of small trees [nodes, width]
  size_t width;                       // values of a leaf

  size_t rank_bytes() const { return small ? 1 : 2; }
  size_t rank_words() const { return (columns.size() * rank_bytes() + 3) / 4; }
  size_t nodes() const { return small ? small_nodes.size() : large_nodes.size(); }

 private:
  void write_small(const ForestOp& op, size_t tree, const ForestRanks<float>& ranks);
};

// Trees first .. last - 1 that add up to columns from `output` on.
struct CudaTreeBatch {
  size_t first, last, output;
  bool starts;  // the first of its columns
};
// Batches in the order of the trees, whose nodes take at most `bytes`, or hold one tree.
std::vector<CudaTreeBatch> batch_trees(const CudaForest& forest, const ForestOp& op, size_t bytes);

}  // namespace boreal
