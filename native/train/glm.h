// Generalised linear models of the Tweedie family by L-BFGS: the weighted mean of half the unit deviance of y
// and the prediction mu (less what mu does not change) + alpha |coef|^2 / 2. mu is exp(score), or the score
// itself.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "base/cancel.h"
#include "base/matrix_view.h"
#include "base/span.h"

namespace boreal {

struct GlmParams {
  double power = 0;  // of the variance: 0 normal, 1 Poisson, between 1 and 2 compound Poisson, 2 gamma, 3
                     // inverse normal; not in (0, 1)
  bool log_link = false;
  double alpha = 1;
  bool fit_intercept = true;
  uint32_t max_iter = 100;
  double tol = 1e-4;  // on the largest absolute component of the gradient
  // [cols] and [1]: where the solver starts; empty: at coefficients of 0 and the mean of y.
  std::vector<double> start_coef, start_intercept;
};

struct GlmModel {
  std::vector<double> coef;  // [cols]
  double intercept = 0;
  uint32_t iterations = 0;
  bool converged = false;
};

// Throws ERR_LABELS for a y that the distribution cannot give, ERR_EMPTY, ERR_SHAPE, ERR_PARAMETER.
template <typename T>
GlmModel fit_glm(MatrixView<const T> x, Span<double> y, Span<double> weights, const GlmParams& params,
                 const CancelToken* cancel, const std::function<void(size_t done, size_t total)>& progress);

}  // namespace boreal
