// Sparse rows made of dense ones, of codes (what a one-hot encoding is without its zeros), and of others.
#pragma once

#include <cstdint>
#include <vector>

#include "base/cancel.h"
#include "base/matrix_view.h"
#include "base/span.h"
#include "linalg/csr.h"

namespace boreal {

// The values of x that are not 0; NaN is such a value. Throws ERR_SHAPE for more than 2^31 - 1 of them.
template <typename T>
CsrRows<double> csr_of_dense(MatrixView<const T> x, const CancelToken* cancel);

// Each code of x as a 1 in the column of its indicator: column j of x has sizes[j] of them, without that of
// drop[j] (-1: none), after those of the columns before it. What is no code of its column has none.
// sizes, drop: [x.cols], sizes >= 0.
template <typename T>
CsrRows<double> csr_of_codes(MatrixView<const T> x, Span<int32_t> sizes, Span<int32_t> drop,
                             const CancelToken* cancel);

// Rows side by side, the columns of each part after those of the part before. parts: at least one, of as many
// rows each.
CsrRows<double> csr_side_by_side(const std::vector<CsrView<double>>& parts, const CancelToken* cancel);

}  // namespace boreal
