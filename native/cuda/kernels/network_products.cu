// The products of a step of training: forward y = x w, backward dx = dy w', and the gradient x' dy, with what
// comes before and after them on the way: rows are taken in the order of the epoch, biases and activations
// are applied, and derivatives multiplied, before anything is written.
//
// A mini-batch of 1024 rows by a layer of 128 is far too few large tiles for a device of a hundred
// multiprocessors, so that tiles are the small ones of tile.cuh unless there are many. The gradient's rows,
// which are its long side, are split over blocks as well. Floor: 2 m n k operations at the rate of fused
// multiply-adds; a 32 x 32 tile reads 8 bytes from the L2 cache for 64 operations.
#include <algorithm>

#include "cuda/activation.cuh"
#include "cuda/launch.cuh"
#include "cuda/network_kernels.cuh"
#include "cuda/tile.cuh"

namespace boreal {
namespace cuda {
namespace {

// Row i of the mini-batch, or of its positions.
__device__ const float* row_of(const BatchRows& x, const Clock& clock, const BorealCudaTrainStep& step,
                               uint32_t i) {
  const size_t row = x.ordered ? static_cast<size_t>(clock.order[size_t{step.first} + i]) : i;
  return x.data + row * x.width;
}

template <int kTile>
__global__ void __launch_bounds__(kThreads) forward_kernel(ForwardCall call) {
  __shared__ __align__(16) float memory[TileShape<kTile>::kFloats];
  const BorealCudaTrainStep step = call.clock.before();
  const uint32_t rows = step.rows * call.positions, width = call.x.width, units = call.units;
  const uint32_t first_row = blockIdx.x * kTile, first_col = blockIdx.y * kTile;
  if (first_row >= rows) return;  // the whole block
  const auto a = [&](int line, uint32_t k) {
    const uint32_t row = first_row + line;
    return row < rows ? row_of(call.x, call.clock, step, row)[k] : 0.0f;
  };
  const auto b = [&](int line, uint32_t k) {
    return first_col + line < units ? call.w[size_t{k} * units + first_col + line] : 0.0f;
  };
  multiply_tile<kTile, true, false, Multiply>(a, b, 0, width, memory);
  each_sum<kTile>(memory, [&](uint32_t i, uint32_t j, float sum) {
    const uint32_t row = first_row + i, col = first_col + j;
    if (row >= rows || col >= units) return;
    const float value = call.bias == nullptr ? sum : sum + call.bias[col];
    const size_t at = size_t{row} * units + col;
    if (call.z != nullptr) call.z[at] = value;
    call.y[at] = activate(call.activation, call.parameter, value);
  });
}

template <int kTile>
__global__ void __launch_bounds__(kThreads) backward_kernel(BackwardCall call) {
  __shared__ __align__(16) float memory[TileShape<kTile>::kFloats];
  const uint32_t rows = call.clock.after().rows * call.positions, units = call.units, inputs = call.inputs;
  const uint32_t first_row = blockIdx.x * kTile, first_col = blockIdx.y * kTile;
  if (first_row >= rows) return;
  const auto a = [&](int line, uint32_t k) {
    const uint32_t row = first_row + line;
    return row < rows ? call.dy[size_t{row} * units + k] : 0.0f;
  };
  const auto b = [&](int line, uint32_t k) {
    const uint32_t col = first_col + line;
    return col < inputs ? call.w[size_t{col} * units + k] : 0.0f;
  };
  multiply_tile<kTile, true, true, Multiply>(a, b, 0, units, memory);
  each_sum<kTile>(memory, [&](uint32_t i, uint32_t j, float sum) {
    const uint32_t row = first_row + i, col = first_col + j;
    if (row >= rows || col >= inputs) return;
    const size_t at = size_t{row} * inputs + col;
    call.dx[at] = call.at == nullptr ? sum : sum * derivative(call.activation, call.parameter, call.at[at]);
  });
}

template <int kTile>
__global__ void __launch_bounds__(kThreads) gradient_kernel(GradientCall call) {
  __shared__ __align__(16) float memory[TileShape<kTile>::kFloats];
  const BorealCudaTrainStep step = call.clock.after();
  const uint32_t rows = step.rows * call.positions, inputs = call.x.width, units = call.units;
  const uint32_t height = inputs + (call.has_bias ? 1 : 0);
  const uint32_t first_row = blockIdx.x * kTile, first_col = blockIdx.y * kTile;
  const uint32_t begin = blockIdx.z * call.range;
  const uint32_t end = begin + call.range < rows ? begin + call.range : rows;
  if (rows == 0) return;
  // The bias is the weight of a column of ones.
  const auto a = [&](int line, uint32_t k) {
    const uint32_t input = first_row + line;
    if (input >= inputs) return input < height ? 1.0f : 0.0f;
    return row_of(call.x, call.clock, step, k)[input];
  };
  const auto b = [&](int line, uint32_t k) {
    return first_col + line < units ? call.dy[size_t{k} * units + first_col + line] : 0.0f;
  };
  multiply_tile<kTile, false, false, Multiply>(a, b, begin, end, memory);
  float* const partial = call.partial + size_t{blockIdx.z} * height * units;
  each_sum<kTile>(memory, [&](uint32_t i, uint32_t j, float sum) {
    const uint32_t row = first_row + i, col = first_col + j;
    if (row < height && col < units) partial[size_t{row} * units + col] = sum;
  });
}

constexpr uint32_t kMostSplits = 16;
constexpr uint32_t kLeastRange = 64;  // rows for which a block more pays

uint32_t parts(uint32_t n, uint32_t size) { return (n + size - 1) / size; }

// Whether tiles of 64 keep the device busy.
bool are_many(uint32_t m, uint32_t n, int multiprocessors) {
  return size_t{parts(m, 64)} * parts(n, 64) >= 2 * static_cast<size_t>(multiprocessors);
}

template <typename Call>
void launch_tiles(void (*small)(Call), void (*large)(Call), const Call& call, uint32_t m, uint32_t n,
                  uint32_t splits, int multiprocessors, cudaStream_t stream) {
  const bool many = are_many(m, n, multiprocessors);
  const uint32_t tile = many ? 64 : 32;
  launch(many ? large : small, dim3(parts(m, tile), parts(n, tile), splits), kThreads, 0, stream, call);
}

}  // namespace

void run_forward(const ForwardCall& call, uint32_t batch, int multiprocessors, cudaStream_t stream) {
  launch_tiles(forward_kernel<32>, forward_kernel<64>, call, batch * call.positions, call.units, 1,
               multiprocessors, stream);
}

void run_backward(const BackwardCall& call, uint32_t batch, int multiprocessors, cudaStream_t stream) {
  launch_tiles(backward_kernel<32>, backward_kernel<64>, call, batch * call.positions, call.inputs, 1,
               multiprocessors, stream);
}

void plan_gradient(GradientCall* call, uint32_t batch, int multiprocessors) {
  const uint32_t rows = batch * call->positions, height = call->x.width + (call->has_bias ? 1 : 0);
  const uint32_t tile = are_many(height, call->units, multiprocessors) ? 64 : 32;
  const uint32_t tiles = parts(height, tile) * parts(call->units, tile);
  const uint32_t wanted = parts(2 * static_cast<uint32_t>(multiprocessors), tiles);
  const uint32_t splits = std::min({wanted, parts(rows, kLeastRange), kMostSplits});
  call->range = parts(rows, splits);
  call->splits = parts(rows, call->range);
}

void run_gradient(const GradientCall& call, int multiprocessors, cudaStream_t stream) {
  launch_tiles(gradient_kernel<32>, gradient_kernel<64>, call, call.x.width + (call.has_bias ? 1 : 0),
               call.units, call.splits, multiprocessors, stream);
}

}  // namespace cuda
}  // namespace boreal
