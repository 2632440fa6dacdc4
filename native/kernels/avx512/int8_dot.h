// 8-bit dot products of AVX-512 without VNNI: 16-bit pairs by vpmaddwd, exact; see avx2/int8_dot.h.
#pragma once

#include "kernels/avx512/int8_lanes.h"

namespace boreal {
namespace {

using Code = int16_t;
constexpr size_t kGroup = 2;
constexpr int32_t kCodeOffset = 0;
constexpr size_t kBlockInputs = 512;

inline __m512i load_weights(const int8_t* p) {
  return _mm512_cvtepi8_epi16(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)));
}
inline __m512i broadcast_codes(const Code* p) { return broadcast_4_bytes(p); }
inline Sums dot(Sums sums, __m512i codes, __m512i weights) {
  return {_mm512_add_epi32(sums.v, _mm512_madd_epi16(codes, weights))};
}

}  // namespace
}  // namespace boreal
