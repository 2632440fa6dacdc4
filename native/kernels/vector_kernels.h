// Kernels on vectors and on a few rows of float64 at a time: the parts of the matrix decompositions that no
// matrix product can express. The common rules stand in kernels.h; sums run in lanes, in an order that
// depends on the length alone.
#pragma once

#include <stddef.h>

namespace boreal {

// What the poles of a secular equation are, given numbers d[j] >= 0 or any: p[j] = d[j] (eigenvalues) or
// d[j]^2 (singular values). Differences of poles are computed without cancellation in either case.
enum class Poles { kPlain, kSquares };

struct SecularSums {
  double value, slope;  // sum_j z2[j] / (p[j] - x) and its derivative sum_j z2[j] / (p[j] - x)^2
};

struct VectorKernels {
  // sum_j x[j] y[j]
  double (*dot)(const double* x, const double* y, size_t n) noexcept;

  // max_j |x[j]|; NaN is ignored. 0 for n == 0.
  double (*max_abs)(const double* x, size_t n) noexcept;

  // y[i] = sum_j a[i,j] x[j]. y must not overlap a or x.
  void (*row_dots)(const double* a, size_t as, size_t rows, size_t cols, const double* x, double* y) noexcept;

  // y[j] += sum_i x[i] a[i,j], i ascending in one chain of fused multiply-adds. y must not overlap a or x.
  void (*add_rows)(const double* a, size_t as, size_t rows, size_t cols, const double* x, double* y) noexcept;

  // a[i,j] += x[i] y[j]. Neither x nor y may overlap a.
  void (*rank_one)(double* a, size_t as, size_t rows, size_t cols, const double* x, const double* y) noexcept;

  // Rows first..last of a symmetric a [n, n], of which only j >= i is read: y[i] += sum_{j >= i} a[i,j] x[j]
  // and y[j] += sum_{i < j} a[i,j] x[i]. Over all rows this adds a x to y. y must not overlap a or x.
  void (*symmetric_rows)(const double* a, size_t as, size_t first, size_t last, size_t n, const double* x,
                         double* y) noexcept;

  // (x, y) = (c x + s y, c y - s x). x and y must not overlap.
  void (*rotate)(double* x, double* y, size_t n, double c, double s) noexcept;

  // Forward substitution: b [m, n] = t^-1 b for a lower triangular t with t(i,k) at t[i * ti + k * tk].
  // Negative strides, of b too, turn the matrix round, so that this is back substitution as well. unit: the
  // diagonal of t is 1 and not read. b must not overlap t.
  void (*substitute)(const double* t, ptrdiff_t ti, ptrdiff_t tk, bool unit, double* b, ptrdiff_t bs,
                     size_t m, size_t n) noexcept;

  // delta[j] = p[j] - p[origin]; d ascending.
  void (*pole_differences)(Poles poles, const double* d, double origin, double* delta, size_t n) noexcept;

  // With x = p[origin] + shift, where delta comes from pole_differences.
  SecularSums (*secular_sums)(const double* delta, const double* z2, double shift, size_t n) noexcept;

  // product[j] *= gap[j] / delta[j]. product must not overlap the others.
  void (*scale_by_ratio)(const double* gap, const double* delta, double* product, size_t n) noexcept;

  // s[j] = z[j] / gap[j]; returns sum_j s[j]^2. s may be gap.
  double (*divide)(const double* z, const double* gap, double* s, size_t n) noexcept;
};

}  // namespace boreal
