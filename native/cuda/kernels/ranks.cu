// Ranks of the values that trees compare: how many of a feature's cuts are less than the value, so that
// value > cuts[k] iff rank > k and nothing is lost. A word holds as many columns of one row as fit; words of
// neighbouring rows are neighbours, so that threads which walk rows side by side never meet in a bank.
#include "cuda/launch.cuh"
#include "cuda/sorted.cuh"
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

// Blocks take rows by x and words by y: a thread goes through words of one row while it is in the cache.
template <int kBits>
__global__ void rank_kernel(RankCall call) {
  constexpr uint32_t kPerWord = 32 / kBits, kHighest = (1u << kBits) - 1;
  for (size_t row = first_element(); row < call.rows; row += element_step()) {
    const float* x = call.x + row * call.width;
    for (uint32_t word = blockIdx.y; word * kPerWord < call.count; word += gridDim.y) {
      uint32_t packed = 0;
      for (uint32_t k = 0; k < kPerWord && word * kPerWord + k < call.count; ++k) {
        packed |= rank_in(call, call.columns[word * kPerWord + k], x, kHighest) << k * kBits;
      }
      call.ranks[size_t{word} * call.capacity + row] = packed;
    }
  }
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
  // Few rows leave room for more threads to each.
  dim3 grid = grid_of(call.rows);
  grid.y = call.rows < 65536 ? std::min(count, 32u) : 1;
  launch(step.n[1] == 2 ? rank_kernel<16> : rank_kernel<8>, grid, kThreads, 0, call.stream, ranks);
}

}  // namespace cuda
}  // namespace boreal
