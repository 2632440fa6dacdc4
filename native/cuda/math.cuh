// Functions of one number and of two, as kernels/functions.h defines them. Never inlined: in an unrolled loop
// all of them would take the compiler minutes.
#pragma once

#include <cuda_runtime.h>
#include <math.h>

#include "kernels/functions.h"

namespace boreal {
namespace cuda {

__device__ inline float quiet_nan() { return NAN; }

__device__ inline float sigmoid(float x) {
  const float e = expf(-fabsf(x));
  return x >= 0 ? 1 / (1 + e) : e / (1 + e);
}
// These two in float64: roundings on the way would cost digits where the result is small.
__device__ inline float silu(float x) {
  if (x == -INFINITY) return -0.0f;
  return static_cast<float>(static_cast<double>(x) / (1 + exp(-static_cast<double>(x))));
}
__device__ inline float gelu(float x) {
  if (x == -INFINITY) return -0.0f;
  return static_cast<float>(static_cast<double>(x) * 0.5 *
                            erfc(-static_cast<double>(x) * 0.70710678118654752));
}
__device__ inline float softplus(float x) { return (x > 0 ? x : 0.0f) + log1pf(expf(-fabsf(x))); }
__device__ inline float sin_pi(float x) {
  if (isinf(x)) return quiet_nan();
  return x == truncf(x) ? copysignf(0.0f, x) : sinpif(x);
}
__device__ inline float cos_pi(float x) { return isinf(x) ? quiet_nan() : cospif(x); }
__device__ inline float normal_quantile(float p) { return p >= 0 && p <= 1 ? normcdfinvf(p) : quiet_nan(); }
__device__ inline float sign(float x) { return x > 0 ? 1.0f : x < 0 ? -1.0f : x * 0 + 0.0f; }

__device__ __noinline__ inline float apply(Unary f, float x) {
  switch (f) {
    case Unary::kRelu:
      return x < 0 ? 0.0f : x;
    case Unary::kSigmoid:
      return sigmoid(x);
    case Unary::kTanh:
      return tanhf(x);
    case Unary::kExp:
      return expf(x);
    case Unary::kExpm1:
      return expm1f(x);
    case Unary::kLog:
      return logf(x);
    case Unary::kLog1p:
      return log1pf(x);
    case Unary::kSqrt:
      return sqrtf(x);
    case Unary::kErf:
      return erff(x);
    case Unary::kGelu:
      return gelu(x);
    case Unary::kSilu:
      return silu(x);
    case Unary::kSoftplus:
      return softplus(x);
    case Unary::kAbs:
      return fabsf(x);
    case Unary::kNegate:
      return -x;
    case Unary::kSquare:
      return x * x;
    case Unary::kReciprocal:
      return 1 / x;
    case Unary::kFloor:
      return floorf(x);
    case Unary::kCeil:
      return ceilf(x);
    case Unary::kRound:
      return rintf(x);
    case Unary::kSign:
      return sign(x);
    case Unary::kSinPi:
      return sin_pi(x);
    case Unary::kCosPi:
      return cos_pi(x);
    case Unary::kNormalQuantile:
      return normal_quantile(x);
    default:
      return x;
  }
}

// The functions of kernels/functions.h and, after them, comparisons: BinaryFunction of plan/op.h.
__device__ __noinline__ inline float apply(int function, float a, float b) {
  const bool missing = isnan(a) || isnan(b);
  switch (function) {
    case 0:
      return a + b;
    case 1:
      return a - b;
    case 2:
      return a * b;
    case 3:
      return a / b;
    case 4:
      return missing ? quiet_nan() : a < b ? a : b;
    case 5:
      return missing ? quiet_nan() : a > b ? a : b;
    case 6:  // powf is off by up to 4 ulp
      return static_cast<float>(pow(static_cast<double>(a), static_cast<double>(b)));
    case 7:
      return a > b;
    case 8:
      return a >= b;
    case 9:
      return a < b;
    case 10:
      return a <= b;
    default:
      return a == b;
  }
}

}  // namespace cuda
}  // namespace boreal
