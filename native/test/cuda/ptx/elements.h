// Products of the elements that tensor cores take, in words of 32 bits, added up exactly.
#pragma once

#include <cstdint>
#include <cstring>
#include <vector>

#include "device/cuda_elements.h"
#include "test/cuda/ptx/decode.h"

namespace emulator {
namespace ptx {

enum class Element : uint8_t { kHalf, kBrain, kTensor, kCodes };

// Of the types of both operands, as they stand in an opcode; takes them.
inline Element take_elements(Decode& d) {
  const std::string a = d.next(), b = d.next();
  if (a == "f16" && b == "f16") return Element::kHalf;
  if (a == "bf16" && b == "bf16") return Element::kBrain;
  if (a == "tf32" && b == "tf32") return Element::kTensor;
  if (a == "u8" && b == "s8") return Element::kCodes;
  d.fail("unknown elements ." + a + "." + b);
}

inline const float* halves() {
  static const std::vector<float> table = [] {
    std::vector<float> all(1 << 16);
    for (uint32_t bits = 0; bits < 1 << 16; ++bits)
      all[bits] = boreal::from_float16(static_cast<uint16_t>(bits));
    return all;
  }();
  return table.data();
}

// The numbers of a word, as many as `count_of` says.
inline unsigned count_of(Element e) { return e == Element::kTensor ? 1 : e == Element::kCodes ? 4 : 2; }
inline void numbers_of(Element e, uint32_t word, bool is_b, double* to) {
  const auto of_bits = [](uint32_t bits) {
    float x;
    std::memcpy(&x, &bits, 4);
    return static_cast<double>(x);
  };
  switch (e) {
    case Element::kHalf:
      to[0] = static_cast<double>(halves()[word & 0xffff]);
      to[1] = static_cast<double>(halves()[word >> 16]);
      break;
    case Element::kBrain:
      to[0] = of_bits(word << 16);
      to[1] = of_bits(word & 0xffff0000u);
      break;
    case Element::kTensor:
      to[0] = of_bits(word & ~0x1fffu);  // the hardware does not look at the last bits
      break;
    case Element::kCodes:
      for (unsigned n = 0; n < 4; ++n) {
        const uint32_t byte = word >> 8 * n & 0xff;
        to[n] = is_b ? static_cast<double>(static_cast<int8_t>(byte)) : static_cast<double>(byte);
      }
      break;
  }
}

// A sum in a register plus such a product: codes wrap, floats are rounded once.
inline uint32_t plus(Element e, uint32_t sum, double product) {
  if (e == Element::kCodes) return sum + static_cast<uint32_t>(static_cast<int64_t>(product));
  float x;
  std::memcpy(&x, &sum, 4);
  x = static_cast<float>(static_cast<double>(x) + product);
  std::memcpy(&sum, &x, 4);
  return sum;
}

}  // namespace ptx
}  // namespace emulator
