// One lane in plain C++: the reference every other ISA is tested against, and the fallback everywhere.
//
// Each <isa>/simd.h offers this same interface, on which generic/*.inl.h is written:
//   Vec<T>                          kLanes values; kRegisters = vector registers of the machine
//   broadcast(x), load(p), store(p, v)
//   load(p, count, fill), store(p, v, count)    count < kLanes lanes; memory beyond them is not touched
//   + - * /, fma(a, b, c) = a b + c (fused where the ISA has it)
//   min(a, b), max(a, b)            a NaN in b gives a NaN
//   -a, abs, sqrt, copy_sign(magnitude >= 0, sign), round (to nearest even), floor, ceil
//   scale2(v, n) = v 2^n with gradual underflow, n whole and -2 kBias < n <= kBias + 1
//   split_exponent(x) = {fraction in [sqrt 1/2, sqrt 2), exponent}, x positive, finite and normal
//   product_error(a, b, p) = a b - p exactly, for p = a * b; a and b must be far from overflow
//   residual(c, a, b) = c - a b, accurate where the two cancel; same condition
//   less, not_less, equal, is_nan   lane masks; not_less is also true where a NaN takes part
//   unordered(a, b)                 a or b is NaN
//   either(m, n), both(m, n), negate(m)
//   select(mask, a, b), lane_bits(mask) (lane 0 in bit 0), reduce_add, reduce_min, reduce_max
//   load_wide(p), load_wide(p, count)    floats or doubles as a Vec<double>, 0 beyond count
//   kTileRows x kTileVectors        the register tile of matrix products; rows <= 16, vectors <= 4
//   kDepth                          steps of k in a block of it, a multiple of 4
//   kUnpackedA, kUnpackedB          bytes of an operand up to which packing it costs more than it brings
//   add_product(sum, a, b)          sum = fma(a, b, sum), kept in its register
//   load_first_bf16(p), load_second_bf16(p)     from kLanes pairs of bf16, as floats
//   prefetch(p), transpose(v)       a hint; kLanes vectors as a square matrix
//   Bytes                           kLanes int8: load_bytes(p), store_bytes(p, v), broadcast_bytes(x), a + b,
//   a - b wrap less(a, b) of Bytes             a ByteMask: select(mask, a, b), as_bytes(mask) = -1 where it
//   is set
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined(_M_ARM64)
#include <arm_neon.h>
#elif defined(_MSC_VER)
#include <immintrin.h>
#endif

namespace boreal {
namespace {

constexpr size_t kRegisters = 16;
constexpr size_t kTileRows = 4, kTileVectors = 4;  // four lanes that the compiler may put in one register
constexpr size_t kDepth = 384;
constexpr size_t kUnpackedA = size_t{128} << 10, kUnpackedB = size_t{24} << 10;

template <typename T>
struct Vec {
  static constexpr size_t kLanes = 1;
  T v;
};

template <typename T>
struct Bits;
template <>
struct Bits<float> {
  using UInt = uint32_t;
  static constexpr int kMantissa = 23;
  static constexpr int kBias = 127;
  static constexpr float kRounder = 0x1.8p23f;  // adding it leaves no bit for a fraction
  static constexpr float kWhole = 0x1p23f;      // from here on all values are whole
  static constexpr float kSplitter = 0x1.002p12f;
  static constexpr UInt kSqrtHalf = 0x3f3504f3;
};
template <>
struct Bits<double> {
  using UInt = uint64_t;
  static constexpr int kMantissa = 52;
  static constexpr int kBias = 1023;
  static constexpr double kRounder = 0x1.8p52;
  static constexpr double kWhole = 0x1p52;
  static constexpr double kSplitter = 0x1.0000002p27;
  static constexpr UInt kSqrtHalf = 0x3fe6a09e667f3bcd;
};

template <typename T>
inline Vec<T> broadcast(T x) {
  return {x};
}
template <typename T>
inline Vec<T> load(const T* p) {
  return {*p};
}
template <typename T>
inline Vec<T> load(const T*, size_t, Vec<T> fill) {
  return fill;
}
template <typename T>
inline void store(T* p, Vec<T> a) {
  *p = a.v;
}
template <typename T>
inline void store(T*, Vec<T>, size_t) {}

template <typename T>
inline Vec<T> operator+(Vec<T> a, Vec<T> b) {
  return {a.v + b.v};
}
template <typename T>
inline Vec<T> operator-(Vec<T> a, Vec<T> b) {
  return {a.v - b.v};
}
template <typename T>
inline Vec<T> operator*(Vec<T> a, Vec<T> b) {
  return {a.v * b.v};
}
template <typename T>
inline Vec<T> operator/(Vec<T> a, Vec<T> b) {
  return {a.v / b.v};
}
template <typename T>
inline Vec<T> fma(Vec<T> a, Vec<T> b, Vec<T> c) {
  return {a.v * b.v + c.v};
}
template <typename T>
inline Vec<T> min(Vec<T> a, Vec<T> b) {
  return a.v < b.v ? a : b;
}
template <typename T>
inline Vec<T> max(Vec<T> a, Vec<T> b) {
  return a.v > b.v ? a : b;
}
template <typename T>
inline typename Bits<T>::UInt to_bits(T x) {
  typename Bits<T>::UInt bits;
  memcpy(&bits, &x, sizeof(T));
  return bits;
}
template <typename T>
inline T from_bits(typename Bits<T>::UInt bits) {
  T x;
  memcpy(&x, &bits, sizeof(T));
  return x;
}

template <typename T>
inline Vec<T> abs(Vec<T> a) {
  return {from_bits<T>(to_bits(a.v) << 1 >> 1)};
}
template <typename T>
inline Vec<T> copy_sign(Vec<T> magnitude, Vec<T> sign) {
  return {from_bits<T>(to_bits(magnitude.v) | (to_bits(sign.v) ^ to_bits(abs(sign).v)))};
}
template <typename T>
inline Vec<T> operator-(Vec<T> a) {
  return {-a.v};
}
template <typename T>
inline Vec<T> round(Vec<T> a) {
  const Vec<T> magnitude = abs(a);
  if (!(magnitude.v < Bits<T>::kWhole)) return a;
  return copy_sign(Vec<T>{magnitude.v + Bits<T>::kWhole - Bits<T>::kWhole}, a);
}
template <typename T>
inline Vec<T> floor(Vec<T> a) {
  const Vec<T> nearest = round(a);
  return nearest.v > a.v ? Vec<T>{nearest.v - 1} : nearest;
}
template <typename T>
inline Vec<T> ceil(Vec<T> a) {
  return -floor(-a);
}
#if defined(__GNUC__)
inline Vec<float> sqrt(Vec<float> a) { return {__builtin_sqrtf(a.v)}; }
inline Vec<double> sqrt(Vec<double> a) { return {__builtin_sqrt(a.v)}; }
#elif defined(_M_ARM64)
inline Vec<float> sqrt(Vec<float> a) { return {vget_lane_f32(vsqrt_f32(vdup_n_f32(a.v)), 0)}; }
inline Vec<double> sqrt(Vec<double> a) { return {vget_lane_f64(vsqrt_f64(vdup_n_f64(a.v)), 0)}; }
#else
inline Vec<float> sqrt(Vec<float> a) { return {_mm_cvtss_f32(_mm_sqrt_ss(_mm_set_ss(a.v)))}; }
inline Vec<double> sqrt(Vec<double> a) {
  return {_mm_cvtsd_f64(_mm_sqrt_sd(_mm_setzero_pd(), _mm_set_sd(a.v)))};
}
#endif
// Splits a and b into halves whose products are exact (Dekker, 1971).
template <typename T>
inline Vec<T> product_error(Vec<T> a, Vec<T> b, Vec<T> product) {
  const T at = a.v * Bits<T>::kSplitter, bt = b.v * Bits<T>::kSplitter;
  const T ah = at - (at - a.v), bh = bt - (bt - b.v), al = a.v - ah, bl = b.v - bh;
  return {((ah * bh - product.v) + ah * bl + al * bh) + al * bl};
}
template <typename T>
inline Vec<double> load_wide(const T* p) {
  return {static_cast<double>(*p)};
}
template <typename T>
inline Vec<double> load_wide(const T*, size_t) {
  return {0.0};
}
// 2^n in the normal range: the low bits of n + kRounder are n itself, the shift drops all others. Unlike a
// conversion to int this is defined for NaN.
template <typename T>
inline T power_of_2(T n) {
  return from_bits<T>((to_bits(n + Bits<T>::kRounder) + Bits<T>::kBias) << Bits<T>::kMantissa);
}
template <typename T>
inline Vec<T> scale2(Vec<T> a, Vec<T> n) {
  // Two factors, because 2^n itself may lie outside the normal range; the first product is exact.
  const Vec<T> half = round(n * broadcast(T(0.5)));
  return {a.v * power_of_2<T>(half.v) * power_of_2<T>(n.v - half.v)};
}

template <typename T>
inline Vec<T> residual(Vec<T> c, Vec<T> a, Vec<T> b) {
  const Vec<T> product = a * b;
  return (c - product) - product_error(a, b, product);
}
template <typename T>
struct SplitExponent {
  Vec<T> fraction, exponent;
};
template <typename T>
inline SplitExponent<T> split_exponent(Vec<T> x) {
  using B = Bits<T>;
  using UInt = typename B::UInt;
  const UInt one = static_cast<UInt>(B::kBias) << B::kMantissa;
  const UInt biased = (to_bits(x.v) - B::kSqrtHalf + one) >> B::kMantissa;  // exponent + kBias > 0
  return {{from_bits<T>(to_bits(x.v) - (biased << B::kMantissa) + one)},
          {static_cast<T>(static_cast<int32_t>(biased) - B::kBias)}};
}

template <typename T>
inline bool less(Vec<T> a, Vec<T> b) {
  return a.v < b.v;
}
template <typename T>
inline bool not_less(Vec<T> a, Vec<T> b) {
  return !(a.v < b.v);
}
template <typename T>
inline bool equal(Vec<T> a, Vec<T> b) {
  return a.v == b.v;
}
template <typename T>
inline bool is_nan(Vec<T> a) {
  return a.v != a.v;
}
template <typename T>
inline bool unordered(Vec<T> a, Vec<T> b) {
  return is_nan(a) || is_nan(b);
}
inline bool either(bool a, bool b) { return a || b; }
inline bool both(bool a, bool b) { return a && b; }
inline bool negate(bool a) { return !a; }
template <typename T>
inline Vec<T> select(bool mask, Vec<T> a, Vec<T> b) {
  return mask ? a : b;
}
inline uint32_t lane_bits(bool mask) { return mask; }

template <typename T>
inline void add_product(Vec<T>& sum, Vec<T> a, Vec<T> b) {
  sum = fma(a, b, sum);
}
inline void prefetch(const void*) {}
template <typename T>
inline void transpose(Vec<T> (&)[1]) {}

inline Vec<float> load_first_bf16(const uint16_t* p) { return {from_bits<float>(uint32_t{p[0]} << 16)}; }
inline Vec<float> load_second_bf16(const uint16_t* p) { return {from_bits<float>(uint32_t{p[1]} << 16)}; }

template <typename T>
inline T reduce_add(Vec<T> a) {
  return a.v;
}
template <typename T>
inline T reduce_min(Vec<T> a) {
  return a.v;
}
template <typename T>
inline T reduce_max(Vec<T> a) {
  return a.v;
}

// As many bytes as the compiler may put in one register.
struct Bytes {
  static constexpr size_t kLanes = 16;
  int8_t v[kLanes];
};
struct ByteMask {
  int8_t v[Bytes::kLanes];  // -1 or 0
};
inline Bytes load_bytes(const void* p) {
  Bytes a;
  memcpy(a.v, p, sizeof(a.v));
  return a;
}
inline void store_bytes(void* p, Bytes a) { memcpy(p, a.v, sizeof(a.v)); }
inline Bytes broadcast_bytes(int8_t x) {
  Bytes a;
  for (int8_t& lane : a.v) lane = x;
  return a;
}
inline Bytes operator+(Bytes a, Bytes b) {
  for (size_t i = 0; i < Bytes::kLanes; ++i) a.v[i] = static_cast<int8_t>(a.v[i] + b.v[i]);
  return a;
}
inline Bytes operator-(Bytes a, Bytes b) {
  for (size_t i = 0; i < Bytes::kLanes; ++i) a.v[i] = static_cast<int8_t>(a.v[i] - b.v[i]);
  return a;
}
inline ByteMask less(Bytes a, Bytes b) {
  ByteMask mask;
  for (size_t i = 0; i < Bytes::kLanes; ++i) mask.v[i] = static_cast<int8_t>(-(a.v[i] < b.v[i]));
  return mask;
}
inline Bytes select(ByteMask mask, Bytes a, Bytes b) {
  for (size_t i = 0; i < Bytes::kLanes; ++i) {
    a.v[i] = static_cast<int8_t>((a.v[i] & mask.v[i]) | (b.v[i] & ~mask.v[i]));
  }
  return a;
}
inline Bytes as_bytes(ByteMask mask) { return load_bytes(mask.v); }

}  // namespace
}  // namespace boreal
