// AVX-512 (F, BW, VL, DQ, CD): 16 floats or 8 doubles, real lane masks for the tails. The interface is
// described in scalar/simd.h.
#pragma once

#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>

#include "kernels/inline.h"

namespace boreal {
namespace {

constexpr size_t kRegisters = 32;
constexpr size_t kTileRows = 12, kTileVectors = 2;  // 24 sums, 2 columns; an fma broadcasts from memory
// C passes through the registers once for each block of k: 2 % more at 384. Operands are read where they lie
// until they leave a second-level cache of 1 MiB: a panel takes whole pairs of lines of each row of B.
constexpr size_t kDepth = 512;
constexpr size_t kUnpackedA = size_t{4} << 20, kUnpackedB = size_t{1} << 20;

template <typename T>
struct Vec;
template <>
struct Vec<float> {
  static constexpr size_t kLanes = 16;
  __m512 v;
};
template <>
struct Vec<double> {
  static constexpr size_t kLanes = 8;
  __m512d v;
};
using VecF = Vec<float>;
using VecD = Vec<double>;

inline __mmask16 first_lanes_f(size_t count) { return static_cast<__mmask16>(_bzhi_u32(0xffff, count)); }
inline __mmask8 first_lanes_d(size_t count) { return static_cast<__mmask8>(_bzhi_u32(0xff, count)); }

inline VecF broadcast(float x) { return {_mm512_set1_ps(x)}; }
inline VecD broadcast(double x) { return {_mm512_set1_pd(x)}; }
inline VecF load(const float* p) { return {_mm512_loadu_ps(p)}; }
inline VecD load(const double* p) { return {_mm512_loadu_pd(p)}; }
inline VecF load(const float* p, size_t count, VecF fill) {
  return {_mm512_mask_loadu_ps(fill.v, first_lanes_f(count), p)};
}
inline VecD load(const double* p, size_t count, VecD fill) {
  return {_mm512_mask_loadu_pd(fill.v, first_lanes_d(count), p)};
}
inline void store(float* p, VecF a) { _mm512_storeu_ps(p, a.v); }
inline void store(double* p, VecD a) { _mm512_storeu_pd(p, a.v); }
inline void store(float* p, VecF a, size_t count) { _mm512_mask_storeu_ps(p, first_lanes_f(count), a.v); }
inline void store(double* p, VecD a, size_t count) { _mm512_mask_storeu_pd(p, first_lanes_d(count), a.v); }

inline VecF operator+(VecF a, VecF b) { return {_mm512_add_ps(a.v, b.v)}; }
inline VecD operator+(VecD a, VecD b) { return {_mm512_add_pd(a.v, b.v)}; }
inline VecF operator-(VecF a, VecF b) { return {_mm512_sub_ps(a.v, b.v)}; }
inline VecD operator-(VecD a, VecD b) { return {_mm512_sub_pd(a.v, b.v)}; }
inline VecF operator*(VecF a, VecF b) { return {_mm512_mul_ps(a.v, b.v)}; }
inline VecD operator*(VecD a, VecD b) { return {_mm512_mul_pd(a.v, b.v)}; }
inline VecF operator/(VecF a, VecF b) { return {_mm512_div_ps(a.v, b.v)}; }
inline VecD operator/(VecD a, VecD b) { return {_mm512_div_pd(a.v, b.v)}; }
inline VecF fma(VecF a, VecF b, VecF c) { return {_mm512_fmadd_ps(a.v, b.v, c.v)}; }
inline VecD fma(VecD a, VecD b, VecD c) { return {_mm512_fmadd_pd(a.v, b.v, c.v)}; }
inline VecF min(VecF a, VecF b) { return {_mm512_min_ps(a.v, b.v)}; }
inline VecD min(VecD a, VecD b) { return {_mm512_min_pd(a.v, b.v)}; }
inline VecF max(VecF a, VecF b) { return {_mm512_max_ps(a.v, b.v)}; }
inline VecD max(VecD a, VecD b) { return {_mm512_max_pd(a.v, b.v)}; }

inline VecF abs(VecF a) { return {_mm512_abs_ps(a.v)}; }
inline VecD abs(VecD a) { return {_mm512_abs_pd(a.v)}; }
inline VecF copy_sign(VecF magnitude, VecF sign) {
  return {_mm512_or_ps(magnitude.v, _mm512_and_ps(sign.v, _mm512_set1_ps(-0.0f)))};
}
inline VecD copy_sign(VecD magnitude, VecD sign) {
  return {_mm512_or_pd(magnitude.v, _mm512_and_pd(sign.v, _mm512_set1_pd(-0.0)))};
}
inline VecF round(VecF a) { return {_mm512_roundscale_ps(a.v, _MM_FROUND_TO_NEAREST_INT)}; }
inline VecD round(VecD a) { return {_mm512_roundscale_pd(a.v, _MM_FROUND_TO_NEAREST_INT)}; }
inline VecF floor(VecF a) { return {_mm512_roundscale_ps(a.v, _MM_FROUND_TO_NEG_INF)}; }
inline VecD floor(VecD a) { return {_mm512_roundscale_pd(a.v, _MM_FROUND_TO_NEG_INF)}; }
inline VecF ceil(VecF a) { return {_mm512_roundscale_ps(a.v, _MM_FROUND_TO_POS_INF)}; }
inline VecD ceil(VecD a) { return {_mm512_roundscale_pd(a.v, _MM_FROUND_TO_POS_INF)}; }
inline VecF operator-(VecF a) { return {_mm512_xor_ps(a.v, _mm512_set1_ps(-0.0f))}; }
inline VecD operator-(VecD a) { return {_mm512_xor_pd(a.v, _mm512_set1_pd(-0.0))}; }
inline VecF sqrt(VecF a) { return {_mm512_sqrt_ps(a.v)}; }
inline VecD sqrt(VecD a) { return {_mm512_sqrt_pd(a.v)}; }
inline VecF product_error(VecF a, VecF b, VecF product) { return {_mm512_fmsub_ps(a.v, b.v, product.v)}; }
inline VecD product_error(VecD a, VecD b, VecD product) { return {_mm512_fmsub_pd(a.v, b.v, product.v)}; }
inline VecD load_wide(const float* p) { return {_mm512_cvtps_pd(_mm256_loadu_ps(p))}; }
inline VecD load_wide(const double* p) { return load(p); }
inline VecD load_wide(const float* p, size_t count) {
  return {_mm512_cvtps_pd(_mm256_maskz_loadu_ps(first_lanes_d(count), p))};
}
inline VecD load_wide(const double* p, size_t count) {
  return {_mm512_maskz_loadu_pd(first_lanes_d(count), p)};
}
inline VecF residual(VecF c, VecF a, VecF b) { return {_mm512_fnmadd_ps(a.v, b.v, c.v)}; }
inline VecD residual(VecD c, VecD a, VecD b) { return {_mm512_fnmadd_pd(a.v, b.v, c.v)}; }
inline VecF scale2(VecF a, VecF n) { return {_mm512_scalef_ps(a.v, n.v)}; }
inline VecD scale2(VecD a, VecD n) { return {_mm512_scalef_pd(a.v, n.v)}; }

template <typename T>
struct SplitExponent {
  Vec<T> fraction, exponent;
};
inline SplitExponent<float> split_exponent(VecF x) {
  const __m512i bits = _mm512_castps_si512(x.v);
  const __m512i exponent = _mm512_srai_epi32(_mm512_sub_epi32(bits, _mm512_set1_epi32(0x3f3504f3)), 23);
  const __m512i fraction = _mm512_sub_epi32(bits, _mm512_slli_epi32(exponent, 23));
  return {{_mm512_castsi512_ps(fraction)}, {_mm512_cvtepi32_ps(exponent)}};
}
inline SplitExponent<double> split_exponent(VecD x) {
  const __m512i bits = _mm512_castpd_si512(x.v);
  const __m512i exponent =
      _mm512_srai_epi64(_mm512_sub_epi64(bits, _mm512_set1_epi64(0x3fe6a09e667f3bcd)), 52);
  const __m512i fraction = _mm512_sub_epi64(bits, _mm512_slli_epi64(exponent, 52));
  return {{_mm512_castsi512_pd(fraction)}, {_mm512_cvtepi64_pd(exponent)}};
}

inline __mmask16 less(VecF a, VecF b) { return _mm512_cmp_ps_mask(a.v, b.v, _CMP_LT_OQ); }
inline __mmask8 less(VecD a, VecD b) { return _mm512_cmp_pd_mask(a.v, b.v, _CMP_LT_OQ); }
inline __mmask16 not_less(VecF a, VecF b) { return _mm512_cmp_ps_mask(a.v, b.v, _CMP_NLT_UQ); }
inline __mmask8 not_less(VecD a, VecD b) { return _mm512_cmp_pd_mask(a.v, b.v, _CMP_NLT_UQ); }
inline __mmask16 equal(VecF a, VecF b) { return _mm512_cmp_ps_mask(a.v, b.v, _CMP_EQ_OQ); }
inline __mmask8 equal(VecD a, VecD b) { return _mm512_cmp_pd_mask(a.v, b.v, _CMP_EQ_OQ); }
inline __mmask16 is_nan(VecF a) { return _mm512_cmp_ps_mask(a.v, a.v, _CMP_UNORD_Q); }
inline __mmask8 is_nan(VecD a) { return _mm512_cmp_pd_mask(a.v, a.v, _CMP_UNORD_Q); }
inline __mmask16 unordered(VecF a, VecF b) { return _mm512_cmp_ps_mask(a.v, b.v, _CMP_UNORD_Q); }
inline __mmask8 unordered(VecD a, VecD b) { return _mm512_cmp_pd_mask(a.v, b.v, _CMP_UNORD_Q); }
inline __mmask16 either(__mmask16 m, __mmask16 n) { return _kor_mask16(m, n); }
inline __mmask8 either(__mmask8 m, __mmask8 n) { return _kor_mask8(m, n); }
inline __mmask16 both(__mmask16 m, __mmask16 n) { return _kand_mask16(m, n); }
inline __mmask8 both(__mmask8 m, __mmask8 n) { return _kand_mask8(m, n); }
inline __mmask16 negate(__mmask16 m) { return _knot_mask16(m); }
inline __mmask8 negate(__mmask8 m) { return _knot_mask8(m); }
inline VecF select(__mmask16 mask, VecF a, VecF b) { return {_mm512_mask_blend_ps(mask, b.v, a.v)}; }
inline VecD select(__mmask8 mask, VecD a, VecD b) { return {_mm512_mask_blend_pd(mask, b.v, a.v)}; }
inline uint32_t lane_bits(uint32_t mask) { return mask; }

// The instruction by name: GCC else picks forms that overwrite a factor, and moves what a register tile
// holds.
#if defined(__GNUC__) && !defined(__clang__)
inline void add_product(VecF& sum, VecF a, VecF b) {
  asm("vfmadd231ps %2, %1, %0" : "+v"(sum.v) : "v"(a.v), "v"(b.v));
}
inline void add_product(VecD& sum, VecD a, VecD b) {
  asm("vfmadd231pd %2, %1, %0" : "+v"(sum.v) : "v"(a.v), "v"(b.v));
}
#else
inline void add_product(VecF& sum, VecF a, VecF b) { sum = fma(a, b, sum); }
inline void add_product(VecD& sum, VecD a, VecD b) { sum = fma(a, b, sum); }
#endif
BOREAL_INLINE void prefetch(const void* p) { _mm_prefetch(static_cast<const char*>(p), _MM_HINT_T0); }

// Within each quarter by pairs and fours, then the quarters among each other.
inline void transpose(VecF (&a)[16]) {
  __m512 pair[16], quad[16], half[16];
  for (size_t i = 0; i < 16; i += 2) {
    pair[i] = _mm512_unpacklo_ps(a[i].v, a[i + 1].v);
    pair[i + 1] = _mm512_unpackhi_ps(a[i].v, a[i + 1].v);
  }
  for (size_t i = 0; i < 16; i += 4) {
    quad[i] = _mm512_shuffle_ps(pair[i], pair[i + 2], 0x44);
    quad[i + 1] = _mm512_shuffle_ps(pair[i], pair[i + 2], 0xee);
    quad[i + 2] = _mm512_shuffle_ps(pair[i + 1], pair[i + 3], 0x44);
    quad[i + 3] = _mm512_shuffle_ps(pair[i + 1], pair[i + 3], 0xee);
  }
  for (size_t i = 0; i < 16; i += 8) {
    for (size_t j = 0; j < 4; ++j) {
      half[i + j] = _mm512_shuffle_f32x4(quad[i + j], quad[i + j + 4], 0x88);
      half[i + j + 4] = _mm512_shuffle_f32x4(quad[i + j], quad[i + j + 4], 0xdd);
    }
  }
  for (size_t j = 0; j < 8; ++j) {
    a[j].v = _mm512_shuffle_f32x4(half[j], half[j + 8], 0x88);
    a[j + 8].v = _mm512_shuffle_f32x4(half[j], half[j + 8], 0xdd);
  }
}
inline void transpose(VecD (&a)[8]) {
  __m512d pair[8], half[8];
  for (size_t i = 0; i < 8; i += 2) {
    pair[i] = _mm512_unpacklo_pd(a[i].v, a[i + 1].v);
    pair[i + 1] = _mm512_unpackhi_pd(a[i].v, a[i + 1].v);
  }
  for (size_t i = 0; i < 8; i += 4) {
    for (size_t j = 0; j < 2; ++j) {
      half[i + j] = _mm512_shuffle_f64x2(pair[i + j], pair[i + j + 2], 0x88);
      half[i + j + 2] = _mm512_shuffle_f64x2(pair[i + j], pair[i + j + 2], 0xdd);
    }
  }
  for (size_t j = 0; j < 4; ++j) {
    a[j].v = _mm512_shuffle_f64x2(half[j], half[j + 4], 0x88);
    a[j + 4].v = _mm512_shuffle_f64x2(half[j], half[j + 4], 0xdd);
  }
}

// 32 values of bf16, in pairs: the first of each as a float, and the second.
inline VecF load_first_bf16(const uint16_t* p) {
  return {_mm512_castsi512_ps(_mm512_slli_epi32(_mm512_loadu_si512(p), 16))};
}
inline VecF load_second_bf16(const uint16_t* p) {
  return {_mm512_castsi512_ps(_mm512_and_si512(_mm512_loadu_si512(p), _mm512_set1_epi32(-0x10000)))};
}

inline float reduce_add(VecF a) { return _mm512_reduce_add_ps(a.v); }
inline double reduce_add(VecD a) { return _mm512_reduce_add_pd(a.v); }
inline float reduce_min(VecF a) { return _mm512_reduce_min_ps(a.v); }
inline double reduce_min(VecD a) { return _mm512_reduce_min_pd(a.v); }
inline float reduce_max(VecF a) { return _mm512_reduce_max_ps(a.v); }
inline double reduce_max(VecD a) { return _mm512_reduce_max_pd(a.v); }

struct Bytes {
  static constexpr size_t kLanes = 64;
  __m512i v;
};
struct ByteMask {
  __mmask64 v;
};
inline Bytes load_bytes(const void* p) { return {_mm512_loadu_si512(p)}; }
inline void store_bytes(void* p, Bytes a) { _mm512_storeu_si512(p, a.v); }
inline Bytes broadcast_bytes(int8_t x) { return {_mm512_set1_epi8(x)}; }
inline Bytes operator+(Bytes a, Bytes b) { return {_mm512_add_epi8(a.v, b.v)}; }
inline Bytes operator-(Bytes a, Bytes b) { return {_mm512_sub_epi8(a.v, b.v)}; }
inline ByteMask less(Bytes a, Bytes b) { return {_mm512_cmplt_epi8_mask(a.v, b.v)}; }
inline Bytes select(ByteMask mask, Bytes a, Bytes b) { return {_mm512_mask_blend_epi8(mask.v, b.v, a.v)}; }
inline Bytes as_bytes(ByteMask mask) { return {_mm512_movm_epi8(mask.v)}; }

}  // namespace
}  // namespace boreal
