// Products with rows that are many and lie on the device: x b, and x' b, whose long side is split into ranges
// that are added up apart, in float32 within a range and in float64 beyond. Floors: rows cols n
// multiplications (half of them for x' x), or the rows once from memory.
#include "cuda/launch.cuh"
#include "cuda/resident_rows.cuh"
#include "cuda/tile.cuh"

namespace boreal {
namespace cuda {
namespace {

template <int kTile>
__global__ void __launch_bounds__(kThreads) cross_kernel(CrossCall call) {
  __shared__ __align__(16) float memory[TileShape<kTile>::kFloats];
  const uint32_t first_row = blockIdx.x * kTile, first_col = blockIdx.y * kTile;
  if (call.symmetric && first_col + kTile <= first_row) return;  // the whole block
  const uint64_t begin = call.first + uint64_t{blockIdx.z} * call.range;
  const uint64_t rest = call.rows - begin;
  const uint32_t count = rest < call.range ? static_cast<uint32_t>(rest) : call.range;
  const auto a = [&](int line, uint32_t k) {
    return first_row + line < call.cols ? call.x[(begin + k) * call.cols + first_row + line] : 0.0f;
  };
  const auto b = [&](int line, uint32_t k) {
    return first_col + line < call.n ? call.b[(begin + k) * call.n + first_col + line] : 0.0f;
  };
  multiply_tile<kTile, false, false, Multiply>(a, b, 0, count, memory);
  float* const partial = call.partial + size_t{blockIdx.z} * call.cols * call.n;
  each_sum<kTile>(memory, [&](uint32_t i, uint32_t j, float sum) {
    const uint32_t row = first_row + i, col = first_col + j;
    if (row < call.cols && col < call.n) partial[size_t{row} * call.n + col] = sum;
  });
}

template <int kTile>
__global__ void __launch_bounds__(kThreads) times_kernel(TimesCall call) {
  __shared__ __align__(16) float memory[TileShape<kTile>::kFloats];
  const size_t first_row = size_t{blockIdx.x} * kTile;
  const uint32_t first_col = blockIdx.y * kTile;
  const auto a = [&](int line, uint32_t k) {
    return first_row + line < call.rows ? call.x[(first_row + line) * call.cols + k] : 0.0f;
  };
  const auto b = [&](int line, uint32_t k) {
    return first_col + line < call.n ? call.b[size_t{k} * call.n + first_col + line] : 0.0f;
  };
  multiply_tile<kTile, true, false, Multiply>(a, b, 0, call.cols, memory);
  each_sum<kTile>(memory, [&](uint32_t i, uint32_t j, float sum) {
    const size_t row = first_row + i;
    const uint32_t col = first_col + j;
    if (row < call.rows && col < call.n) call.out[row * call.n + col] = sum;
  });
}

unsigned parts(uint64_t n, uint64_t size) { return static_cast<unsigned>((n + size - 1) / size); }

}  // namespace

void run_cross(const CrossCall& call, uint32_t splits, cudaStream_t stream) {
  const bool narrow = call.cols <= 32 || call.n <= 32;
  const unsigned tile = narrow ? 32 : 64;
  launch(narrow ? cross_kernel<32> : cross_kernel<64>,
         dim3(parts(call.cols, tile), parts(call.n, tile), splits), kThreads, 0, stream, call);
}

void run_times(const TimesCall& call, cudaStream_t stream) {
  const bool narrow = call.n <= 32;
  const unsigned tile = narrow ? 32 : 64;
  launch(narrow ? times_kernel<32> : times_kernel<64>, dim3(parts(call.rows, tile), parts(call.n, tile)),
         kThreads, 0, stream, call);
}

}  // namespace cuda
}  // namespace boreal
