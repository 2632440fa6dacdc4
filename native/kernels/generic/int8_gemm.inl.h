// Products of prepared codes by packed weights, in register tiles of R rows x V panels. Sums are integers, so
// tiles, blocks and threads may cut the work in any way: the result is one exact number.
// A tile's sums start from -zero * column sum, or from where the last block of k left them. Whole tiles of
// sums go where they belong; others, and real results, through a small buffer from which finish() makes them:
// one copy of that code for all tiles.
#pragma once

#include "kernels/generic/unroll.h"
#include "kernels/int8_kernels.h"

namespace boreal {
namespace {

constexpr size_t kPanel = Vec<float>::kLanes;  // columns of a panel: the lanes of one vector

// Most panels for R rows: sums, the panels' weights, a row's codes and one product live in registers.
constexpr size_t int8_tile_width(size_t rows) {
  size_t width = 1;
  while (width < kMaxTileWidth && (rows + 1) * (width + 1) + 2 <= kDotVectors) ++width;
  return width;
}

// Results of a tile whose sums stand in tile[R][V * kPanel]: rows from i on, columns from j on, cols of them.
inline void finish(const Int8Product& p, const int32_t* tile, size_t tile_stride, size_t i, size_t rows,
                   size_t j, size_t cols) {
  const Vec<float> zero = broadcast(0.0f);
  for (size_t r = i; r < i + rows; ++r, tile += tile_stride) {
    for (size_t c = 0; c < cols; c += kPanel) {
      const size_t column = j + c, rest = cols - c;
      const Sums sums = load_sums(tile + c);
      if (p.y_sums != nullptr) {
        int32_t* y = p.y_sums + r * p.ys + column;
        if (rest >= kPanel) {
          store_sums(y, sums);
        } else {
          for (size_t l = 0; l < rest; ++l) y[l] = tile[c + l];
        }
        continue;
      }
      Vec<float> y = to_float(sums) * (broadcast(p.x_scale[r]) * load(p.w_scale + column));
      if (p.bias != nullptr) {
        y = y + (rest >= kPanel ? load(p.bias + column) : load(p.bias + column, rest, zero));
      }
      if (p.relu) y = select(less(y, zero), zero, y);
      if (rest >= kPanel) {
        store(p.y + r * p.ys + column, y);
      } else {
        store(p.y + r * p.ys + column, y, rest);
      }
    }
  }
}

// R rows from x on, V panels from w on. Every third row has a pointer, from which x86 reaches two more rows
// in one addressing mode: base, base + xs, base + 2 xs.
template <size_t R, size_t V>
inline void int8_tile(const Int8Product& p, size_t i, size_t j) {
  constexpr size_t kBases = (R + 2) / 3;
  const size_t xs = p.xs, ws = p.ws;
  const char* x[kBases];
  BOREAL_UNROLL
  for (size_t b = 0; b < kBases; ++b) x[b] = static_cast<const char*>(p.x) + (i + 3 * b) * xs;
  const int8_t* w = p.w + j / kPanel * ws;
  Sums sums[R][V];
  int32_t* const partial = p.first && p.last ? nullptr : p.partial + i * p.partial_stride + j;
  BOREAL_UNROLL
  for (size_t v = 0; v < V; ++v) {
    if (p.first) {
      const Sums column = load_sums(p.column_sums + j + v * kPanel);
      BOREAL_UNROLL
      for (size_t r = 0; r < R; ++r) sums[r][v] = minus_product(zero_sums(), p.zero[i + r], column);
    } else {
      BOREAL_UNROLL
      for (size_t r = 0; r < R; ++r) sums[r][v] = load_sums(partial + r * p.partial_stride + v * kPanel);
    }
  }
  const size_t cols = p.n - j;
  const bool whole_sums = p.last && p.y_sums != nullptr && cols >= V * kPanel;
  if (whole_sums && R == kDotRows) {
    // Sums that no cache holds: each store would wait for its line.
    BOREAL_UNROLL
    for (size_t r = 0; r < R; ++r) {
      prefetch(p.y_sums + (i + r) * p.ys + j);
      prefetch(p.y_sums + (i + r) * p.ys + j + V * kPanel - 1);
    }
  }
  for (size_t g = p.k / kGroup; g > 0; --g) {
    decltype(load_weights(w)) weights[V];
    BOREAL_UNROLL
    for (size_t v = 0; v < V; ++v) weights[v] = load_weights(w + v * ws);
    BOREAL_UNROLL
    for (size_t r = 0; r < R; ++r) {
      const auto codes = broadcast_codes(reinterpret_cast<const Code*>(x[r / 3] + r % 3 * xs));
      BOREAL_UNROLL
      for (size_t v = 0; v < V; ++v) sums[r][v] = dot(sums[r][v], codes, weights[v]);
    }
    BOREAL_UNROLL
    for (size_t b = 0; b < kBases; ++b) {
      x[b] += kGroup * sizeof(Code);
      keep(x[b]);
    }
    w += kPanel * kGroup;
    keep(w);
  }
  int32_t tile[R * V * kPanel];
  int32_t* to = tile;
  size_t to_stride = V * kPanel;
  if (!p.last) {
    to = partial;
    to_stride = p.partial_stride;
  } else if (whole_sums) {
    to = p.y_sums + i * p.ys + j;
    to_stride = p.ys;
  }
  BOREAL_UNROLL
  for (size_t r = 0; r < R; ++r) {
    BOREAL_UNROLL
    for (size_t v = 0; v < V; ++v) store_sums(to + r * to_stride + v * kPanel, sums[r][v]);
  }
  if (to == tile) finish(p, tile, V * kPanel, i, R, j, cols < V * kPanel ? cols : V * kPanel);
}

template <size_t R, size_t V>
void int8_columns(const Int8Product& p, size_t i, size_t j) {
  for (; j < p.n && (p.n - j - 1) / kPanel + 1 >= V; j += V * kPanel) int8_tile<R, V>(p, i, j);
  if constexpr (V > 1) int8_columns<R, V / 2>(p, i, j);
}

// The last rows, fewer than kDotRows: all columns in tiles of just as many rows.
template <size_t R>
void int8_last_rows(const Int8Product& p, size_t i, size_t rows) {
  if (rows == R) return int8_columns<R, int8_tile_width(R)>(p, i, 0);
  if constexpr (R > 1) int8_last_rows<R - 1>(p, i, rows);
}

// Whole tiles: a strip of weights stays in cache while the rows pass.
template <size_t V>
void int8_strips(const Int8Product& p, size_t rows, size_t j) {
  for (; j < p.n && (p.n - j - 1) / kPanel + 1 >= V; j += V * kPanel) {
    for (size_t i = 0; i < rows; i += kDotRows) int8_tile<kDotRows, V>(p, i, j);
  }
  if constexpr (V > 1) int8_strips<V / 2>(p, rows, j);
}

void multiply(const Int8Product& p) noexcept {
  size_t whole = p.rows / kDotRows * kDotRows, rest = p.rows - whole;
  // Rows left over share the last whole tile's rows evenly: 8 rows are 4 + 4 rather than 6 + 2.
  size_t halves[2] = {rest, 0};
  if (rest > 0 && whole > 0) {
    whole -= kDotRows;
    halves[0] = (kDotRows + rest + 1) / 2;
    halves[1] = (kDotRows + rest) / 2;
  }
  int8_strips<int8_tile_width(kDotRows)>(p, whole, 0);
  for (size_t i = whole, h = 0; h < 2; i += halves[h++]) {
    if (halves[h] > 0) int8_last_rows<kDotRows>(p, i, halves[h]);
  }
}

void pack(const int8_t* w, size_t row_stride, size_t col_stride, size_t k, size_t n, int8_t* packed,
          int32_t* column_sums) noexcept {
  for (size_t j = 0; j < n; j += kPanel) {
    int32_t* sums = column_sums + j;
    for (size_t l = 0; l < kPanel; ++l) sums[l] = 0;
    const size_t cols = n - j < kPanel ? n - j : kPanel;
    for (size_t i = 0; i < k; i += kGroup, packed += kPanel * kGroup) {
      const size_t inputs = k - i < kGroup ? k - i : kGroup;
      if (cols < kPanel || inputs < kGroup) memset(packed, 0, kPanel * kGroup);
      const int8_t* from = w + i * row_stride + j * col_stride;
      for (size_t l = 0; l < cols; ++l) {
        for (size_t g = 0; g < inputs; ++g) {
          const int8_t weight = from[g * row_stride + l * col_stride];
          packed[l * kGroup + g] = weight;
          sums[l] += weight;
        }
      }
    }
  }
}

void prepare(const uint8_t* x, size_t xs, uint8_t flip, void* prepared, size_t ps, size_t rows,
             size_t k) noexcept {
  const size_t padded = (k + kGroup - 1) / kGroup * kGroup;
  for (size_t i = 0; i < rows; ++i) {
    const uint8_t* from = x + i * xs;
    Code* to = reinterpret_cast<Code*>(static_cast<char*>(prepared) + i * ps);
    for (size_t j = 0; j < k; ++j) to[j] = static_cast<Code>((from[j] ^ flip) - kCodeOffset);
    for (size_t j = k; j < padded; ++j) to[j] = 0;
  }
}

}  // namespace
}  // namespace boreal
