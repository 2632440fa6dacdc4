// Instructions of compute capability 9.0 (compiled for sm_90a), beside those of ptx.cuh: barriers in shared
// memory, copies of whole tiles by tensor maps, and products of a warp group of 128 threads whose operands
// stay in shared memory. The tests compile the bodies of native/test/cuda/emulator/hopper.h in their place.
//
// A tile of either operand is rows of 128 bytes at a multiple of 1024 bytes, its chunks of 16 bytes turned by
// the row within eight, as the copies write and the products read them. Warp w of a group has rows 16 w to
// 16 w + 15 of the 64, and of each 8 columns what a lane of ptx.cuh has.
#pragma once

#include <cuda.h>

#include "cuda/ptx.cuh"

namespace boreal {
namespace cuda {

constexpr uint32_t kTileBytes = 128;  // of a row of a tile
constexpr uint32_t kTileAlign = 1024;

// Kernels have a body for these targets only.
#if defined(__CUDA_ARCH_FEAT_SM90_ALL) || !defined(__CUDACC__)
#define BOREAL_HOPPER 1
#endif

#ifndef __CUDACC__
}  // namespace cuda
}  // namespace boreal

#include <hopper.h>

namespace boreal {
namespace cuda {

using emulator::Barrier;
using emulator::barrier_arrive;
using emulator::barrier_expect;
using emulator::barrier_init;
using emulator::barrier_publish;
using emulator::barrier_wait;
using emulator::copy_tile;
using emulator::group_commit;
using emulator::group_fence;
using emulator::group_hold;
using emulator::group_wait;
using emulator::take_registers;
using emulator::yield_registers;

template <int kElement, int kColumns>
void group_multiply(typename TensorSum<kElement>::Type (&sum)[kColumns / 2], uint64_t a, uint64_t b) {
  emulator::group_multiply<kElement, kColumns>(sum, a, b);
}
#else
// Completed when so many threads have arrived and all bytes that were announced are here; then for the next
// time.
using Barrier = uint64_t;

__device__ __forceinline__ void barrier_init(Barrier* barrier, uint32_t arrivals) {
  asm volatile("mbarrier.init.shared::cta.b64 [%0], %1;" ::"r"(shared_address(barrier)), "r"(arrivals)
               : "memory");
}
// Lets copies see barriers that this thread has made.
__device__ __forceinline__ void barrier_publish() {
  asm volatile("fence.mbarrier_init.release.cluster;\n fence.proxy.async.shared::cta;" ::: "memory");
}
__device__ __forceinline__ void barrier_arrive(Barrier* barrier) {
  asm volatile("mbarrier.arrive.shared::cta.b64 _, [%0];" ::"r"(shared_address(barrier)) : "memory");
}
// Arrives, and announces bytes.
__device__ __forceinline__ void barrier_expect(Barrier* barrier, uint32_t bytes) {
  asm volatile("mbarrier.arrive.expect_tx.shared::cta.b64 _, [%0], %1;" ::"r"(shared_address(barrier)),
               "r"(bytes)
               : "memory");
}
// Until the phase of this parity, that of its number from 0, is over.
__device__ __forceinline__ void barrier_wait(Barrier* barrier, uint32_t parity) {
  uint32_t over = 0;
  do {
    asm volatile(
        "{\n .reg .pred p;\n mbarrier.try_wait.parity.shared::cta.b64 p, [%1], %2;\n selp.u32 %0, 1, 0, p;\n}"
        : "=r"(over)
        : "r"(shared_address(barrier)), "r"(parity)
        : "memory");
  } while (over == 0);
}

// The tile of the map whose first byte is at (byte, row), to shared memory; zeros beyond the map's ends.
__device__ __forceinline__ void copy_tile(void* to, const CUtensorMap& map, uint32_t byte, uint32_t row,
                                          Barrier* barrier) {
  asm volatile(
      "cp.async.bulk.tensor.2d.shared::cluster.global.mbarrier::complete_tx::bytes [%0], [%1, {%3, %4}], "
      "[%2];" ::"r"(shared_address(to)),
      "l"(&map), "r"(shared_address(barrier)), "r"(byte), "r"(row)
      : "memory");
}

// Registers of a warp group that needs few, for one that needs many.
__device__ __forceinline__ void yield_registers() { asm volatile("setmaxnreg.dec.sync.aligned.u32 40;"); }
__device__ __forceinline__ void take_registers() { asm volatile("setmaxnreg.inc.sync.aligned.u32 232;"); }

// What the compiler does to the sums stays on its side of here: it does not know of products on their way.
template <int kSums>
__device__ __forceinline__ void group_hold(float (&sum)[kSums]) {
#pragma unroll
  for (int i = 0; i < kSums; ++i) asm volatile("" : "+f"(sum[i])::"memory");
}
template <int kSums>
__device__ __forceinline__ void group_hold(int32_t (&sum)[kSums]) {
#pragma unroll
  for (int i = 0; i < kSums; ++i) asm volatile("" : "+r"(sum[i])::"memory");
}
// Before the first product that reads sums, which the group has written.
__device__ __forceinline__ void group_fence() { asm volatile("wgmma.fence.sync.aligned;" ::: "memory"); }
__device__ __forceinline__ void group_commit() {
  asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory");
}
// Until at most so many of the latest committed products are on their way.
template <int kGroups>
__device__ __forceinline__ void group_wait() {
  asm volatile("wgmma.wait_group.sync.aligned %0;" ::"n"(kGroups) : "memory");
}

#define BOREAL_R4(k, i) k(sum[i]), k(sum[i + 1]), k(sum[i + 2]), k(sum[i + 3])
#define BOREAL_R16(k, i) BOREAL_R4(k, i), BOREAL_R4(k, i + 4), BOREAL_R4(k, i + 8), BOREAL_R4(k, i + 12)
#define BOREAL_R32(k) BOREAL_R16(k, 0), BOREAL_R16(k, 16)
#define BOREAL_R128(k)                                                                          \
  BOREAL_R16(k, 0), BOREAL_R16(k, 16), BOREAL_R16(k, 32), BOREAL_R16(k, 48), BOREAL_R16(k, 64), \
      BOREAL_R16(k, 80), BOREAL_R16(k, 96), BOREAL_R16(k, 112)
#define BOREAL_N32                                                                                  \
  "%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, %16, %17, %18, %19, %20, " \
  "%21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31"
#define BOREAL_N128                                                                                 \
  BOREAL_N32                                                                                        \
  ", %32, %33, %34, %35, %36, %37, %38, %39, %40, %41, %42, %43, %44, %45, %46, %47, %48, %49, "    \
  "%50, %51, %52, %53, %54, %55, %56, %57, %58, %59, %60, %61, %62, %63, %64, %65, %66, %67, %68, " \
  "%69, %70, %71, %72, %73, %74, %75, %76, %77, %78, %79, %80, %81, %82, %83, %84, %85, %86, %87, " \
  "%88, %89, %90, %91, %92, %93, %94, %95, %96, %97, %98, %99, %100, %101, %102, %103, %104, "      \
  "%105, %106, %107, %108, %109, %110, %111, %112, %113, %114, %115, %116, %117, %118, %119, "      \
  "%120, %121, %122, %123, %124, %125, %126, %127"
// Adds to the sums (the predicate); signs and orders of the operands are as they are.
#define BOREAL_WGMMA(n, count, kinds, registers, tail)                                                \
  asm volatile("{\n .reg .pred p;\n setp.ne.b32 p, 1, 0;\n wgmma.mma_async.sync.aligned.m64n" n kinds \
               " {" BOREAL_N##count "}, " tail ";\n}"                                                 \
               : registers                                                                            \
               : "l"(a), "l"(b))
#define BOREAL_GROUP_MULTIPLY(n, count, tail)                                                   \
  if constexpr (kElement == BOREAL_CUDA_FLOAT16) {                                              \
    BOREAL_WGMMA(n, count, "k16.f32.f16.f16", BOREAL_R##count("+f"), tail ", p, 1, 1, 0, 0");   \
  } else if constexpr (kElement == BOREAL_CUDA_BFLOAT16) {                                      \
    BOREAL_WGMMA(n, count, "k16.f32.bf16.bf16", BOREAL_R##count("+f"), tail ", p, 1, 1, 0, 0"); \
  } else if constexpr (kElement == BOREAL_CUDA_TF32) {                                          \
    BOREAL_WGMMA(n, count, "k8.f32.tf32.tf32", BOREAL_R##count("+f"), tail ", p, 1, 1");        \
  } else {                                                                                      \
    BOREAL_WGMMA(n, count, "k32.s32.u8.s8", BOREAL_R##count("+r"), tail ", p");                 \
  }

// Adds the products of 32 bytes of k of 64 rows of A and kColumns rows of B.
template <int kElement, int kColumns>
__device__ __forceinline__ void group_multiply(typename TensorSum<kElement>::Type (&sum)[kColumns / 2],
                                               uint64_t a, uint64_t b) {
  static_assert(kColumns == 64 || kColumns == 256, "shapes that there are");
  if constexpr (kColumns == 64) {
    BOREAL_GROUP_MULTIPLY("64", 32, "%32, %33")
  } else {
    BOREAL_GROUP_MULTIPLY("256", 128, "%128, %129")
  }
}
#endif

// What names an operand: its address and the distance of groups of eight rows, both in 16 bytes, and how its
// chunks are turned. 32 bytes further in k are 2 more.
__device__ __forceinline__ uint64_t operand_of(const void* tile) {
  return (shared_address(tile) & 0x3ffffu) >> 4 | uint64_t{1} << 16 | uint64_t{8 * kTileBytes / 16} << 32 |
         uint64_t{1} << 62;
}

}  // namespace cuda
}  // namespace boreal
