// Partial sums joined in float64, in an order that depends on their number alone.
#pragma once

#include "cuda/warp.cuh"

namespace boreal {
namespace cuda {

// Parts take at most so much memory at once, unless one alone is larger.
constexpr uint64_t kPartialBytes = uint64_t{64} << 20;

// out[i] (+)= the sum of partial[p, i] over all p. A thread for each i; or, of many parts, a warp, whose
// lanes take every 32nd part: there are loads enough in flight either way.
template <typename T, int kLanes>
__global__ void join_partials_kernel(const T* partial, uint32_t parts, size_t count, bool adds, double* out) {
  const uint32_t lane = threadIdx.x % kLanes;
  for (size_t i = first_element() / kLanes; i < count; i += element_step() / kLanes) {
    double sum = 0;
#pragma unroll 4
    for (uint32_t p = lane; p < parts; p += kLanes) sum += static_cast<double>(partial[p * count + i]);
    sum = sum_of_lanes<kLanes>(sum);
    if (lane == 0) out[i] = adds ? out[i] + sum : sum;
  }
}

template <typename T>
void join_partials(const T* partial, uint32_t parts, size_t count, bool adds, double* out,
                   cudaStream_t stream) {
  if (parts < 64) {
    launch(join_partials_kernel<T, 1>, grid_of(count), kThreads, 0, stream, partial, parts, count, adds, out);
  } else {
    launch(join_partials_kernel<T, kWarp>, grid_of(count * kWarp), kThreads, 0, stream, partial, parts, count,
           adds, out);
  }
}

}  // namespace cuda
}  // namespace boreal
