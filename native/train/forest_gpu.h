// The bins and rows of a forest that grows on a GPU, to the bit of the CPU: see
// device/cuda_forest_training_api.h.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/span.h"
#include "device/cuda_forest_training_api.h"
#include "device/cuda_library.h"
#include "device/forest_splits.h"
#include "train/bin_table.h"
#include "train/forest.h"

namespace boreal {

class ForestGpu {
 public:
  struct Setup {
    Span<int32_t> classes;  // or targets, as BinTargets has them
    Span<int64_t> targets;
    uint32_t class_count;         // 0: targets
    std::vector<uint64_t> terms;  // of entropy; empty: Gini
    double weight_step, least_weight;
    uint32_t least_rows;
    uint32_t trees;  // that grow at once
    uint32_t most;   // nodes in a call
  };

  // Whether columns of so many classes, 0 for targets, fit a block's shared memory.
  static bool fits(const BinTable& table, uint32_t class_count);

  // Throws ERR_OUT_OF_MEMORY, ERR_CUDA and what CudaLibrary throws; so do all others.
  ForestGpu(const CudaTarget& target, const BinTable& table, const Setup& setup);
  ~ForestGpu();
  ForestGpu(const ForestGpu&) = delete;
  ForestGpu& operator=(const ForestGpu&) = delete;

  // weights: of all rows, whatever those are that the tree does not have.
  void start(uint32_t tree, const std::vector<uint32_t>& rows, const std::vector<uint32_t>& weights);
  // left: [nodes, words()], written for those that are found.
  void search(const std::vector<BorealCudaForestNode>& nodes, std::vector<BorealCudaForestFound>* found,
              std::vector<uint64_t>* left);
  void split(const std::vector<BorealCudaForestSplit>& splits);

  // Either array of a tree's rows, [all rows].
  void rows(uint32_t tree, uint32_t side, uint32_t* rows);

  // Of a side, as the device writes it.
  size_t words() const { return words_of_side(class_count_); }
  uint32_t most() const { return most_; }

 private:
  template <typename F, typename... Arguments>
  void call(F function, Arguments... arguments) {
    BorealCudaError error{};
    CudaLibrary::check(function(forest_, arguments..., &error), error);
  }

  const BorealCudaForestTraining* api_;
  const uint32_t class_count_, most_;
  BorealCudaForest* forest_ = nullptr;
};

}  // namespace boreal
