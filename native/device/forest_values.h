// How forests read values, apart from how they store what they have read.
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>

#include "plan/op.h"

namespace boreal {

// The greatest float that is <= value: then float(x) <= value iff float(x) <= the result.
inline float round_down(double value) {
  const float rounded = static_cast<float>(value);
  return static_cast<double>(rounded) > value
             ? std::nextafter(rounded, -std::numeric_limits<float>::infinity())
             : rounded;
}

inline bool has(uint8_t rules, uint8_t rule) { return (rules & rule) != 0; }

// Whether a value that is not missing is a category in the set, whose words hold 32 categories each.
inline bool in_set(ForestCompare compare, Span<int32_t> words, double value) {
  value = compare == ForestCompare::kFloat64 ? std::trunc(value) : std::floor(static_cast<float>(value));
  if (!(value >= 0 && value < 32 * static_cast<double>(words.size))) return false;
  const size_t category = static_cast<size_t>(value);
  return (static_cast<uint32_t>(words[category / 32]) >> category % 32 & 1) != 0;
}

}  // namespace boreal
