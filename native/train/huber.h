// Linear regression that outliers move little (Huber 1981; Owen 2007, "A robust hybrid of lasso and ridge
// regression"): minimises over b, b0 and sigma > 0
//   sum_i w_i (sigma + H((y_i - x_i b - b0) / sigma) sigma) + alpha |b|^2,
// H(z) = z^2 for |z| <= epsilon, else 2 epsilon |z| - epsilon^2, by L-BFGS.
#pragma once

#include <functional>
#include <vector>

#include "base/cancel.h"
#include "base/matrix_view.h"
#include "base/span.h"

namespace boreal {

struct HuberParams {
  double epsilon = 1.35;  // > 1
  double alpha = 1e-4;
  bool fit_intercept = true;
  uint32_t max_iter = 100;
  double tol = 1e-5;          // on the largest absolute component of the gradient
  std::vector<double> start;  // coefficients, with fit_intercept the intercept, and sigma; empty: 0, 0 and 1
};
struct HuberModel {
  std::vector<double> coef;  // [cols]
  double intercept = 0;
  double scale = 1;
  uint32_t iterations = 0;
  bool converged = false;
  std::vector<uint8_t> outliers;  // [rows] 1 where |residual| > epsilon scale
};

template <typename T>
HuberModel fit_huber(MatrixView<const T> x, Span<double> y, Span<double> weights, const HuberParams& params,
                     const CancelToken* cancel,
                     const std::function<void(size_t done, size_t total)>& progress);

}  // namespace boreal
