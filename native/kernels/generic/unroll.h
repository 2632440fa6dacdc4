// BOREAL_UNROLL before a loop of fixed length asks for it to be unrolled whole, so that an array it indexes
// can live in registers.
#pragma once

#include "kernels/inline.h"

#if defined(__clang__)
#define BOREAL_UNROLL _Pragma("clang loop unroll(full)")
#elif defined(__GNUC__)
#define BOREAL_UNROLL _Pragma("GCC unroll 16")
#else
#define BOREAL_UNROLL
#endif

namespace boreal {
namespace {

// Asks for `pointer` in a register of its own: GCC would rather derive the addresses of a dozen rows from
// each other in the inner loop.
template <typename T>
BOREAL_INLINE void keep(const T*& pointer) {
#if defined(__GNUC__)
  asm volatile("" : "+r"(pointer));
#else
  (void)pointer;
#endif
}

}  // namespace
}  // namespace boreal
