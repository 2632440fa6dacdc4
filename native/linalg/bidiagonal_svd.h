// The singular value decomposition of a bidiagonal matrix by divide and conquer.
#pragma once

#include <vector>

#include "linalg/dense.h"

namespace boreal {

// The upper bidiagonal matrix with diagonal d [n] and e [n - 1] above it: B = sum_i s_i u_i v_i^T. d becomes
// the singular values, ascending; rows i of u [n, n] and of v [n, n] the vectors. Finite input of moderate
// scale. Needs seven more n x n workspaces.
void solve_bidiagonal(std::vector<double>& d, const std::vector<double>& e, Dense u, Dense v,
                      const RunOptions& run);

}  // namespace boreal
