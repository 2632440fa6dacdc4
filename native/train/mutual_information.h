// How much columns tell of a target, in nats: from counts where both are discrete, from the distances of
// neighbours where both are continuous (Kraskov, Stoegbauer and Grassberger, 2004, "Estimating mutual
// information", the first of their estimators) and where one is (Ross, 2014, "Mutual information between
// discrete and continuous data sets").
#pragma once

#include <cstdint>
#include <vector>

#include "base/cancel.h"
#include "base/matrix_view.h"
#include "base/span.h"

namespace boreal {

struct MutualInformationParams {
  size_t neighbors = 3;  // >= 1, and less than there are rows where both are continuous
  bool discrete_target = false;
  uint32_t seed = 0;  // of the noise that tells equal values of continuous columns apart
};

// discrete: [cols] whether a column's values are labels. Columns that are not are scaled to unit variance.
// [cols] values >= 0.
template <typename T>
std::vector<double> mutual_information(MatrixView<const T> x, Span<double> y, Span<uint8_t> discrete,
                                       const MutualInformationParams& params, const CancelToken* cancel);

}  // namespace boreal
