// The reduction of a square matrix to bidiagonal form, the first half of its singular value decomposition.
#pragma once

#include <vector>

#include "linalg/householder.h"

namespace boreal {

struct Bidiagonal {
  std::vector<double> diagonal;  // [n]
  std::vector<double> below;     // [n - 1], (i + 1, i)
  Reflectors p, q;               // a = diag(1, P) B Q^T with B lower bidiagonal: P has order n - 1
};

// a [n, n] is destroyed; finite and of moderate scale, n >= 1.
Bidiagonal reduce_to_bidiagonal(Dense a, const RunOptions& run);

}  // namespace boreal
