// Boosting on a GPU, to the bit of the CPU: rows and histograms of a growing tree (hist_rows.h and
// hist_histogram.h on the CPU), and, for most losses, gradients, leaf sums and scores.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/partition.h"
#include "base/span.h"
#include "device/cuda_library.h"
#include "device/cuda_tree_training_api.h"
#include "train/hist_bins.h"
#include "train/hist_gradient.h"
#include "train/hist_loss.h"
#include "train/hist_rows.h"
#include "train/hist_tree.h"

namespace boreal {

class HistGpu {
 public:
  // Nodes that are split or built at once, at most.
  static constexpr size_t kMost = 128;

  // count_rows: histograms count rows; needed where these do not have the same Hessian, which a loss then has
  // for each. Throws
  // ERR_OUT_OF_MEMORY, ERR_CUDA and what CudaLibrary throws; so do all others.
  HistGpu(const CudaTarget& target, const BinnedMatrix& x, size_t slots, bool count_rows);
  ~HistGpu();
  HistGpu(const HistGpu&) = delete;
  HistGpu& operator=(const HistGpu&) = delete;

  bool counts_rows() const { return counts_rows_; }
  // The root's slice: all rows, or those listed (ascending); *total is the sum of their gradients, which
  // are on the device already where a loss is.
  RowSlice start(const QuantizedGradients& gradients, Span<uint32_t> rows, bool all_rows, PackedPair* total);
  // Into the other side: the slice that is split keeps its rows.
  void split(std::vector<RowSplit>* splits);
  // The histogram of each slice, after load_build; counts are not looked at unless rows are counted.
  void load_build() { call(api_->load_build); }
  void build(const std::vector<RowSlice>& slices, const std::vector<PackedPair*>& sums,
             const std::vector<uint32_t*>& counts);
  // The rows of the slices, each where it begins.
  void rows(const std::vector<RowSlice>& slices, uint32_t* rows);

  // ---- The search for splits, where the histograms then stay: for columns of numbers, without l1 and
  // monotonic columns, every column being allowed for every split.
  // group: columns that are searched one after another. False where there is no room: `build` can serve.
  bool load_search(const BinMapper& mapper, const BinnedMatrix& x, size_t histograms, size_t group);
  bool searches() const { return search_group_ > 0; }
  // [pairs, groups of columns, 2]
  std::vector<BorealCudaFound> search(const std::vector<BorealCudaBuild>& builds,
                                      const std::vector<BorealCudaPair>& pairs, const SplitRules& rules);
  static BorealCudaSlice slice_of(const RowSlice& slice) { return {slice.begin, slice.count, slice.side, 0}; }

  // ---- Losses that the device computes: all of one output without quantiles in the leaves, and softmax.
  static bool has_loss(LossKind kind);
  // most_leaves, and most_sums of leaves times parts: what leaf_sums will be asked for, at most.
  void load_loss(LossKind kind, double parameter, size_t outputs, Span<double> y, Span<double> weights,
                 Span<double> scores, size_t most_leaves, size_t most_sums);
  bool holds_loss() const { return outputs_ > 0; }
  void compute_gradients();
  std::vector<BorealCudaRange> ranges(const Partition& parts, size_t output);
  void quantize(size_t output, double gradient_scale, double hessian_scale, uint64_t one);
  // [slices, 2]: gradients and Hessians.
  std::vector<double> leaf_sums(size_t output, const std::vector<RowSlice>& slices, const Partition& parts);
  void add_values(size_t output, const std::vector<RowSlice>& slices, const std::vector<double>& values);
  void add_tree(size_t output, const HistTree& tree, const BinMapper& mapper);
  std::vector<double> loss_sums(const Partition& parts);
  void write_scores(double* to);  // [outputs, rows]

  size_t memory_bytes() const { return static_cast<size_t>(api_->memory_bytes(trees_)); }

 private:
  template <typename F, typename... Arguments>
  void call(F function, Arguments... arguments) {
    BorealCudaError error{};
    CudaLibrary::check(function(trees_, arguments..., &error), error);
  }
  static BorealCudaParts parts_of(const Partition& parts) {
    return {parts.part, static_cast<uint32_t>(parts.count()), 0};
  }

  const BorealCudaTreeTraining* api_;
  const size_t all_rows_, cols_;
  const bool counts_rows_;
  size_t outputs_ = 0, search_group_ = 0;
  BorealCudaTrees* trees_ = nullptr;
};

}  // namespace boreal
