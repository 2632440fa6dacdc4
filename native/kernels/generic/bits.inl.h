// What the lanes of a mask say, read from its bits.
#pragma once

#include "kernels/kernels.h"

namespace boreal {
namespace {

// Position of the lowest bit set; bits != 0.
inline size_t lowest_bit(uint32_t bits) {
#if defined(__GNUC__)
  return static_cast<size_t>(__builtin_ctz(bits));
#else
  size_t position = 0;
  for (; (bits & 1) == 0; bits >>= 1) ++position;
  return position;
#endif
}

// How many bits are set.
inline uint32_t count_bits(uint32_t bits) {
#if defined(__GNUC__)
  return static_cast<uint32_t>(__builtin_popcount(bits));
#else
  uint32_t count = 0;
  for (; bits != 0; bits &= bits - 1) ++count;
  return count;
#endif
}

}  // namespace
}  // namespace boreal
