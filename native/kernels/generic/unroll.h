// BOREAL_UNROLL before a loop of fixed length asks for it to be unrolled whole, so that an array it indexes
// can live in registers.
#pragma once

#if defined(__clang__)
#define BOREAL_UNROLL _Pragma("clang loop unroll(full)")
#elif defined(__GNUC__)
#define BOREAL_UNROLL _Pragma("GCC unroll 16")
#else
#define BOREAL_UNROLL
#endif
