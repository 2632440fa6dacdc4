// The trees of histogram boosting on one device: bins, gradients and the rows of nodes stay there; which rows
// go left comes in. Histograms go out, or stay where tree_search.cuh finds the splits. Sums are of whole
// numbers, so that no order of additions matters, and partitions are stable: whoever searches sees the bits
// that the host would have computed.
#pragma once

#include <cuda_runtime.h>

#include <vector>

#include "cuda/memory.cuh"
#include "cuda/stream.cuh"
#include "device/cuda_tree_training_api.h"

namespace boreal {
namespace cuda {

// ---- Partitions: kernels/tree_partition.cu -----------------------------------------------------------

// Rows that a block parts.
constexpr uint32_t kTileRows = 2048;

struct PartitionTask {
  const uint32_t* from;
  uint32_t* to;
  const uint8_t* bins;  // of all rows, in the column
  uint32_t count;
  uint32_t first_tile;  // of all tasks' tiles; a task has one at least
  uint32_t goes_left[8];
};
inline uint32_t tiles_of(uint32_t rows) { return rows == 0 ? 1 : (rows - 1) / kTileRows + 1; }

struct PartitionCall {
  const PartitionTask* tasks;
  uint32_t count, tiles;
  uint32_t* marks;   // a bit a row, [tiles, kTileRows / 32]
  uint32_t* lefts;   // [tiles]
  uint32_t* totals;  // [count] the result: rows that go left
};
void run_partition(const PartitionCall& call, cudaStream_t stream);

// Rows of slices to where the slices begin.
struct CollectTask {
  const uint32_t* from;
  uint32_t* to;
  uint32_t count;
};
void run_collect(const CollectTask* tasks, uint32_t count, uint32_t most_rows, cudaStream_t stream);
void run_number(uint32_t* rows, uint32_t count, cudaStream_t stream);
// *total, 0 before: the sum of the rows' packed gradients.
void run_total(const uint32_t* rows, uint32_t count, const unsigned long long* gradients,
               unsigned long long* total, cudaStream_t stream);

// ---- Histograms: kernels/tree_histogram.cu -----------------------------------------------------------

// A share of a histogram's rows, for one block.
struct HistogramTask {
  const uint32_t* rows;
  uint32_t count;
  uint32_t histogram;
};
struct HistogramCall {
  const HistogramTask* tasks;
  uint32_t count;
  const uint8_t* bins;  // [rows, stride]
  uint32_t stride, cols, slots;
  uint32_t group;                       // columns of a block, a multiple of 4
  const unsigned long long* gradients;  // packed
  unsigned long long* sums;             // [histograms, cols, slots], 0 before
  uint32_t* counts;                     // the same, or null
};
// Columns that a block has room for.
uint32_t histogram_group(uint32_t cols, uint32_t slots, bool counts);
void run_histograms(const HistogramCall& call, cudaStream_t stream);

// ---- All of it --------------------------------------------------------------------------------------

class TreeGrowth {
 public:
  TreeGrowth(int device, const BorealCudaBins& bins);
  TreeGrowth(const TreeGrowth&) = delete;
  TreeGrowth& operator=(const TreeGrowth&) = delete;

  uint64_t start(const uint64_t* gradients, const uint32_t* rows, uint64_t count);
  void split(BorealCudaSplit* splits, uint32_t count);
  // Takes the memory of `build`, which a search on the device does without.
  void load_build();
  void build(const BorealCudaSlice* slices, uint32_t count, uint64_t* const* sums, uint32_t* const* counts);
  void rows(const BorealCudaSlice* slices, uint32_t count, uint32_t* rows);
  uint64_t memory_bytes() const;

  // For what works beside it, on the same stream and one call after another.
  const Stream& stream() const { return stream_; }
  uint32_t rows() const { return rows_; }
  uint32_t cols() const { return cols_; }
  uint32_t slots() const { return slots_; }
  size_t histogram_size() const { return size_t{cols_} * slots_; }
  bool counts() const { return counts_; }
  uint32_t most() const { return most_; }
  uint32_t blocks() const { return blocks_; }
  uint32_t stride() const { return stride_; }
  const uint8_t* bins() const { return by_row_.data(); }
  unsigned long long* packed() const { return gradients_.as<unsigned long long>(); }
  uint32_t* rows_at(const BorealCudaSlice& slice) const;
  void use() const { use_device(device_); }
  // Before it is destroyed, with what works beside it. The device may be lost by now; its memory is gone
  // then.
  void leave() const { cudaSetDevice(device_); }
  // The rows of slices in shares for blocks, slice k for histogram numbers[k]; at most blocks() more than
  // there are slices.
  std::vector<HistogramTask> share(const BorealCudaSlice* slices, const uint32_t* numbers,
                                   uint32_t count) const;
  // Adds them to histograms that lie there.
  void add_up(const HistogramTask* tasks, uint32_t count, unsigned long long* sums, uint32_t* counts);

 private:
  void build_some(const BorealCudaSlice* slices, uint32_t count, uint64_t* const* sums,
                  uint32_t* const* counts);
  void check_count(uint32_t count) const;
  // Tasks go by pinned memory, which the call's wait at the end makes free again.
  template <typename Task>
  const Task* upload(const std::vector<Task>& tasks);

  const int device_;
  const uint32_t rows_, cols_, slots_, most_;
  const bool counts_;
  uint32_t stride_ = 0, group_ = 0;
  uint32_t histograms_ = 0;  // that are built at once
  uint32_t blocks_ = 0;      // that fill the device
  DeviceMemory by_row_, by_column_, gradients_, sides_[2], marks_, lefts_, totals_, tasks_;
  DeviceMemory sums_, count_sums_;  // of `build`
  DeviceMemory collected_;          // [rows] on the way out
  PinnedMemory staged_tasks_, staged_totals_, staged_sums_, staged_counts_;
  Stream stream_;  // last: what runs ends before memory goes
};

extern const BorealCudaTreeTraining kTreeTraining;  // tree_training.cu

}  // namespace cuda
}  // namespace boreal
