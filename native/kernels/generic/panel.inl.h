// Rows turned, so that a vector holds a column of as many of them.
#pragma once

#include BOREAL_SIMD

#include "kernels/generic/unroll.h"

namespace boreal {
namespace {

// The rows of one panel, at most kLanes, turned a square at a time.
template <typename T>
inline void pack_panel(const T* y, size_t ys, size_t rows, size_t d, T* packed) {
  constexpr size_t kLanes = Vec<T>::kLanes;
  const Vec<T> zero = broadcast(T(0));
  if (rows == kLanes && d >= kLanes) {
    // Whole squares, the last of them over what the one before it has turned already: the values stay in
    // registers where their number is known.
    for (size_t k = 0; k < d; k += kLanes) {
      const size_t first = k + kLanes <= d ? k : d - kLanes;
      Vec<T> square[kLanes];
      BOREAL_UNROLL
      for (size_t lane = 0; lane < kLanes; ++lane) square[lane] = load(y + lane * ys + first);
      transpose(square);
      BOREAL_UNROLL
      for (size_t row = 0; row < kLanes; ++row) store(packed + (first + row) * kLanes, square[row]);
    }
    return;
  }
  for (size_t k = 0; k < d; k += kLanes) {
    const size_t count = d - k < kLanes ? d - k : kLanes;
    Vec<T> square[kLanes];
    BOREAL_UNROLL
    for (size_t lane = 0; lane < kLanes; ++lane) {
      const T* const from = y + lane * ys + k;
      if (lane >= rows) {
        square[lane] = zero;
      } else {
        square[lane] = count == kLanes ? load(from) : load(from, count, zero);
      }
    }
    transpose(square);
    for (size_t row = 0; row < count; ++row) store(packed + (k + row) * kLanes, square[row]);
  }
}

}  // namespace
}  // namespace boreal
