// The eigendecomposition of a symmetric matrix: to tridiagonal form, divide and conquer, and back.
#pragma once

#include "linalg/dense.h"

namespace boreal {

// a [n, n] = vectors diag(values) vectors^T: values [n] ascending, column i of vectors [n, n] the eigenvector
// of values[i]. Only the lower half of a is read. vectors may be a itself. The sign of a vector is arbitrary,
// but always the same for the same a. Needs six n x n workspaces. Throws ERR_SHAPE, ERR_INPUT_NAN,
// ERR_INPUT_INFINITE.
void eigh(ConstDense a, double* values, Dense vectors, const RunOptions& run = {});

}  // namespace boreal
