// Products of the columns of a matrix with each other: tiles of kGramRows rows and up to three vectors of the
// result stay in registers while the rows pass. Nothing is packed: a row gives the vectors and, by
// broadcasts, the factors.
#pragma once

#include "kernels/gemm_kernels.h"
#include "kernels/generic/unroll.h"

namespace boreal {
namespace {

constexpr size_t kGramRows = kTileRows >= 8 ? 8 : 4;

template <size_t V>
BOREAL_INLINE void gram_tile(const double* x, size_t xs, size_t rows, size_t i, size_t j, double* g,
                             size_t gs) {
  constexpr size_t kLanes = Vec<double>::kLanes;
  double* const c = g + i * gs + j;
  Vec<double> sum[kGramRows][V];
  BOREAL_UNROLL
  for (size_t r = 0; r < kGramRows; ++r) {
    BOREAL_UNROLL
    for (size_t v = 0; v < V; ++v) sum[r][v] = load(c + r * gs + v * kLanes);
  }
  for (size_t p = 0; p < rows; ++p, x += xs) {
    Vec<double> b[V];
    BOREAL_UNROLL
    for (size_t v = 0; v < V; ++v) b[v] = load(x + j + v * kLanes);
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
    for (size_t v = 0; v < V; ++v) store(c + r * gs + v * kLanes, sum[r][v]);
  }
}

void add_gram(const double* x, size_t xs, size_t rows, size_t cols, double* g, size_t gs) noexcept {
  constexpr size_t kLanes = Vec<double>::kLanes;
  static_assert(kGramColumns % kGramRows == 0 && kGramColumns % kLanes == 0, "whole tiles");
  for (size_t i = 0; i < cols; i += kGramRows) {
    size_t j = i / kLanes * kLanes;
    for (; j + 3 * kLanes <= cols; j += 3 * kLanes) gram_tile<3>(x, xs, rows, i, j, g, gs);
    if (j + 2 * kLanes <= cols) {
      gram_tile<2>(x, xs, rows, i, j, g, gs);
    } else if (j < cols) {
      gram_tile<1>(x, xs, rows, i, j, g, gs);
    }
  }
}

}  // namespace
}  // namespace boreal
