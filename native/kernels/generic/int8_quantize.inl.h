// From float rows to 8-bit codes and back. Everything is a single IEEE operation a step, so that each ISA
// gives the same bits; comparisons are written so that a NaN takes the same side everywhere.
#pragma once

#include "kernels/int8_kernels.h"

namespace boreal {
namespace {

// Beyond this many steps from zero every code saturates: |zero| and the width of the codes are below 256.
constexpr float kFarthestStep = 1024;

inline float nan() { return __builtin_nanf(""); }

void row_ranges(const float* x, size_t xs, size_t rows, size_t cols, float* low, float* high) noexcept {
  constexpr size_t kLanes = Vec<float>::kLanes;
  const Vec<float> zero = broadcast(0.0f);
  for (size_t i = 0; i < rows; ++i, x += xs) {
    // x - x is 0, or NaN for a NaN and an infinity.
    Vec<float> most = zero, least = zero, invalid = zero;
    const auto take = [&](Vec<float> a) {
      most = max(a, most);
      least = min(a, least);
      invalid = invalid + (a - a);
    };
    size_t j = 0;
    for (; j + kLanes <= cols; j += kLanes) take(load(x + j));
    if (j < cols) take(load(x + j, cols - j, zero));
    const bool finite = reduce_add(invalid) == 0;
    low[i] = finite ? -reduce_max(zero - least) : nan();
    high[i] = finite ? reduce_max(most) : nan();
  }
}

void column_ranges(const float* x, size_t xs, size_t rows, size_t cols, float* low, float* high) noexcept {
  constexpr size_t kLanes = Vec<float>::kLanes;
  for (size_t j = 0; j < cols; j += kLanes) {
    const size_t rest = cols - j;
    const bool whole = rest >= kLanes;
    const Vec<float> zero = broadcast(0.0f);
    Vec<float> least = whole ? load(low + j) : load(low + j, rest, zero);
    Vec<float> most = whole ? load(high + j) : load(high + j, rest, zero);
    for (size_t i = 0; i < rows; ++i) {
      const float* p = x + i * xs + j;
      const Vec<float> a = whole ? load(p) : load(p, rest, zero);
      // A NaN as the second operand stays.
      least = min(a, least + (a - a));
      most = max(a, most + (a - a));
    }
    if (whole) {
      store(low + j, least);
      store(high + j, most);
    } else {
      store(low + j, least, rest);
      store(high + j, most, rest);
    }
  }
}

// Parameters for the vector at (i, j): of row i in all lanes, or of the columns.
struct Int8Parameters {
  Int8Axis axis;
  const float* scale;
  const int32_t* zero;

  Vec<float> scales(size_t i, size_t j, size_t count) const {
    if (axis == Int8Axis::kRows) return broadcast(scale[i]);
    return count == Vec<float>::kLanes ? load(scale + j) : load(scale + j, count, broadcast(1.0f));
  }
  Vec<float> zeros(size_t i, size_t j, size_t count) const {
    if (axis == Int8Axis::kRows) return broadcast(static_cast<float>(zero[i]));
    if (count == Vec<float>::kLanes) return to_float(load_sums(zero + j));
    int32_t lanes[Vec<float>::kLanes] = {};
    for (size_t l = 0; l < count; ++l) lanes[l] = zero[j + l];
    return to_float(load_sums(lanes));
  }
};

void quantize(const float* x, size_t xs, Int8Axis axis, const float* scale, const int32_t* zero,
              int32_t lowest, int32_t highest, uint8_t* y, size_t ys, size_t rows, size_t cols) noexcept {
  constexpr size_t kLanes = Vec<float>::kLanes;
  const Int8Parameters parameters{axis, scale, zero};
  const Vec<float> far = broadcast(kFarthestStep), near = broadcast(-kFarthestStep);
  const Vec<float> least = broadcast(static_cast<float>(lowest)),
                   most = broadcast(static_cast<float>(highest));
  for (size_t i = 0; i < rows; ++i) {
    for (size_t j = 0; j < cols; j += kLanes) {
      const size_t count = cols - j < kLanes ? cols - j : kLanes;
      const float* from = x + i * xs + j;
      const Vec<float> a = count == kLanes ? load(from) : load(from, count, broadcast(0.0f));
      Vec<float> steps = a / parameters.scales(i, j, count);
      steps = select(less(near, steps), steps, near);  // a NaN goes down
      steps = select(less(steps, far), steps, far);
      const Vec<float> code = min(most, max(least, round(steps) + parameters.zeros(i, j, count)));
      uint8_t* to = y + i * ys + j;
      if (count == kLanes) {
        store_bytes(to, code);
      } else {
        uint8_t lanes[kLanes];
        store_bytes(lanes, code);
        for (size_t l = 0; l < count; ++l) to[l] = lanes[l];
      }
    }
  }
}

void dequantize(const uint8_t* q, size_t qs, uint8_t flip, Int8Axis axis, const float* scale,
                const int32_t* zero, float* y, size_t ys, size_t rows, size_t cols) noexcept {
  constexpr size_t kLanes = Vec<float>::kLanes;
  const Int8Parameters parameters{axis, scale, zero};
  // A signed code with its sign bit flipped is that code plus 128.
  const Vec<float> offset = broadcast(static_cast<float>(flip));
  for (size_t i = 0; i < rows; ++i) {
    for (size_t j = 0; j < cols; j += kLanes) {
      const size_t count = cols - j < kLanes ? cols - j : kLanes;
      uint8_t lanes[kLanes] = {};
      for (size_t l = 0; l < count; ++l) lanes[l] = q[i * qs + j + l] ^ flip;
      const Vec<float> steps = load_bytes(lanes) - offset - parameters.zeros(i, j, count);
      const Vec<float> value = steps * parameters.scales(i, j, count);
      if (count == kLanes) {
        store(y + i * ys + j, value);
      } else {
        store(y + i * ys + j, value, count);
      }
    }
  }
}

}  // namespace
}  // namespace boreal
