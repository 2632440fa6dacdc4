// Activations of a network that are no function of math.cuh: those of kernels/neural_kernels.h.
#pragma once

#include "cuda/math.cuh"
#include "kernels/neural_kernels.h"

namespace boreal {
namespace cuda {

__device__ inline float relu6(float x) { return x < 0 ? 0.0f : x > 6 ? 6.0f : x; }
__device__ inline float gelu_tanh(float x) {
  constexpr float kRootTwoByPi = 0.79788456080286535588f, kCubic = 0.044715f;
  return 0.5f * x * (1 + tanhf(kRootTwoByPi * fmaf(kCubic * x * x, x, x)));
}

__device__ __noinline__ inline float activate(Activation f, float a, float x) {
  constexpr float kSeluScale = 1.05070098735548049342f, kSeluAlpha = 1.67326324235437728482f;
  switch (f) {
    case Activation::kRelu:
      return apply(Unary::kRelu, x);
    case Activation::kRelu6:
      return relu6(x);
    case Activation::kLeakyRelu:
      return x < 0 ? a * x : x;
    case Activation::kElu:
      return x < 0 ? a * expm1f(x) : x;
    case Activation::kSelu:
      return x < 0 ? kSeluScale * kSeluAlpha * expm1f(x) : kSeluScale * x;
    case Activation::kSigmoid:
      return sigmoid(x);
    case Activation::kHardSigmoid:
      return relu6(x + 3) / 6;
    case Activation::kTanh:
      return tanhf(x);
    case Activation::kSoftplus:
      return softplus(x);
    case Activation::kSoftsign:
      return x / (1 + fabsf(x));
    case Activation::kExponential:
      return expf(x);
    case Activation::kGelu:
      return gelu(x);
    case Activation::kGeluTanh:
      return gelu_tanh(x);
    case Activation::kSilu:
      return silu(x);
    case Activation::kHardSilu:
      return x * (relu6(x + 3) / 6);
    case Activation::kMish:
      return x * tanhf(softplus(x));
    default:
      return x;
  }
}

}  // namespace cuda
}  // namespace boreal
