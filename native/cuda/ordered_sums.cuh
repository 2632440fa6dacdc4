// Sums in float64 in a given order, for bits that must be those of a loop: the threads of a block compute the
// terms, and one of them adds them up. Blocks are many, so that the chain of additions of one (about 8 cycles
// each) hides behind the others'.
#pragma once

#include "cuda/launch.cuh"

namespace boreal {
namespace cuda {

// Two sequences of `count` terms, at(i, &a, &b) giving the i-th of both: *sum_a of thread 0 and *sum_b of
// thread 32 are set. All threads of the block take part; there are 64 at least.
template <typename At>
__device__ void ordered_sums(uint32_t count, At at, double* sum_a, double* sum_b) {
  constexpr uint32_t kChunk = 512;
  __shared__ double a[kChunk], b[kChunk];
  double sum = 0;
  for (uint32_t begin = 0; begin < count; begin += kChunk) {
    const uint32_t terms = count - begin < kChunk ? count - begin : kChunk;
    __syncthreads();  // the chunk before has been added up
    for (uint32_t i = threadIdx.x; i < terms; i += blockDim.x) at(begin + i, &a[i], &b[i]);
    __syncthreads();
    if (threadIdx.x == 0) {
#pragma unroll 8
      for (uint32_t i = 0; i < terms; ++i) sum += a[i];
    } else if (threadIdx.x == 32) {
#pragma unroll 8
      for (uint32_t i = 0; i < terms; ++i) sum += b[i];
    }
  }
  if (threadIdx.x == 0) *sum_a = sum;
  if (threadIdx.x == 32) *sum_b = sum;
}

}  // namespace cuda
}  // namespace boreal
