// Layers of a network that is trained which no product takes along: rows gathered, activations on their own,
// softmax within a network, dropout. Each reads and writes its values once.
#include "cuda/activation.cuh"
#include "cuda/launch.cuh"
#include "cuda/network_kernels.cuh"
#include "cuda/rows.cuh"

namespace boreal {
namespace cuda {
namespace {

__global__ void gather_kernel(Clock clock, BatchRows x, float* out) {
  const BorealCudaTrainStep step = clock.before();
  const size_t count = size_t{step.rows} * x.width;
  for (size_t i = first_element(); i < count; i += element_step()) {
    const size_t row = static_cast<size_t>(clock.order[step.first + i / x.width]);
    out[i] = x.data[row * x.width + i % x.width];
  }
}

__global__ void activation_kernel(ActivationCall call) {
  const bool forward = call.dy == nullptr;
  const size_t count = size_t{forward ? call.clock.before().rows : call.clock.after().rows} * call.size;
  for (size_t i = first_element(); i < count; i += element_step()) {
    call.out[i] = forward ? activate(call.activation, call.parameter, call.x[i])
                          : call.dy[i] * derivative(call.activation, call.parameter, call.x[i]);
  }
}

// A warp for each group of values; NaN makes all of its group NaN by the sum.
__global__ void softmax_rows_kernel(ActivationCall call) {
  const bool forward = call.dy == nullptr, log = call.activation == Activation::kLogSoftmax;
  const size_t rows = forward ? call.clock.before().rows : call.clock.after().rows;
  const size_t groups = rows * (call.size / call.width);
  const uint32_t lane = threadIdx.x % kWarp;
  each_row_of_warp(groups, [&](size_t group) {
    const size_t begin = group * call.width;
    if (forward) {
      float most = -INFINITY, sum = 0;
      for (uint32_t j = lane; j < call.width; j += kWarp) most = fmaxf(most, call.x[begin + j]);
      most = max_of_lanes<kWarp>(most);
      for (uint32_t j = lane; j < call.width; j += kWarp) sum += expf(call.x[begin + j] - most);
      sum = sum_of_lanes<kWarp>(sum);
      for (uint32_t j = lane; j < call.width; j += kWarp) {
        const float x = call.x[begin + j] - most;
        call.out[begin + j] = log ? x - logf(sum) : expf(x) / sum;
      }
      return;
    }
    float sum = 0;
    for (uint32_t j = lane; j < call.width; j += kWarp) {
      const float d = call.dy[begin + j];
      sum = log ? sum + d : fmaf(call.x[begin + j], d, sum);
    }
    sum = sum_of_lanes<kWarp>(sum);
    for (uint32_t j = lane; j < call.width; j += kWarp) {
      const float d = call.dy[begin + j], y = call.x[begin + j];
      call.out[begin + j] = log ? d - expf(y) * sum : y * (d - sum);
    }
  });
}

__global__ void dropout_kernel(DropoutCall call) {
  const uint32_t now = call.clock.progress->step - (call.after ? 1 : 0);
  const size_t rows = call.after ? call.clock.after().rows : call.clock.before().rows;
  const uint64_t key = call.keys[size_t{now} * call.dropouts + call.dropout];
  for (size_t i = first_element(); i < rows * call.size; i += element_step()) {
    const bool kept = dropout_hash(key, static_cast<uint32_t>(i)) >= call.threshold;
    call.out[i] = kept ? call.scale * call.x[i] : 0.0f;
  }
}

}  // namespace

void run_gather(const Clock& clock, const BatchRows& x, float* out, uint32_t batch, cudaStream_t stream) {
  launch(gather_kernel, grid_of(size_t{batch} * x.width), kThreads, 0, stream, clock, x, out);
}

void run_activation(const ActivationCall& call, uint32_t batch, cudaStream_t stream) {
  const bool by_rows = call.activation == Activation::kSoftmax || call.activation == Activation::kLogSoftmax;
  const size_t values = size_t{batch} * call.size;
  if (by_rows) {
    launch(softmax_rows_kernel, grid_of(values / call.width * kWarp), kThreads, 0, stream, call);
  } else {
    launch(activation_kernel, grid_of(values), kThreads, 0, stream, call);
  }
}

void run_dropout(const DropoutCall& call, uint32_t batch, cudaStream_t stream) {
  launch(dropout_kernel, grid_of(size_t{batch} * call.size), kThreads, 0, stream, call);
}

}  // namespace cuda
}  // namespace boreal
