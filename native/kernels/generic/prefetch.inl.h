// Asking for memory before it is needed.
#pragma once

#include BOREAL_SIMD

namespace boreal {
namespace {

// Asks for `bytes` from a place that may lie beyond the memory that is known.
inline void ask_for(uintptr_t from, size_t bytes) {
  constexpr size_t kLine = 64;
  for (size_t at = 0; at < bytes; at += kLine) prefetch(reinterpret_cast<const void*>(from + at));
}
inline void ask_for(const void* from, size_t bytes) { ask_for(reinterpret_cast<uintptr_t>(from), bytes); }

}  // namespace
}  // namespace boreal
