// Ranks of values among a feature's sorted cuts, in two steps of 16 compares: which group, which cut in it.
#pragma once

#include "kernels/generic/bits.inl.h"
#include "kernels/generic/unroll.h"
#include "kernels/kernels.h"

namespace boreal {
namespace {

// How many of kSegmentGroup ascending numbers are less; a binary search where a register holds only one.
template <typename T>
inline uint32_t count_less(const T* cuts, Vec<T> value) {
  constexpr size_t kLanes = Vec<T>::kLanes;
  uint32_t count = 0;
  if constexpr (kLanes == 1) {
    for (uint32_t half = kSegmentGroup / 2; half > 0; half /= 2) {
      count += cuts[count + half - 1] < value.v ? half : 0;
    }
    return count + (cuts[count] < value.v ? 1 : 0);
  } else {
    BOREAL_UNROLL
    for (size_t i = 0; i < kSegmentGroup; i += kLanes) {
      count += count_bits(lane_bits(less(load(cuts + i), value)));
    }
    return count;
  }
}

template <typename T>
inline uint8_t rank_in(const T* segment, T x) {
  const Vec<T> value = broadcast(x);
  const uint32_t first = kSegmentGroup * count_less(segment, value);
  return static_cast<uint8_t>(first + count_less(segment + kSegmentGroup + first, value));
}

template <typename T>
bool rank(const RankFeature<T>* feature, const T* x, size_t xs, size_t rows, uint8_t flip, uint8_t* ranks,
          size_t rs) noexcept {
  constexpr size_t kLastCut = kSegmentGroup + kSegmentCuts - 1;
  const T* segments = feature->segments;
  const size_t count = feature->count;
  const bool narrow = feature->narrow;
  bool any_nan = false;
  for (size_t i = 0; i < rows; ++i) {
    T value = x[i * xs];
    if (narrow) value = static_cast<T>(static_cast<float>(value));
    any_nan |= value != value;
    size_t s = 0;
    if (count > 1) {
      // Segments whose cuts are all less rank full; those after the value's own are empty.
      for (size_t k = 0; k < count; ++k) ranks[k * rs + i] = flip;
      for (; s + 1 < count && segments[s * kSegmentSize + kLastCut] < value; ++s) {
        ranks[s * rs + i] = static_cast<uint8_t>(kSegmentCuts ^ flip);
      }
    }
    ranks[s * rs + i] = static_cast<uint8_t>(rank_in(segments + s * kSegmentSize, value) ^ flip);
  }
  return any_nan;
}

}  // namespace
}  // namespace boreal
