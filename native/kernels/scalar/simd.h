// One lane in plain C++: the reference every other ISA is tested against, and the fallback everywhere.
//
// Each <isa>/simd.h offers this same interface, on which generic/*.inl.h is written:
//   Vec<T>                          kLanes values; kRegisters = vector registers of the machine
//   broadcast(x), load(p), store(p, v)
//   load(p, count, fill), store(p, v, count)    count < kLanes lanes; memory beyond them is not touched
//   + - * /, fma(a, b, c) = a b + c (fused where the ISA has it)
//   min(a, b), max(a, b)            a NaN in b gives a NaN
//   abs, copy_sign(magnitude >= 0, sign), round (to nearest even, |v| < 2^22), scale2(v, n) = v 2^n with
//   gradual
//                                   underflow, n whole and -2 kBias < n <= kBias + 1
//   less, not_less, equal, is_nan   lane masks; not_less is also true where a NaN takes part
//   kTileRows x kTileVectors        the register tile of matrix products; rows <= 16, vectors <= 4
//   add_product(sum, a, b)          sum = fma(a, b, sum), kept in its register
//   load_first_bf16(p), load_second_bf16(p)     from kLanes pairs of bf16, as floats
//   prefetch(p), transpose(v)       a hint; kLanes vectors as a square matrix
//   select(mask, a, b), lane_bits(mask) (lane 0 in bit 0), reduce_add, reduce_max
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <string.h>

namespace boreal {
namespace {

constexpr size_t kRegisters = 16;
constexpr size_t kTileRows = 4, kTileVectors = 4;  // four lanes that the compiler may put in one register

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
};
template <>
struct Bits<double> {
  using UInt = uint64_t;
  static constexpr int kMantissa = 52;
  static constexpr int kBias = 1023;
  static constexpr double kRounder = 0x1.8p52;
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
inline Vec<T> round(Vec<T> a) {
  return {a.v + Bits<T>::kRounder - Bits<T>::kRounder};
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
inline T reduce_max(Vec<T> a) {
  return a.v;
}

}  // namespace
}  // namespace boreal
