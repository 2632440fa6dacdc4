// The exponents of the power transforms of Box and Cox (1964) and of Yeo and Johnson (2000) that make columns
// most like a normal distribution.
#pragma once

#include <vector>

#include "base/cancel.h"
#include "base/matrix_view.h"

namespace boreal {

enum class PowerMethod { kBoxCox, kYeoJohnson };

// The exponent of the greatest likelihood of each column, whose NaN count as missing: 1 for a column whose
// values are all alike, NaN for one without values. Box-Cox needs numbers above 0. Columns run in parallel.
template <typename T>
std::vector<double> power_exponents(MatrixView<const T> x, PowerMethod method, const CancelToken* cancel);

}  // namespace boreal
