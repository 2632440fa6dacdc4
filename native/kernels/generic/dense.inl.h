// y = x W + b by register tiles of kRows rows x several vectors of columns. W is packed into panels one
// vector wide, [panel][k][kLanes], the last one padded with zeros; each result is one chain of fma over k
// that starts at the bias, so it is the same whatever tile computes it. Where n is so small that panels would
// mostly multiply padding, W is packed as columns [n][k rounded up to kLanes] and each result is a dot
// product over vectors of k instead. Which of the two is used depends on (k, n) only.
#pragma once

#include "kernels/generic/unroll.h"
#include "kernels/kernels.h"

namespace boreal {
namespace {

constexpr size_t kRows = 6;
// Vectors of sums a tile may hold, leaving registers for its operands.
constexpr size_t kTileVectors = kRegisters == 32 ? 24 : 12;

// Widest tile for R rows: a power of two, and at most 8 streams of weights.
constexpr size_t tile_width(size_t rows) {
  size_t width = 8;
  while (width * rows > kTileVectors) width /= 2;
  return width;
}

template <typename T>
struct DenseCall {
  const T* x;
  size_t xs;
  const T* packed;
  const T* bias;
  T* y;
  size_t ys;
  size_t k;
  size_t n;
};

constexpr size_t divide_up(size_t a, size_t b) { return a / b + (a % b != 0); }

// Compares vector operations per row: n dots of k with their final reduction (about 8), or k panel steps.
template <typename T>
constexpr bool uses_dots(size_t k, size_t n) {
  constexpr size_t kLanes = Vec<T>::kLanes;
  return n < kLanes && n * (divide_up(k, kLanes) + 8) < k;
}

template <typename T>
inline T dot(const T* x, const T* w, size_t k) {
  constexpr size_t kLanes = Vec<T>::kLanes;
  const Vec<T> zero = broadcast(T(0));
  Vec<T> sum[4] = {zero, zero, zero, zero};
  size_t j = 0;
  for (; j + 4 * kLanes <= k; j += 4 * kLanes) {
    BOREAL_UNROLL
    for (size_t s = 0; s < 4; ++s) sum[s] = fma(load(x + j + s * kLanes), load(w + j + s * kLanes), sum[s]);
  }
  for (; j + kLanes <= k; j += kLanes) sum[0] = fma(load(x + j), load(w + j), sum[0]);
  if (j < k) sum[1] = fma(load(x + j, k - j, zero), load(w + j), sum[1]);
  return reduce_add((sum[0] + sum[1]) + (sum[2] + sum[3]));
}

template <typename T>
inline void dense_dots(const DenseCall<T>& c, size_t rows) {
  const size_t column = divide_up(c.k, Vec<T>::kLanes) * Vec<T>::kLanes;
  for (size_t i = 0; i < rows; ++i) {
    for (size_t j = 0; j < c.n; ++j) {
      c.y[i * c.ys + j] = c.bias[j] + dot(c.x + i * c.xs, c.packed + j * column, c.k);
    }
  }
}

// R rows x V panels, of which the last stores `last` columns.
template <typename T, size_t R, size_t V>
inline void dense_tile(const DenseCall<T>& c, const T* x, const T* panels, const T* bias, T* y, size_t last) {
  constexpr size_t kLanes = Vec<T>::kLanes;
  const size_t panel = c.k * kLanes;
  Vec<T> sum[R][V];
  BOREAL_UNROLL
  for (size_t v = 0; v < V; ++v) {
    const bool partial = v + 1 == V && last < kLanes;
    const Vec<T> b = partial ? load(bias + v * kLanes, last, broadcast(T(0))) : load(bias + v * kLanes);
    BOREAL_UNROLL
    for (size_t r = 0; r < R; ++r) sum[r][v] = b;
  }
  for (size_t k = 0; k < c.k; ++k) {
    Vec<T> w[V];
    BOREAL_UNROLL
    for (size_t v = 0; v < V; ++v) w[v] = load(panels + v * panel + k * kLanes);
    BOREAL_UNROLL
    for (size_t r = 0; r < R; ++r) {
      const Vec<T> a = broadcast(x[r * c.xs + k]);
      BOREAL_UNROLL
      for (size_t v = 0; v < V; ++v) sum[r][v] = fma(a, w[v], sum[r][v]);
    }
  }
  BOREAL_UNROLL
  for (size_t r = 0; r < R; ++r) {
    BOREAL_UNROLL
    for (size_t v = 0; v + 1 < V; ++v) store(y + r * c.ys + v * kLanes, sum[r][v]);
    T* end = y + r * c.ys + (V - 1) * kLanes;
    if (last < kLanes) {
      store(end, sum[r][V - 1], last);
    } else {
      store(end, sum[r][V - 1]);
    }
  }
}

// All columns from j on, for rows that are a multiple of R: tiles V panels wide, then narrower ones. The
// weights of a tile stay in cache while the rows pass.
template <typename T, size_t R, size_t V>
inline void dense_columns(const DenseCall<T>& c, size_t rows, size_t j) {
  constexpr size_t kLanes = Vec<T>::kLanes;
  for (; j < c.n && divide_up(c.n - j, kLanes) >= V; j += V * kLanes) {
    const size_t rest = c.n - j - (V - 1) * kLanes;
    const size_t last = rest < kLanes ? rest : kLanes;
    for (size_t i = 0; i < rows; i += R) {
      dense_tile<T, R, V>(c, c.x + i * c.xs, c.packed + j * c.k, c.bias + j, c.y + i * c.ys + j, last);
    }
  }
  if constexpr (V > 1) dense_columns<T, R, V / 2>(c, rows, j);
}

template <typename T, size_t R>
inline void dense_rows(DenseCall<T> c, size_t rows) {
  const size_t whole = rows / R * R;
  if (whole > 0) dense_columns<T, R, tile_width(R)>(c, whole, 0);
  if constexpr (R > 1) {
    c.x += whole * c.xs;
    c.y += whole * c.ys;
    dense_rows<T, R / 2>(c, rows - whole);
  }
}

template <typename T>
void dense(const T* x, size_t xs, const T* packed, const T* bias, T* y, size_t ys, size_t rows, size_t k,
           size_t n) noexcept {
  const DenseCall<T> call{x, xs, packed, bias, y, ys, k, n};
  if (uses_dots<T>(k, n)) {
    dense_dots(call, rows);
  } else {
    dense_rows<T, kRows>(call, rows);
  }
}

template <typename T>
size_t dense_packed_size(size_t k, size_t n) noexcept {
  constexpr size_t kLanes = Vec<T>::kLanes;
  return uses_dots<T>(k, n) ? n * divide_up(k, kLanes) * kLanes : k * divide_up(n, kLanes) * kLanes;
}

template <typename T>
void dense_pack(const T* w, size_t k, size_t n, T* packed) noexcept {
  constexpr size_t kLanes = Vec<T>::kLanes;
  if (uses_dots<T>(k, n)) {
    const size_t column = divide_up(k, kLanes) * kLanes;
    for (size_t j = 0; j < n; ++j) {
      for (size_t i = 0; i < column; ++i) *packed++ = i < k ? w[i * n + j] : T(0);
    }
    return;
  }
  for (size_t j = 0; j < n; j += kLanes) {
    for (size_t i = 0; i < k; ++i) {
      for (size_t lane = 0; lane < kLanes; ++lane) *packed++ = j + lane < n ? w[i * n + j + lane] : T(0);
    }
  }
}

}  // namespace
}  // namespace boreal
