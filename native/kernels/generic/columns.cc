// Moments of columns: strips of kStripVectors vectors of neighbouring columns go down the rows with their
// sums in registers. Strips run without a test for NaN first; a NaN shows in a column's sum, and the strip
// then runs again with NaN masked out. Both ways give a column without NaN the same bits.
#include BOREAL_SIMD

#include "kernels/generic/unroll.h"
#include "kernels/isa.h"

namespace boreal {
namespace {

using Wide = Vec<double>;
constexpr size_t kWide = Wide::kLanes;
constexpr size_t kStripVectors = 2;

template <typename T>
struct ColumnCall {
  const T* x;
  size_t xs;
  size_t rows;
  const double* weights;
  const double* shift;  // origin or center
};
struct SumsOut {
  double *count, *sum, *min, *max;
};
struct SquaresOut {
  double *sum, *squares;
};

inline void put(double* p, Wide v, size_t count) {
  if (count == kWide) {
    store(p, v);
  } else {
    store(p, v, count);
  }
}

// V vectors of columns, of which the last has `last` columns (kWide if full). False if a sum is NaN.
template <bool kWeighted, bool kMasked, size_t V, bool kPartial, typename T>
inline bool sums_strip(const ColumnCall<T>& c, size_t j, size_t last, const SumsOut& out) {
  const Wide zero = broadcast(0.0), infinity = broadcast(__builtin_huge_val());
  Wide count[V], sum[V], low[V], high[V], origin[V];
  BOREAL_UNROLL
  for (size_t v = 0; v < V; ++v) {
    count[v] = sum[v] = zero;
    low[v] = infinity;
    high[v] = zero - infinity;
    const bool partial = kPartial && v + 1 == V;
    origin[v] = partial ? load(c.shift + j + v * kWide, last, zero) : load(c.shift + j + v * kWide);
  }
  for (size_t i = 0; i < c.rows; ++i) {
    if (kWeighted && c.weights[i] == 0) continue;
    const Wide weight = broadcast(kWeighted ? c.weights[i] : 1.0);
    const T* const row = c.x + i * c.xs + j;
    BOREAL_UNROLL
    for (size_t v = 0; v < V; ++v) {
      const bool partial = kPartial && v + 1 == V;
      const Wide x = partial ? load_wide(row + v * kWide, last) : load_wide(row + v * kWide);
      Wide difference = x - origin[v];
      if (kWeighted) difference = weight * difference;
      if (kMasked) {
        const auto missing = is_nan(x);
        count[v] = count[v] + select(missing, zero, weight);
        sum[v] = sum[v] + select(missing, zero, difference);
        low[v] = min(select(missing, infinity, x), low[v]);
        high[v] = max(select(missing, zero - infinity, x), high[v]);
      } else {
        if (kWeighted) count[v] = count[v] + weight;
        sum[v] = sum[v] + difference;
        low[v] = min(x, low[v]);
        high[v] = max(x, high[v]);
      }
    }
  }
  uint32_t missing = 0;
  BOREAL_UNROLL
  for (size_t v = 0; v < V; ++v) {
    const size_t columns = kPartial && v + 1 == V ? last : kWide;
    const size_t at = j + v * kWide;
    if (!kMasked && !kWeighted) count[v] = broadcast(static_cast<double>(c.rows));
    put(out.count + at, count[v], columns);
    put(out.sum + at, sum[v], columns);
    put(out.min + at, low[v], columns);
    put(out.max + at, high[v], columns);
    missing |= lane_bits(is_nan(sum[v]));
  }
  return missing == 0;
}

template <bool kWeighted, bool kMasked, size_t V, bool kPartial, typename T>
inline bool squares_strip(const ColumnCall<T>& c, size_t j, size_t last, const SquaresOut& out) {
  const Wide zero = broadcast(0.0);
  Wide sum[V], squares[V], center[V];
  BOREAL_UNROLL
  for (size_t v = 0; v < V; ++v) {
    sum[v] = squares[v] = zero;
    const bool partial = kPartial && v + 1 == V;
    center[v] = partial ? load(c.shift + j + v * kWide, last, zero) : load(c.shift + j + v * kWide);
  }
  for (size_t i = 0; i < c.rows; ++i) {
    if (kWeighted && c.weights[i] == 0) continue;
    const T* const row = c.x + i * c.xs + j;
    BOREAL_UNROLL
    for (size_t v = 0; v < V; ++v) {
      const bool partial = kPartial && v + 1 == V;
      const Wide x = partial ? load_wide(row + v * kWide, last) : load_wide(row + v * kWide);
      Wide deviation = x - center[v];
      if (kMasked) deviation = select(is_nan(x), zero, deviation);
      const Wide weighted = kWeighted ? broadcast(c.weights[i]) * deviation : deviation;
      sum[v] = sum[v] + weighted;
      squares[v] = squares[v] + weighted * deviation;  // no fma: the same bits on every ISA
    }
  }
  uint32_t missing = 0;
  BOREAL_UNROLL
  for (size_t v = 0; v < V; ++v) {
    const size_t columns = kPartial && v + 1 == V ? last : kWide;
    put(out.sum + j + v * kWide, sum[v], columns);
    put(out.squares + j + v * kWide, squares[v], columns);
    missing |= lane_bits(is_nan(sum[v]));
  }
  return missing == 0;
}

template <bool kWeighted, bool kMasked, size_t V, bool kPartial, typename T>
inline bool run_strip(const ColumnCall<T>& c, size_t j, size_t last, const SumsOut& out) {
  return sums_strip<kWeighted, kMasked, V, kPartial>(c, j, last, out);
}
template <bool kWeighted, bool kMasked, size_t V, bool kPartial, typename T>
inline bool run_strip(const ColumnCall<T>& c, size_t j, size_t last, const SquaresOut& out) {
  return squares_strip<kWeighted, kMasked, V, kPartial>(c, j, last, out);
}

template <bool kWeighted, size_t V, bool kPartial, typename T, typename Out>
inline void strip(const ColumnCall<T>& c, size_t j, size_t last, const Out& out) {
  if (!run_strip<kWeighted, false, V, kPartial>(c, j, last, out)) {
    run_strip<kWeighted, true, V, kPartial>(c, j, last, out);
  }
}

template <bool kWeighted, typename T, typename Out>
inline void all_strips(const ColumnCall<T>& c, size_t cols, const Out& out) {
  size_t j = 0;
  for (; j + kStripVectors * kWide <= cols; j += kStripVectors * kWide) {
    strip<kWeighted, kStripVectors, false>(c, j, kWide, out);
  }
  for (; j + kWide <= cols; j += kWide) strip<kWeighted, 1, false>(c, j, kWide, out);
  if (j < cols) strip<kWeighted, 1, true>(c, j, cols - j, out);
}

template <typename T, typename Out>
inline void columns(const ColumnCall<T>& c, size_t cols, const Out& out) {
  if (c.weights == nullptr) {
    all_strips<false>(c, cols, out);
  } else {
    all_strips<true>(c, cols, out);
  }
}

template <typename T>
void sums(const T* x, size_t xs, size_t rows, size_t cols, const double* weights, const double* origin,
          double* count, double* sum, double* min, double* max) noexcept {
  columns(ColumnCall<T>{x, xs, rows, weights, origin}, cols, SumsOut{count, sum, min, max});
}

template <typename T>
void squares(const T* x, size_t xs, size_t rows, size_t cols, const double* weights, const double* center,
             double* sum, double* square) noexcept {
  columns(ColumnCall<T>{x, xs, rows, weights, center}, cols, SquaresOut{sum, square});
}

}  // namespace

namespace BOREAL_ISA {

constexpr ColumnKernels<float> kColumnsF32{sums<float>, squares<float>};
constexpr ColumnKernels<double> kColumnsF64{sums<double>, squares<double>};

}  // namespace BOREAL_ISA
}  // namespace boreal
