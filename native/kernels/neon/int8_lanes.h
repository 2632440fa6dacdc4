// What the 8-bit dot products of NEON with and without the dot product extension share; described in
// scalar/int8_dot.h. Codes are stored less 128: NEON multiplies signed bytes by signed bytes.
#pragma once

#include <arm_neon.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

namespace boreal {
namespace {

using Code = int8_t;
constexpr int32_t kCodeOffset = 128;
constexpr size_t kDotRows = 8;
constexpr size_t kMaxTileWidth = 8;
constexpr size_t kDotVectors = 32;
constexpr size_t kBlockInputs = 1024;

struct Sums {
  int32x4_t v;
};
inline Sums zero_sums() { return {vdupq_n_s32(0)}; }
inline Sums load_sums(const int32_t* p) { return {vld1q_s32(p)}; }
inline void store_sums(int32_t* p, Sums a) { vst1q_s32(p, a.v); }
inline Sums operator+(Sums a, Sums b) { return {vaddq_s32(a.v, b.v)}; }
inline Sums minus_product(Sums sums, int32_t a, Sums b) { return {vmlsq_n_s32(sums.v, b.v, a)}; }
inline Vec<float> to_float(Sums a) { return {vcvtq_f32_s32(a.v)}; }

inline Vec<float> load_bytes(const uint8_t* p) {
  uint32_t bytes;
  memcpy(&bytes, p, sizeof(bytes));
  const uint16x8_t words = vmovl_u8(vcreate_u8(bytes));
  return {vcvtq_f32_u32(vmovl_u16(vget_low_u16(words)))};
}
inline void store_bytes(uint8_t* p, Vec<float> a) {
  const uint16x4_t words = vreinterpret_u16_s16(vmovn_s32(vcvtq_s32_f32(a.v)));
  const uint8x8_t bytes = vmovn_u16(vcombine_u16(words, words));
  const uint32_t four = vget_lane_u32(vreinterpret_u32_u8(bytes), 0);
  memcpy(p, &four, sizeof(four));
}

}  // namespace
}  // namespace boreal
