// Whole matrices to bfloat16, the upper half of a float as uint16_t, and back. Row-major; y has x's shape and
// does not overlap it. Throws ERR_SHAPE, ERR_ABORTED.
#pragma once

#include <cstdint>

#include "linalg/elementwise.h"

namespace boreal {

// Rounded to nearest even; a NaN becomes a quiet NaN, what is too large infinity.
void to_bfloat16(MatrixView<const float> x, MatrixView<uint16_t> y, const RunOptions& options = {});
// Exact.
void from_bfloat16(MatrixView<const uint16_t> x, MatrixView<float> y, const RunOptions& options = {});

}  // namespace boreal
