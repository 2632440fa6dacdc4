// Distances between the rows of two matrices. The common rules stand in kernels.h.
//
// Every distance is one chain over the d columns in ascending order, of differences: sums of squares by fused
// multiply-add, sums of magnitudes by addition. No |x|^2 + |y|^2 - 2xy, whose cancellation leaves no correct
// digit for near rows: a result here is within (d + 4) / 2 ulp of the exact one, is the same bits for (x, y)
// and (y, x), and is 0 for equal finite rows. Squares overflow and underflow as T does.
#pragma once

#include <stddef.h>
#include <stdint.h>

namespace boreal {

enum class Metric : int32_t {
  kEuclidean = 0,         // sqrt(sum_k (x_k - y_k)^2)
  kSquaredEuclidean = 1,  // sum_k (x_k - y_k)^2
  kManhattan = 2,         // sum_k |x_k - y_k|
  // 1 - cos of the angle, as min(2, squared euclidean / 2) of rows that the caller has scaled to length 1:
  // small angles keep their digits.
  kCosine = 3,
  kChebyshev = 4,  // max_k |x_k - y_k|; NaN counts for nothing
};

template <typename T>
struct DistanceKernels {
  // Rows of y that `pack` puts side by side; every part of a packed matrix starts at a multiple of it.
  size_t lanes;

  // packed: [ceil(n / lanes)][d][lanes], rows beyond n zero, so row j (a multiple of lanes) starts at
  // packed + j * d. Must not overlap y.
  void (*pack)(const T* y, size_t ys, size_t n, size_t d, T* packed) noexcept;

  // out[i,j] = metric(x[i,:], y[j,:]) for x[m, d] and packed y[n, d]; d == 0 gives 0. out must not overlap.
  void (*distances)(Metric metric, const T* x, size_t xs, const T* packed, T* out, size_t os, size_t m,
                    size_t n, size_t d) noexcept;
};

}  // namespace boreal
