#include <algorithm>
#include <cmath>
#include <cstring>

#include "base/error.h"
#include "linalg/cholesky.h"
#include "linalg/triangular.h"
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

// direction = -hessian^-1 gradient; false if the Hessian is not positive definite. Overwrites the Hessian.
bool newton_direction(std::vector<double>& hessian, const std::vector<double>& gradient,
                      std::vector<double>& direction) {
  const size_t n = gradient.size();
  const Dense factor = dense_view(hessian.data(), n, n);
  try {
    cholesky(as_const(factor), factor);
  } catch (const Error& error) {
    if (std::strcmp(error.code(), "ERR_NOT_POSITIVE_DEFINITE") != 0) throw;
    return false;
  }
  for (size_t i = 0; i < n; ++i) direction[i] = -gradient[i];
  const Dense right = dense_view(direction.data(), n, 1);
  solve_triangular(Triangle::kLower, Form::kAsIs, Diagonal::kStored, as_const(factor), right, {});
  solve_triangular(Triangle::kLower, Form::kTransposed, Diagonal::kStored, as_const(factor), right, {});
  return std::all_of(direction.begin(), direction.end(), [](double v) { return std::isfinite(v); });
}

}  // namespace

template <typename T>
LogisticSolution solve_newton(LogisticLoss<T>& loss, const LogisticParams& params,
                              const IterationProgress& progress) {
  const size_t n = loss.dimension(), outputs = loss.problem().outputs, cols = loss.x().cols;
  LogisticSolution now{std::vector<double>(n), 0, false, {}};
  std::vector<double> gradient(n), hessian(n * n), direction(n), tried(n), tried_gradient(n);
  double value = loss.evaluate(now.parameters.data(), gradient.data(), hessian.data());
  while (now.iterations < params.max_iter) {
    if (outputs > 1) {
      if (loss.problem().fit_intercept) pin_common_shift(hessian, n, loss.coefficients(), 1, outputs);
      for (size_t j = 0; j < cols && loss.problem().penalty == 0; ++j) {
        pin_common_shift(hessian, n, j, cols, outputs);
      }
    }
    if (!newton_direction(hessian, gradient, direction)) {
      return solve_lbfgs(loss, params, std::move(now), progress);
    }
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
                                              const IterationProgress&);
template LogisticSolution solve_newton<double>(LogisticLoss<double>&, const LogisticParams&,
                                               const IterationProgress&);

}  // namespace boreal
