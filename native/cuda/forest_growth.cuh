// Forests on one device: bins, classes, and the rows of the nodes of many trees. Whoever grows them says
// which nodes are looked at; sums are of whole numbers and partitions are stable, so that it sees the bits
// that the host would have computed.
#pragma once

#include <cuda_runtime.h>

#include "cuda/memory.cuh"
#include "cuda/stream.cuh"
#include "cuda/tree_growth.cuh"
#include "device/cuda_forest_training_api.h"
#include "device/forest_splits.h"

namespace boreal {
namespace cuda {

struct ForestSearchCall {
  const BorealCudaForestNode* nodes;
  const uint32_t* order;  // nodes of few rows, then the others
  uint32_t few, count;
  const uint8_t* by_column;
  const uint32_t* bins;  // [cols]
  const int32_t* classes;
  const long long* targets;  // or null
  const uint32_t* sides[2];  // [trees, rows]
  const uint32_t* weights;   // [trees, rows]
  uint32_t rows, class_count, slots;
  const unsigned long long* terms;  // or null
  double weight_step, least_weight;
  uint32_t least_rows;
  BorealCudaForestFound* found;
  unsigned long long* left;
};
// Nodes of fewer rows get fewer threads.
constexpr uint32_t kFewRows = 2048;
// kernels/forest_search.cu
void run_forest_search(const ForestSearchCall& call, cudaStream_t stream);

class ForestGrowth {
 public:
  ForestGrowth(int device, const BorealCudaForestData& data);
  ForestGrowth(const ForestGrowth&) = delete;
  ForestGrowth& operator=(const ForestGrowth&) = delete;

  void start(uint32_t tree, const uint32_t* rows, uint32_t count, const uint32_t* weights);
  void search(const BorealCudaForestNode* nodes, uint32_t count, BorealCudaForestFound* found,
              uint64_t* left);
  void split(const BorealCudaForestSplit* splits, uint32_t count);
  void rows(uint32_t tree, uint32_t side, uint32_t* rows);
  // Before it is destroyed. The device may be lost by now; its memory is gone then.
  void leave() const { cudaSetDevice(device_); }

 private:
  uint32_t* rows_at(uint32_t side, const BorealCudaForestNode& node) const;

  const int device_;
  const uint32_t rows_, cols_, class_count_, most_;
  const double weight_step_, least_weight_;
  const uint32_t least_rows_;
  uint32_t slots_ = 0;
  DeviceMemory by_column_, bins_, classes_, targets_, terms_, sides_[2], weights_;
  DeviceMemory nodes_, order_, found_, left_;    // of a search
  DeviceMemory tasks_, marks_, lefts_, totals_;  // of a split
  size_t tiles_ = 0;                             // that these have room for
  Stream stream_;                                // last: what runs ends before memory goes
};

extern const BorealCudaForestTraining kForestTraining;  // forest_training.cu

}  // namespace cuda
}  // namespace boreal
