// Asking for memory before it is needed. Always inline: see base/prefetch.h.
#pragma once

#include BOREAL_SIMD
#include "kernels/inline.h"

namespace boreal {
namespace {

// Asks for `bytes` from a place that may lie beyond the memory that is known.
BOREAL_INLINE void ask_for(uintptr_t from, size_t bytes) {
  constexpr size_t kLine = 64;
  for (size_t at = 0; at < bytes; at += kLine) prefetch(reinterpret_cast<const void*>(from + at));
}
BOREAL_INLINE void ask_for(const void* from, size_t bytes) {
  ask_for(reinterpret_cast<uintptr_t>(from), bytes);
}

// The same into the second-level cache: more of it can be under way than the first level keeps account of, so
// that memory is read while the rows before are worked on.
BOREAL_INLINE void ask_for_later(uintptr_t from, size_t bytes) {
  constexpr size_t kLine = 64;
  for (size_t at = 0; at < bytes; at += kLine) {
#if defined(__GNUC__)
    __builtin_prefetch(reinterpret_cast<const void*>(from + at), 0, 2);
#else
    prefetch(reinterpret_cast<const void*>(from + at));
#endif
  }
}

}  // namespace
}  // namespace boreal
