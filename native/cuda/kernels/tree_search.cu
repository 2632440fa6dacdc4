// Splits of columns of numbers. The host goes through the bins one after another, and each split that it
// takes raises the bar for the next; here the lanes of a warp judge 32 bins at once, the first that passes is
// taken, and those after it are judged again by the new bar: the same splits in the same order. A warp takes
// a group of columns, fewer than a task of the host does: that changes no split, since gains are compared as
// they are, in the order of the columns. Floor: 8 or 12 bytes of histogram a bin, read from the second cache;
// what counts is how long a warp takes for its group, since all of them run at once.
#include "cuda/launch.cuh"
#include "cuda/tree_search.cuh"
#include "cuda/warp.cuh"
#include "device/boosting_splits.h"

namespace boreal {
namespace cuda {
namespace {

constexpr unsigned kSearchThreads = 128;

// One column of one node, for a warp.
struct Scan {
  const SearchCall& call;
  const unsigned long long* sums;  // of the column
  const uint32_t* counts;          // or null
  unsigned long long total;
  uint32_t rows;
  uint32_t bins;             // without the missing one
  double gradient, hessian;  // of the node
  FreeGain gains;

  // Of the bins up to the lane's, in the order of the scan: their sum, and how many rows these have.
  __device__ void judge(bool valid, unsigned long long left, uint32_t left_rows, uint32_t bin,
                        bool missing_left, int32_t column, BorealCudaFound* best) const {
    const BorealCudaSearch& rules = call.rules;
    const double left_hessian = hessian_of(left), right_hessian = hessian - left_hessian;
    const double left_gradient = gradient_of(left), right_gradient = gradient - left_gradient;
    const double gain = gains.gain(left_gradient, left_hessian, right_gradient, right_hessian);
    const bool may_hold = left_hessian >= rules.possible && right_hessian >= rules.possible;
    const bool surely_holds = left_hessian > rules.sure && right_hessian > rules.sure;
    const bool holds =
        surely_holds || (left_rows >= rules.least_rows && rows - left_rows >= rules.least_rows);
    bool waits = valid && may_hold && holds;
    for (;;) {
      const uint32_t passing = __ballot_sync(kAllLanes, waits && gain > best->gain);
      if (passing == 0) return;
      const int first = __ffs(static_cast<int>(passing)) - 1;
      best->gain = __shfl_sync(kAllLanes, gain, first);
      best->left = __shfl_sync(kAllLanes, left, first);
      best->bin = static_cast<uint8_t>(__shfl_sync(kAllLanes, bin, first));
      best->missing_left = missing_left ? 1 : 0;
      best->column = column;
      waits = waits && static_cast<int>(threadIdx.x % kWarp) > first;
    }
  }

  __device__ void missing_right(bool missing, int32_t column, BorealCudaFound* best) const {
    const uint32_t end = missing ? bins : bins - 1, lane = threadIdx.x % kWarp;
    unsigned long long before = 0;
    uint32_t rows_before = 0;
    for (uint32_t begin = 0; begin < end; begin += kWarp) {
      const uint32_t bin = begin + lane;
      const unsigned long long own = bin < end ? sums[bin] : 0;
      const uint32_t own_rows = bin < end && counts != nullptr ? counts[bin] : 0;
      const unsigned long long left = before + sum_up_to(own);
      const uint32_t left_rows = rows_before + (counts == nullptr ? 0 : sum_up_to(own_rows));
      judge(own != 0, left, left_rows, bin, false, column, best);
      before = __shfl_sync(kAllLanes, left, kWarp - 1);
      rows_before = __shfl_sync(kAllLanes, left_rows, kWarp - 1);
    }
  }

  // From the highest bin down: the sum is that of the right side, without the missing rows.
  __device__ void missing_left(int32_t column, BorealCudaFound* best) const {
    const uint32_t lane = threadIdx.x % kWarp;
    unsigned long long before = 0;
    uint32_t rows_before = 0;
    for (uint32_t begin = 0; begin + 1 < bins; begin += kWarp) {
      const uint32_t place = begin + lane, above = bins - 1 - place;
      const bool valid = place + 1 < bins;
      const unsigned long long own = valid ? sums[above] : 0;
      const uint32_t own_rows = valid && counts != nullptr ? counts[above] : 0;
      const unsigned long long right = before + sum_up_to(own);
      const uint32_t right_rows = rows_before + (counts == nullptr ? 0 : sum_up_to(own_rows));
      judge(own != 0, total - right, rows - right_rows, above - 1, true, column, best);
      before = __shfl_sync(kAllLanes, right, kWarp - 1);
      rows_before = __shfl_sync(kAllLanes, right_rows, kWarp - 1);
    }
  }
};

// A warp for each node of a pair and group of columns.
__global__ __launch_bounds__(kSearchThreads) void search_kernel(SearchCall call, uint32_t groups) {
  const uint32_t task = blockIdx.x * (kSearchThreads / kWarp) + threadIdx.x / kWarp;
  if (task >= call.pair_count * groups * 2) return;
  const BorealCudaPair& pair = call.pairs[task / (2 * groups)];
  const uint32_t side = task % 2, group = task / 2 % groups;
  const BorealCudaSearch& rules = call.rules;
  BorealCudaFound best{};
  best.column = -1;
  if (pair.seek[side] != 0) {
    const unsigned long long total = pair.total[side];
    const double bar = least_gain_of(rules.least_gain, rules.l2, total);
    const size_t first = size_t{pair.histogram[side]} * call.cols;
    for (uint32_t j = group * call.group; j < call.cols && j < (group + 1) * call.group; ++j) {
      const size_t at = (first + j) * call.slots;
      const BorealCudaColumn& column = call.columns[j];
      const Scan scan{call,
                      call.sums + at,
                      call.counts == nullptr ? nullptr : call.counts + at,
                      total,
                      static_cast<uint32_t>(pair.rows[side]),
                      column.bins,
                      gradient_of(total),
                      hessian_of(total),
                      FreeGain(rules.l2, total)};
      BorealCudaFound found = best;
      found.column = -1;
      if (found.gain < bar) found.gain = bar;
      const bool missing = column.has_missing != 0 && scan.sums[column.bins] != 0;
      scan.missing_right(missing, static_cast<int32_t>(j), &found);
      if (missing) scan.missing_left(static_cast<int32_t>(j), &found);
      if (found.column >= 0) best = found;
    }
  }
  if (threadIdx.x % kWarp == 0) call.found[task] = best;
}

// The larger histogram of a pair is its parent's until the smaller is taken away.
__global__ void derive_kernel(const BorealCudaPair* pairs, uint32_t count, size_t size,
                              unsigned long long* sums, uint32_t* counts) {
  for (uint32_t k = blockIdx.y; k < count; k += gridDim.y) {
    if (pairs[k].derive == 0) continue;
    const size_t from = pairs[k].histogram[0] * size, to = pairs[k].histogram[1] * size;
    for (size_t i = first_element(); i < size; i += element_step()) {
      sums[to + i] -= sums[from + i];
      if (counts != nullptr) counts[to + i] -= counts[from + i];
    }
  }
}

__global__ void clear_kernel(const uint32_t* histograms, uint32_t count, size_t size,
                             unsigned long long* sums, uint32_t* counts) {
  for (uint32_t k = blockIdx.y; k < count; k += gridDim.y) {
    const size_t at = histograms[k] * size;
    for (size_t i = first_element(); i < size; i += element_step()) {
      sums[at + i] = 0;
      if (counts != nullptr) counts[at + i] = 0;
    }
  }
}

dim3 grid_over(size_t size, uint32_t count) {
  dim3 grid = grid_of(size, 4 * kThreads);
  grid.y = std::min(count, 65535u);
  return grid;
}

}  // namespace

void run_clear(const uint32_t* histograms, uint32_t count, size_t size, unsigned long long* sums,
               uint32_t* counts, cudaStream_t stream) {
  launch(clear_kernel, grid_over(size, count), kThreads, 0, stream, histograms, count, size, sums, counts);
}

void run_search(const SearchCall& call, cudaStream_t stream) {
  if (call.pair_count == 0) return;
  const size_t size = size_t{call.cols} * call.slots;
  launch(derive_kernel, grid_over(size, call.pair_count), kThreads, 0, stream, call.pairs, call.pair_count,
         size, call.sums, call.counts);
  const uint32_t groups = (call.cols + call.group - 1) / call.group;
  const uint32_t tasks = call.pair_count * groups * 2, warps = kSearchThreads / kWarp;
  launch(search_kernel, dim3((tasks + warps - 1) / warps), kSearchThreads, 0, stream, call, groups);
}

}  // namespace cuda
}  // namespace boreal
