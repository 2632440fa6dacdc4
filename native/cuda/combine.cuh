// What the sum of a product, or of a distance, takes of a pair of factors.
#pragma once

#include <cuda_runtime.h>

namespace boreal {
namespace cuda {

struct Multiply {
  static __device__ float add(float sum, float a, float b) { return fmaf(a, b, sum); }
};
struct SquaredDifference {
  static __device__ float add(float sum, float a, float b) {
    const float d = a - b;
    return fmaf(d, d, sum);
  }
};
struct Magnitude {
  static __device__ float add(float sum, float a, float b) { return sum + fabsf(a - b); }
};
struct LargestMagnitude {
  // A NaN counts for nothing.
  static __device__ float add(float sum, float a, float b) {
    const float d = fabsf(a - b);
    return d > sum ? d : sum;
  }
};

}  // namespace cuda
}  // namespace boreal
