// 8-bit dot products of base NEON: products of pairs in 16 bits (smull), then added in pairs to 32 (sadalp).
// Adding two products in 16 bits first (smlal) would overflow at -128 * -128.
#pragma once

#include "kernels/neon/int8_lanes.h"

namespace boreal {
namespace {

constexpr size_t kGroup = 2;

inline int8x8_t load_weights(const int8_t* p) { return vld1_s8(p); }
inline int8x8_t broadcast_codes(const Code* p) {
  int16_t pair;
  memcpy(&pair, p, sizeof(pair));
  return vreinterpret_s8_s16(vdup_n_s16(pair));
}
inline Sums dot(Sums sums, int8x8_t codes, int8x8_t weights) {
  return {vpadalq_s16(sums.v, vmull_s8(codes, weights))};
}

}  // namespace
}  // namespace boreal
