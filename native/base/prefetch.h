// Hints that memory will be read soon. Always inline: GCC 12 takes a function that only gives hints for one
// without effects, and leaves its calls out.
#pragma once

#include <cstddef>

namespace boreal {

#if defined(__GNUC__)
#define BOREAL_HINT inline __attribute__((always_inline))
#else
#define BOREAL_HINT inline
#endif

BOREAL_HINT void prefetch([[maybe_unused]] const void* address) {
#if defined(__GNUC__)
  __builtin_prefetch(address);
#endif
}

// The same of each line of `bytes` from there on.
BOREAL_HINT void prefetch_range(const void* from, size_t bytes) {
  constexpr size_t kLine = 64;
  for (size_t at = 0; at < bytes; at += kLine) prefetch(static_cast<const char*>(from) + at);
}

#undef BOREAL_HINT

}  // namespace boreal
