// The Cholesky factor of a symmetric positive definite matrix.
#pragma once

#include "linalg/dense.h"

namespace boreal {

// l [n, n] = the lower triangular factor with a = l l^T; above the diagonal l is zero. Only the lower half of
// a is read. l may be a itself; other overlap is not allowed. Needs one n x n workspace. Throws ERR_SHAPE
// unless a is square, ERR_INPUT_NAN, ERR_INPUT_INFINITE, and ERR_NOT_POSITIVE_DEFINITE with the row of the
// first pivot that is not positive.
void cholesky(ConstDense a, Dense l, const RunOptions& run = {});

}  // namespace boreal
