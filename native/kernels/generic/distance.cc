// Distances by register tiles of kDistanceRows rows of x times kTilePanels panels of packed y: a subtraction
// and a fused multiply-add for each term, where |x|^2 + |y|^2 - 2xy would need the latter only. On Zen 3 that
// is 0.7 (float32) to 0.8 (float64) of the speed of OpenBLAS's product at d = 784. It is the price of exact
// differences; for short rows, where passes over the m x n result cost more than its terms, it is the faster
// way as well.
#include BOREAL_SIMD

#include "kernels/generic/panel.inl.h"
#include "kernels/generic/prefetch.inl.h"
#include "kernels/generic/unroll.h"
#include "kernels/isa.h"

namespace boreal {
namespace {

enum class Gather { kSquares, kMagnitudes, kLargest };  // what becomes of the differences

constexpr size_t kTilePanels = 2;
// As many sums as leave registers for a row's value, a difference and the panels.
constexpr size_t kDistanceRows = kRegisters == 32 ? 12 : 6;

template <typename T>
struct DistanceCall {
  Metric metric;
  const T* x;
  size_t xs;
  const T* packed;
  T* out;
  size_t os;
  size_t n;
  size_t d;
};

template <typename T>
void pack(const T* y, size_t ys, size_t n, size_t d, T* packed) noexcept {
  constexpr size_t kLanes = Vec<T>::kLanes;
  for (size_t j = 0; j < n; j += kLanes, packed += kLanes * d) {
    pack_panel(y + j * ys, ys, n - j < kLanes ? n - j : kLanes, d, packed);
  }
}

template <typename T>
inline Vec<T> finish(Metric metric, Vec<T> sum) {
  if (metric == Metric::kEuclidean) return sqrt(sum);
  if (metric == Metric::kCosine) return min(broadcast(T(2)), sum * broadcast(T(0.5)));
  return sum;
}

template <Gather kGather, typename T>
inline Vec<T> gather(Vec<T> difference, Vec<T> sum) {
  if constexpr (kGather == Gather::kSquares) return fma(difference, difference, sum);
  if constexpr (kGather == Gather::kMagnitudes) return sum + abs(difference);
  return max(sum, abs(difference));
}

// R rows x V panels, of which the last stores `last` columns.
template <typename T, Gather kGather, size_t R, size_t V>
inline void distance_tile(const DistanceCall<T>& c, const T* x, const T* panels, T* out, size_t last) {
  constexpr size_t kLanes = Vec<T>::kLanes;
  Vec<T> sum[R][V];
  BOREAL_UNROLL
  for (size_t r = 0; r < R; ++r) {
    BOREAL_UNROLL
    for (size_t v = 0; v < V; ++v) sum[r][v] = broadcast(T(0));
  }
  for (size_t k = 0; k < c.d; ++k) {
    Vec<T> y[V];
    BOREAL_UNROLL
    for (size_t v = 0; v < V; ++v) y[v] = load(panels + (v * c.d + k) * kLanes);
    BOREAL_UNROLL
    for (size_t r = 0; r < R; ++r) {
      const Vec<T> value = broadcast(x[r * c.xs + k]);
      BOREAL_UNROLL
      for (size_t v = 0; v < V; ++v) {
        const Vec<T> difference = value - y[v];
        sum[r][v] = gather<kGather>(difference, sum[r][v]);
      }
    }
  }
  BOREAL_UNROLL
  for (size_t r = 0; r < R; ++r) {
    T* const row = out + r * c.os;
    BOREAL_UNROLL
    for (size_t v = 0; v < V; ++v) {
      const Vec<T> distance = finish(c.metric, sum[r][v]);
      if (v + 1 < V || last == kLanes) {
        store(row + v * kLanes, distance);
      } else {
        store(row + v * kLanes, distance, last);
      }
    }
  }
}

// R rows against all of y: they stay in the L1 cache while the panels pass.
template <typename T, Gather kGather, size_t R>
inline void distance_stripe(const DistanceCall<T>& c, const T* x, T* out) {
  constexpr size_t kLanes = Vec<T>::kLanes;
  size_t j = 0;
  if constexpr (R == 1) {  // one row has too few sums of its own to hide the latency of an addition
    for (; j + 3 * kLanes < c.n; j += 4 * kLanes) {
      const size_t rest = c.n - j - 3 * kLanes;
      distance_tile<T, kGather, R, 4>(c, x, c.packed + j * c.d, out + j, rest < kLanes ? rest : kLanes);
    }
  }
  for (; j + kLanes < c.n; j += kTilePanels * kLanes) {
    const size_t rest = c.n - j - kLanes;
    distance_tile<T, kGather, R, kTilePanels>(c, x, c.packed + j * c.d, out + j,
                                              rest < kLanes ? rest : kLanes);
  }
  if (j < c.n) distance_tile<T, kGather, R, 1>(c, x, c.packed + j * c.d, out + j, c.n - j);
}

// Row after row of x may come from memory, in an order in which the CPU sees no stream: those of a later
// stripe are asked for, which often are those of the caller's next call.
constexpr size_t kStripesAhead = 2;
constexpr size_t kFewPanels = 16;  // with more of them memory is not what takes time

template <typename T, Gather kGather, size_t R>
inline void distance_rows(const DistanceCall<T>& c, size_t first, size_t m) {
  size_t i = first;
  for (; i + R <= m; i += R) {
    const T* const x = c.x + i * c.xs;
    if (R > 1 && c.n <= kFewPanels * Vec<T>::kLanes) {
      for (size_t r = 0; r < R; ++r) {
        const size_t ahead = (kStripesAhead * R + r) * c.xs * sizeof(T);
        ask_for(reinterpret_cast<uintptr_t>(x) + ahead, c.d * sizeof(T));
      }
    }
    distance_stripe<T, kGather, R>(c, x, c.out + i * c.os);
  }
  if constexpr (R > 1) distance_rows<T, kGather, R / 2>(c, i, m);
}

template <typename T>
void distances(Metric metric, const T* x, size_t xs, const T* packed, T* out, size_t os, size_t m, size_t n,
               size_t d) noexcept {
  const DistanceCall<T> call{metric, x, xs, packed, out, os, n, d};
  if (metric == Metric::kManhattan) {
    distance_rows<T, Gather::kMagnitudes, kDistanceRows>(call, 0, m);
  } else if (metric == Metric::kChebyshev) {
    distance_rows<T, Gather::kLargest, kDistanceRows>(call, 0, m);
  } else {
    distance_rows<T, Gather::kSquares, kDistanceRows>(call, 0, m);
  }
}

}  // namespace

namespace BOREAL_ISA {

constexpr DistanceKernels<float> kDistanceF32{Vec<float>::kLanes, pack<float>, distances<float>};
constexpr DistanceKernels<double> kDistanceF64{Vec<double>::kLanes, pack<double>, distances<double>};

}  // namespace BOREAL_ISA
}  // namespace boreal
