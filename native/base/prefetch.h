// A hint that bytes will be read soon: for rows that are read in an order which the hardware's own
// prefetching cannot guess.
#pragma once

#include <cstddef>

namespace boreal {

inline void prefetch_bytes(const void* from, size_t bytes) {
#if defined(__GNUC__)
  constexpr size_t kLine = 64;
  const char* const begin = static_cast<const char*>(from);
  for (size_t at = 0; at < bytes; at += kLine) __builtin_prefetch(begin + at);
  if (bytes > 0) __builtin_prefetch(begin + bytes - 1);
#else
  (void)from;
  (void)bytes;
#endif
}

}  // namespace boreal
