// The singular value decomposition of a small matrix by one-sided Jacobi on its rows.
#pragma once

#include <cstddef>

#include "base/cancel.h"
#include "base/matrix_view.h"

namespace boreal {

// Rotates pairs of rows of a until their first `cols` <= a.cols entries are orthogonal: with A = U S V^T
// these become S V^T (row i is s_i v_i^T, in no particular order) and the entries C to the right become U^T
// C. Rows whose norm is below eps times the largest are rounding noise and stay unrotated among themselves.
void orthogonalize_rows(MatrixView<double> a, size_t cols, const CancelToken* cancel);

}  // namespace boreal
