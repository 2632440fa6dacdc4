// A copy past the caches, for memory that is not read again soon: they then need not fetch what is
// overwritten as a whole, which is a third of the traffic of a copy.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace boreal {

// Bytes of a result from which on most of it has left the caches before anybody reads it.
constexpr size_t kStreamed = size_t{8} << 20;

template <typename T>
void stream_copy(const T* source, size_t count, T* target) {
#if defined(__SSE2__)
  constexpr size_t kPart = sizeof(__m128i) / sizeof(T);
  const size_t misplaced = reinterpret_cast<uintptr_t>(target) % sizeof(__m128i) / sizeof(T);
  const size_t head = std::min(count, misplaced == 0 ? 0 : kPart - misplaced);
  std::copy_n(source, head, target);
  size_t i = head;
  for (; i + kPart <= count; i += kPart) {
    _mm_stream_si128(reinterpret_cast<__m128i*>(target + i),
                     _mm_loadu_si128(reinterpret_cast<const __m128i*>(source + i)));
  }
  std::copy_n(source + i, count - i, target + i);
  _mm_sfence();
#else
  std::copy_n(source, count, target);
#endif
}

}  // namespace boreal
