// Packing: A into row blocks [rows / R][k][R], B into column panels [cols / NR][k][NR], so that a tile reads
// both from one end to the other whatever the strides were. The side that lies across is transposed in
// registers.
#pragma once

#include "kernels/generic/gemm_tile.inl.h"

namespace boreal {
namespace {

// Height of the next row block when so many rows are left: full ones, but no last one so low that its tile
// would wait for the fma's latency where two middling ones don't.
constexpr size_t block_rows(size_t left) {
  if (left <= kTileRows) return left;
  const bool low = left < 2 * kTileRows && (left - kTileRows) * kTileVectors < 8;
  return low ? (left + 1) / 2 : kTileRows;
}

// to[i * step + j] = factor * from[j * stride + i] for i < k, j < lanes <= kLanes.
template <typename T>
inline void transpose_strip(const T* from, size_t stride, size_t lanes, size_t k, T factor, T* to,
                            size_t step) {
  constexpr size_t kLanes = Vec<T>::kLanes;
  const Vec<T> scale = broadcast(factor), zero = broadcast(T(0));
  for (size_t i = 0; i < k; i += kLanes) {
    const size_t count = k - i < kLanes ? k - i : kLanes;
    Vec<T> square[kLanes];
    BOREAL_UNROLL
    for (size_t j = 0; j < kLanes; ++j) {
      if (j >= lanes) {
        square[j] = zero;
      } else if (count == kLanes) {
        square[j] = load(from + j * stride + i) * scale;
      } else {
        square[j] = load(from + j * stride + i, count, zero) * scale;
      }
    }
    transpose(square);
    T* line = to + i * step;
    BOREAL_UNROLL
    for (size_t p = 0; p < kLanes; ++p, line += step) {
      if (p >= count) break;
      if (lanes == kLanes) {
        store(line, square[p]);
      } else {
        store(line, square[p], lanes);
      }
    }
  }
}

// factor * A[m, k] into row blocks; the block from row i on starts at to + i * k.
template <typename T>
void pack_rows(const T* a, size_t a_row, size_t a_col, size_t m, size_t k, T factor, T* to) {
  constexpr size_t kLanes = Vec<T>::kLanes;
  const Vec<T> scale = broadcast(factor), zero = broadcast(T(0));
  for (size_t i = 0; i < m;) {
    const size_t rows = block_rows(m - i);
    for (size_t r = 0; r < rows; r += kLanes) {
      const size_t lanes = rows - r < kLanes ? rows - r : kLanes;
      const T* from = a + (i + r) * a_row;
      T* line = to + i * k + r;
      if (a_col == 1) {
        transpose_strip(from, a_row, lanes, k, factor, line, rows);
      } else if (lanes == kLanes) {
        for (size_t p = 0; p < k; ++p) store(line + p * rows, load(from + p * a_col) * scale);
      } else {
        for (size_t p = 0; p < k; ++p) {
          store(line + p * rows, load(from + p * a_col, lanes, zero) * scale, lanes);
        }
      }
    }
    i += rows;
  }
}

// B[k, n] into column panels.
template <typename T>
void pack_panels(const T* b, size_t b_row, size_t b_col, size_t k, size_t n, T* to) {
  constexpr size_t kLanes = Vec<T>::kLanes, kWidth = kPanel<T>;
  const Vec<T> zero = broadcast(T(0));
  if (b_col != 1) {
    for (size_t j = 0; j < n; j += kWidth, to += k * kWidth) {
      for (size_t v = 0; v < kWidth; v += kLanes) {
        const size_t left = j + v < n ? n - j - v : 0, lanes = left < kLanes ? left : kLanes;
        if (lanes == kLanes) {
          transpose_strip(b + (j + v) * b_col, b_col, kLanes, k, T(1), to + v, kWidth);
          continue;
        }
        for (size_t p = 0; p < k; ++p) store(to + p * kWidth + v, zero);
        if (lanes > 0) transpose_strip(b + (j + v) * b_col, b_col, lanes, k, T(1), to + v, kWidth);
      }
    }
    return;
  }
  // A few rows at a time across all panels: long runs of each row for the prefetcher and the TLB.
  constexpr size_t kStrip = 8;
  for (size_t p = 0; p < k; p += kStrip) {
    const size_t rows = k - p < kStrip ? k - p : kStrip;
    for (size_t j = 0; j < n; j += kWidth) {
      const T* from = b + p * b_row + j;
      T* line = to + j * k + p * kWidth;
      if (n - j >= kWidth) {
        for (size_t r = 0; r < rows; ++r, from += b_row, line += kWidth) {
          BOREAL_UNROLL
          for (size_t v = 0; v < kTileVectors; ++v) store(line + v * kLanes, load(from + v * kLanes));
        }
        continue;
      }
      for (size_t r = 0; r < rows; ++r, from += b_row, line += kWidth) {
        for (size_t v = 0; v < kWidth; v += kLanes) {
          const size_t left = j + v < n ? n - j - v : 0;
          store(line + v, left >= kLanes ? load(from + v) : left == 0 ? zero : load(from + v, left, zero));
        }
      }
    }
  }
}

}  // namespace
}  // namespace boreal
