// 8-bit dot products of AVX-512 VNNI: vpdpbusd adds four products of unsigned codes by signed weights to each
// 32-bit lane, without saturation.
#pragma once

#include "kernels/avx512/int8_lanes.h"

namespace boreal {
namespace {

using Code = uint8_t;
constexpr size_t kGroup = 4;
constexpr int32_t kCodeOffset = 0;
// Beyond a first-level cache: sums that wait in memory between blocks cost more than weights that come from
// the second-level one (6 % at 512).
constexpr size_t kBlockInputs = 1024;

inline __m512i load_weights(const int8_t* p) { return _mm512_loadu_si512(p); }
inline __m512i broadcast_codes(const Code* p) { return broadcast_4_bytes(p); }
inline Sums dot(Sums sums, __m512i codes, __m512i weights) {
  return {_mm512_dpbusd_epi32(sums.v, codes, weights)};
}

}  // namespace
}  // namespace boreal
