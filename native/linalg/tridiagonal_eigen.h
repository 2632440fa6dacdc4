// The eigendecomposition of a symmetric tridiagonal matrix by divide and conquer.
#pragma once

#include <vector>

#include "linalg/dense.h"

namespace boreal {

// d [n] the diagonal, e [n - 1] beside it. d becomes the eigenvalues, ascending, and row i of vectors [n, n]
// the eigenvector of d[i], of norm one. Finite input of moderate scale. Needs three more n x n workspaces.
void solve_tridiagonal(std::vector<double>& d, const std::vector<double>& e, Dense vectors,
                       const RunOptions& run);

}  // namespace boreal
