// What boosting does to each row between two trees. Floor: 8 bytes of gradients read and 8 written a row;
// 12 read and 8 written for a row's score.
#include "cuda/launch.cuh"
#include "cuda/tree_loss.cuh"
#include "device/boosting_splits.h"

namespace boreal {
namespace cuda {
namespace {

__global__ __launch_bounds__(kThreads) void quantize_kernel(const float* gradients, const float* hessians,
                                                            uint32_t rows, double gradient_scale,
                                                            double hessian_scale, unsigned long long one,
                                                            unsigned long long* packed) {
  for (size_t i = first_element(); i < rows; i += element_step()) {
    const int64_t gradient = round_to_int(static_cast<double>(gradients[i]) * gradient_scale);
    uint64_t hessian = one;
    if (hessians != nullptr) {
      hessian = static_cast<uint64_t>(round_to_int(static_cast<double>(hessians[i]) * hessian_scale));
    }
    packed[i] = pack_pair(gradient, hessian);
  }
}

__global__ __launch_bounds__(kThreads) void add_kernel(const LeafTask* leaves, const double* values,
                                                       uint32_t count, double* scores) {
  for (uint32_t k = blockIdx.y; k < count; k += gridDim.y) {
    const LeafTask leaf = leaves[k];
    const double value = values[k];
    for (size_t i = first_element(); i < leaf.count; i += element_step()) scores[leaf.rows[i]] += value;
  }
}

__device__ bool goes_left(const WalkCall& call, const BorealCudaTreeNode& node, uint32_t bin) {
  if (node.categorical != 0) return (call.sets[4 * size_t{node.set} + bin / 64] >> bin % 64 & 1) != 0;
  return bin == node.missing_bin ? node.missing_left != 0 : bin <= node.bin;
}

__global__ __launch_bounds__(kThreads) void walk_kernel(WalkCall call) {
  for (size_t i = first_element(); i < call.rows; i += element_step()) {
    const uint8_t* const bins = call.bins + i * call.stride;
    BorealCudaTreeNode node = call.nodes[0];
    while (node.column >= 0) {
      node = call.nodes[node.left + (goes_left(call, node, bins[node.column]) ? 0 : 1)];
    }
    call.scores[i] += call.values[node.left];
  }
}

}  // namespace

void run_quantize(const float* gradients, const float* hessians, uint32_t rows, double gradient_scale,
                  double hessian_scale, unsigned long long one, unsigned long long* packed,
                  cudaStream_t stream) {
  launch(quantize_kernel, grid_of(rows), kThreads, 0, stream, gradients, hessians, rows, gradient_scale,
         hessian_scale, one, packed);
}

void run_add_values(const LeafTask* leaves, const double* values, uint32_t count, uint32_t most_rows,
                    double* scores, cudaStream_t stream) {
  dim3 grid = grid_of(most_rows, 8 * kThreads);
  grid.y = std::min(count, 65535u);
  launch(add_kernel, grid, kThreads, 0, stream, leaves, values, count, scores);
}

void run_add_tree(const WalkCall& call, cudaStream_t stream) {
  launch(walk_kernel, grid_of(call.rows), kThreads, 0, stream, call);
}

}  // namespace cuda
}  // namespace boreal
