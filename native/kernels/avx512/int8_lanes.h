// What the 8-bit dot products of AVX-512 with and without VNNI share; described in scalar/int8_dot.h.
#pragma once

#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

namespace boreal {
namespace {

constexpr size_t kDotRows = 12;
constexpr size_t kMaxTileWidth = 8;
constexpr size_t kDotVectors = 32;

struct Sums {
  __m512i v;
};
inline Sums zero_sums() { return {_mm512_setzero_si512()}; }
inline Sums load_sums(const int32_t* p) { return {_mm512_loadu_si512(p)}; }
inline void store_sums(int32_t* p, Sums a) { _mm512_storeu_si512(p, a.v); }
inline Sums operator+(Sums a, Sums b) { return {_mm512_add_epi32(a.v, b.v)}; }
inline __m512i broadcast_4_bytes(const void* p) {
  int32_t bytes;
  memcpy(&bytes, p, sizeof(bytes));
  return _mm512_set1_epi32(bytes);
}
inline Sums minus_product(Sums sums, int32_t a, Sums b) {
  return {_mm512_sub_epi32(sums.v, _mm512_mullo_epi32(_mm512_set1_epi32(a), b.v))};
}
inline Vec<float> to_float(Sums a) { return {_mm512_cvtepi32_ps(a.v)}; }

inline Vec<float> load_bytes(const uint8_t* p) {
  return {_mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p))))};
}
inline void store_bytes(uint8_t* p, Vec<float> a) {
  _mm_storeu_si128(reinterpret_cast<__m128i*>(p), _mm512_cvtepi32_epi8(_mm512_cvtps_epi32(a.v)));
}

}  // namespace
}  // namespace boreal
