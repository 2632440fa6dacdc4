// BOREAL_INLINE and BOREAL_NOINLINE decide where the compiler's own judgement is wrong: arrays of registers
// passed by reference, hints that it takes for functions without effects, and bodies so large that one copy
// must do.
#pragma once

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
