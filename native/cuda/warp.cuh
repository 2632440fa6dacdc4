// What the threads of a warp, or of a block, find together: each of them gets the result, and sums have one
// order.
#pragma once

#include "cuda/launch.cuh"

namespace boreal {
namespace cuda {

constexpr unsigned kAllLanes = 0xffffffffu;
constexpr int kWarp = 32;

// Of groups of kLanes lanes, neighbours in a warp whose lanes all take part.
template <int kLanes, typename T>
__device__ T sum_of_lanes(T x) {
#pragma unroll
  for (int step = kLanes / 2; step > 0; step /= 2) x += __shfl_xor_sync(kAllLanes, x, step, kLanes);
  return x;
}
// NaN is passed over.
template <int kLanes>
__device__ float max_of_lanes(float x) {
#pragma unroll
  for (int step = kLanes / 2; step > 0; step /= 2) {
    x = fmaxf(x, __shfl_xor_sync(kAllLanes, x, step, kLanes));
  }
  return x;
}

// Of the whole warp: over the lanes up to this one.
template <typename T>
__device__ T sum_up_to(T value) {
  const uint32_t lane = threadIdx.x % kWarp;
#pragma unroll
  for (uint32_t step = 1; step < kWarp; step *= 2) {
    const T other = __shfl_up_sync(kAllLanes, value, step);
    if (lane >= step) value += other;
  }
  return value;
}

// Of a block of kBlock threads, all of which call it.
template <unsigned kBlock>
__device__ double sum_of_block(double x) {
  constexpr unsigned kWarps = kBlock / kWarp;
  __shared__ double sums[kWarps];
  x = sum_of_lanes<kWarp>(x);
  if (threadIdx.x % kWarp == 0) sums[threadIdx.x / kWarp] = x;
  __syncthreads();
  double sum = 0;
  for (unsigned warp = 0; warp < kWarps; ++warp) sum += sums[warp];
  __syncthreads();  // the next sum goes there
  return sum;
}

}  // namespace cuda
}  // namespace boreal
