// The numbers that tensor cores multiply, as bits: float16, bfloat16 and TensorFloat-32, each rounded to the
// nearest even. Shared by the core, which packs weights, and by the kernels.
#pragma once

#include <stdint.h>
#include <string.h>

#include "base/host_device.h"
#include "device/cuda_api.h"

namespace boreal {

// Rows of elements begin at multiples of so many bytes and end with zeros: what one asynchronous copy takes.
constexpr uint32_t kElementRow = 16;

// Of a product of codes that dp4a makes, rows or columns at most: an eighth of the smallest tile of tensor
// cores, which multiply 4 (compute capability 7.5) to 8 (8.0) times as fast. Such products wait for the
// memory of the other operand, and by tiles few blocks would read it.
constexpr uint32_t kDotSide = 8;

BOREAL_HOST_DEVICE constexpr uint32_t element_bytes(int32_t element) {
  return element == BOREAL_CUDA_CODE                                         ? 1
         : element == BOREAL_CUDA_FLOAT16 || element == BOREAL_CUDA_BFLOAT16 ? 2
                                                                             : 4;
}
// Of a row of so many elements.
BOREAL_HOST_DEVICE constexpr uint64_t element_row_bytes(int32_t element, uint64_t columns) {
  return (columns * element_bytes(element) + kElementRow - 1) / kElementRow * kElementRow;
}

// Of a narrow layer that a kernel keeps in shared memory: rows of `wide` elements of 16 bits, so far apart
// that neighbours begin in other banks, and a bias each.
BOREAL_HOST_DEVICE constexpr uint32_t mlp_row_bytes(uint32_t wide) { return 2 * wide + kElementRow; }
BOREAL_HOST_DEVICE constexpr uint32_t mlp_layer_bytes(uint32_t wide) {
  return wide * (mlp_row_bytes(wide) + 4);
}

BOREAL_HOST_DEVICE inline uint32_t float_bits(float x) {
  uint32_t bits;
  memcpy(&bits, &x, sizeof(bits));
  return bits;
}
BOREAL_HOST_DEVICE inline float bits_float(uint32_t bits) {
  float x;
  memcpy(&x, &bits, sizeof(x));
  return x;
}

// Without the last `dropped` bits. A NaN stays one, what is beyond the largest number becomes infinite.
BOREAL_HOST_DEVICE inline uint32_t rounded_bits(float x, int dropped) {
  const uint32_t bits = float_bits(x), mask = (uint32_t{1} << dropped) - 1;
  if ((bits & 0x7fffffffu) > 0x7f800000u) return (bits | 0x400000u) & ~mask;
  return (bits + (mask >> 1) + (bits >> dropped & 1)) & ~mask;
}
BOREAL_HOST_DEVICE inline uint32_t to_tf32(float x) { return rounded_bits(x, 13); }
BOREAL_HOST_DEVICE inline uint16_t to_bfloat16(float x) {
  return static_cast<uint16_t>(rounded_bits(x, 16) >> 16);
}
BOREAL_HOST_DEVICE inline uint16_t to_float16(float x) {
  const uint32_t bits = float_bits(x), sign = bits >> 16 & 0x8000u;
  uint32_t rest = bits & 0x7fffffffu;
  if (rest > 0x7f800000u) return static_cast<uint16_t>(sign | 0x7e00u);
  if (rest >= 0x477ff000u) return static_cast<uint16_t>(sign | 0x7c00u);  // 65520 is nearer to infinity
  // Below 2^-14 numbers stand 2^-24 apart, as floats do above one half.
  if (rest < 0x38800000u) {
    return static_cast<uint16_t>(sign | (float_bits(bits_float(rest) + 0.5f) - 0x3f000000u));
  }
  rest += 0xfffu + (rest >> 13 & 1);
  return static_cast<uint16_t>(sign | (rest - 0x38000000u) >> 13);
}
BOREAL_HOST_DEVICE inline float from_bfloat16(uint32_t bits) { return bits_float(bits << 16); }
BOREAL_HOST_DEVICE inline float from_float16(uint32_t bits) {
  const uint32_t sign = (bits & 0x8000u) << 16, exponent = bits >> 10 & 31, fraction = bits & 0x3ffu;
  if (exponent == 0) return bits_float(sign | float_bits(static_cast<float>(fraction) * 0x1p-24f));
  if (exponent == 31) return bits_float(sign | 0x7f800000u | fraction << 13);
  return bits_float(sign | (exponent + 112) << 23 | fraction << 13);
}

// Of the kinds that are numbers.
BOREAL_HOST_DEVICE inline uint32_t to_element(int32_t element, float x) {
  return element == BOREAL_CUDA_FLOAT16    ? to_float16(x)
         : element == BOREAL_CUDA_BFLOAT16 ? to_bfloat16(x)
                                           : to_tf32(x);
}

}  // namespace boreal
