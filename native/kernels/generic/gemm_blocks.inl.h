// The loops around the tile. A block is A[m, k] times B[k, n] small enough for the caches: for each panel of
// B, which then stays in the first-level cache, all row blocks of A, which stay in the second. A block of so
// few rows that they make one tile takes several panels at a time.
#pragma once

#include "kernels/generic/gemm_pack.inl.h"

namespace boreal {
namespace {

template <typename B>
struct Block {
  using T = typename B::Value;
  size_t m, n, k;
  const T* a;
  Layout a_layout;  // kPacked: what pack_rows made
  size_t a_stride;  // from row to row, or from column to column
  const typename B::Element* b;
  size_t b_step, b_panel;  // as Tile's
  bool b_padded;           // B's columns go on to the end of a panel; else n is a multiple of kLeastWidth
  T* c;
  size_t c_row;
  const T* bias;
  Start start;
  Unary activation;  // of the block as it leaves
  decltype(ElementwiseKernels<T>::unary) activate;
};

template <typename T>
inline void copy_row(const T* from, T* to, size_t cols) {
  constexpr size_t kLanes = Vec<T>::kLanes;
  size_t j = 0;
  for (; j + kLanes <= cols; j += kLanes) store(to + j, load(from + j));
  if (j < cols) store(to + j, load(from + j, cols - j, broadcast(T(0))), cols - j);
}

// The same in whole vectors, filled with zeros: what is read as such at once would wait for a store of a
// part.
template <typename T>
inline void copy_padded(const T* from, T* to, size_t cols) {
  constexpr size_t kLanes = Vec<T>::kLanes;
  for (size_t j = 0; j < cols; j += kLanes) {
    store(to + j, j + kLanes <= cols ? load(from + j) : load(from + j, cols - j, broadcast(T(0))));
  }
}

// multiply, a tile of rows x width, for its first cols columns only: made aside, since tiles know no edges.
// The tile is changed, not copied, for the same reason.
template <typename T, typename AnyTile>
BOREAL_NOINLINE void multiply_edge(void (*multiply)(const AnyTile&), AnyTile& tile, size_t rows, size_t width,
                                   size_t cols) {
  constexpr size_t kMost = (kTileRows < 4 ? 4 : kTileRows) * kPanel<T>;
  alignas(64) T aside[kMost], bias[4 * kPanel<T>];
  T* const c = tile.c;
  const T* const own_bias = tile.bias;
  const size_t c_row = tile.c_row;
  if (tile.start == Start::kC) {
    for (size_t r = 0; r < rows; ++r) copy_padded(c + r * c_row, aside + r * width, cols);
  } else if (tile.start == Start::kBias) {
    copy_padded(own_bias, bias, cols);
    tile.bias = bias;
  }
  tile.c = aside;
  tile.c_row = width;
  multiply(tile);
  for (size_t r = 0; r < rows; ++r) copy_row(aside + r * width, c + r * c_row, cols);
  tile.c = c;
  tile.c_row = c_row;
  tile.bias = own_bias;
}

template <typename B, size_t R, size_t P, Layout kLayout>
inline void multiply_columns(Tile<B>& tile, size_t cols) {
  using T = typename B::Value;
  constexpr size_t kWidth = P * kPanel<T>;
  if (cols >= kWidth) return multiply_tile<B, R, P, kTileVectors, kLayout>(tile);
  if constexpr (P == 1 && kHalfPanels && B::kPlain) {
    constexpr size_t kHalf = kLeastWidth<T>;
    if (cols == kHalf) return multiply_tile<B, R, 1, 1, kLayout>(tile);
    if (cols < kHalf) return multiply_edge<T>(multiply_tile<B, R, 1, 1, kLayout>, tile, R, kHalf, cols);
  }
  multiply_edge<T>(multiply_tile<B, R, P, kTileVectors, kLayout>, tile, R, kWidth, cols);
}

template <typename B, size_t R, Layout kLayout>
inline void multiply_rows(Tile<B>& tile, size_t rows, size_t cols) {
  if (rows == R) return multiply_columns<B, R, 1, kLayout>(tile, cols);
  if constexpr (R > 1) multiply_rows<B, R - 1, kLayout>(tile, rows, cols);
}

template <typename B>
inline Tile<B> first_tile(const Block<B>& x, size_t rows) {
  const size_t step = x.a_layout == Layout::kPacked ? rows : x.a_stride;
  return {x.a, x.a_stride, step, x.b, x.b_step, x.b_panel, x.k, x.c, x.c_row, x.bias, x.start};
}

// From column j on, R rows in all.
template <typename B, size_t R, size_t P, Layout kLayout>
inline void multiply_alone(const Block<B>& x, size_t j) {
  using T = typename B::Value;
  constexpr size_t kWidth = P * kPanel<T>;
  const size_t least = P == 1 ? 1 : x.b_padded ? kWidth - kPanel<T> + 1 : kWidth;
  for (; j < x.n && x.n - j >= least; j += kWidth) {
    const size_t cols = x.n - j < kWidth ? x.n - j : kWidth;
    Tile<B> tile = first_tile(x, R);
    tile.b += j / kPanel<T> * x.b_panel;
    tile.c += j;
    if (x.bias != nullptr) tile.bias += j;
    multiply_columns<B, R, P, kLayout>(tile, cols);
    if (x.activation != Unary::kIdentity) x.activate(x.activation, tile.c, x.c_row, tile.c, x.c_row, R, cols);
  }
  if constexpr (P > 1) multiply_alone<B, R, P / 2, kLayout>(x, j);
}

template <typename B, size_t R, Layout kLayout>
inline void multiply_alone(const Block<B>& x) {
  if (x.m == R) return multiply_alone<B, R, tile_panels(R), kLayout>(x, 0);
  if constexpr (R > 1) multiply_alone<B, R - 1, kLayout>(x);
}

template <typename B, Layout kLayout>
void multiply_layout(const Block<B>& x) {
  using T = typename B::Value;
  if (x.m <= kTileRows) return multiply_alone<B, kTileRows, kLayout>(x);
  for (size_t j = 0; j < x.n; j += kPanel<T>) {
    const size_t cols = x.n - j < kPanel<T> ? x.n - j : kPanel<T>;
    for (size_t i = 0, rows; i < x.m; i += rows) {
      rows = block_rows(x.m - i);
      Tile<B> tile = first_tile(x, rows);
      tile.a += i * (kLayout == Layout::kRowMajor ? x.a_stride : x.a_layout == Layout::kPacked ? x.k : 1);
      tile.b += j / kPanel<T> * x.b_panel;
      tile.c += i * x.c_row + j;
      if (x.bias != nullptr) tile.bias += j;
      multiply_rows<B, kTileRows, kLayout>(tile, rows, cols);
    }
    if (x.activation != Unary::kIdentity) {
      x.activate(x.activation, x.c + j, x.c_row, x.c + j, x.c_row, x.m, cols);
    }
  }
}

template <typename B>
void multiply_block(const Block<B>& x) {
  if (x.a_layout == Layout::kRowMajor) return multiply_layout<B, Layout::kRowMajor>(x);
  const bool panels = x.b_step == kPanel<typename B::Value>;
  if (x.a_layout == Layout::kPacked && panels) return multiply_layout<B, Layout::kPacked>(x);
  multiply_layout<B, Layout::kColumnMajor>(x);
}

}  // namespace
}  // namespace boreal
