// The minimum covariance determinant by FAST-MCD (Rousseeuw & Van Driessen 1999): the rows, about half of
// all, whose covariance has the least determinant. Raw estimates; subsets and counts of trials are
// scikit-learn's.
#pragma once

#include <cstdint>
#include <vector>

#include "base/cancel.h"
#include "base/matrix_view.h"

namespace boreal {

struct MinCovDetModel {
  std::vector<double> location;    // [cols]
  std::vector<double> covariance;  // [cols, cols]
  std::vector<uint8_t> support;    // [rows] 1 for the rows of the estimate
  std::vector<double> distances;   // [rows] squared Mahalanobis distances by the estimate
};

// x: rows >= 2, finite; `support` rows make the estimate. centred: the location is 0.
MinCovDetModel fit_min_cov_det(MatrixView<const double> x, size_t support, bool centred, uint64_t seed,
                               const CancelToken* cancel);

}  // namespace boreal
