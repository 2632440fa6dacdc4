// 8-bit dot products in plain C++: the reference every other ISA is tested against.
//
// Each <isa>/int8_dot.h offers this same interface, on which generic/int8_*.inl.h is written:
//   Code, kGroup, kCodeOffset       prepared code (stored less kCodeOffset); codes that one dot() takes a
//   lane kDotRows, kMaxTileWidth        rows of the largest tile; most panels of a tile kDotVectors vectors
//   of sums, weights and temporaries that fit into the registers kBlockInputs                    inputs of a
//   cache block, a multiple of kGroup Sums                            kLanes (= Vec<float>::kLanes) 32-bit
//   sums zero_sums, load_sums, store_sums, operator+ load_weights(p)                 kLanes x kGroup weights
//   broadcast_codes(p)              kGroup codes for all lanes
//   dot(sums, codes, weights)       sums[l] + sum_g codes[g] * weights[l][g], exact (modulo 2^32)
//   minus_product(sums, a, b)       sums[l] - a * b[l] (modulo 2^32)
//   to_float(sums)                  to nearest even
//   load_bytes(p), store_bytes(p, v)   kLanes bytes 0..255 from and to floats; stores the low byte of v,
//   whole
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <string.h>

namespace boreal {
namespace {

using Code = uint8_t;
constexpr size_t kGroup = 1;
constexpr int32_t kCodeOffset = 0;
constexpr size_t kDotRows = 4;
constexpr size_t kMaxTileWidth = 4;
constexpr size_t kDotVectors = 12;
constexpr size_t kBlockInputs = 1024;

struct Sums {
  uint32_t v;
};
inline Sums zero_sums() { return {0}; }
inline Sums load_sums(const int32_t* p) { return {static_cast<uint32_t>(*p)}; }
inline void store_sums(int32_t* p, Sums a) { *p = static_cast<int32_t>(a.v); }
inline Sums operator+(Sums a, Sums b) { return {a.v + b.v}; }
inline int32_t load_weights(const int8_t* p) { return *p; }
inline int32_t broadcast_codes(const Code* p) { return *p; }
inline Sums dot(Sums sums, int32_t code, int32_t weight) {
  return {sums.v + static_cast<uint32_t>(code * weight)};
}
inline Sums minus_product(Sums sums, int32_t a, Sums b) { return {sums.v - static_cast<uint32_t>(a) * b.v}; }
inline Vec<float> to_float(Sums a) { return {static_cast<float>(static_cast<int32_t>(a.v))}; }

inline Vec<float> load_bytes(const uint8_t* p) { return {static_cast<float>(*p)}; }
inline void store_bytes(uint8_t* p, Vec<float> a) { *p = static_cast<uint8_t>(static_cast<int32_t>(a.v)); }

}  // namespace
}  // namespace boreal
