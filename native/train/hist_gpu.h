// The rows of a growing tree on a GPU: what hist_rows.h and hist_histogram.h do on the CPU, to the bit.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/span.h"
#include "device/cuda_library.h"
#include "device/cuda_tree_training_api.h"
#include "train/hist_bins.h"
#include "train/hist_gradient.h"
#include "train/hist_rows.h"

namespace boreal {

class HistGpu {
 public:
  // most: nodes that are split or built at once. Throws ERR_OUT_OF_MEMORY, ERR_CUDA and what CudaLibrary
  // throws; so do all others.
  HistGpu(const CudaTarget& target, const BinnedMatrix& x, size_t slots, bool count_rows, size_t most);
  ~HistGpu();
  HistGpu(const HistGpu&) = delete;
  HistGpu& operator=(const HistGpu&) = delete;

  // The root's slice: all rows, or those listed (ascending).
  RowSlice start(const QuantizedGradients& gradients, Span<uint32_t> rows, bool all_rows);
  // Into the other side: the slice that is split keeps its rows.
  void split(std::vector<RowSplit>* splits);
  // The histogram of each slice; counts are not looked at unless rows are counted.
  void build(const std::vector<RowSlice>& slices, const std::vector<PackedPair*>& sums,
             const std::vector<uint32_t*>& counts);
  // The rows of the slices, each where it begins.
  void rows(const std::vector<RowSlice>& slices, uint32_t* rows);
  size_t memory_bytes() const { return api_->memory_bytes(trees_); }  // on the device

 private:
  const BorealCudaTreeTraining* api_;
  const size_t all_rows_;
  BorealCudaTrees* trees_ = nullptr;
};

}  // namespace boreal
