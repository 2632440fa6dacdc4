// Ranks of the values that trees compare: how many of a feature's cuts are less than the value, so that
// value > cuts[k] iff rank > k and nothing is lost. A word holds as many columns of one row as fit; words of
// neighbouring rows are neighbours, so that threads which walk rows side by side never meet in a bank. A
// search has the cuts of a level side by side: lanes that are at different ones need few lines of the cache.
// Floor: the rows once from memory; above it a read of the first cache for each level of each column.
#include "cuda/launch.cuh"
#include "cuda/step.cuh"

namespace boreal {
namespace cuda {
namespace {

__device__ bool in_set(const uint32_t* words, uint32_t count, float value, bool truncate) {
  value = truncate ? truncf(value) : floorf(value);
  if (!(value >= 0 && value < 32.0f * static_cast<float>(count))) return false;
  const uint32_t category = static_cast<uint32_t>(value);
  return (words[category / 32] >> category % 32 & 1) != 0;
}

struct RankCall {
  const float* x;
  uint32_t rows, width;
  const BorealCudaRank* columns;
  uint32_t count;
  const float* cuts;
  const uint32_t* words;
  bool truncate;
  uint32_t* ranks;  // [words of columns, capacity]
  uint32_t capacity;
};

// How many cuts are less than the value.
__device__ uint32_t count_below(const float* cuts, uint32_t levels, float value) {
  uint32_t at = 1;
  for (uint32_t level = 0; level < levels; ++level) at = 2 * at + (cuts[at - 1] < value ? 1 : 0);
  return at - (1u << levels);
}

__device__ uint32_t rank_in(const RankCall& call, const BorealCudaRank& column, const float* row,
                            uint32_t highest) {
  float value = row[column.feature];
  if (isnan(value) && (column.rules & BOREAL_CUDA_MISSING_IS_ZERO) != 0) value = 0;
  const bool missing = isnan(value) || ((column.rules & BOREAL_CUDA_ZERO_IS_MISSING) != 0 &&
                                        fabsf(value) <= BOREAL_CUDA_NEAR_ZERO);
  if (missing) return (column.rules & BOREAL_CUDA_MISSING_LEFT) != 0 ? 0 : highest;
  if (column.is_set == 0) return count_below(call.cuts + column.begin, column.count, value);
  return in_set(call.words + column.begin, column.count, value, call.truncate) ? 0 : highest;
}

// Of a tile of rows; an odd number, so that a column's values lie in different banks.
__host__ __device__ inline uint32_t pitch_of(uint32_t width) { return width | 1; }

// Rows of the block, from `first` on, into shared memory, in the order in which they lie in memory.
__device__ void bring_rows(const RankCall& call, size_t first, float* tile) {
  const uint32_t width = call.width, pitch = pitch_of(width), threads = blockDim.x;
  const size_t rest = call.rows - first, count = (rest < threads ? rest : threads) * width;
  uint32_t row = threadIdx.x / width, column = threadIdx.x % width;
  for (size_t i = threadIdx.x; i < count; i += threads) {
    tile[row * pitch + column] = call.x[first * width + i];
    row += threads / width;
    column += threads % width;
    if (column < width) continue;
    column -= width;
    ++row;
  }
}

// Blocks take rows by x and words by y: a thread goes through words of one row. kTile: a block's rows go
// through shared memory, or else each thread reads its own.
template <int kBits, bool kTile>
__global__ __launch_bounds__(kThreads) void rank_kernel(RankCall call) {
  constexpr uint32_t kPerWord = 32 / kBits, kHighest = (1u << kBits) - 1;
  float* const tile = reinterpret_cast<float*>(shared_bytes());
  for (size_t first = size_t{blockIdx.x} * blockDim.x; first < call.rows; first += element_step()) {
    const size_t row = first + threadIdx.x;
    const float* x = call.x + row * call.width;
    if constexpr (kTile) {
      __syncthreads();  // the rows before have been ranked
      bring_rows(call, first, tile);
      __syncthreads();
      x = tile + threadIdx.x * pitch_of(call.width);
    }
    if (row >= call.rows) continue;
    for (uint32_t word = blockIdx.y; word * kPerWord < call.count; word += gridDim.y) {
      uint32_t packed = 0;
      for (uint32_t k = 0; k < kPerWord && word * kPerWord + k < call.count; ++k) {
        packed |= rank_in(call, call.columns[word * kPerWord + k], x, kHighest) << k * kBits;
      }
      call.ranks[size_t{word} * call.capacity + row] = packed;
    }
  }
}

template <int kBits>
void start_ranks(const RankCall& call, cudaStream_t stream) {
  // Few rows leave room for more threads to each.
  constexpr uint32_t kFewRows = 1 << 14;
  constexpr size_t kTileBytes = 48 << 10;
  dim3 grid = grid_of(call.rows);
  const size_t bytes = size_t{kThreads} * pitch_of(call.width) * sizeof(float);
  if (call.rows < kFewRows || bytes > kTileBytes) {
    grid.y = call.rows < kFewRows ? std::min(call.count, 32u) : 1;
    return launch(rank_kernel<kBits, false>, grid, kThreads, 0, stream, call);
  }
  launch(rank_kernel<kBits, true>, grid, kThreads, bytes, stream, call);
}

}  // namespace

void run_rank(const StepCall& call) {
  const BorealCudaStep& step = call.step;
  const uint32_t count = static_cast<uint32_t>(step.n[0]);
  const RankCall ranks{call.in(0),
                       call.rows,
                       step.in_width[0],
                       call.constant<BorealCudaRank>(0),
                       count,
                       call.constant<float>(1),
                       call.constant<uint32_t>(2),
                       step.n[2] != 0,
                       static_cast<uint32_t*>(call.buffers[step.out]),
                       call.capacity};
  if (step.n[1] == 2) {
    start_ranks<16>(ranks, call.stream);
  } else {
    start_ranks<8>(ranks, call.stream);
  }
}

}  // namespace cuda
}  // namespace boreal
