// The inner product that training code shares: a fixed number of lanes, so that the compiler vectorises it
// without reassociating, and every machine gets the same bits.
#pragma once

#include <cstddef>

namespace boreal {

constexpr size_t kDotLanes = 4;

inline double sum_lanes(const double* lanes) { return (lanes[0] + lanes[2]) + (lanes[1] + lanes[3]); }

// One row at a time: with several, GCC 12 shuffles lanes between registers and is slower.
inline double dot(const double* __restrict a, const double* __restrict b, size_t size) {
  double lanes[kDotLanes] = {};
  size_t i = 0;
  for (; i + kDotLanes <= size; i += kDotLanes) {
    for (size_t l = 0; l < kDotLanes; ++l) lanes[l] += a[i + l] * b[i + l];
  }
  for (; i < size; ++i) lanes[0] += a[i] * b[i];
  return sum_lanes(lanes);
}

}  // namespace boreal
