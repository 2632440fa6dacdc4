// What a step gets to run: its place in memory and its stream. run_step() starts its kernels and returns; the
// launchers stand beside their kernels.
#pragma once

#include <cuda_runtime.h>

#include "device/cuda_api.h"

namespace boreal {
namespace cuda {

// The least of these numbers is the refusal that is reported: that of the first row, there of the first op.
using Refusal = unsigned long long;
constexpr Refusal kNoRefusal = ~Refusal{0};
constexpr int kRowShift = 41, kOpShift = 25, kColumnShift = 3;
constexpr Refusal kOpMask = 0xffff, kColumnMask = 0x3fffff, kReasonMask = 7;

struct StepCall {
  const BorealCudaStep& step;
  void* const* buffers;
  const unsigned char* arena;
  uint32_t rows;
  uint32_t capacity;  // rows that the buffers hold: the stride of those that stand on their side
  Refusal* refusal;
  cudaStream_t stream;

  const float* in(int k) const { return static_cast<const float*>(buffers[step.in[k]]); }
  float* out() const { return static_cast<float*>(buffers[step.out]); }
  template <typename T>
  const T* constant(int k) const {
    return step.c[k] == BOREAL_CUDA_NONE ? nullptr : reinterpret_cast<const T*>(arena + step.c[k]);
  }
};

void run_step(const StepCall& call);
// What becomes of the sums of a step BOREAL_CUDA_PRODUCT.
struct Finish;
Finish finish_of(const BorealCudaStep& step);

// By file: columns.cu, elementwise.cu, rows.cu, product.cu, mlp.cu, ranks.cu, trees.cu, quantile.cu,
// row_values.cu, solvers.cu, neighbors.cu, votes.cu, umap.cu, donors.cu, conv.cu, pool.cu, divergence.cu.
void run_check(const StepCall& call);
void run_gather(const StepCall& call);
void run_place(const StepCall& call);
void run_category(const StepCall& call);
void run_one_hot(const StepCall& call);
void run_lookup(const StepCall& call);
void run_impute(const StepCall& call);
void run_affine(const StepCall& call);
void run_unary(const StepCall& call);
void run_binary(const StepCall& call);
void run_select(const StepCall& call);
void run_constant(const StepCall& call);
void run_softmax(const StepCall& call);
void run_argmax(const StepCall& call);
void run_fold(const StepCall& call);
void run_product(const StepCall& call);
void run_mlp(const StepCall& call);
void run_rank(const StepCall& call);
void run_trees(const StepCall& call);
void run_tree_result(const StepCall& call);
// cast.cu, tensor_product.cu, tensor_conv.cu
void run_cast(const StepCall& call);
void run_quantize(const StepCall& call);
void run_tensor_product(const StepCall& call);
void run_tensor_conv(const StepCall& call);
void run_scale(const StepCall& call);
void run_draw(const StepCall& call);
void run_quantile(const StepCall& call);
void run_leaf_linear(const StepCall& call);
void run_interpolate(const StepCall& call);
void run_coupling(const StepCall& call);
void run_non_negative(const StepCall& call);
void run_unit(const StepCall& call);
void run_powers(const StepCall& call);
void run_nearest(const StepCall& call);
void run_vote(const StepCall& call);
void run_within(const StepCall& call);
void run_place_row(const StepCall& call);
void run_shared_distances(const StepCall& call);
void run_donors(const StepCall& call);
void run_conv(const StepCall& call);
void run_pool(const StepCall& call);
void run_activate(const StepCall& call);
void run_layer_norm(const StepCall& call);
void run_embedding(const StepCall& call);
void run_divergence(const StepCall& call);

}  // namespace cuda
}  // namespace boreal
