// The best split of a node in a column: a block adds the node's rows up by bin and class in shared memory,
// then a warp judges 32 bins at once, takes the first that passes, and judges those after it again by the new
// bar: the splits of train/bin_search.h in its order. Weights and rows are additions of 32 bits, which shared
// memory does by itself. Floor: 13 bytes a row (its number, weight, class and bin), gathered; rows ascend, so
// that near the root they come in whole sectors. A node of few rows costs clearing and scanning its
// histogram, a few microseconds of which thousands run at once.
#include "cuda/forest_growth.cuh"
#include "cuda/launch.cuh"
#include "cuda/warp.cuh"
#include "device/forest_splits.h"

namespace boreal {
namespace cuda {
namespace {

constexpr unsigned kFewThreads = 64, kManyThreads = 512;

// A cell: the weight of a class << 32 | its rows.
using Cell = unsigned long long;

// One column of one node, for a warp.
struct Scan {
  const ForestSearchCall& call;
  const uint32_t* weights;  // [slots, classes]
  const uint32_t* rows;
  const Cell* total;  // [classes]
  Cell* carry;        // [classes] what is left of the 32 bins in work
  Cell all;           // over the classes
  uint32_t bins;      // without the missing one

  __device__ Cell cell(uint32_t bin, uint32_t cls) const {
    const uint32_t at = bin * call.class_count + cls;
    return static_cast<Cell>(weights[at]) << 32 | rows[at];
  }
  __device__ Cell term(Cell weight) const {
    return call.terms == nullptr ? weight * weight : call.terms[weight];
  }
  __device__ bool holds(Cell side) const {
    return static_cast<uint32_t>(side) >= call.least_rows &&
           static_cast<double>(side >> 32) * call.weight_step >= call.least_weight;
  }

  // missing: of all classes, the rows that have no value.
  __device__ void run(bool missing_left, Cell missing, BorealCudaForestFound* best) const {
    const uint32_t lane = threadIdx.x % kWarp, classes = call.class_count;
    for (uint32_t k = lane; k < classes; k += kWarp) carry[k] = missing_left ? cell(bins, k) : 0;
    double bar = bar_above(best->score);
    for (uint32_t begin = 0; begin < bins; begin += kWarp) {
      const uint32_t bin = begin + lane;
      __syncwarp();
      Cell left = 0, own = 0, left_terms = 0, right_terms = 0;
      for (uint32_t k = 0; k < classes; ++k) {
        const Cell in_bin = bin < bins ? cell(bin, k) : 0;
        const Cell up_to = carry[k] + sum_up_to(in_bin);
        own += in_bin;
        left += up_to;
        left_terms += term(up_to >> 32);
        right_terms += term((total[k] - up_to) >> 32);
        __syncwarp();
        if (lane == kWarp - 1) carry[k] = up_to;
      }
      const Cell right = all - left;
      const Fraction score =
          call.terms == nullptr
              ? gini_score(left_terms, left >> 32, right_terms, right >> 32)
              : entropy_score(left_terms + right_terms, term(left >> 32) + term(right >> 32));
      bool waits = own != 0 && holds(left) && holds(right);
      for (;;) {
        const uint32_t passing = __ballot_sync(kAllLanes, waits && score.exceeds(bar));
        if (passing == 0) break;
        const int first = __ffs(static_cast<int>(passing)) - 1;
        best->score = __shfl_sync(kAllLanes, score.value(), first);
        bar = bar_above(best->score);
        best->low = begin + static_cast<uint32_t>(first);
        best->found = 1;
        best->missing_left = missing_left ? 1 : 0;
        const Cell beyond = __shfl_sync(kAllLanes, right, first);
        best->numbers_left = !missing_left && missing != 0 && beyond == missing ? 1 : 0;
        waits = waits && static_cast<int>(lane) > first;
      }
    }
    __syncwarp();
  }
};

__global__ __launch_bounds__(kManyThreads) void search_kernel(ForestSearchCall call, uint32_t first) {
  const uint32_t number = call.order[first + blockIdx.x];
  const BorealCudaForestNode node = call.nodes[number];
  const uint32_t bins = call.bins[node.column], classes = call.class_count;
  const uint32_t entries = (bins + 1) * classes;
  Cell* const total = reinterpret_cast<Cell*>(shared_bytes());
  Cell* const carry = total + classes;
  uint32_t* const weights = reinterpret_cast<uint32_t*>(carry + classes);
  uint32_t* const rows = weights + entries;
  for (uint32_t e = threadIdx.x; e < 2 * entries; e += blockDim.x) weights[e] = 0;
  __syncthreads();

  const size_t tree = size_t{node.tree} * call.rows;
  const uint32_t* const list = call.sides[node.side] + tree + node.begin;
  const uint8_t* const column = call.by_column + size_t{node.column} * call.rows;
  for (uint32_t i = threadIdx.x; i < node.count; i += blockDim.x) {
    const uint32_t row = list[i];
    const uint32_t at = column[row] * classes + static_cast<uint32_t>(call.classes[row]);
    atomicAdd(&weights[at], call.weights[tree + row]);
    atomicAdd(&rows[at], 1u);
  }
  __syncthreads();
  if (threadIdx.x >= kWarp) return;

  const uint32_t lane = threadIdx.x;
  Cell all = 0, missing = 0;
  uint32_t occupied = 0;
  for (uint32_t bin = lane; bin <= bins; bin += kWarp) {
    uint32_t in_bin = 0;
    for (uint32_t k = 0; k < classes; ++k) in_bin += rows[bin * classes + k];
    occupied += in_bin != 0 ? 1 : 0;
  }
  occupied = sum_of_lanes<kWarp>(occupied);
  const Scan scan{call, weights, rows, total, carry, 0, bins};
  for (uint32_t k = 0; k < classes; ++k) {
    Cell sum = 0;
    for (uint32_t bin = lane; bin <= bins; bin += kWarp) sum += scan.cell(bin, k);
    sum = sum_of_lanes<kWarp>(sum);
    all += sum;
    missing += scan.cell(bins, k);
    if (lane == 0) total[k] = sum;
  }
  __syncwarp();

  BorealCudaForestFound best{};
  best.score = kNoScore;
  best.usable = occupied > 1 ? 1 : 0;
  best.missing = missing != 0 ? 1 : 0;
  if (best.usable != 0) {
    const Scan judge{call, weights, rows, total, carry, all, bins};
    judge.run(false, missing, &best);
    if (missing != 0) judge.run(true, missing, &best);
  }
  if (lane == 0) call.found[number] = best;
  if (best.found == 0) return;
  for (uint32_t k = 0; k < classes; ++k) {
    Cell sum = lane == 0 && best.missing_left != 0 ? scan.cell(bins, k) : 0;
    for (uint32_t bin = lane; bin <= best.low; bin += kWarp) sum += scan.cell(bin, k);
    sum = sum_of_lanes<kWarp>(sum);
    if (lane == 0) call.left[size_t{number} * classes + k] = sum;
  }
}

}  // namespace

size_t forest_search_bytes(uint32_t slots, uint32_t class_count) {
  return size_t{class_count} * (2 * sizeof(Cell) + slots * 2 * sizeof(uint32_t));
}

void run_forest_search(const ForestSearchCall& call, cudaStream_t stream) {
  const size_t bytes = forest_search_bytes(call.slots, call.class_count);
  if (call.few > 0) launch(search_kernel, dim3(call.few), kFewThreads, bytes, stream, call, 0u);
  if (call.few == call.count) return;
  launch(search_kernel, dim3(call.count - call.few), kManyThreads, bytes, stream, call, call.few);
}

}  // namespace cuda
}  // namespace boreal
