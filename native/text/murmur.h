// MurmurHash3 x86_32 (Austin Appleby, public domain), which scikit-learn hashes features with.
#pragma once

#include <cstdint>

#include "base/span.h"

namespace boreal {

inline uint32_t murmur3(Span<uint8_t> bytes, uint32_t seed) {
  const auto rotate = [](uint32_t x, int by) { return x << by | x >> (32 - by); };
  const auto mixed = [&](uint32_t k) { return rotate(k * 0xcc9e2d51, 15) * 0x1b873593; };
  uint32_t h = seed;
  const size_t blocks = bytes.size / 4;
  for (size_t i = 0; i < blocks; ++i) {
    const uint8_t* const at = bytes.data + 4 * i;
    const uint32_t k = uint32_t{at[0]} | uint32_t{at[1]} << 8 | uint32_t{at[2]} << 16 | uint32_t{at[3]} << 24;
    h = rotate(h ^ mixed(k), 13) * 5 + 0xe6546b64;
  }
  uint32_t tail = 0;
  for (size_t i = bytes.size; i > 4 * blocks; --i) tail = tail << 8 | bytes.data[i - 1];
  if (bytes.size % 4 != 0) h ^= mixed(tail);
  h ^= static_cast<uint32_t>(bytes.size);
  h = (h ^ h >> 16) * 0x85ebca6b;
  h = (h ^ h >> 13) * 0xc2b2ae35;
  return h ^ h >> 16;
}

}  // namespace boreal
