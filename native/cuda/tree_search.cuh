// The search for splits on the device, where histograms then stay: for columns of numbers, by the arithmetic
// of train/hist_split.cc in its order.
#pragma once

#include "cuda/tree_growth.cuh"

namespace boreal {
namespace cuda {

struct SearchCall {
  const BorealCudaPair* pairs;
  uint32_t pair_count;
  const BorealCudaColumn* columns;
  uint32_t cols, slots;
  uint32_t group;  // columns that a warp searches, one after another
  BorealCudaSearch rules;
  unsigned long long* sums;  // [histograms, cols, slots]
  uint32_t* counts;          // the same, or null
  BorealCudaFound* found;    // [pairs, groups, 2]
};
// kernels/tree_search.cu
void run_clear(const uint32_t* histograms, uint32_t count, size_t size, unsigned long long* sums,
               uint32_t* counts, cudaStream_t stream);
void run_search(const SearchCall& call, cudaStream_t stream);

class TreeSearch {
 public:
  TreeSearch(TreeGrowth* growth, const BorealCudaColumn* columns, uint32_t histograms, uint32_t group);

  void search(const BorealCudaBuild* builds, uint32_t build_count, const BorealCudaPair* pairs,
              uint32_t pair_count, const BorealCudaSearch& rules, BorealCudaFound* found);
  uint64_t memory_bytes() const;

 private:
  TreeGrowth& growth_;
  const uint32_t group_, groups_;  // columns of a group; groups
  DeviceMemory columns_, sums_, counts_, work_, found_;
  PinnedMemory staged_work_, staged_found_;
};

}  // namespace cuda
}  // namespace boreal
