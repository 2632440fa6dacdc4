// What becomes of the neighbours of a row. A thread makes one column of one row, from the nearest neighbour
// on, in float64 and in the CPU's order.
#include "cuda/launch.cuh"
#include "cuda/metric.cuh"
#include "cuda/step.cuh"

namespace boreal {
namespace cuda {
namespace {

struct ListView {
  const float* ranks;
  const int* indices;
  int count;
};

// Breunig et al. (2000), negated: device/cpu_neighbors.h.
__device__ float outlier(const VoteCall& call, const ListView& list) {
  const double* const reach = call.values;
  const double* const density = reach + call.points;
  double distance = 0, densities = 0;
  for (int c = 0; c < list.count; ++c) {
    const double own = static_cast<double>(call.scale.to_distance(list.ranks[c]));
    const double reached = reach[list.indices[c]];
    distance += own < reached ? reached : own;
    densities += density[list.indices[c]];
  }
  const double k = list.count, own = 1 / (distance / k + 1e-10);
  return static_cast<float>(-(densities / k) / own);
}

__global__ void vote_kernel(const float* lists, float* y, uint32_t rows, int k, VoteCall call) {
  const size_t count = size_t{rows} * static_cast<size_t>(call.outputs);
  for (size_t i = first_element(); i < count; i += element_step()) {
    const float* const ranks = lists + i / call.outputs * static_cast<size_t>(2 * k);
    const ListView list{ranks, reinterpret_cast<const int*>(ranks + k), k};
    const int output = static_cast<int>(i % call.outputs);
    if (call.vote == BOREAL_CUDA_VOTE_OUTLIER) {
      y[i] = outlier(call, list);
    } else if (call.vote == BOREAL_CUDA_VOTE_DISTANCES) {
      y[i] = call.scale.to_distance(list.ranks[output]);
    } else {
      VoteState state{};
      for (int c = 0; c < k; ++c) state.add(call, list.ranks[c], list.indices[c], output);
      y[i] = state.result(call);
    }
  }
}

struct WithinCall {
  const float* ranks;  // [rows, chunk]
  VoteState* states;   // [rows, outputs]
  float* y;
  uint32_t rows;
  int chunk, first;  // point
  float limit;
  bool begins, ends;
};

__global__ void within_kernel(WithinCall within, VoteCall call) {
  const size_t count = size_t{within.rows} * static_cast<size_t>(call.outputs);
  for (size_t i = first_element(); i < count; i += element_step()) {
    const float* const ranks = within.ranks + i / call.outputs * static_cast<size_t>(within.chunk);
    const int output = static_cast<int>(i % call.outputs);
    VoteState state{};
    if (!within.begins) state = within.states[i];
    for (int j = 0; j < within.chunk; ++j) {
      if (ranks[j] <= within.limit) state.add(call, ranks[j], within.first + j, output);
    }
    if (within.ends) {
      within.y[i] = state.result(call);
    } else {
      within.states[i] = state;
    }
  }
}

}  // namespace

void run_vote(const StepCall& call) {
  launch(vote_kernel, grid_of(size_t{call.rows} * call.step.out_width), kThreads, 0, call.stream, call.in(0),
         call.out(), call.rows, call.step.n[0], vote_of(call));
}

void run_within(const StepCall& call) {
  const BorealCudaStep& step = call.step;
  const WithinCall within{call.in(0),
                          static_cast<VoteState*>(call.buffers[step.in[1]]),
                          call.out(),
                          call.rows,
                          static_cast<int>(step.in_width[0]),
                          step.n[0],
                          static_cast<float>(step.x[1]),
                          (step.n[5] & 1) != 0,
                          (step.n[5] & 2) != 0};
  launch(within_kernel, grid_of(size_t{call.rows} * step.out_width), kThreads, 0, call.stream, within,
         vote_of(call));
}

}  // namespace cuda
}  // namespace boreal
