// 8-bit dot products of AVX2, as described in scalar/int8_dot.h: 16-bit pairs by vpmaddwd, which is exact.
// vpmaddubsw would take twice the codes, but saturates at 16 bits. The weights stay 8-bit in memory: widening
// them at the load costs nothing measurable in a large tile, and a single row is bound by their bytes.
#pragma once

#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

namespace boreal {
namespace {

using Code = int16_t;
constexpr size_t kGroup = 2;
constexpr int32_t kCodeOffset = 0;
constexpr size_t kDotRows = 6;
constexpr size_t kMaxTileWidth = 4;
constexpr size_t kDotVectors = 16;
constexpr size_t kBlockInputs = 1024;

struct Sums {
  __m256i v;
};
inline Sums zero_sums() { return {_mm256_setzero_si256()}; }
inline Sums load_sums(const int32_t* p) { return {_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p))}; }
inline void store_sums(int32_t* p, Sums a) { _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), a.v); }
inline Sums operator+(Sums a, Sums b) { return {_mm256_add_epi32(a.v, b.v)}; }
inline __m256i load_weights(const int8_t* p) {
  return _mm256_cvtepi8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
}
inline __m256i broadcast_codes(const Code* p) {
  int32_t pair;
  memcpy(&pair, p, sizeof(pair));
  return _mm256_set1_epi32(pair);
}
inline Sums dot(Sums sums, __m256i codes, __m256i weights) {
  return {_mm256_add_epi32(sums.v, _mm256_madd_epi16(codes, weights))};
}
inline Sums minus_product(Sums sums, int32_t a, Sums b) {
  return {_mm256_sub_epi32(sums.v, _mm256_mullo_epi32(_mm256_set1_epi32(a), b.v))};
}
inline Vec<float> to_float(Sums a) { return {_mm256_cvtepi32_ps(a.v)}; }

inline Vec<float> load_bytes(const uint8_t* p) {
  return {_mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(p))))};
}
inline void store_bytes(uint8_t* p, Vec<float> a) {
  const __m256i whole = _mm256_cvtps_epi32(a.v);
  const __m128i words = _mm_packs_epi32(_mm256_castsi256_si128(whole), _mm256_extracti128_si256(whole, 1));
  const __m128i low = _mm_setr_epi8(0, 2, 4, 6, 8, 10, 12, 14, -1, -1, -1, -1, -1, -1, -1, -1);
  _mm_storel_epi64(reinterpret_cast<__m128i*>(p), _mm_shuffle_epi8(words, low));
}

}  // namespace
}  // namespace boreal
