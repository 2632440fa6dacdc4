// AVX2 with FMA: 8 floats or 4 doubles; tails by maskload. The interface is described in
// scalar/simd.h.
#pragma once

#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>

#include "kernels/inline.h"

namespace boreal {
namespace {

constexpr size_t kRegisters = 16;
constexpr size_t kTileRows = 6, kTileVectors = 2;  // 12 sums, 2 columns, 1 broadcast
constexpr size_t kDepth = 384;
constexpr size_t kUnpackedA = size_t{128} << 10, kUnpackedB = size_t{24} << 10;

template <typename T>
struct Vec;
template <>
struct Vec<float> {
  static constexpr size_t kLanes = 8;
  __m256 v;
};
template <>
struct Vec<double> {
  static constexpr size_t kLanes = 4;
  __m256d v;
};
using VecF = Vec<float>;
using VecD = Vec<double>;

// Read from element 8 - count on: `count` lanes of ones, then zeros.
constexpr int32_t kTailMask[16] = {-1, -1, -1, -1, -1, -1, -1, -1};
inline __m256i first_lanes_f(size_t count) {
  return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(kTailMask + 8 - count));
}
inline __m256i first_lanes_d(size_t count) {
  return _mm256_cvtepi32_epi64(_mm_loadu_si128(reinterpret_cast<const __m128i*>(kTailMask + 8 - count)));
}

inline VecF broadcast(float x) { return {_mm256_set1_ps(x)}; }
inline VecD broadcast(double x) { return {_mm256_set1_pd(x)}; }
inline VecF load(const float* p) { return {_mm256_loadu_ps(p)}; }
inline VecD load(const double* p) { return {_mm256_loadu_pd(p)}; }
inline VecF load(const float* p, size_t count, VecF fill) {
  const __m256i mask = first_lanes_f(count);
  return {_mm256_blendv_ps(fill.v, _mm256_maskload_ps(p, mask), _mm256_castsi256_ps(mask))};
}
inline VecD load(const double* p, size_t count, VecD fill) {
  const __m256i mask = first_lanes_d(count);
  return {_mm256_blendv_pd(fill.v, _mm256_maskload_pd(p, mask), _mm256_castsi256_pd(mask))};
}
inline void store(float* p, VecF a) { _mm256_storeu_ps(p, a.v); }
inline void store(double* p, VecD a) { _mm256_storeu_pd(p, a.v); }
// In pieces of 4, 2 and 1: maskstore takes some 40 cycles on AMD, and its bytes cannot be forwarded to a
// load.
inline void store(float* p, VecF a, size_t count) {
  __m128 rest = _mm256_castps256_ps128(a.v);
  if (count & 4) {
    _mm_storeu_ps(p, rest);
    rest = _mm256_extractf128_ps(a.v, 1);
    p += 4;
  }
  if (count & 2) {
    _mm_storel_pi(reinterpret_cast<__m64*>(p), rest);
    rest = _mm_movehl_ps(rest, rest);
    p += 2;
  }
  if (count & 1) _mm_store_ss(p, rest);
}
inline void store(double* p, VecD a, size_t count) {
  __m128d rest = _mm256_castpd256_pd128(a.v);
  if (count & 2) {
    _mm_storeu_pd(p, rest);
    rest = _mm256_extractf128_pd(a.v, 1);
    p += 2;
  }
  if (count & 1) _mm_store_sd(p, rest);
}

inline VecF operator+(VecF a, VecF b) { return {_mm256_add_ps(a.v, b.v)}; }
inline VecD operator+(VecD a, VecD b) { return {_mm256_add_pd(a.v, b.v)}; }
inline VecF operator-(VecF a, VecF b) { return {_mm256_sub_ps(a.v, b.v)}; }
inline VecD operator-(VecD a, VecD b) { return {_mm256_sub_pd(a.v, b.v)}; }
inline VecF operator*(VecF a, VecF b) { return {_mm256_mul_ps(a.v, b.v)}; }
inline VecD operator*(VecD a, VecD b) { return {_mm256_mul_pd(a.v, b.v)}; }
inline VecF operator/(VecF a, VecF b) { return {_mm256_div_ps(a.v, b.v)}; }
inline VecD operator/(VecD a, VecD b) { return {_mm256_div_pd(a.v, b.v)}; }
inline VecF fma(VecF a, VecF b, VecF c) { return {_mm256_fmadd_ps(a.v, b.v, c.v)}; }
inline VecD fma(VecD a, VecD b, VecD c) { return {_mm256_fmadd_pd(a.v, b.v, c.v)}; }
inline VecF min(VecF a, VecF b) { return {_mm256_min_ps(a.v, b.v)}; }
inline VecD min(VecD a, VecD b) { return {_mm256_min_pd(a.v, b.v)}; }
inline VecF max(VecF a, VecF b) { return {_mm256_max_ps(a.v, b.v)}; }
inline VecD max(VecD a, VecD b) { return {_mm256_max_pd(a.v, b.v)}; }

inline VecF abs(VecF a) { return {_mm256_andnot_ps(_mm256_set1_ps(-0.0f), a.v)}; }
inline VecD abs(VecD a) { return {_mm256_andnot_pd(_mm256_set1_pd(-0.0), a.v)}; }
inline VecF copy_sign(VecF magnitude, VecF sign) {
  return {_mm256_or_ps(magnitude.v, _mm256_and_ps(sign.v, _mm256_set1_ps(-0.0f)))};
}
inline VecD copy_sign(VecD magnitude, VecD sign) {
  return {_mm256_or_pd(magnitude.v, _mm256_and_pd(sign.v, _mm256_set1_pd(-0.0)))};
}
inline VecF round(VecF a) { return {_mm256_round_ps(a.v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC)}; }
inline VecD round(VecD a) { return {_mm256_round_pd(a.v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC)}; }

inline VecF floor(VecF a) { return {_mm256_floor_ps(a.v)}; }
inline VecD floor(VecD a) { return {_mm256_floor_pd(a.v)}; }
inline VecF ceil(VecF a) { return {_mm256_ceil_ps(a.v)}; }
inline VecD ceil(VecD a) { return {_mm256_ceil_pd(a.v)}; }
inline VecF operator-(VecF a) { return {_mm256_xor_ps(a.v, _mm256_set1_ps(-0.0f))}; }
inline VecD operator-(VecD a) { return {_mm256_xor_pd(a.v, _mm256_set1_pd(-0.0))}; }
inline VecF sqrt(VecF a) { return {_mm256_sqrt_ps(a.v)}; }
inline VecD sqrt(VecD a) { return {_mm256_sqrt_pd(a.v)}; }
inline VecF product_error(VecF a, VecF b, VecF product) { return {_mm256_fmsub_ps(a.v, b.v, product.v)}; }
inline VecD product_error(VecD a, VecD b, VecD product) { return {_mm256_fmsub_pd(a.v, b.v, product.v)}; }
inline VecD load_wide(const float* p) { return {_mm256_cvtps_pd(_mm_loadu_ps(p))}; }
inline VecD load_wide(const double* p) { return load(p); }
inline VecD load_wide(const float* p, size_t count) {
  const __m128i mask = _mm_loadu_si128(reinterpret_cast<const __m128i*>(kTailMask + 8 - count));
  return {_mm256_cvtps_pd(_mm_maskload_ps(p, mask))};
}
inline VecD load_wide(const double* p, size_t count) { return {_mm256_maskload_pd(p, first_lanes_d(count))}; }

inline VecF residual(VecF c, VecF a, VecF b) { return {_mm256_fnmadd_ps(a.v, b.v, c.v)}; }
inline VecD residual(VecD c, VecD a, VecD b) { return {_mm256_fnmadd_pd(a.v, b.v, c.v)}; }

inline __m256 power_of_2_f(__m256i n) {
  return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_add_epi32(n, _mm256_set1_epi32(127)), 23));
}
inline __m256d power_of_2_d(__m128i n) {
  const __m256i exponent = _mm256_cvtepi32_epi64(_mm_add_epi32(n, _mm_set1_epi32(1023)));
  return _mm256_castsi256_pd(_mm256_slli_epi64(exponent, 52));
}
// Two factors, because 2^n itself may lie outside the normal range; the first product is exact.
inline VecF scale2(VecF a, VecF n) {
  const __m256i whole = _mm256_cvtps_epi32(n.v);
  const __m256i half = _mm256_srai_epi32(whole, 1);
  const __m256 first = _mm256_mul_ps(a.v, power_of_2_f(half));
  return {_mm256_mul_ps(first, power_of_2_f(_mm256_sub_epi32(whole, half)))};
}
inline VecD scale2(VecD a, VecD n) {
  const __m128i whole = _mm256_cvtpd_epi32(n.v);
  const __m128i half = _mm_srai_epi32(whole, 1);
  const __m256d first = _mm256_mul_pd(a.v, power_of_2_d(half));
  return {_mm256_mul_pd(first, power_of_2_d(_mm_sub_epi32(whole, half)))};
}

template <typename T>
struct SplitExponent {
  Vec<T> fraction, exponent;
};
inline SplitExponent<float> split_exponent(VecF x) {
  const __m256i bits = _mm256_castps_si256(x.v);
  const __m256i exponent = _mm256_srai_epi32(_mm256_sub_epi32(bits, _mm256_set1_epi32(0x3f3504f3)), 23);
  const __m256i fraction = _mm256_sub_epi32(bits, _mm256_slli_epi32(exponent, 23));
  return {{_mm256_castsi256_ps(fraction)}, {_mm256_cvtepi32_ps(exponent)}};
}
// AVX2 neither shifts 64-bit integers arithmetically nor converts them: the exponent stays biased, and
// becomes a number as the low bits of 2^52.
inline SplitExponent<double> split_exponent(VecD x) {
  const __m256i bits = _mm256_castpd_si256(x.v), one = _mm256_set1_epi64x(0x3ff0000000000000);
  const __m256i offset = _mm256_set1_epi64x(0x3ff0000000000000 - 0x3fe6a09e667f3bcd);
  const __m256i biased = _mm256_srli_epi64(_mm256_add_epi64(bits, offset), 52);
  const __m256i fraction = _mm256_add_epi64(_mm256_sub_epi64(bits, _mm256_slli_epi64(biased, 52)), one);
  const __m256d shifted = _mm256_or_pd(_mm256_castsi256_pd(biased), _mm256_set1_pd(0x1p52));
  return {{_mm256_castsi256_pd(fraction)}, {_mm256_sub_pd(shifted, _mm256_set1_pd(0x1p52 + 1023))}};
}

template <typename T>
struct Mask;
template <>
struct Mask<float> {
  __m256 v;
};
template <>
struct Mask<double> {
  __m256d v;
};
inline Mask<float> less(VecF a, VecF b) { return {_mm256_cmp_ps(a.v, b.v, _CMP_LT_OQ)}; }
inline Mask<double> less(VecD a, VecD b) { return {_mm256_cmp_pd(a.v, b.v, _CMP_LT_OQ)}; }
inline Mask<float> not_less(VecF a, VecF b) { return {_mm256_cmp_ps(a.v, b.v, _CMP_NLT_UQ)}; }
inline Mask<double> not_less(VecD a, VecD b) { return {_mm256_cmp_pd(a.v, b.v, _CMP_NLT_UQ)}; }
inline Mask<float> equal(VecF a, VecF b) { return {_mm256_cmp_ps(a.v, b.v, _CMP_EQ_OQ)}; }
inline Mask<double> equal(VecD a, VecD b) { return {_mm256_cmp_pd(a.v, b.v, _CMP_EQ_OQ)}; }
inline Mask<float> is_nan(VecF a) { return {_mm256_cmp_ps(a.v, a.v, _CMP_UNORD_Q)}; }
inline Mask<double> is_nan(VecD a) { return {_mm256_cmp_pd(a.v, a.v, _CMP_UNORD_Q)}; }
inline Mask<float> unordered(VecF a, VecF b) { return {_mm256_cmp_ps(a.v, b.v, _CMP_UNORD_Q)}; }
inline Mask<double> unordered(VecD a, VecD b) { return {_mm256_cmp_pd(a.v, b.v, _CMP_UNORD_Q)}; }
inline Mask<float> either(Mask<float> m, Mask<float> n) { return {_mm256_or_ps(m.v, n.v)}; }
inline Mask<double> either(Mask<double> m, Mask<double> n) { return {_mm256_or_pd(m.v, n.v)}; }
inline Mask<float> both(Mask<float> m, Mask<float> n) { return {_mm256_and_ps(m.v, n.v)}; }
inline Mask<double> both(Mask<double> m, Mask<double> n) { return {_mm256_and_pd(m.v, n.v)}; }
inline Mask<float> negate(Mask<float> m) {
  return {_mm256_xor_ps(m.v, _mm256_castsi256_ps(_mm256_set1_epi32(-1)))};
}
inline Mask<double> negate(Mask<double> m) {
  return {_mm256_xor_pd(m.v, _mm256_castsi256_pd(_mm256_set1_epi32(-1)))};
}
inline VecF select(Mask<float> mask, VecF a, VecF b) { return {_mm256_blendv_ps(b.v, a.v, mask.v)}; }
inline VecD select(Mask<double> mask, VecD a, VecD b) { return {_mm256_blendv_pd(b.v, a.v, mask.v)}; }
inline uint32_t lane_bits(Mask<float> mask) { return static_cast<uint32_t>(_mm256_movemask_ps(mask.v)); }
inline uint32_t lane_bits(Mask<double> mask) { return static_cast<uint32_t>(_mm256_movemask_pd(mask.v)); }

// The instruction by name: GCC else picks forms that overwrite a factor, and moves and spills what a register
// tile holds.
#if defined(__GNUC__) && !defined(__clang__)
inline void add_product(VecF& sum, VecF a, VecF b) {
  asm("vfmadd231ps %2, %1, %0" : "+x"(sum.v) : "x"(a.v), "x"(b.v));
}
inline void add_product(VecD& sum, VecD a, VecD b) {
  asm("vfmadd231pd %2, %1, %0" : "+x"(sum.v) : "x"(a.v), "x"(b.v));
}
#else
inline void add_product(VecF& sum, VecF a, VecF b) { sum = fma(a, b, sum); }
inline void add_product(VecD& sum, VecD a, VecD b) { sum = fma(a, b, sum); }
#endif
BOREAL_INLINE void prefetch(const void* p) { _mm_prefetch(static_cast<const char*>(p), _MM_HINT_T0); }

inline void transpose(VecF (&a)[8]) {
  __m256 pair[8], quad[8];
  for (size_t i = 0; i < 8; i += 2) {
    pair[i] = _mm256_unpacklo_ps(a[i].v, a[i + 1].v);
    pair[i + 1] = _mm256_unpackhi_ps(a[i].v, a[i + 1].v);
  }
  for (size_t i = 0; i < 8; i += 4) {
    quad[i] = _mm256_shuffle_ps(pair[i], pair[i + 2], 0x44);
    quad[i + 1] = _mm256_shuffle_ps(pair[i], pair[i + 2], 0xee);
    quad[i + 2] = _mm256_shuffle_ps(pair[i + 1], pair[i + 3], 0x44);
    quad[i + 3] = _mm256_shuffle_ps(pair[i + 1], pair[i + 3], 0xee);
  }
  for (size_t i = 0; i < 4; ++i) {
    a[i].v = _mm256_permute2f128_ps(quad[i], quad[i + 4], 0x20);
    a[i + 4].v = _mm256_permute2f128_ps(quad[i], quad[i + 4], 0x31);
  }
}
inline void transpose(VecD (&a)[4]) {
  __m256d pair[4];
  for (size_t i = 0; i < 4; i += 2) {
    pair[i] = _mm256_unpacklo_pd(a[i].v, a[i + 1].v);
    pair[i + 1] = _mm256_unpackhi_pd(a[i].v, a[i + 1].v);
  }
  for (size_t i = 0; i < 2; ++i) {
    a[i].v = _mm256_permute2f128_pd(pair[i], pair[i + 2], 0x20);
    a[i + 2].v = _mm256_permute2f128_pd(pair[i], pair[i + 2], 0x31);
  }
}

// 16 values of bf16, in pairs: the first of each as a float, and the second.
inline VecF load_first_bf16(const uint16_t* p) {
  const __m256i pairs = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
  return {_mm256_castsi256_ps(_mm256_slli_epi32(pairs, 16))};
}
inline VecF load_second_bf16(const uint16_t* p) {
  const __m256i pairs = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
  return {_mm256_castsi256_ps(_mm256_and_si256(pairs, _mm256_set1_epi32(-0x10000)))};
}

inline float reduce_add(VecF a) {
  const __m128 four = _mm_add_ps(_mm256_castps256_ps128(a.v), _mm256_extractf128_ps(a.v, 1));
  const __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
}
inline double reduce_add(VecD a) {
  const __m128d two = _mm_add_pd(_mm256_castpd256_pd128(a.v), _mm256_extractf128_pd(a.v, 1));
  return _mm_cvtsd_f64(_mm_add_sd(two, _mm_unpackhi_pd(two, two)));
}
inline float reduce_min(VecF a) {
  const __m128 four = _mm_min_ps(_mm256_castps256_ps128(a.v), _mm256_extractf128_ps(a.v, 1));
  const __m128 two = _mm_min_ps(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(_mm_min_ss(two, _mm_movehdup_ps(two)));
}
inline double reduce_min(VecD a) {
  const __m128d two = _mm_min_pd(_mm256_castpd256_pd128(a.v), _mm256_extractf128_pd(a.v, 1));
  return _mm_cvtsd_f64(_mm_min_sd(two, _mm_unpackhi_pd(two, two)));
}
inline float reduce_max(VecF a) {
  const __m128 four = _mm_max_ps(_mm256_castps256_ps128(a.v), _mm256_extractf128_ps(a.v, 1));
  const __m128 two = _mm_max_ps(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(_mm_max_ss(two, _mm_movehdup_ps(two)));
}
inline double reduce_max(VecD a) {
  const __m128d two = _mm_max_pd(_mm256_castpd256_pd128(a.v), _mm256_extractf128_pd(a.v, 1));
  return _mm_cvtsd_f64(_mm_max_sd(two, _mm_unpackhi_pd(two, two)));
}

struct Bytes {
  static constexpr size_t kLanes = 32;
  __m256i v;
};
struct ByteMask {
  __m256i v;
};
inline Bytes load_bytes(const void* p) { return {_mm256_loadu_si256(static_cast<const __m256i*>(p))}; }
inline void store_bytes(void* p, Bytes a) { _mm256_storeu_si256(static_cast<__m256i*>(p), a.v); }
inline Bytes broadcast_bytes(int8_t x) { return {_mm256_set1_epi8(x)}; }
inline Bytes operator+(Bytes a, Bytes b) { return {_mm256_add_epi8(a.v, b.v)}; }
inline Bytes operator-(Bytes a, Bytes b) { return {_mm256_sub_epi8(a.v, b.v)}; }
inline ByteMask less(Bytes a, Bytes b) { return {_mm256_cmpgt_epi8(b.v, a.v)}; }
inline Bytes select(ByteMask mask, Bytes a, Bytes b) { return {_mm256_blendv_epi8(b.v, a.v, mask.v)}; }
inline Bytes as_bytes(ByteMask mask) { return {mask.v}; }

}  // namespace
}  // namespace boreal
