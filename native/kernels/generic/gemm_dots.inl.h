// The product by a handful of columns: element (i, j) is a dot product over vectors of k, because panels
// would mostly multiply padding. Each sum has four vectors of partial sums, merged in one order that depends
// on k only.
#pragma once

#include "kernels/gemm_kernels.h"
#include "kernels/generic/unroll.h"

namespace boreal {
namespace {

constexpr size_t divide_up(size_t a, size_t b) { return a / b + (a % b != 0); }

// Compares vector operations per row: n dots of k with their final reduction (about 8), or k panel steps.
// These take half as long where half a vector of 64 bytes holds the columns (dispatch_narrow.h); one column
// is a dot all the same, since sums of several rows overlap.
template <typename T>
bool prefers_dots(size_t k, size_t n) noexcept {
  constexpr size_t kLanes = Vec<T>::kLanes;
  const bool halves = sizeof(Vec<T>) == 64 && n > 1 && 2 * n <= kLanes;
  return n < kLanes && n * (divide_up(k, kLanes) + 8) < (halves ? k / 2 : k);
}

template <typename T>
void pack_dots(const T* b, size_t b_row, size_t b_col, size_t k, size_t n, T* packed) noexcept {
  for (size_t j = 0; j < n; ++j) {
    for (size_t p = 0; p < k; ++p) *packed++ = b[p * b_row + j * b_col];
  }
}

template <typename T>
inline T dot(const T* x, const T* w, size_t k) {
  constexpr size_t kLanes = Vec<T>::kLanes;
  const Vec<T> zero = broadcast(T(0));
  Vec<T> sum[4] = {zero, zero, zero, zero};
  size_t p = 0;
  for (; p + 4 * kLanes <= k; p += 4 * kLanes) {
    BOREAL_UNROLL
    for (size_t s = 0; s < 4; ++s) sum[s] = fma(load(x + p + s * kLanes), load(w + p + s * kLanes), sum[s]);
  }
  for (; p + kLanes <= k; p += kLanes) sum[0] = fma(load(x + p), load(w + p), sum[0]);
  if (p < k) sum[1] = fma(load(x + p, k - p, zero), load(w + p, k - p, zero), sum[1]);
  return reduce_add((sum[0] + sum[1]) + (sum[2] + sum[3]));
}

template <typename T>
void multiply_dots(const GemmTask<T>& t) noexcept {
  const size_t stride = t.b_packed ? t.k : t.b_col;
  for (size_t i = 0; i < t.m; ++i) {
    T* const c = t.c + i * t.c_row;
    for (size_t j = 0; j < t.n; ++j) {
      const T start = (t.bias == nullptr ? T(0) : t.bias[j]) + (t.beta == T(0) ? T(0) : t.beta * c[j]);
      c[j] = start + (t.alpha == T(0) ? T(0) : t.alpha * dot(t.a + i * t.a_row, t.b + j * stride, t.k));
    }
  }
  if (t.activation != Unary::kIdentity) t.activate(t.activation, t.c, t.c_row, t.c, t.c_row, t.m, t.n);
}

}  // namespace
}  // namespace boreal
