// Histograms of packed gradients. A block adds its share of a node's rows up in shared memory, for a group of
// columns, and then adds that to the histogram: whole numbers, so that any order gives the same bits. The
// halves of a packed gradient do not meet (train/hist_gradient.h), so that each is an addition of 32 bits,
// which shared memory does by itself. Lanes take the columns of their rows in turned orders: were they in
// step, a column of few bins would send a whole warp to one address. Floor: 8 bytes of gradient, 4 of the
// row's number and its bins, in sectors of 32 bytes; above it the 2 or 3 additions to shared memory a bin, at
// 32 banks a clock and what conflicts cost.
#include "cuda/launch.cuh"
#include "cuda/tree_growth.cuh"

namespace boreal {
namespace cuda {
namespace {

constexpr unsigned kHistogramThreads = 512;
// Of a block; several fit into a multiprocessor of most devices.
constexpr size_t kHistogramBytes = 48 << 10;

// first: of the columns.
template <bool kCounts>
__device__ void add_rows(const HistogramCall& call, const HistogramTask& task, uint32_t first) {
  const uint32_t columns = call.cols - first < call.group ? call.cols - first : call.group;
  const uint32_t entries = columns * call.slots;
  uint32_t* const gradients = reinterpret_cast<uint32_t*>(shared_bytes());
  uint32_t* const hessians = gradients + entries;
  uint32_t* const counts = hessians + entries;
  for (uint32_t e = threadIdx.x; e < (kCounts ? 3 : 2) * entries; e += kHistogramThreads) gradients[e] = 0;
  __syncthreads();

  const uint32_t words = (columns + 3) / 4;
  const uint32_t lane = threadIdx.x % 32, first_word = lane % words, turn = lane / words;
  for (uint32_t i = threadIdx.x; i < task.count; i += kHistogramThreads) {
    const uint32_t row = task.rows[i];
    const unsigned long long pair = call.gradients[row];
    const uint32_t gradient = static_cast<uint32_t>(pair >> 32), hessian = static_cast<uint32_t>(pair);
    const uint32_t* const bins =
        reinterpret_cast<const uint32_t*>(call.bins + size_t{row} * call.stride + first);
    uint32_t word = first_word;
    for (uint32_t w = 0; w < words; ++w) {
      const uint32_t four = bins[word];
      for (uint32_t k = 0; k < 4; ++k) {
        const uint32_t byte = (k + turn) % 4, column = 4 * word + byte;
        if (column >= columns) continue;
        const uint32_t at = column * call.slots + (four >> 8 * byte & 0xff);
        atomicAdd(&gradients[at], gradient);
        atomicAdd(&hessians[at], hessian);
        if (kCounts) atomicAdd(&counts[at], 1u);
      }
      word = word + 1 == words ? 0 : word + 1;
    }
  }
  __syncthreads();

  const size_t to = (size_t{task.histogram} * call.cols + first) * call.slots;
  for (uint32_t e = threadIdx.x; e < entries; e += kHistogramThreads) {
    const unsigned long long sum =
        (static_cast<unsigned long long>(gradients[e]) << 32) + static_cast<unsigned long long>(hessians[e]);
    if (sum != 0) atomicAdd(&call.sums[to + e], sum);
    if (kCounts && counts[e] != 0) atomicAdd(&call.counts[to + e], counts[e]);
  }
}

template <bool kCounts>
__global__ __launch_bounds__(kHistogramThreads) void histogram_kernel(HistogramCall call) {
  const HistogramTask task = call.tasks[blockIdx.x];
  for (uint32_t first = blockIdx.y * call.group; first < call.cols; first += gridDim.y * call.group) {
    add_rows<kCounts>(call, task, first);
    __syncthreads();  // the next columns go where these are
  }
}

size_t column_bytes(uint32_t slots, bool counts) { return size_t{slots} * (counts ? 12 : 8); }

}  // namespace

uint32_t histogram_group(uint32_t cols, uint32_t slots, bool counts) {
  const uint32_t quads = (cols + 3) / 4;
  const uint32_t fit =
      std::max<uint32_t>(1, static_cast<uint32_t>(kHistogramBytes / (4 * column_bytes(slots, counts))));
  const uint32_t groups = (quads + fit - 1) / fit;
  return 4 * ((quads + groups - 1) / groups);  // all of about one size
}

void run_histograms(const HistogramCall& call, cudaStream_t stream) {
  const bool counts = call.counts != nullptr;
  const dim3 grid(call.count, std::min((call.cols + call.group - 1) / call.group, 65535u));
  const size_t bytes = std::min(call.group, call.cols) * column_bytes(call.slots, counts);
  launch(counts ? histogram_kernel<true> : histogram_kernel<false>, grid, kHistogramThreads, bytes, stream,
         call);
}

}  // namespace cuda
}  // namespace boreal
