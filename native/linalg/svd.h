// The singular value decomposition, and what follows from it: least squares, pseudo-inverse, rank.
#pragma once

#include <vector>

#include "linalg/dense.h"

namespace boreal {

// a [m, n] = u diag(s) vt with k = min(m, n): s [k] descending, u [m, k], vt [k, n], or in full u [m, m],
// vt [n, n]; the shapes of u and vt say which. The signs of a pair of vectors are arbitrary, but always the
// same for the same a. Needs up to twelve k x k workspaces and three of the size of a. Throws ERR_SHAPE,
// ERR_INPUT_NAN, ERR_INPUT_INFINITE.
void svd(ConstDense a, Dense u, double* s, Dense vt, const RunOptions& run = {});

// x [n, r] = the vector of least norm among those that minimise |a x - b|, for each column of b [m, r].
// Singular values up to rcond times the largest count as zero; rcond < 0 means epsilon * max(m, n). Returns
// the rank, the number of the others, and, unless null, the singular values in s [min(m, n)]. x may not
// overlap a or b.
size_t least_squares(ConstDense a, ConstDense b, double rcond, Dense x, double* s,
                     const RunOptions& run = {});

// y [n, m] = the Moore-Penrose inverse of a [m, n], with rcond as above. Returns the rank.
size_t pseudo_inverse(ConstDense a, double rcond, Dense y, const RunOptions& run = {});

// The number of singular values above tolerance; a negative tolerance means -tolerance times the largest.
size_t matrix_rank(ConstDense a, double tolerance, const RunOptions& run = {});

}  // namespace boreal
