// Activations of a network, those of kernels/neural_kernels.h, and their derivatives; the hash of dropout.
#pragma once

#include "cuda/math.cuh"
#include "kernels/neural_kernels.h"

namespace boreal {
namespace cuda {

constexpr float kSeluScale = 1.05070098735548049342f, kSeluAlpha = 1.67326324235437728482f;
constexpr float kRootTwoByPi = 0.79788456080286535588f;  // sqrt(2 / pi)
constexpr float kGeluCubic = 0.044715f;

__device__ inline float relu6(float x) { return x < 0 ? 0.0f : x > 6 ? 6.0f : x; }
__device__ inline float gelu_tanh_inner(float x) { return kRootTwoByPi * fmaf(kGeluCubic * x * x, x, x); }
__device__ inline float gelu_tanh(float x) { return 0.5f * x * (1 + tanhf(gelu_tanh_inner(x))); }

__device__ __noinline__ inline float activate(Activation f, float a, float x) {
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

// The derivative at the value y or, as gradient_by_value says, at the argument x.
__device__ __noinline__ inline float derivative(Activation f, float a, float at) {
  switch (f) {
    case Activation::kRelu:
      return at > 0 ? 1.0f : 0.0f;
    case Activation::kRelu6:
      return at > 0 && at < 6 ? 1.0f : 0.0f;
    case Activation::kLeakyRelu:
      return at > 0 ? 1.0f : a;
    case Activation::kElu:
      return at > 0 ? 1.0f : at + a;
    case Activation::kSelu:
      return at > 0 ? kSeluScale : at + kSeluScale * kSeluAlpha;
    case Activation::kSigmoid:
      return at * (1 - at);
    case Activation::kHardSigmoid:
      return at > 0 && at < 1 ? 1.0f / 6 : 0.0f;
    case Activation::kTanh:
      return 1 - at * at;
    case Activation::kSoftplus:
      return -expm1f(-at);
    case Activation::kSoftsign: {
      const float rest = 1 - fabsf(at);
      return rest * rest;
    }
    case Activation::kExponential:
      return at;
    case Activation::kGelu: {
      const float below = 0.5f * (1 + erff(at * 0.70710678118654752440f));
      return fmaf(at, 0.39894228040143267794f * expf(-0.5f * at * at), below);
    }
    case Activation::kGeluTanh: {
      const float t = tanhf(gelu_tanh_inner(at));
      const float slope = kRootTwoByPi * fmaf(3 * kGeluCubic * at, at, 1.0f);
      return 0.5f * (1 + t) + 0.5f * at * (1 - t * t) * slope;
    }
    case Activation::kSilu: {
      const float s = sigmoid(at);
      return s * fmaf(at, 1 - s, 1.0f);
    }
    case Activation::kHardSilu:
      return at > 3 ? 1.0f : at < -3 ? 0.0f : (at + at + 3) / 6;
    case Activation::kMish: {
      const float t = tanhf(softplus(at));
      return fmaf(at * (1 - t * t), sigmoid(at), t);
    }
    default:
      return 1;
  }
}

// What NeuralKernels::dropout compares with the threshold for the i-th number.
__device__ inline uint32_t dropout_hash(uint64_t key, uint32_t i) {
  uint32_t h = i ^ static_cast<uint32_t>(key);
  h = (h ^ (h >> 16)) * 0x7feb352du;
  h = (h ^ (h >> 15)) * 0x846ca68bu;
  h = (h ^ (h >> 16)) + static_cast<uint32_t>(key >> 32);
  h = (h ^ (h >> 16)) * 0x7feb352du;
  h = (h ^ (h >> 15)) * 0x846ca68bu;
  return h ^ (h >> 16);
}

}  // namespace cuda
}  // namespace boreal
