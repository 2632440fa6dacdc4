// AArch64 NEON: 4 floats or 2 doubles; there are no masked loads, so a tail goes through the stack. The
// interface is described in scalar/simd.h.
#pragma once

#include <arm_neon.h>
#include <stddef.h>
#include <stdint.h>

#include "kernels/inline.h"

namespace boreal {
namespace {

constexpr size_t kRegisters = 32;
constexpr size_t kTileRows = 8, kTileVectors = 3;  // 24 sums, 3 columns, up to 5 broadcasts
constexpr size_t kDepth = 384;
constexpr size_t kUnpackedA = size_t{128} << 10, kUnpackedB = size_t{24} << 10;

template <typename T>
struct Vec;
template <>
struct Vec<float> {
  static constexpr size_t kLanes = 4;
  float32x4_t v;
};
template <>
struct Vec<double> {
  static constexpr size_t kLanes = 2;
  float64x2_t v;
};
using VecF = Vec<float>;
using VecD = Vec<double>;

inline VecF broadcast(float x) { return {vdupq_n_f32(x)}; }
inline VecD broadcast(double x) { return {vdupq_n_f64(x)}; }
inline VecF load(const float* p) { return {vld1q_f32(p)}; }
inline VecD load(const double* p) { return {vld1q_f64(p)}; }
inline void store(float* p, VecF a) { vst1q_f32(p, a.v); }
inline void store(double* p, VecD a) { vst1q_f64(p, a.v); }
template <typename T>
inline Vec<T> load(const T* p, size_t count, Vec<T> fill) {
  T lanes[Vec<T>::kLanes];
  store(lanes, fill);
  for (size_t i = 0; i < count; ++i) lanes[i] = p[i];
  return load(lanes);
}
template <typename T>
inline void store(T* p, Vec<T> a, size_t count) {
  T lanes[Vec<T>::kLanes];
  store(lanes, a);
  for (size_t i = 0; i < count; ++i) p[i] = lanes[i];
}

inline VecF operator+(VecF a, VecF b) { return {vaddq_f32(a.v, b.v)}; }
inline VecD operator+(VecD a, VecD b) { return {vaddq_f64(a.v, b.v)}; }
inline VecF operator-(VecF a, VecF b) { return {vsubq_f32(a.v, b.v)}; }
inline VecD operator-(VecD a, VecD b) { return {vsubq_f64(a.v, b.v)}; }
inline VecF operator*(VecF a, VecF b) { return {vmulq_f32(a.v, b.v)}; }
inline VecD operator*(VecD a, VecD b) { return {vmulq_f64(a.v, b.v)}; }
inline VecF operator/(VecF a, VecF b) { return {vdivq_f32(a.v, b.v)}; }
inline VecD operator/(VecD a, VecD b) { return {vdivq_f64(a.v, b.v)}; }
inline VecF fma(VecF a, VecF b, VecF c) { return {vfmaq_f32(c.v, a.v, b.v)}; }
inline VecD fma(VecD a, VecD b, VecD c) { return {vfmaq_f64(c.v, a.v, b.v)}; }
inline VecF min(VecF a, VecF b) { return {vminq_f32(a.v, b.v)}; }
inline VecD min(VecD a, VecD b) { return {vminq_f64(a.v, b.v)}; }
inline VecF max(VecF a, VecF b) { return {vmaxq_f32(a.v, b.v)}; }
inline VecD max(VecD a, VecD b) { return {vmaxq_f64(a.v, b.v)}; }

inline VecF abs(VecF a) { return {vabsq_f32(a.v)}; }
inline VecD abs(VecD a) { return {vabsq_f64(a.v)}; }
inline VecF copy_sign(VecF magnitude, VecF sign) {
  return {vbslq_f32(vdupq_n_u32(0x80000000u), sign.v, magnitude.v)};
}
inline VecD copy_sign(VecD magnitude, VecD sign) {
  return {vbslq_f64(vdupq_n_u64(0x8000000000000000u), sign.v, magnitude.v)};
}
inline VecF round(VecF a) { return {vrndnq_f32(a.v)}; }
inline VecD round(VecD a) { return {vrndnq_f64(a.v)}; }

inline VecF floor(VecF a) { return {vrndmq_f32(a.v)}; }
inline VecD floor(VecD a) { return {vrndmq_f64(a.v)}; }
inline VecF ceil(VecF a) { return {vrndpq_f32(a.v)}; }
inline VecD ceil(VecD a) { return {vrndpq_f64(a.v)}; }
inline VecF operator-(VecF a) { return {vnegq_f32(a.v)}; }
inline VecD operator-(VecD a) { return {vnegq_f64(a.v)}; }
inline VecF sqrt(VecF a) { return {vsqrtq_f32(a.v)}; }
inline VecD sqrt(VecD a) { return {vsqrtq_f64(a.v)}; }
inline VecF product_error(VecF a, VecF b, VecF product) {
  return {vfmaq_f32(vnegq_f32(product.v), a.v, b.v)};
}
inline VecD product_error(VecD a, VecD b, VecD product) {
  return {vfmaq_f64(vnegq_f64(product.v), a.v, b.v)};
}
inline VecD load_wide(const float* p) { return {vcvt_f64_f32(vld1_f32(p))}; }
inline VecD load_wide(const double* p) { return load(p); }
template <typename T>
inline VecD load_wide(const T* p, size_t count) {
  double lanes[VecD::kLanes] = {};
  for (size_t i = 0; i < count; ++i) lanes[i] = static_cast<double>(p[i]);
  return load(lanes);
}

inline VecF residual(VecF c, VecF a, VecF b) { return {vfmsq_f32(c.v, a.v, b.v)}; }
inline VecD residual(VecD c, VecD a, VecD b) { return {vfmsq_f64(c.v, a.v, b.v)}; }

inline float32x4_t power_of_2_f(int32x4_t n) {
  return vreinterpretq_f32_s32(vshlq_n_s32(vaddq_s32(n, vdupq_n_s32(127)), 23));
}
inline float64x2_t power_of_2_d(int64x2_t n) {
  return vreinterpretq_f64_s64(vshlq_n_s64(vaddq_s64(n, vdupq_n_s64(1023)), 52));
}
// Two factors, because 2^n itself may lie outside the normal range; the first product is exact.
inline VecF scale2(VecF a, VecF n) {
  const int32x4_t whole = vcvtq_s32_f32(n.v);
  const int32x4_t half = vshrq_n_s32(whole, 1);
  return {vmulq_f32(vmulq_f32(a.v, power_of_2_f(half)), power_of_2_f(vsubq_s32(whole, half)))};
}
inline VecD scale2(VecD a, VecD n) {
  const int64x2_t whole = vcvtq_s64_f64(n.v);
  const int64x2_t half = vshrq_n_s64(whole, 1);
  return {vmulq_f64(vmulq_f64(a.v, power_of_2_d(half)), power_of_2_d(vsubq_s64(whole, half)))};
}

template <typename T>
struct SplitExponent {
  Vec<T> fraction, exponent;
};
inline SplitExponent<float> split_exponent(VecF x) {
  const int32x4_t bits = vreinterpretq_s32_f32(x.v);
  const int32x4_t exponent = vshrq_n_s32(vsubq_s32(bits, vdupq_n_s32(0x3f3504f3)), 23);
  const int32x4_t fraction = vsubq_s32(bits, vshlq_n_s32(exponent, 23));
  return {{vreinterpretq_f32_s32(fraction)}, {vcvtq_f32_s32(exponent)}};
}
inline SplitExponent<double> split_exponent(VecD x) {
  const int64x2_t bits = vreinterpretq_s64_f64(x.v);
  const int64x2_t exponent = vshrq_n_s64(vsubq_s64(bits, vdupq_n_s64(0x3fe6a09e667f3bcd)), 52);
  const int64x2_t fraction = vsubq_s64(bits, vshlq_n_s64(exponent, 52));
  return {{vreinterpretq_f64_s64(fraction)}, {vcvtq_f64_s64(exponent)}};
}

inline uint32x4_t less(VecF a, VecF b) { return vcltq_f32(a.v, b.v); }
inline uint64x2_t less(VecD a, VecD b) { return vcltq_f64(a.v, b.v); }
inline uint32x4_t equal(VecF a, VecF b) { return vceqq_f32(a.v, b.v); }
inline uint64x2_t equal(VecD a, VecD b) { return vceqq_f64(a.v, b.v); }
inline uint32x4_t negate(uint32x4_t mask) { return vmvnq_u32(mask); }
inline uint64x2_t negate(uint64x2_t mask) { return veorq_u64(mask, vdupq_n_u64(~uint64_t{0})); }
inline uint32x4_t not_less(VecF a, VecF b) { return negate(less(a, b)); }
inline uint64x2_t not_less(VecD a, VecD b) { return negate(less(a, b)); }
inline uint32x4_t is_nan(VecF a) { return negate(equal(a, a)); }
inline uint64x2_t is_nan(VecD a) { return negate(equal(a, a)); }
inline uint32x4_t either(uint32x4_t m, uint32x4_t n) { return vorrq_u32(m, n); }
inline uint64x2_t either(uint64x2_t m, uint64x2_t n) { return vorrq_u64(m, n); }
inline uint32x4_t both(uint32x4_t m, uint32x4_t n) { return vandq_u32(m, n); }
inline uint64x2_t both(uint64x2_t m, uint64x2_t n) { return vandq_u64(m, n); }
inline uint32x4_t unordered(VecF a, VecF b) { return either(is_nan(a), is_nan(b)); }
inline uint64x2_t unordered(VecD a, VecD b) { return either(is_nan(a), is_nan(b)); }
inline VecF select(uint32x4_t mask, VecF a, VecF b) { return {vbslq_f32(mask, a.v, b.v)}; }
inline VecD select(uint64x2_t mask, VecD a, VecD b) { return {vbslq_f64(mask, a.v, b.v)}; }
inline uint32_t lane_bits(uint32x4_t mask) {
  const uint32x4_t weight = {1, 2, 4, 8};
  return vaddvq_u32(vandq_u32(mask, weight));
}
inline uint32_t lane_bits(uint64x2_t mask) {
  const uint64x2_t weight = {1, 2};
  return static_cast<uint32_t>(vaddvq_u64(vandq_u64(mask, weight)));
}

inline void add_product(VecF& sum, VecF a, VecF b) { sum = fma(a, b, sum); }
inline void add_product(VecD& sum, VecD a, VecD b) { sum = fma(a, b, sum); }
BOREAL_INLINE void prefetch(const void* p) { __builtin_prefetch(p); }

inline void transpose(VecF (&a)[4]) {
  const float32x4x2_t low = vtrnq_f32(a[0].v, a[1].v), high = vtrnq_f32(a[2].v, a[3].v);
  a[0].v = vcombine_f32(vget_low_f32(low.val[0]), vget_low_f32(high.val[0]));
  a[1].v = vcombine_f32(vget_low_f32(low.val[1]), vget_low_f32(high.val[1]));
  a[2].v = vcombine_f32(vget_high_f32(low.val[0]), vget_high_f32(high.val[0]));
  a[3].v = vcombine_f32(vget_high_f32(low.val[1]), vget_high_f32(high.val[1]));
}
inline void transpose(VecD (&a)[2]) {
  const float64x2_t first = vtrn1q_f64(a[0].v, a[1].v);
  a[1].v = vtrn2q_f64(a[0].v, a[1].v);
  a[0].v = first;
}

// 8 values of bf16, in pairs: the first of each as a float, and the second.
inline VecF load_first_bf16(const uint16_t* p) {
  return {vreinterpretq_f32_u32(vshlq_n_u32(vreinterpretq_u32_u16(vld1q_u16(p)), 16))};
}
inline VecF load_second_bf16(const uint16_t* p) {
  const uint32x4_t pairs = vreinterpretq_u32_u16(vld1q_u16(p));
  return {vreinterpretq_f32_u32(vandq_u32(pairs, vdupq_n_u32(0xffff0000u)))};
}

inline float reduce_add(VecF a) { return vaddvq_f32(a.v); }
inline double reduce_add(VecD a) { return vaddvq_f64(a.v); }
inline float reduce_min(VecF a) { return vminvq_f32(a.v); }
inline double reduce_min(VecD a) { return vminvq_f64(a.v); }
inline float reduce_max(VecF a) { return vmaxvq_f32(a.v); }
inline double reduce_max(VecD a) { return vmaxvq_f64(a.v); }

struct Bytes {
  static constexpr size_t kLanes = 16;
  int8x16_t v;
};
struct ByteMask {
  uint8x16_t v;
};
inline Bytes load_bytes(const void* p) { return {vld1q_s8(static_cast<const int8_t*>(p))}; }
inline void store_bytes(void* p, Bytes a) { vst1q_s8(static_cast<int8_t*>(p), a.v); }
inline Bytes broadcast_bytes(int8_t x) { return {vdupq_n_s8(x)}; }
inline Bytes operator+(Bytes a, Bytes b) { return {vaddq_s8(a.v, b.v)}; }
inline Bytes operator-(Bytes a, Bytes b) { return {vsubq_s8(a.v, b.v)}; }
inline ByteMask less(Bytes a, Bytes b) { return {vcltq_s8(a.v, b.v)}; }
inline Bytes select(ByteMask mask, Bytes a, Bytes b) { return {vbslq_s8(mask.v, a.v, b.v)}; }
inline Bytes as_bytes(ByteMask mask) { return {vreinterpretq_s8_u8(mask.v)}; }

}  // namespace
}  // namespace boreal
