// With the singular values s and axes V of the centred, weighted X, and c = U^T y, the coefficients for given
// precisions are V (s c / (s^2 + lambda / alpha)), and so are all that the iterations need sums over the
// singular values: X is read once. Of more rows than columns y goes through the reflections as the last
// factored column, whose diagonal is what of y no coefficients explain; fewer rows are not factored.
#include "train/bayesian_ridge.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/weights.h"
#include "linalg/column_moments.h"
#include "train/centred_design.h"
#include "train/row_jacobi.h"

namespace boreal {
namespace {

constexpr double kTwoPi = 6.283185307179586;

// The regression in the axes of X.
struct Axes {
  std::vector<double> s;  // [rank]
  std::vector<double> c;  // [rank] coordinates of y
  double rest;            // squared length of y beside them
  size_t cols;
  double weight;  // of all rows
};

struct Estimate {
  std::vector<double> b;  // [rank] coefficients along the axes
  double sse = 0, square = 0;
};

Estimate estimate(const Axes& axes, double alpha, double lambda) {
  Estimate result;
  result.sse = axes.rest;
  for (size_t k = 0; k < axes.s.size(); ++k) {
    const double signal = axes.s[k] * axes.s[k] * alpha / lambda;  // against what the penalty allows
    const double b = axes.c[k] / axes.s[k] / (1 + 1 / signal);
    const double residual = axes.c[k] / (1 + signal);
    result.b.push_back(b);
    result.sse += residual * residual;
    result.square += b * b;
  }
  return result;
}

double log_evidence(const Axes& axes, const BayesianRidgeParams& params, double alpha, double lambda,
                    const Estimate& at) {
  const double cols = static_cast<double>(axes.cols), rank = static_cast<double>(axes.s.size());
  double log_determinant = (cols - rank) * std::log(lambda);
  for (const double s : axes.s) log_determinant += std::log(lambda + alpha * s * s);
  return params.lambda_1 * std::log(lambda) - params.lambda_2 * lambda + params.alpha_1 * std::log(alpha) -
         params.alpha_2 * alpha +
         0.5 * (cols * std::log(lambda) + axes.weight * std::log(alpha) - alpha * at.sse -
                lambda * at.square - log_determinant - axes.weight * std::log(kTwoPi));
}

// Row k of V^T times b_k, summed.
std::vector<double> along_axes(const std::vector<double>& axes, const std::vector<double>& b, size_t cols) {
  std::vector<double> coef(cols, 0.0);
  for (size_t k = 0; k < b.size(); ++k) {
    for (size_t j = 0; j < cols; ++j) coef[j] += b[k] * axes[k * cols + j];
  }
  return coef;
}

}  // namespace

template <typename T>
BayesianRidgeModel fit_bayesian_ridge(MatrixView<const T> x, Span<double> y, Span<double> weights,
                                      const BayesianRidgeParams& params, const CancelToken* cancel) {
  if (x.rows == 0 || x.cols == 0) {
    throw Error("ERR_EMPTY", "Bayesian ridge needs at least one row and one column.");
  }
  const size_t cols = x.cols;
  const MatrixView<const double> target{y.data, x.rows, 1, 1};
  Axes axes{{}, {}, 0, cols, total_weight(weights, x.rows)};
  const double variance = column_moments(target, weights, {0, cancel}).variance[0];
  const Design<T> design = make_design(x, target, weights, params.fit_intercept, cancel);
  std::vector<double> few = few_rows(design, cancel);
  require_finite(few.data(), few.size());
  const MatrixView<double> r = dense_view(few.data(), few.size() / (cols + 1), cols + 1);
  if (x.rows > cols) axes.rest = r.at(cols, cols) * r.at(cols, cols);
  const MatrixView<double> top{r.data, std::min(x.rows, cols), cols + 1, r.stride};
  orthogonalize_rows(top, cols, cancel);
  const size_t max_rank = std::min(x.rows - (params.fit_intercept ? 1 : 0), cols);
  const Spectrum spectrum = spectrum_of(top, cols, rank_cutoff(x.rows, cols), max_rank);

  BayesianRidgeModel model;
  for (size_t k = 0; k < top.rows; ++k) {
    const double* const row = top.row(spectrum.row[k]);
    if (k >= spectrum.rank) {
      axes.rest += row[cols] * row[cols];
      continue;
    }
    const double s = spectrum.singular[k];
    axes.s.push_back(s);
    axes.c.push_back(row[cols]);
    for (size_t j = 0; j < cols; ++j) model.axes.push_back(row[j] / s);
  }

  // The addition keeps a constant y from dividing by zero, as scikit-learn's.
  double alpha =
      params.alpha_init >= 0 ? params.alpha_init : 1 / (variance + std::numeric_limits<double>::epsilon());
  double lambda = params.lambda_init >= 0 ? params.lambda_init : 1;
  std::vector<double> last;
  while (model.iterations < params.max_iter && !model.converged) {
    check_cancel(cancel);
    const Estimate at = estimate(axes, alpha, lambda);
    if (params.compute_score) model.scores.push_back(log_evidence(axes, params, alpha, lambda, at));
    double gamma = 0;  // how many coefficients the data decide
    for (const double s : axes.s) gamma += alpha * s * s / (lambda + alpha * s * s);
    lambda = (gamma + 2 * params.lambda_1) / (at.square + 2 * params.lambda_2);
    // Of a small total weight the coefficients may take all, and more while precisions are not settled: they
    // do not make the noise's negative, which is none.
    alpha = (std::max(0.0, axes.weight - gamma) + 2 * params.alpha_1) / (at.sse + 2 * params.alpha_2);
    std::vector<double> coef = along_axes(model.axes, at.b, cols);
    if (model.iterations++ > 0) {
      double change = 0;
      for (size_t j = 0; j < cols; ++j) change += std::fabs(coef[j] - last[j]);
      model.converged = change < params.tol;
    }
    last = std::move(coef);
  }
  const Estimate at = estimate(axes, alpha, lambda);
  if (params.compute_score) model.scores.push_back(log_evidence(axes, params, alpha, lambda, at));
  model.coef = along_axes(model.axes, at.b, cols);
  model.intercept = design.y_mean[0];
  for (size_t j = 0; j < cols; ++j) model.intercept -= design.x_mean[j] * model.coef[j];
  const double numbers[] = {model.intercept, alpha, lambda};
  require_finite(numbers, 3);
  require_finite(model.coef.data(), cols);
  model.alpha = alpha;
  model.lambda = lambda;
  model.offset = design.x_mean;
  model.singular = std::move(axes.s);
  return model;
}

#define BOREAL_BAYESIAN_RIDGE(T)                                                                     \
  template BayesianRidgeModel fit_bayesian_ridge<T>(MatrixView<const T>, Span<double>, Span<double>, \
                                                    const BayesianRidgeParams&, const CancelToken*);
BOREAL_BAYESIAN_RIDGE(float)
BOREAL_BAYESIAN_RIDGE(double)
#undef BOREAL_BAYESIAN_RIDGE

}  // namespace boreal
