// The reduction of a symmetric matrix to tridiagonal form, the first half of its eigendecomposition.
#pragma once

#include <vector>

#include "linalg/householder.h"

namespace boreal {

struct Tridiagonal {
  std::vector<double> diagonal;  // [n]
  std::vector<double> beside;    // [n - 1], (i, i + 1)
  Reflectors q;                  // a = Q T Q^T
};

// a [n, n], of which the upper half is read and destroyed; finite and of moderate scale, n >= 1.
Tridiagonal reduce_to_tridiagonal(Dense a, const RunOptions& run);

}  // namespace boreal
