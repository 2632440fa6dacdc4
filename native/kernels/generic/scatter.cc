// Rows about a centre: strips of vectors of neighbouring columns go down the rows with their sums in
// registers. Products of columns: tiles of four rows and several vectors of the result, from the diagonal on,
// stay in registers while the rows pass. Nothing is packed: a row gives the vectors and, by broadcasts, the
// factors.
#include BOREAL_SIMD

#include "kernels/generic/half.inl.h"
#include "kernels/generic/unroll.h"
#include "kernels/scatter_kernels.h"

namespace boreal {
namespace {

using Wide = Vec<double>;
constexpr size_t kWide = Wide::kLanes;

// ---- Rows about a centre ---------------------------------------------------------------------------
constexpr size_t kCentreVectors = kRegisters >= 32 ? 4 : 2;

template <typename T>
struct CentreCall {
  const T* x;
  size_t xs, rows;
  const double* shift;
  double* z;
  size_t zs;
  double *sum, *low, *high;
};

// V vectors of columns, of which the last has `last` columns (kWide if full).
template <bool kRange, size_t V, bool kPartial, typename T>
BOREAL_INLINE void centre_strip(const CentreCall<T>& c, size_t j, size_t last) {
  const Wide zero = broadcast(0.0), one = broadcast(1.0);
  const auto is_cut = [](size_t v) { return kPartial && v + 1 == V; };
  const auto get = [&](const double* p, size_t v) {
    return is_cut(v) ? load(p + j + v * kWide, last, zero) : load(p + j + v * kWide);
  };
  const auto set = [&](double* p, size_t v, Wide value) {
    if (is_cut(v)) {
      store(p + v * kWide, value, last);
    } else {
      store(p + v * kWide, value);
    }
  };
  Wide shift[V], sum[V], low[V], high[V];
  BOREAL_UNROLL
  for (size_t v = 0; v < V; ++v) {
    shift[v] = get(c.shift, v);
    sum[v] = get(c.sum, v);
    if (kRange) low[v] = get(c.low, v);
    if (kRange) high[v] = get(c.high, v);
  }
  const T* x = c.x + j;
  double* z = c.z + j;
  const size_t rows = c.rows, xs = c.xs, zs = c.zs;
  for (size_t i = 0; i < rows; ++i, x += xs, z += zs) {
    BOREAL_UNROLL
    for (size_t v = 0; v < V; ++v) {
      const Wide value = is_cut(v) ? load_wide(x + v * kWide, last) : load_wide(x + v * kWide);
      const Wide difference = value - shift[v];
      set(z, v, difference);
      sum[v] = fma(one, difference, sum[v]);  // the units of sums have enough to do
      if (kRange) low[v] = min(value, low[v]);
      if (kRange) high[v] = max(value, high[v]);
    }
  }
  BOREAL_UNROLL
  for (size_t v = 0; v < V; ++v) {
    set(c.sum + j, v, sum[v]);
    if (kRange) set(c.low + j, v, low[v]);
    if (kRange) set(c.high + j, v, high[v]);
  }
}

// The columns from j on, at most V vectors of them.
template <bool kRange, size_t V, typename T>
BOREAL_INLINE void centre_strips(const CentreCall<T>& c, size_t j, size_t left) {
  if (left == V * kWide) return centre_strip<kRange, V, false>(c, j, kWide);
  if (left > (V - 1) * kWide) return centre_strip<kRange, V, true>(c, j, left - (V - 1) * kWide);
  if constexpr (V > 1) centre_strips<kRange, V - 1>(c, j, left);
}

template <bool kRange, typename T>
void centre_columns(const CentreCall<T>& c, size_t cols) {
  constexpr size_t kStrip = kCentreVectors * kWide;
  size_t j = 0;
  for (; j + kStrip < cols; j += kStrip) centre_strip<kRange, kCentreVectors, false>(c, j, kWide);
  if (j < cols) centre_strips<kRange, kCentreVectors>(c, j, cols - j);
}

template <typename T>
void centre(const T* x, size_t xs, size_t rows, size_t cols, const double* shift, double* z, size_t zs,
            double* sum, double* low, double* high) noexcept {
  const CentreCall<T> call{x, xs, rows, shift, z, zs, sum, low, high};
  if (low == nullptr) {
    centre_columns<false>(call, cols);
  } else {
    centre_columns<true>(call, cols);
  }
}

// ---- Products of columns ---------------------------------------------------------------------------
constexpr size_t kGramRows = kScatterColumns;
constexpr size_t kGramVectors = kRegisters >= 32 ? 6 : 3;
// What a tile asks for with each row: as much as it takes of a row of x by broadcasts.
constexpr size_t kGramAhead = kGramRows * sizeof(double);

// V vectors of columns from j on, and half of one.
template <size_t V, bool kHalf>
BOREAL_INLINE void gram_tile(const double* x, size_t xs, size_t rows, size_t i, size_t j, double* g,
                             size_t gs, uintptr_t ahead) {
  constexpr size_t kLanes = Vec<double>::kLanes;
  double* const c = g + i * gs + j;
  Vec<double> sum[kGramRows][V + 1];
  Half half[kGramRows];
  BOREAL_UNROLL
  for (size_t r = 0; r < kGramRows; ++r) {
    BOREAL_UNROLL
    for (size_t v = 0; v < V; ++v) sum[r][v] = load(c + r * gs + v * kLanes);
    if (kHalf) half[r] = load_half(c + r * gs + V * kLanes);
  }
  for (size_t p = 0; p < rows; ++p, x += xs, ahead += kGramAhead) {
    Vec<double> b[V + 1];
    BOREAL_UNROLL
    for (size_t v = 0; v < V; ++v) b[v] = load(x + j + v * kLanes);
    Half last;
    if (kHalf) last = load_half(x + j + V * kLanes);
    prefetch(reinterpret_cast<const void*>(ahead));
    BOREAL_UNROLL
    for (size_t r = 0; r < kGramRows; ++r) {
      const Vec<double> a = broadcast(x[i + r]);
      BOREAL_UNROLL
      for (size_t v = 0; v < V; ++v) add_product(sum[r][v], a, b[v]);
      if (kHalf) add_product(half[r], first_half(a), last);
    }
  }
  BOREAL_UNROLL
  for (size_t r = 0; r < kGramRows; ++r) {
    BOREAL_UNROLL
    for (size_t v = 0; v < V; ++v) store(c + r * gs + v * kLanes, sum[r][v]);
    if (kHalf) store(c + r * gs + V * kLanes, half[r]);
  }
}

// The columns from j on, fewer than V + 1 vectors of them.
template <size_t V>
BOREAL_INLINE void gram_tiles(const double* x, size_t xs, size_t rows, size_t i, size_t j, size_t cols,
                              double* g, size_t gs, uintptr_t ahead) {
  constexpr size_t kLanes = Vec<double>::kLanes;
  const size_t left = cols - j;
  if (V > 0 && left == V * kLanes) return gram_tile<V, false>(x, xs, rows, i, j, g, gs, ahead);
  if constexpr (V < kGramVectors && kLanes > kGramRows) {
    if (left > V * kLanes) return gram_tile<V, true>(x, xs, rows, i, j, g, gs, ahead);
  }
  if constexpr (V > 0) gram_tiles<V - 1>(x, xs, rows, i, j, cols, g, gs, ahead);
}

void add_products(const double* x, size_t xs, size_t rows, size_t cols, double* g, size_t gs,
                  const void* next) noexcept {
  constexpr size_t kWhole = kGramVectors * Vec<double>::kLanes;
  uintptr_t ahead = reinterpret_cast<uintptr_t>(next);
  for (size_t i = 0; i < cols; i += kGramRows, ahead += rows * kGramAhead) {
    size_t j = i;
    for (; j + kWhole < cols; j += kWhole) {
      gram_tile<kGramVectors, false>(x, xs, rows, i, j, g, gs, ahead);
    }
    gram_tiles<kGramVectors>(x, xs, rows, i, j, cols, g, gs, ahead);
  }
}

}  // namespace

namespace BOREAL_ISA {

constexpr ScatterKernels kScatter{centre<float>, centre<double>, add_products};

}  // namespace BOREAL_ISA
}  // namespace boreal
