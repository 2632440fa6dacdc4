// Linear models in float64: least squares and ridge by a tall-skinny QR, logistic regression.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "base/cancel.h"
#include "base/matrix_view.h"
#include "base/span.h"
#include "train/moments.h"

namespace boreal {

struct LeastSquaresModel {
  std::vector<double> coef;       // [targets, cols]
  std::vector<double> intercept;  // [targets]
  std::vector<double> singular;   // [min(rows, cols)] singular values of the centred (and weighted) X,
                                  // descending; empty unless an alpha is 0
  uint32_t rank = 0;              // likewise
};

// Minimises sum_i w_i (y_i - x_i b - b0)^2 + alpha |b|^2 for each target; the intercept is not penalised.
// alphas: one, or [targets]. alpha = 0: the minimum-norm solution, singular values below eps * max(rows,
// cols) * largest count as zero (numpy's rule for lstsq). x: rows >= 1, finite; y: [rows, targets]; weights:
// [rows] or empty.
template <typename T>
LeastSquaresModel fit_least_squares(MatrixView<const T> x, MatrixView<const double> y, Span<double> weights,
                                    Span<double> alphas, bool fit_intercept, const CancelToken* cancel);

// Ridge by the normal equations, at half the cost of QR. False, with the model undefined, where the factor's
// diagonal tells that squaring the condition number would cost more than a few digits, or the sums overflow.
// alphas, one or [targets], are >= 0 and go with weights whose mean is 1.
bool fit_ridge(const GramProblem& problem, Span<double> alphas, LeastSquaresModel& model);

enum class LogisticSolver { kLbfgs, kNewtonCholesky, kSaga };

struct LogisticParams {
  LogisticSolver solver = LogisticSolver::kLbfgs;
  double c = 1.0;         // inverse strength of the penalty, > 0; infinity = no penalty
  double l1_ratio = 0.0;  // the L1 part of the penalty, in [0, 1]; above 0 for kSaga only
  bool fit_intercept = true;
  uint32_t max_iter = 100;
  double tol = 1e-4;  // on the largest absolute component of the gradient, scikit-learn's scaling;
                      // of kSaga on the largest change of a coefficient relative to the largest
  uint64_t seed = 0;  // of kSaga
  // [outputs, cols] and [outputs]: where the solver starts; empty: at 0.
  std::vector<double> start_coef, start_intercept;
};
struct LogisticModel {
  std::vector<double> coef;       // [outputs, cols], outputs = 1 for two classes, else class_count
  std::vector<double> intercept;  // [outputs]
  uint32_t iterations = 0;
  bool converged = false;
};
// Minimises scikit-learn 1.9's objective: the (weighted) mean log loss +
// ((1 - l1_ratio) |coef|^2 / 2 + l1_ratio |coef|_1) / (C sum of weights); multinomial for more than two
// classes.
template <typename T>
LogisticModel fit_logistic(MatrixView<const T> x, Span<int32_t> classes, uint32_t class_count,
                           Span<double> weights, const LogisticParams& params, const CancelToken* cancel,
                           const std::function<void(size_t done, size_t total)>& progress);

}  // namespace boreal
