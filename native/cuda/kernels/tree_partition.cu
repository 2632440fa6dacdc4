// Rows of nodes parted by a column's bins, in their order. Floor: 4 bytes of a row in and out, twice read,
// and a gathered byte of its bin; rows ascend, so that both come in whole sectors near the root.
#include "cuda/launch.cuh"
#include "cuda/tree_growth.cuh"
#include "cuda/warp.cuh"

namespace boreal {
namespace cuda {
namespace {

constexpr uint32_t kWarps = kThreads / kWarp, kWords = kTileRows / kWarp;
static_assert(kWords == 2 * kWarp, "a warp adds up two words a lane");

// The task that a tile belongs to.
__device__ uint32_t task_of(const PartitionTask* tasks, uint32_t count, uint32_t tile) {
  uint32_t first = 0;
  while (count > 1) {
    const uint32_t half = count / 2;
    if (tasks[first + half].first_tile <= tile) {
      first += half;
      count -= half;
    } else {
      count = half;
    }
  }
  return first;
}

// A bit for each row of the tile, and how many are set.
__global__ __launch_bounds__(kThreads) void mark_kernel(PartitionCall call) {
  __shared__ uint32_t goes_left[8];
  __shared__ uint32_t total;
  const PartitionTask& task = call.tasks[task_of(call.tasks, call.count, blockIdx.x)];
  if (threadIdx.x < 8) goes_left[threadIdx.x] = task.goes_left[threadIdx.x];
  if (threadIdx.x == 0) total = 0;
  __syncthreads();
  const uint32_t lane = threadIdx.x % kWarp, warp = threadIdx.x / kWarp;
  const uint32_t first = (blockIdx.x - task.first_tile) * kTileRows;
  uint32_t own = 0;
  for (uint32_t w = warp; w < kWords && first + w * kWarp < task.count; w += kWarps) {
    const uint32_t i = first + w * kWarp + lane;
    bool left = false;
    if (i < task.count) {
      const uint32_t bin = task.bins[task.from[i]];
      left = (goes_left[bin / 32] >> bin % 32 & 1) != 0;
    }
    const uint32_t word = __ballot_sync(kAllLanes, left);
    if (lane == 0) call.marks[size_t{blockIdx.x} * kWords + w] = word;
    own += static_cast<uint32_t>(__popc(word));
  }
  if (lane == 0) atomicAdd(&total, own);
  __syncthreads();
  if (threadIdx.x == 0) call.lefts[blockIdx.x] = total;
}

__global__ __launch_bounds__(kThreads) void move_kernel(PartitionCall call) {
  __shared__ uint32_t before, all;  // rows that go left, of the task: in the tiles before, in all
  __shared__ uint32_t words[kWords], before_word[kWords];
  const uint32_t number = task_of(call.tasks, call.count, blockIdx.x);
  const PartitionTask& task = call.tasks[number];
  const uint32_t tile = blockIdx.x - task.first_tile;
  const uint32_t tiles =
      (number + 1 < call.count ? call.tasks[number + 1].first_tile : call.tiles) - task.first_tile;
  const uint32_t lane = threadIdx.x % kWarp, warp = threadIdx.x / kWarp;
  if (threadIdx.x == 0) before = all = 0;
  if (threadIdx.x < kWords) {
    const bool is_marked = tile * kTileRows + threadIdx.x * kWarp < task.count;
    words[threadIdx.x] = is_marked ? call.marks[size_t{blockIdx.x} * kWords + threadIdx.x] : 0;
  }
  __syncthreads();
  uint32_t own_before = 0, own_all = 0;
  for (uint32_t t = threadIdx.x; t < tiles; t += kThreads) {
    const uint32_t lefts = call.lefts[task.first_tile + t];
    own_all += lefts;
    if (t < tile) own_before += lefts;
  }
  own_before = sum_of_lanes<kWarp>(own_before);
  own_all = sum_of_lanes<kWarp>(own_all);
  if (lane == 0 && own_all != 0) {
    atomicAdd(&before, own_before);
    atomicAdd(&all, own_all);
  }
  if (warp == 0) {  // running sums over the words
    const uint32_t low = static_cast<uint32_t>(__popc(words[2 * lane]));
    const uint32_t both = low + static_cast<uint32_t>(__popc(words[2 * lane + 1]));
    const uint32_t sum = sum_up_to(both);
    before_word[2 * lane] = sum - both;
    before_word[2 * lane + 1] = sum - both + low;
  }
  __syncthreads();
  uint32_t* const left = task.to + before;
  uint32_t* const right = task.to + all + (tile * kTileRows - before);
  for (uint32_t w = warp; w < kWords; w += kWarps) {
    const uint32_t within = w * kWarp + lane, i = tile * kTileRows + within;
    if (i >= task.count) continue;
    const uint32_t word = words[w];
    const uint32_t rank = before_word[w] + static_cast<uint32_t>(__popc(word & ((1u << lane) - 1)));
    const uint32_t row = task.from[i];
    if ((word >> lane & 1) != 0) {
      left[rank] = row;
    } else {
      right[within - rank] = row;
    }
  }
  if (tile == 0 && threadIdx.x == 0) call.totals[number] = all;
}

__global__ void collect_kernel(const CollectTask* tasks, uint32_t count) {
  for (uint32_t k = blockIdx.y; k < count; k += gridDim.y) {
    const CollectTask& task = tasks[k];
    for (size_t i = first_element(); i < task.count; i += element_step()) task.to[i] = task.from[i];
  }
}

__global__ void number_kernel(uint32_t* rows, uint32_t count) {
  for (size_t i = first_element(); i < count; i += element_step()) rows[i] = static_cast<uint32_t>(i);
}

__global__ __launch_bounds__(kThreads) void total_kernel(const uint32_t* rows, uint32_t count,
                                                         const unsigned long long* gradients,
                                                         unsigned long long* total) {
  unsigned long long sum = 0;
  for (size_t i = first_element(); i < count; i += element_step()) sum += gradients[rows[i]];
  sum = sum_of_lanes<kWarp>(sum);
  if (threadIdx.x % kWarp == 0) atomicAdd(total, sum);
}

}  // namespace

void run_total(const uint32_t* rows, uint32_t count, const unsigned long long* gradients,
               unsigned long long* total, cudaStream_t stream) {
  launch(total_kernel, grid_of(count, 16 * kThreads), kThreads, 0, stream, rows, count, gradients, total);
}

void run_partition(const PartitionCall& call, cudaStream_t stream) {
  launch(mark_kernel, dim3(call.tiles), kThreads, 0, stream, call);
  launch(move_kernel, dim3(call.tiles), kThreads, 0, stream, call);
}

void run_collect(const CollectTask* tasks, uint32_t count, uint32_t most_rows, cudaStream_t stream) {
  dim3 grid = grid_of(most_rows, 8 * kThreads);
  grid.y = std::min(count, 65535u);
  launch(collect_kernel, grid, kThreads, 0, stream, tasks, count);
}

void run_number(uint32_t* rows, uint32_t count, cudaStream_t stream) {
  launch(number_kernel, grid_of(count, 4 * kThreads), kThreads, 0, stream, rows, count);
}

}  // namespace cuda
}  // namespace boreal
