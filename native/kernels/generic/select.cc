// Scans of a row that stay in vectors until a value counts.
#include BOREAL_SIMD

#include "kernels/generic/bits.inl.h"
#include "kernels/generic/unroll.h"
#include "kernels/isa.h"

namespace boreal {
namespace {

template <typename T>
inline Vec<T> lesser(Vec<T> a, Vec<T> b) {  // b where a is NaN
  return select(less(a, b), a, b);
}

// The smallest of x[0..cols) that is not NaN, infinity if there is none.
template <typename T>
inline T smallest_of(const T* x, size_t cols) {
  constexpr size_t kLanes = Vec<T>::kLanes;
  constexpr size_t kStreams = 4;
  const Vec<T> infinity = broadcast(static_cast<T>(__builtin_huge_valf()));
  Vec<T> least[kStreams] = {infinity, infinity, infinity, infinity};
  size_t j = 0;
  for (; j + kStreams * kLanes <= cols; j += kStreams * kLanes) {
    BOREAL_UNROLL
    for (size_t s = 0; s < kStreams; ++s) least[s] = lesser(load(x + j + s * kLanes), least[s]);
  }
  for (; j + kLanes <= cols; j += kLanes) least[0] = lesser(load(x + j), least[0]);
  if (j < cols) least[1] = lesser(load(x + j, cols - j, infinity), least[1]);
  const Vec<T> all = lesser(lesser(least[0], least[1]), lesser(least[2], least[3]));
  return -reduce_max(broadcast(T(0)) - all);
}

template <typename T>
inline size_t first_equal(const T* x, size_t cols, T value) {
  constexpr size_t kLanes = Vec<T>::kLanes;
  const Vec<T> wanted = broadcast(value);
  size_t j = 0;
  for (; j + kLanes <= cols; j += kLanes) {
    const uint32_t bits = lane_bits(equal(load(x + j), wanted));
    if (bits != 0) return j + lowest_bit(bits);
  }
  for (; j < cols; ++j) {
    if (x[j] == value) return j;
  }
  return 0;
}

template <typename T>
void row_min(const T* x, size_t xs, size_t rows, size_t cols, T* value, int32_t* index) noexcept {
  for (size_t i = 0; i < rows; ++i, x += xs) {
    const size_t j = first_equal(x, cols, smallest_of(x, cols));
    value[i] = x[j];
    index[i] = static_cast<int32_t>(j);
  }
}

template <bool kAbove, typename T>
inline auto beyond(Vec<T> a, Vec<T> threshold) {
  if constexpr (kAbove) {
    return less(threshold, a);
  } else {
    return less(a, threshold);
  }
}

template <bool kAbove, typename T>
inline size_t find(const T* x, size_t count, T limit, int32_t* found) {
  constexpr size_t kLanes = Vec<T>::kLanes;
  constexpr size_t kStreams = kLanes >= 16 ? 2 : kLanes >= 4 ? 4 : 8;  // one test for all of them
  const Vec<T> threshold = broadcast(limit);
  size_t size = 0, j = 0;
  for (; j + kStreams * kLanes <= count; j += kStreams * kLanes) {
    uint32_t bits = 0;
    BOREAL_UNROLL
    for (size_t s = 0; s < kStreams; ++s) {
      bits |= lane_bits(beyond<kAbove>(load(x + j + s * kLanes), threshold)) << (s * kLanes);
    }
    for (; bits != 0; bits &= bits - 1) found[size++] = static_cast<int32_t>(j + lowest_bit(bits));
  }
  for (; j < count; ++j) {
    if (kAbove ? x[j] > limit : x[j] < limit) found[size++] = static_cast<int32_t>(j);
  }
  return size;
}

template <typename T>
size_t find_beyond(bool above, const T* x, size_t count, T threshold, int32_t* found) noexcept {
  return above ? find<true>(x, count, threshold, found) : find<false>(x, count, threshold, found);
}

}  // namespace

namespace BOREAL_ISA {

constexpr SelectKernels<float> kSelectF32{row_min<float>, find_beyond<float>};
constexpr SelectKernels<double> kSelectF64{row_min<double>, find_beyond<double>};

}  // namespace BOREAL_ISA
}  // namespace boreal
