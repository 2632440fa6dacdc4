// Instructions that C++ has no words for, each as a function: asynchronous copies, and the products of a warp
// on tensor cores. The tests compile the bodies of native/test/cuda/emulator/tensor.h in their place, which
// follow the fragments of the PTX manual lane by lane.
//
// A block of a product is 16 rows of A and 8 of B (columns of the result), 32 bytes of each: whatever the
// elements are, lane l has bytes 4 (l % 4) ... of each half of A's rows l / 4 and 8 + l / 4 and of B's row
// l / 4, and the sums of columns 2 (l % 4) and the next of those two rows.
#pragma once

#include <cuda_runtime.h>

#include "device/cuda_elements.h"

namespace boreal {
namespace cuda {

template <int kElement>
struct TensorSum {
  using Type = float;
};
template <>
struct TensorSum<BOREAL_CUDA_CODE> {
  using Type = int32_t;
};

#ifndef __CUDACC__
}  // namespace cuda
}  // namespace boreal

#include <tensor.h>

namespace boreal {
namespace cuda {

using emulator::copy_async16;
using emulator::copy_async4;
using emulator::copy_async_commit;
using emulator::copy_async_wait;
using emulator::dot_of_codes;
using emulator::load_matrices;
using emulator::shared_address;

template <int kElement>
void multiply_block(typename TensorSum<kElement>::Type (&sum)[4], const uint32_t (&a)[4], uint32_t b0,
                    uint32_t b1) {
  emulator::multiply_block<kElement>(sum, a, b0, b1);
}
template <int kElement>
uint32_t two_elements(float first, float second) {
  return to_element(kElement, first) | to_element(kElement, second) << 16;
}
#else

__device__ __forceinline__ uint32_t shared_address(const void* p) {
  return static_cast<uint32_t>(__cvta_generic_to_shared(p));
}

// 16 bytes to shared memory, zeros where `inside` is false; visible to the thread after its wait. Before
// compute capability 8.0 the copy is made at once.
__device__ __forceinline__ void copy_async16(void* to, const void* from, bool inside) {
#if __CUDA_ARCH__ >= 800
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(shared_address(to)), "l"(from),
               "r"(inside ? 16 : 0)
               : "memory");
#else
  *static_cast<uint4*>(to) = inside ? *static_cast<const uint4*>(from) : uint4{0, 0, 0, 0};
#endif
}
// The same of 4 bytes.
__device__ __forceinline__ void copy_async4(void* to, const void* from, bool inside) {
#if __CUDA_ARCH__ >= 800
  asm volatile("cp.async.ca.shared.global [%0], [%1], 4, %2;" ::"r"(shared_address(to)), "l"(from),
               "r"(inside ? 4 : 0)
               : "memory");
#else
  *static_cast<uint32_t*>(to) = inside ? *static_cast<const uint32_t*>(from) : 0;
#endif
}
__device__ __forceinline__ void copy_async_commit() {
#if __CUDA_ARCH__ >= 800
  asm volatile("cp.async.commit_group;" ::: "memory");
#endif
}
// Until at most so many of the latest groups are on their way.
template <int kGroups>
__device__ __forceinline__ void copy_async_wait() {
#if __CUDA_ARCH__ >= 800
  asm volatile("cp.async.wait_group %0;" ::"n"(kGroups) : "memory");
#endif
}

// sum + the products of four codes by four weights.
__device__ __forceinline__ int32_t dot_of_codes(uint32_t codes, uint32_t weights, int32_t sum) {
  asm("dp4a.u32.s32 %0, %1, %2, %0;" : "+r"(sum) : "r"(codes), "r"(weights));
  return sum;
}

// Two elements of 16 bits, the first in the lower half. A NaN is any.
template <int kElement>
__device__ __forceinline__ uint32_t two_elements(float first, float second) {
#if __CUDA_ARCH__ >= 800
  uint32_t both;
  if constexpr (kElement == BOREAL_CUDA_FLOAT16) {
    asm("cvt.rn.f16x2.f32 %0, %1, %2;" : "=r"(both) : "f"(second), "f"(first));
  } else {
    asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(both) : "f"(second), "f"(first));
  }
  return both;
#else
  return to_element(kElement, first) | to_element(kElement, second) << 16;
#endif
}

// Four matrices of 8 rows of 16 bytes: lane l names row l % 8 of matrix l / 8, and gets bytes 4 (l % 4) ...
// of row l / 4 of each.
__device__ __forceinline__ void load_matrices(uint32_t (&r)[4], const void* row) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
               : "r"(shared_address(row))
               : "memory");
}

// a: first half of rows 0-7 and 8-15, then the second of both; b: the two halves.
#define BOREAL_MMA(shape, kinds)                                                  \
  asm volatile("mma.sync.aligned." shape ".row.col." kinds                        \
               " {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};" \
               : "+f"(sum[0]), "+f"(sum[1]), "+f"(sum[2]), "+f"(sum[3])           \
               : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1))

template <int kElement>
__device__ __forceinline__ void multiply_block(float (&sum)[4], const uint32_t (&a)[4], uint32_t b0,
                                               uint32_t b1) {
#if __CUDA_ARCH__ >= 800
  if constexpr (kElement == BOREAL_CUDA_FLOAT16) {
    BOREAL_MMA("m16n8k16", "f32.f16.f16.f32");
  } else if constexpr (kElement == BOREAL_CUDA_BFLOAT16) {
    BOREAL_MMA("m16n8k16", "f32.bf16.bf16.f32");
  } else {
    BOREAL_MMA("m16n8k8", "f32.tf32.tf32.f32");
  }
#else
  if constexpr (kElement == BOREAL_CUDA_FLOAT16) {
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      asm volatile(
          "mma.sync.aligned.m16n8k8.row.col.f32.f16.f16.f32 {%0, %1, %2, %3}, {%4, %5}, {%6}, {%0, %1, %2, "
          "%3};"
          : "+f"(sum[0]), "+f"(sum[1]), "+f"(sum[2]), "+f"(sum[3])
          : "r"(a[2 * half]), "r"(a[2 * half + 1]), "r"(half == 0 ? b0 : b1));
    }
  } else {
    __trap();  // the core refuses these kinds
  }
#endif
}
#undef BOREAL_MMA

template <int kElement>
__device__ __forceinline__ void multiply_block(int32_t (&sum)[4], const uint32_t (&a)[4], uint32_t b0,
                                               uint32_t b1) {
#if __CUDA_ARCH__ >= 800
  asm volatile(
      "mma.sync.aligned.m16n8k32.row.col.s32.u8.s8.s32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, "
      "%1, "
      "%2, %3};"
      : "+r"(sum[0]), "+r"(sum[1]), "+r"(sum[2]), "+r"(sum[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
#else
#pragma unroll
  for (int part = 0; part < 4; ++part) {  // rows 0-7, then 8-15, of the first half, then of the second
    int32_t* const s = sum + part % 2 * 2;
    asm volatile("mma.sync.aligned.m8n8k16.row.col.s32.u8.s8.s32 {%0, %1}, {%2}, {%3}, {%0, %1};"
                 : "+r"(s[0]), "+r"(s[1])
                 : "r"(a[part]), "r"(part < 2 ? b0 : b1));
  }
#endif
}
#endif

}  // namespace cuda
}  // namespace boreal
