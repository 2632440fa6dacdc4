// 8-bit dot products of NEON's dot product extension (Armv8.2): sdot adds four products to each 32-bit lane.
#pragma once

#include "kernels/neon/int8_lanes.h"

namespace boreal {
namespace {

constexpr size_t kGroup = 4;

inline int8x16_t load_weights(const int8_t* p) { return vld1q_s8(p); }
inline int8x16_t broadcast_codes(const Code* p) {
  int32_t four;
  memcpy(&four, p, sizeof(four));
  return vreinterpretq_s8_s32(vdupq_n_s32(four));
}
inline Sums dot(Sums sums, int8x16_t codes, int8x16_t weights) { return {vdotq_s32(sums.v, codes, weights)}; }

}  // namespace
}  // namespace boreal
