// Products of the columns of a matrix with each other: tiles of kGramRows rows and several vectors of the
// result, from the diagonal on, stay in registers while the rows pass. Nothing is packed: a row gives the
// vectors and, by broadcasts, the factors.
#pragma once

#include "kernels/gemm_kernels.h"
#include "kernels/generic/unroll.h"

namespace boreal {
namespace {

constexpr size_t kGramRows = kGramColumns / 2;
constexpr size_t kGramVectors = kRegisters >= 32 ? 6 : 3;

// V vectors of columns from j on, of which the last has `last` columns (kLanes if not kPartial).
template <size_t V, bool kPartial>
BOREAL_INLINE void gram_tile(const double* x, size_t xs, size_t rows, size_t i, size_t j, size_t last,
                             double* g, size_t gs) {
  constexpr size_t kLanes = Vec<double>::kLanes;
  const Vec<double> zero = broadcast(0.0);
  const auto get = [&](const double* p, size_t v) {
    return kPartial && v + 1 == V ? load(p + v * kLanes, last, zero) : load(p + v * kLanes);
  };
  double* const c = g + i * gs + j;
  Vec<double> sum[kGramRows][V];
  BOREAL_UNROLL
  for (size_t r = 0; r < kGramRows; ++r) {
    BOREAL_UNROLL
    for (size_t v = 0; v < V; ++v) sum[r][v] = get(c + r * gs, v);
  }
  for (size_t p = 0; p < rows; ++p, x += xs) {
    Vec<double> b[V];
    BOREAL_UNROLL
    for (size_t v = 0; v < V; ++v) b[v] = get(x + j, v);
    BOREAL_UNROLL
    for (size_t r = 0; r < kGramRows; ++r) {
      const Vec<double> a = broadcast(x[i + r]);
      BOREAL_UNROLL
      for (size_t v = 0; v < V; ++v) add_product(sum[r][v], a, b[v]);
    }
  }
  BOREAL_UNROLL
  for (size_t r = 0; r < kGramRows; ++r) {
    BOREAL_UNROLL
    for (size_t v = 0; v < V; ++v) {
      double* const to = c + r * gs + v * kLanes;
      if (kPartial && v + 1 == V) {
        store(to, sum[r][v], last);
      } else {
        store(to, sum[r][v]);
      }
    }
  }
}

// The columns from j on, at most V vectors of them.
template <size_t V>
BOREAL_INLINE void gram_tiles(const double* x, size_t xs, size_t rows, size_t i, size_t j, size_t cols,
                              double* g, size_t gs) {
  constexpr size_t kLanes = Vec<double>::kLanes;
  const size_t left = cols - j;
  if (left == V * kLanes) return gram_tile<V, false>(x, xs, rows, i, j, kLanes, g, gs);
  if (left > (V - 1) * kLanes) return gram_tile<V, true>(x, xs, rows, i, j, left - (V - 1) * kLanes, g, gs);
  if constexpr (V > 1) gram_tiles<V - 1>(x, xs, rows, i, j, cols, g, gs);
}

void add_gram(const double* x, size_t xs, size_t rows, size_t cols, double* g, size_t gs) noexcept {
  constexpr size_t kWhole = kGramVectors * Vec<double>::kLanes;
  for (size_t i = 0; i < cols; i += kGramRows) {
    size_t j = i;
    for (; j + kWhole < cols; j += kWhole) {
      gram_tile<kGramVectors, false>(x, xs, rows, i, j, Vec<double>::kLanes, g, gs);
    }
    gram_tiles<kGramVectors>(x, xs, rows, i, j, cols, g, gs);
  }
}

}  // namespace
}  // namespace boreal
