// A Cholesky factorisation for training code: that of linalg is quicker for large matrices, but only this one
// gives the same bits on every instruction set.
#pragma once

#include <cmath>
#include <cstddef>

#include "train/dot.h"

namespace boreal {

// a [n, n] = its lower triangular factor, in its lower half, which alone is read. False, with a undefined, if
// a pivot is not positive.
inline bool factor_lower(double* a, size_t n) {
  for (size_t i = 0; i < n; ++i) {
    double* const row = a + i * n;
    for (size_t j = 0; j < i; ++j) {
      const double* const other = a + j * n;
      row[j] = (row[j] - dot(row, other, j)) / other[j];
    }
    const double pivot = row[i] - dot(row, row, i);
    if (!(pivot > 0)) return false;
    row[i] = std::sqrt(pivot);
  }
  return true;
}

// x [n] = (l l^T)^-1 x.
inline void solve_factored(const double* l, size_t n, double* x) {
  for (size_t i = 0; i < n; ++i) x[i] = (x[i] - dot(l + i * n, x, i)) / l[i * n + i];
  for (size_t i = n; i-- > 0;) {
    x[i] /= l[i * n + i];
    for (size_t j = 0; j < i; ++j) x[j] -= l[i * n + j] * x[i];
  }
}

}  // namespace boreal
