#include <algorithm>
#include <cmath>

#include "train/cholesky_factor.h"
#include "train/logistic_solvers.h"

namespace boreal {
namespace {

constexpr double kDecrease = 1.0 / 2048;  // sufficient decrease, of the slope
constexpr int kMaxHalvings = 21;

double largest_absolute(const std::vector<double>& v) {
  double largest = 0;
  for (const double value : v) largest = std::max(largest, std::fabs(value));
  return largest;
}

// Multinomial scores may all move alike without changing the loss. Curvature in those directions of the
// parameters (from `first` on, [outputs] apart by `step`) keeps the matrix regular; gradients have no part in
// them, so that the solution is as it would be.
void pin_common_shift(std::vector<double>& hessian, size_t dimension, size_t first, size_t step,
                      size_t outputs) {
  double mean = 0;
  for (size_t k = 0; k < outputs; ++k) mean += hessian[(first + k * step) * (dimension + 1)];
  mean = std::max(mean / static_cast<double>(outputs), 1e-12);
  for (size_t k = 0; k < outputs; ++k) {
    for (size_t l = 0; l < outputs; ++l) hessian[(first + k * step) * dimension + first + l * step] += mean;
  }
}

}  // namespace

bool factor_hessian(std::vector<double>& hessian, size_t cols, const LogisticProblem& problem) {
  const size_t outputs = problem.outputs, coefficients = outputs * cols;
  const size_t n = coefficients + (problem.fit_intercept ? outputs : 0);
  if (outputs > 1) {
    if (problem.fit_intercept) pin_common_shift(hessian, n, coefficients, 1, outputs);
    for (size_t j = 0; j < cols && problem.penalty == 0; ++j) pin_common_shift(hessian, n, j, cols, outputs);
  }
  return factor_lower(hessian.data(), n);
}

template <typename T>
LogisticSolution solve_newton(LogisticLoss<T>& loss, const LogisticParams& params, std::vector<double> start,
                              const IterationProgress& progress) {
  const size_t n = loss.dimension();
  LogisticSolution now{std::move(start), 0, false, {}};
  std::vector<double> gradient(n), hessian(n * n), direction(n), tried(n), tried_gradient(n);
  double value = loss.evaluate(now.parameters.data(), gradient.data(), hessian.data());
  while (now.iterations < params.max_iter) {
    if (!factor_hessian(hessian, loss.x().cols, loss.problem())) {
      return solve_lbfgs(loss, params, std::move(now), progress);
    }
    for (size_t i = 0; i < n; ++i) direction[i] = -gradient[i];
    solve_factored(hessian.data(), n, direction.data());
    double slope = 0;
    for (size_t i = 0; i < n; ++i) slope += gradient[i] * direction[i];
    if (largest_absolute(gradient) <= params.tol && -0.5 * slope <= params.tol) {
      now.converged = true;
      return now;
    }
    double step = 1, tried_value = 0;
    int halvings = 0;
    // A fall that rounding hides counts as none: near the optimum the gradient decides.
    const double noise = 16 * 2.220446049250313e-16 * std::fabs(value);
    for (; halvings <= kMaxHalvings; ++halvings, step /= 2) {
      for (size_t i = 0; i < n; ++i) tried[i] = now.parameters[i] + step * direction[i];
      tried_value = loss.evaluate(tried.data(), tried_gradient.data(), hessian.data());
      if (!std::isfinite(tried_value)) continue;
      if (tried_value <= value + kDecrease * step * slope) break;
      if (std::fabs(tried_value - value) <= noise &&
          largest_absolute(tried_gradient) < largest_absolute(gradient)) {
        break;
      }
    }
    if (halvings > kMaxHalvings) {
      now.converged = largest_absolute(gradient) <= params.tol;
      return now;
    }
    std::swap(now.parameters, tried);
    std::swap(gradient, tried_gradient);
    value = tried_value;
    ++now.iterations;
    progress(now.iterations);
  }
  now.converged = largest_absolute(gradient) <= params.tol;
  return now;
}

template LogisticSolution solve_newton<float>(LogisticLoss<float>&, const LogisticParams&,
                                              std::vector<double>, const IterationProgress&);
template LogisticSolution solve_newton<double>(LogisticLoss<double>&, const LogisticParams&,
                                               std::vector<double>, const IterationProgress&);

}  // namespace boreal
