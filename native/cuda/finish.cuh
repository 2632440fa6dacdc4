// What becomes of a finished sum, as every kernel that ends in one has it.
#pragma once

#include "cuda/math.cuh"
#include "device/cuda_api.h"

namespace boreal {
namespace cuda {

struct Finish {
  int kind;  // BorealCudaFinish
  Unary activation;
  float gamma, coef0, degree;
};

// Its argument by value: one whose address is taken would be copied to each thread's stack.
__device__ __noinline__ inline float finish(Finish f, float sum) {
  switch (f.kind) {
    case BOREAL_CUDA_ACTIVATION:
      return apply(f.activation, sum);
    case BOREAL_CUDA_ROOT:
      return sqrtf(sum);
    case BOREAL_CUDA_POLYNOMIAL:
      return static_cast<float>(
          pow(static_cast<double>(fmaf(f.gamma, sum, f.coef0)), static_cast<double>(f.degree)));
    case BOREAL_CUDA_RBF:
      return expf(-f.gamma * sum);
    case BOREAL_CUDA_SIGMOID:
      return tanhf(fmaf(f.gamma, sum, f.coef0));
    default:
      return sum;
  }
}

// In place, the usual ones without a call.
template <int kCount>
__device__ __forceinline__ void finish_all(const Finish& f, float (&x)[kCount]) {
  if (f.kind == BOREAL_CUDA_PLAIN) return;
  if (f.kind == BOREAL_CUDA_ACTIVATION && f.activation == Unary::kRelu) {
#pragma unroll
    for (int i = 0; i < kCount; ++i) x[i] = x[i] < 0 ? 0.0f : x[i];
    return;
  }
#pragma unroll
  for (int i = 0; i < kCount; ++i) x[i] = finish(f, x[i]);
}
__device__ __forceinline__ float finish_inline(const Finish& f, float sum) {
  float x[1] = {sum};
  finish_all(f, x);
  return x[0];
}

}  // namespace cuda
}  // namespace boreal
