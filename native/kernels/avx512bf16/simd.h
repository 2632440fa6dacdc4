// AVX-512 with BF16: avx512's vectors and the dot product of pairs. The interface is described in
// scalar/simd.h; only this one defines BOREAL_HAS_BF16_DOT.
#pragma once

#include "kernels/avx512/simd.h"

#define BOREAL_HAS_BF16_DOT

namespace boreal {
namespace {

// sum += a.first b.first + a.second b.second, each lane of a and b a pair of bf16.
inline void add_bf16_pairs(VecF& sum, VecF a, VecF b) {
  asm("vdpbf16ps %2, %1, %0" : "+v"(sum.v) : "v"(a.v), "v"(b.v));
}

}  // namespace
}  // namespace boreal
