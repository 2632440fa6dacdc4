// BOREAL_UNROLL before a loop of fixed length asks for it to be unrolled whole, so that an array it indexes
// can live in registers. BOREAL_INLINE and BOREAL_NOINLINE decide where the compiler's own judgement is
// wrong: arrays of registers passed by reference, and bodies so large that one copy must do.
#pragma once

#if defined(__clang__)
#define BOREAL_UNROLL _Pragma("clang loop unroll(full)")
#elif defined(__GNUC__)
#define BOREAL_UNROLL _Pragma("GCC unroll 16")
#else
#define BOREAL_UNROLL
#endif

#if defined(__GNUC__)
#define BOREAL_INLINE inline __attribute__((always_inline))
#define BOREAL_NOINLINE __attribute__((noinline))
#elif defined(_MSC_VER)
#define BOREAL_INLINE __forceinline
#define BOREAL_NOINLINE __declspec(noinline)
#else
#define BOREAL_INLINE inline
#define BOREAL_NOINLINE
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
