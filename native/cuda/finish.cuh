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

__device__ __noinline__ inline float finish(const Finish& f, float sum) {
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

// The usual ones without a call.
__device__ __forceinline__ float finish_inline(const Finish& f, float x) {
  if (f.kind == BOREAL_CUDA_PLAIN) return x;
  if (f.kind == BOREAL_CUDA_ACTIVATION && f.activation == Unary::kRelu) return x < 0 ? 0.0f : x;
  return finish(f, x);
}

}  // namespace cuda
}  // namespace boreal
