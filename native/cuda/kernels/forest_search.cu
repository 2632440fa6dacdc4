// The best split of a node in a column: a block adds the node's rows up by bin and class in shared memory,
// then a warp judges 32 bins at once, takes the first that passes, and judges those after it again by the new
// bar: the splits of train/bin_search.h in its order. Weights and rows are additions of 32 bits, which shared
// memory does by itself. Floor: 13 bytes a row (its number, weight, class and bin), gathered; rows ascend, so
// that near the root they come in whole sectors. A node of few rows costs clearing and scanning its
// histogram, a few microseconds of which thousands run at once.
#include "cuda/forest_growth.cuh"
#include "cuda/launch.cuh"
#include "cuda/warp.cuh"

namespace boreal {
namespace cuda {
namespace {

constexpr unsigned kFewThreads = 64, kManyThreads = 512;

// Weights and rows of a side or a class: weight << 32 | rows.
using Cell = unsigned long long;

// A node's column in shared memory, by bin: weights and rows of each class, or of all rows beside the sums of
// their targets.
struct Histogram {
  const ForestSearchCall& call;
  uint32_t bins;      // without the missing one
  Cell* sums;         // [slots] of targets, or null
  uint32_t* weights;  // [slots, classes]
  uint32_t* rows;

  __device__ uint32_t classes() const { return call.targets == nullptr ? call.class_count : 1; }
  __device__ Cell cell(uint32_t bin, uint32_t cls) const {
    const uint32_t at = bin * classes() + cls;
    return static_cast<Cell>(weights[at]) << 32 | rows[at];
  }
  __device__ bool is_empty(uint32_t bin) const {
    uint32_t any = 0;
    for (uint32_t k = 0; k < classes(); ++k) any |= rows[bin * classes() + k];
    return any == 0;
  }
};

// Adds to 64 bits of shared memory by halves, the carry going along: shared memory does that by itself, and
// one of 64 bits only in a loop of attempts, as many as lanes have met there.
__device__ void add_halves(Cell* sum, Cell value) {
  uint32_t* const halves = reinterpret_cast<uint32_t*>(sum);
  const uint32_t low = static_cast<uint32_t>(value), before = atomicAdd(&halves[0], low);
  const uint32_t high = static_cast<uint32_t>(value >> 32) + (before + low < low ? 1 : 0);
  if (high != 0) atomicAdd(&halves[1], high);
}

// What a warp judges 32 bins at once by.
struct Judge {
  const ForestSearchCall& call;
  Cell all, missing;  // of the node, and of its rows that have no value
  bool missing_left;
  double bar;

  __device__ bool holds(Cell side) const {
    return static_cast<uint32_t>(side) >= call.least_rows &&
           static_cast<double>(side >> 32) * call.weight_step >= call.least_weight;
  }
  // left: of the bins up to the lane's, the first of which is `begin`.
  __device__ void take(const Fraction& score, bool has_rows, Cell left, uint32_t begin,
                       BorealCudaForestFound* best) {
    const Cell right = all - left;
    bool waits = has_rows && holds(left) && holds(right);
    for (;;) {
      const uint32_t passing = __ballot_sync(kAllLanes, waits && score.exceeds(bar));
      if (passing == 0) return;
      const int first = __ffs(static_cast<int>(passing)) - 1;
      best->score = __shfl_sync(kAllLanes, score.value(), first);
      bar = bar_above(best->score);
      best->low = begin + static_cast<uint32_t>(first);
      best->found = 1;
      best->missing_left = missing_left ? 1 : 0;
      const Cell beyond = __shfl_sync(kAllLanes, right, first);
      best->numbers_left = !missing_left && missing != 0 && beyond == missing ? 1 : 0;
      waits = waits && static_cast<int>(threadIdx.x % kWarp) > first;
    }
  }
};

// By classes. total, carry: [classes] of the node, and of what is left of the 32 bins in work.
__device__ void scan_classes(const Histogram& column, const Cell* total, Cell* carry, Judge judge,
                             BorealCudaForestFound* best) {
  const ForestSearchCall& call = column.call;
  const uint32_t lane = threadIdx.x % kWarp, classes = call.class_count, bins = column.bins;
  const auto term = [&](Cell weight) { return call.terms == nullptr ? weight * weight : call.terms[weight]; };
  for (uint32_t k = lane; k < classes; k += kWarp) carry[k] = judge.missing_left ? column.cell(bins, k) : 0;
  for (uint32_t begin = 0; begin < bins; begin += kWarp) {
    const uint32_t bin = begin + lane;
    __syncwarp();
    Cell left = 0, own = 0, left_terms = 0, right_terms = 0;
    for (uint32_t k = 0; k < classes; ++k) {
      const Cell in_bin = bin < bins ? column.cell(bin, k) : 0;
      const Cell up_to = carry[k] + sum_up_to(in_bin);
      own += in_bin;
      left += up_to;
      left_terms += term(up_to >> 32);
      right_terms += term((total[k] - up_to) >> 32);
      __syncwarp();
      if (lane == kWarp - 1) carry[k] = up_to;
    }
    const Cell left_weight = left >> 32, right_weight = (judge.all - left) >> 32;
    const Fraction score =
        call.terms == nullptr
            ? gini_score(left_terms, left_weight, right_terms, right_weight)
            : entropy_score(left_terms + right_terms, term(left_weight) + term(right_weight));
    judge.take(score, own != 0, left, begin, best);
  }
  __syncwarp();
}

// By squared error; sum: of the node's targets.
__device__ void scan_targets(const Histogram& column, Cell sum, Judge judge, BorealCudaForestFound* best) {
  const uint32_t lane = threadIdx.x % kWarp, bins = column.bins;
  const double mean = static_cast<double>(static_cast<long long>(sum)) / static_cast<double>(judge.all >> 32);
  Cell before = judge.missing_left ? column.cell(bins, 0) : 0;
  Cell sum_before = judge.missing_left ? column.sums[bins] : 0;
  for (uint32_t begin = 0; begin < bins; begin += kWarp) {
    const uint32_t bin = begin + lane;
    const Cell own = bin < bins ? column.cell(bin, 0) : 0;
    const Cell left = before + sum_up_to(own);
    const Cell left_sum = sum_before + sum_up_to(bin < bins ? column.sums[bin] : Cell{0});
    const Fraction score =
        squares_score(static_cast<int64_t>(left_sum), left >> 32, (judge.all - left) >> 32, mean);
    judge.take(score, own != 0, left, begin, best);
    before = __shfl_sync(kAllLanes, left, kWarp - 1);
    sum_before = __shfl_sync(kAllLanes, left_sum, kWarp - 1);
  }
}

// What a side's bins up to the last that goes left hold, and the missing ones if they go with them.
template <typename Value>
__device__ Cell sum_left(const BorealCudaForestFound& best, uint32_t missing_bin, const Value& value) {
  const uint32_t lane = threadIdx.x % kWarp;
  Cell sum = lane == 0 && best.missing_left != 0 ? value(missing_bin) : 0;
  for (uint32_t bin = lane; bin <= best.low; bin += kWarp) sum += value(bin);
  return sum_of_lanes<kWarp>(sum);
}
template <typename Value>
__device__ Cell sum_all(uint32_t missing_bin, const Value& value) {
  Cell sum = 0;
  for (uint32_t bin = threadIdx.x % kWarp; bin <= missing_bin; bin += kWarp) sum += value(bin);
  return sum_of_lanes<kWarp>(sum);
}

__global__ __launch_bounds__(kManyThreads) void search_kernel(ForestSearchCall call, uint32_t first) {
  __shared__ uint32_t differ;  // targets
  const uint32_t number = call.order[first + blockIdx.x];
  const BorealCudaForestNode node = call.nodes[number];
  const bool on_targets = call.targets != nullptr;
  const uint32_t bins = call.bins[node.column], words = on_targets ? 2 : call.class_count;
  Cell* const total = reinterpret_cast<Cell*>(shared_bytes());
  Cell* const carry = total + words;
  Cell* const sums = carry + words;
  Histogram column{call, bins, on_targets ? sums : nullptr, nullptr, nullptr};
  const uint32_t entries = (bins + 1) * column.classes();
  column.weights = reinterpret_cast<uint32_t*>(on_targets ? sums + bins + 1 : sums);
  column.rows = column.weights + entries;
  for (uint32_t e = threadIdx.x; e < 2 * entries; e += blockDim.x) column.weights[e] = 0;
  if (on_targets) {
    for (uint32_t bin = threadIdx.x; bin <= bins; bin += blockDim.x) sums[bin] = 0;
  }
  if (threadIdx.x == 0) differ = 0;
  __syncthreads();

  const size_t tree = size_t{node.tree} * call.rows;
  const uint32_t* const list = call.sides[node.side] + tree + node.begin;
  const uint8_t* const row_bins = call.by_column + size_t{node.column} * call.rows;
  const long long some_target = on_targets ? call.targets[list[0]] : 0;
  for (uint32_t i = threadIdx.x; i < node.count; i += blockDim.x) {
    const uint32_t row = list[i], weight = call.weights[tree + row];
    uint32_t at = row_bins[row];
    if (on_targets) {
      const long long target = call.targets[row];
      if (target != some_target) differ = 1;
      add_halves(&sums[at], static_cast<Cell>(target) * weight);
    } else {
      at = at * call.class_count + static_cast<uint32_t>(call.classes[row]);
    }
    atomicAdd(&column.weights[at], weight);
    atomicAdd(&column.rows[at], 1u);
  }
  __syncthreads();
  if (threadIdx.x >= kWarp) return;

  const uint32_t lane = threadIdx.x;
  uint32_t occupied = 0;
  for (uint32_t bin = lane; bin <= bins; bin += kWarp) occupied += column.is_empty(bin) ? 0 : 1;
  occupied = sum_of_lanes<kWarp>(occupied);
  Cell all = 0, missing = 0;
  for (uint32_t k = 0; k < column.classes(); ++k) {
    const Cell sum = sum_all(bins, [&](uint32_t bin) { return column.cell(bin, k); });
    all += sum;
    missing += column.cell(bins, k);
    if (lane == 0) total[k] = sum;
  }
  const Cell sum = on_targets ? sum_all(bins, [&](uint32_t bin) { return sums[bin]; }) : 0;
  __syncwarp();

  BorealCudaForestFound best{};
  best.score = kNoScore;
  best.usable = occupied > 1 ? 1 : 0;
  best.missing = missing != 0 ? 1 : 0;
  best.pure = on_targets && differ == 0 ? 1 : 0;
  for (uint32_t left = 0; best.usable != 0 && left < (missing != 0 ? 2u : 1u); ++left) {
    const Judge judge{call, all, missing, left != 0, bar_above(best.score)};
    if (on_targets) {
      scan_targets(column, sum, judge, &best);
    } else {
      scan_classes(column, total, carry, judge, &best);
    }
  }
  if (lane == 0) call.found[number] = best;
  if (best.found == 0) return;
  Cell* const to = call.left + size_t{number} * words;
  for (uint32_t k = 0; k < column.classes(); ++k) {
    const Cell left = sum_left(best, bins, [&](uint32_t bin) { return column.cell(bin, k); });
    if (lane == 0) to[on_targets ? 1 : k] = left;
  }
  if (!on_targets) return;
  const Cell left_sum = sum_left(best, bins, [&](uint32_t bin) { return sums[bin]; });
  if (lane == 0) to[0] = left_sum;
}

}  // namespace

void run_forest_search(const ForestSearchCall& call, cudaStream_t stream) {
  const size_t bytes = forest_search_bytes(call.slots, call.class_count);
  if (call.few > 0) launch(search_kernel, dim3(call.few), kFewThreads, bytes, stream, call, 0u);
  if (call.few == call.count) return;
  launch(search_kernel, dim3(call.count - call.few), kManyThreads, bytes, stream, call, call.few);
}

}  // namespace cuda
}  // namespace boreal
