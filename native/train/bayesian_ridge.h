// Ridge regression that learns the strength of its penalty and of the noise from the data: the evidence
// procedure of MacKay (1992, "Bayesian interpolation") with gamma priors on both precisions (Tipping, 2001,
// "Sparse Bayesian learning and the relevance vector machine", appendix A).
#pragma once

#include <cstdint>
#include <vector>

#include "base/cancel.h"
#include "base/matrix_view.h"
#include "base/span.h"

namespace boreal {

struct BayesianRidgeParams {
  uint32_t max_iter = 300;
  double tol = 1e-3;                         // on the sum of the magnitudes by which coefficients change
  double alpha_1 = 1e-6, alpha_2 = 1e-6;     // shape and rate of the prior on the precision of the noise
  double lambda_1 = 1e-6, lambda_2 = 1e-6;   // of that on the precision of the coefficients
  double alpha_init = -1, lambda_init = -1;  // below 0: 1 / variance of y, and 1
  bool compute_score = false;
  bool fit_intercept = true;
};
struct BayesianRidgeModel {
  std::vector<double> coef;  // [cols]
  double intercept = 0;
  std::vector<double> offset;  // [cols] means of X, 0 without an intercept
  double alpha = 0, lambda = 0;
  // The coefficients have the covariance sum_k axis_k axis_k^T / (alpha singular_k^2 + lambda), and 1 /
  // lambda in every direction at right angles to these.
  std::vector<double> axes;      // [rank, cols] of length 1
  std::vector<double> singular;  // [rank] of the centred, weighted X
  std::vector<double> scores;    // log marginal likelihoods, from the first values to the last, if wanted
  uint32_t iterations = 0;
  bool converged = false;
};

// x: rows >= 1, finite; weights: [rows] or empty. Throws ERR_INPUT_INFINITE where the estimates are no
// numbers.
template <typename T>
BayesianRidgeModel fit_bayesian_ridge(MatrixView<const T> x, Span<double> y, Span<double> weights,
                                      const BayesianRidgeParams& params, const CancelToken* cancel);

}  // namespace boreal
