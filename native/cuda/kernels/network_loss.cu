// Losses of the rows of a mini-batch, their gradients and metrics; and the sums of a step. A lane takes a row
// of few outputs, a warp one of many; sums run in an order that depends on the number of outputs alone.
#include "cuda/network_loss.cuh"

namespace boreal {
namespace cuda {
namespace {

constexpr uint32_t kFewOutputs = 16;

template <int kLanes>
__global__ void loss_kernel(LossCall call) {
  const BorealCudaTrainStep step = call.clock.before();
  for (size_t i = first_element() / kLanes; i < step.rows; i += element_step() / kLanes) {
    const size_t at = i * call.outputs;
    const LossPlace place{1, call.y + at, call.logits ? call.p + at : nullptr, call.dy + at};
    score_row<kLanes>(call, step, static_cast<uint32_t>(i), place, true);
  }
}

__global__ void finish_kernel(FinishCall call) { finish_step(call); }

__global__ void last_penalty_kernel(FinishCall call) {
  if (call.clock.progress->stopped == 0) add_last_penalty(call, call.clock.progress->step);
}

}  // namespace

void run_loss(const LossCall& call, cudaStream_t stream) {
  if (call.outputs <= kFewOutputs) {
    launch(loss_kernel<1>, grid_of(call.batch, 64), 64, 0, stream, call);
  } else {
    launch(loss_kernel<32>, grid_of(size_t{call.batch} * 32), kThreads, 0, stream, call);
  }
}

void run_finish(const FinishCall& call, cudaStream_t stream) {
  launch(finish_kernel, dim3(1), kThreads, 0, stream, call);
}

void run_last_penalty(const FinishCall& call, cudaStream_t stream) {
  launch(last_penalty_kernel, dim3(1), kThreads, 0, stream, call);
}

}  // namespace cuda
}  // namespace boreal
