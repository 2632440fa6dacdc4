// Rows and boxes near a row. Their distances are the same chain of operations, of which each keeps the order
// of its operands: so a box is never further than a row within it.
#include BOREAL_SIMD

#include "kernels/box_kernels.h"
#include "kernels/generic/bits.inl.h"
#include "kernels/generic/unroll.h"
#include "kernels/isa.h"

namespace boreal {
namespace {

enum class Gather { kSquares, kMagnitudes, kLargest };  // what becomes of the differences

template <typename T>
struct NearCall {
  const T* x;
  const T* values;  // packed rows, or boxes
  size_t n;
  size_t d;
  T limit;
  int32_t* found;
  T* distances;
};

template <Gather kGather, typename T>
inline Vec<T> gather(Vec<T> difference, Vec<T> sum) {
  if constexpr (kGather == Gather::kSquares) return fma(difference, difference, sum);
  if constexpr (kGather == Gather::kMagnitudes) return sum + abs(difference);
  return max(sum, abs(difference));
}

// How far a value lies from those at p: of a box, 0 within it.
template <bool kBoxes, typename T>
inline Vec<T> difference(Vec<T> value, const T* p) {
  if constexpr (!kBoxes) return value - load(p);
  return max(max(load(p) - value, value - load(p + Vec<T>::kLanes)), broadcast(T(0)));
}

// V panels from row or box j on; returns the number found so far.
template <bool kBoxes, Gather kGather, size_t V, typename T>
inline size_t near_panels(const NearCall<T>& c, size_t j, size_t size) {
  constexpr size_t kLanes = Vec<T>::kLanes, kStep = kBoxes ? 2 * kLanes : kLanes;
  const T* const panels = c.values + j * c.d * (kBoxes ? 2 : 1);
  Vec<T> sum[V];
  BOREAL_UNROLL
  for (size_t v = 0; v < V; ++v) sum[v] = broadcast(T(0));
  for (size_t k = 0; k < c.d; ++k) {
    const Vec<T> value = broadcast(c.x[k]);
    BOREAL_UNROLL
    for (size_t v = 0; v < V; ++v) {
      sum[v] = gather<kGather>(difference<kBoxes>(value, panels + (v * c.d + k) * kStep), sum[v]);
    }
  }
  const Vec<T> limit = broadcast(c.limit);
  BOREAL_UNROLL
  for (size_t v = 0; v < V; ++v) {
    uint32_t bits = lane_bits(either(less(sum[v], limit), equal(sum[v], limit)));
    if (bits == 0) continue;
    T lanes[kLanes];
    store(lanes, sum[v]);
    const size_t first = j + v * kLanes;
    for (; bits != 0; bits &= bits - 1) {
      const size_t lane = lowest_bit(bits);
      if (first + lane >= c.n) break;
      c.found[size] = static_cast<int32_t>(first + lane);
      c.distances[size++] = lanes[lane];
    }
  }
  return size;
}

template <bool kBoxes, Gather kGather, typename T>
inline size_t near_all(const NearCall<T>& c) {
  constexpr size_t kLanes = Vec<T>::kLanes;
  size_t size = 0, j = 0;
  for (; j + 3 * kLanes < c.n; j += 4 * kLanes) size = near_panels<kBoxes, kGather, 4>(c, j, size);
  for (; j + kLanes < c.n; j += 2 * kLanes) size = near_panels<kBoxes, kGather, 2>(c, j, size);
  if (j < c.n) size = near_panels<kBoxes, kGather, 1>(c, j, size);
  return size;
}

template <bool kBoxes, typename T>
size_t near(Metric metric, const T* x, const T* values, size_t n, size_t d, T limit, int32_t* found,
            T* distances) noexcept {
  const NearCall<T> call{x, values, n, d, limit, found, distances};
  if (metric == Metric::kManhattan) return near_all<kBoxes, Gather::kMagnitudes>(call);
  if (metric == Metric::kChebyshev) return near_all<kBoxes, Gather::kLargest>(call);
  return near_all<kBoxes, Gather::kSquares>(call);
}

}  // namespace

namespace BOREAL_ISA {

constexpr BoxKernels<float> kBoxF32{near<false, float>, near<true, float>};
constexpr BoxKernels<double> kBoxF64{near<false, double>, near<true, double>};

}  // namespace BOREAL_ISA
}  // namespace boreal
