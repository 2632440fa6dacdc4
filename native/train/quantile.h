// Linear quantile regression: minimises the weighted mean of the pinball loss + alpha |coef|_1, a linear
// programme, by the interior point method of Portnoy & Koenker (1997) on its dual.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "base/cancel.h"
#include "base/matrix_view.h"
#include "base/span.h"

namespace boreal {

struct QuantileParams {
  double quantile = 0.5;  // in (0, 1)
  double alpha = 1;
  bool fit_intercept = true;
  uint32_t max_iter = 100;
};

struct QuantileModel {
  std::vector<double> coef;  // [cols]; what is nothing beside the spread of y is 0
  double intercept = 0;
  uint32_t iterations = 0;
  bool converged = false;
};

// Throws ERR_EMPTY, ERR_SHAPE, ERR_PARAMETER, ERR_LABELS.
template <typename T>
QuantileModel fit_quantile(MatrixView<const T> x, Span<double> y, Span<double> weights,
                           const QuantileParams& params, const CancelToken* cancel,
                           const std::function<void(size_t done, size_t total)>& progress);

}  // namespace boreal
