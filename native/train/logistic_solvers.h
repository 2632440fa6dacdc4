// The solvers of logistic regression beside L-BFGS.
#pragma once

#include <algorithm>
#include <cmath>
#include <functional>
#include <vector>

#include "base/error.h"
#include "train/linear.h"
#include "train/logistic_loss.h"

namespace boreal {

struct LogisticSolution {
  std::vector<double> parameters;  // as LogisticLoss lays them out
  size_t iterations = 0;
  bool converged = false;
  std::vector<double> curvature;  // a Cholesky factor [dimension, dimension] of a Hessian near here, or empty
};
using IterationProgress = std::function<void(size_t iterations)>;

// Throws ERR_SHAPE or ERR_PARAMETER for a start of another shape, or that is not finite.
inline void check_start(const LogisticParams& params, size_t cols, size_t outputs) {
  const std::vector<double>&coef = params.start_coef, &intercept = params.start_intercept;
  if (coef.empty() && intercept.empty()) return;
  if (coef.size() != cols * outputs || intercept.size() != outputs) {
    throw Error("ERR_SHAPE", "The start has not the shape of the coefficients.");
  }
  const auto is_finite = [](double value) { return std::isfinite(value); };
  if (!std::all_of(coef.begin(), coef.end(), is_finite) ||
      !std::all_of(intercept.begin(), intercept.end(), is_finite)) {
    throw Error("ERR_PARAMETER", "The start must be finite.");
  }
}

// Strength of the penalty on the mean loss. Throws ERR_PARAMETER where it overflows.
inline double penalty_of(const LogisticParams& params, double total_weight) {
  const double penalty = 1 / (params.c * total_weight);
  if (std::isfinite(penalty)) return penalty;
  throw Error("ERR_PARAMETER",
              "C and the sample weights are so small that the penalty overflows. Scale the weights.");
}

// L-BFGS from `start`.
template <typename T>
LogisticSolution solve_lbfgs(LogisticLoss<T>& loss, const LogisticParams& params, LogisticSolution start,
                             const IterationProgress& progress);

// The Cholesky factor of a Hessian, in its place, after curvature was added in the directions in which
// multinomial scores move alike and the loss stays; false if the rest is singular.
bool factor_hessian(std::vector<double>& hessian, size_t cols, const LogisticProblem& problem);

// Newton's method from `start` with a Cholesky factorisation of the Hessian and a line search that halves the
// step. Where the Hessian is singular beyond the directions that no loss depends on, L-BFGS goes on from
// there, as in scikit-learn.
template <typename T>
LogisticSolution solve_newton(LogisticLoss<T>& loss, const LogisticParams& params, std::vector<double> start,
                              const IterationProgress& progress);

// SAGA (Defazio, Bach & Lacoste-Julien 2014) from `start`, for the loss with an L1 part of the penalty: one
// row at a time, in an order drawn from the seed.
template <typename T>
LogisticSolution solve_saga(const LogisticLoss<T>& loss, double l1, const LogisticParams& params,
                            std::vector<double> start, const IterationProgress& progress);

// The slopes of the log loss by the scores, in their place.
inline void log_loss_slopes(std::vector<double>& scores, size_t label) {
  if (scores.size() == 1) {
    const double e = std::exp(-std::fabs(scores[0]));
    scores[0] = (scores[0] < 0 ? e : 1.0) / (1 + e) - static_cast<double>(label);
    return;
  }
  const double largest = *std::max_element(scores.begin(), scores.end());
  double sum = 0;
  for (double& z : scores) sum += z = std::exp(z - largest);
  for (double& z : scores) z /= sum;
  scores[label] -= 1;
}

// Epochs of SAGA until one changes no coefficient by more than tol times the largest.
template <typename Saga>
LogisticSolution run_saga(Saga& saga, const LogisticParams& params, const IterationProgress& progress) {
  LogisticSolution now{saga.parameters(), 0, false, {}};
  while (!now.converged && now.iterations < params.max_iter) {
    saga.epoch();
    double largest = 0, change = 0;
    for (size_t d = 0; d < saga.coefficients(); ++d) {
      largest = std::max(largest, std::fabs(saga.parameters()[d]));
      change = std::max(change, std::fabs(saga.parameters()[d] - now.parameters[d]));
    }
    now.converged = largest != 0 ? change / largest <= params.tol : change == 0;
    now.parameters = saga.parameters();
    progress(++now.iterations);
  }
  return now;
}

}  // namespace boreal
