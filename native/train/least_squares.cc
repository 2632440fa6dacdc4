// Least squares and ridge through the triangular factor of the centred, weighted matrix [X | y]: no normal
// equations, so the error grows with the condition number and not with its square; but for ridge of many rows
// and columns that are far from dependent. Least squares takes the SVD of R for the minimum-norm solution;
// ridge appends the rows sqrt(alpha) I, which keeps R well conditioned, and substitutes back. A wide X is
// factored through its transpose, X^T = QR, and solved by the seminormal equations b = X^T (R^T R)^-1 y,
// which for minimum-norm problems are as accurate as applying Q (Paige 1973).
#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/weights.h"
#include "train/centred_design.h"
#include "train/cholesky_factor.h"
#include "train/linear.h"
#include "train/moments.h"
#include "train/row_jacobi.h"
#include "train/triangular_factor.h"

namespace boreal {
namespace {

constexpr size_t kNormalRows = 64;       // rows a column from which on ridge tries the normal equations
constexpr size_t kNormalTargets = 8;     // targets a column: products of targets are made in vain
constexpr size_t kMaxNormalWidth = 513;  // columns and targets
constexpr double kLeastPivot = 1e-4;     // relative to the largest, squared

// Targets that share their alpha.
struct AlphaGroup {
  double alpha;
  std::vector<size_t> targets;
};

// In the order of their first targets. alphas: one, or [targets].
std::vector<AlphaGroup> by_alpha(Span<double> alphas, size_t targets) {
  std::vector<AlphaGroup> groups;
  std::unordered_map<double, size_t> group_of;
  for (size_t t = 0; t < targets; ++t) {
    const double alpha = alphas[alphas.size == 1 ? 0 : t];
    const size_t group = group_of.emplace(alpha, groups.size()).first->second;
    if (group == groups.size()) groups.push_back({alpha, {}});
    groups[group].targets.push_back(t);
  }
  return groups;
}

// R of X^T. Its rows are the columns of X; there are at least as many of them as columns of R.
template <typename T>
TriangularFactor factor_wide(const Design<T>& design, const CancelToken* cancel) {
  TriangularFactor factor(design.x.rows, 0);
  double* const block = factor.block();
  for (size_t j = 0; j < design.x.cols; j += factor.block_rows()) {
    check_cancel(cancel);
    const size_t rows = std::min(factor.block_rows(), design.x.cols - j);
    for (size_t i = 0; i < design.x.rows; ++i) {
      for (size_t r = 0; r < rows; ++r) {
        block[i * factor.block_stride() + r] =
            (static_cast<double>(design.x.at(i, j + r)) - design.x_mean[j + r]) * design.root(i);
      }
    }
    factor.absorb(rows);
  }
  return factor;
}

// coef [targets, cols] for rows >= cols.
template <typename T>
void solve_tall(const Design<T>& design, TriangularFactor factor, const AlphaGroup& group, double cutoff,
                size_t max_rank, const CancelToken* cancel, LeastSquaresModel& model) {
  const size_t cols = design.x.cols;
  const MatrixView<double> r = factor.matrix();
  if (group.alpha > 0) {
    factor.absorb_diagonal(std::sqrt(group.alpha), cancel);
    for (const size_t t : group.targets) {
      double* const coef = model.coef.data() + t * cols;
      for (size_t j = 0; j < cols; ++j) coef[j] = r.at(j, cols + t);
      factor.solve(coef);
    }
    return;
  }
  orthogonalize_rows(r, cols, cancel);
  Spectrum spectrum = spectrum_of(r, cols, cutoff, max_rank);
  for (const size_t t : group.targets) {
    double* const coef = model.coef.data() + t * cols;
    for (size_t i = 0; i < spectrum.rank; ++i) {
      const double s = spectrum.singular[i];
      const double* const row = r.row(spectrum.row[i]);
      const double scale = row[cols + t] / s;
      for (size_t j = 0; j < cols; ++j) coef[j] += scale * (row[j] / s);
    }
  }
  model.singular = std::move(spectrum.singular);
  model.rank = static_cast<uint32_t>(spectrum.rank);
}

// coef [targets, cols] for rows < cols.
template <typename T>
void solve_wide(const Design<T>& design, TriangularFactor factor, const AlphaGroup& group, double cutoff,
                size_t max_rank, const CancelToken* cancel, LeastSquaresModel& model) {
  const size_t rows = design.x.rows, cols = design.x.cols;
  const MatrixView<double> r = factor.matrix();
  Spectrum spectrum;
  if (group.alpha > 0) {
    factor.absorb_diagonal(std::sqrt(group.alpha), cancel);
  } else {
    orthogonalize_rows(r, rows, cancel);
    spectrum = spectrum_of(r, rows, cutoff, max_rank);
  }
  std::vector<double> y(rows), dual(rows);
  for (const size_t t : group.targets) {
    check_cancel(cancel);
    for (size_t i = 0; i < rows; ++i) y[i] = (design.y.at(i, t) - design.y_mean[t]) * design.root(i);
    if (group.alpha > 0) {
      dual = y;
      factor.solve_transposed(dual.data());
      factor.solve(dual.data());
    } else {
      std::fill(dual.begin(), dual.end(), 0.0);
      for (size_t i = 0; i < spectrum.rank; ++i) {
        const double s = spectrum.singular[i];
        const double* const row = r.row(spectrum.row[i]);
        double product = 0;
        for (size_t k = 0; k < rows; ++k) product += (row[k] / s) * y[k];
        for (size_t k = 0; k < rows; ++k) dual[k] += product / s * (row[k] / s) / s;
      }
    }
    double* const coef = model.coef.data() + t * cols;
    for (size_t i = 0; i < rows; ++i) {
      const double scale = dual[i] * design.root(i);
      for (size_t j = 0; j < cols; ++j) {
        coef[j] += scale * (static_cast<double>(design.x.at(i, j)) - design.x_mean[j]);
      }
    }
  }
  if (group.alpha > 0) return;
  model.singular = std::move(spectrum.singular);
  model.rank = static_cast<uint32_t>(spectrum.rank);
}

}  // namespace

bool fit_ridge(const GramProblem& problem, Span<double> alphas, LeastSquaresModel& model) {
  const size_t cols = problem.cols;
  model.coef = problem.xy;
  model.intercept = problem.y_mean;
  for (const AlphaGroup& group : by_alpha(alphas, problem.y_mean.size())) {
    std::vector<double> factor = problem.gram;
    for (size_t j = 0; j < cols; ++j) factor[j * (cols + 1)] += group.alpha;
    if (!factor_lower(factor.data(), cols)) return false;
    double least = std::numeric_limits<double>::infinity(), most = 0;
    for (size_t j = 0; j < cols; ++j) {
      least = std::min(least, factor[j * (cols + 1)]);
      most = std::max(most, factor[j * (cols + 1)]);
    }
    if (!(least * least > kLeastPivot * most * most)) return false;
    for (const size_t t : group.targets) {
      double* const coef = model.coef.data() + t * cols;
      solve_factored(factor.data(), cols, coef);
      double& intercept = model.intercept[t];
      for (size_t j = 0; j < cols; ++j) intercept -= problem.x_mean[j] * coef[j];
      if (!std::isfinite(intercept)) return false;
    }
  }
  return true;
}

template <typename T>
LeastSquaresModel fit_least_squares(MatrixView<const T> x, MatrixView<const double> y, Span<double> weights,
                                    Span<double> alphas, bool fit_intercept, const CancelToken* cancel) {
  if (x.rows == 0 || x.cols == 0 || y.cols == 0) {
    throw Error("ERR_EMPTY", "Least squares needs at least one row, one column and one target.");
  }
  if (y.rows != x.rows) {
    throw Error("ERR_SHAPE",
                "y has " + std::to_string(y.rows) + " rows, X has " + std::to_string(x.rows) + ".");
  }
  if (alphas.size != 1 && alphas.size != y.cols) {
    throw Error("ERR_SHAPE", "There must be one alpha, or one for each target.");
  }
  for (const double alpha : alphas) {
    if (!(alpha >= 0) || std::isinf(alpha)) throw Error("ERR_PARAMETER", "alpha must be finite and >= 0.");
  }
  const double total = total_weight(weights, x.rows);
  LeastSquaresModel model;
  if (std::all_of(alphas.begin(), alphas.end(), [](double alpha) { return alpha > 0; }) &&
      y.cols <= kNormalTargets * x.cols && x.cols + y.cols <= kMaxNormalWidth &&
      x.rows >= kNormalRows * x.cols) {
    std::vector<double> scaled(alphas.begin(), alphas.end());
    for (double& alpha : scaled) alpha = alpha * static_cast<double>(x.rows) / total;
    const GramProblem problem = gram_problem(x, y, weights, fit_intercept, cancel);
    if (fit_ridge(problem, {scaled.data(), scaled.size()}, model)) return model;
    model = {};
  }

  const Design<T> design = make_design(x, y, weights, fit_intercept, cancel);
  model.coef.assign(y.cols * x.cols, 0.0);
  const double cutoff = rank_cutoff(x.rows, x.cols);
  // Centred rows are linearly dependent, whatever rounding makes of it.
  const size_t max_rank = std::min(x.rows - (fit_intercept ? 1 : 0), x.cols);
  const bool tall = x.rows >= x.cols;
  TriangularFactor factor = tall ? factor_rows(design, x.cols, cancel) : factor_wide(design, cancel);
  const MatrixView<double> r = factor.matrix();
  require_finite(r.data, r.rows * r.cols);
  const std::vector<AlphaGroup> groups = by_alpha(alphas, y.cols);
  for (const AlphaGroup& group : groups) {
    (tall ? solve_tall<T> : solve_wide<T>)(design, &group == &groups.back() ? std::move(factor) : factor,
                                           group, cutoff, max_rank, cancel, model);
  }

  for (size_t t = 0; t < y.cols; ++t) {
    double intercept = design.y_mean[t];
    for (size_t j = 0; j < x.cols; ++j) intercept -= design.x_mean[j] * model.coef[t * x.cols + j];
    model.intercept.push_back(intercept);
  }
  require_finite(model.coef.data(), model.coef.size());
  require_finite(model.intercept.data(), model.intercept.size());
  return model;
}

#define BOREAL_LEAST_SQUARES(T)                                                                  \
  template LeastSquaresModel fit_least_squares<T>(MatrixView<const T>, MatrixView<const double>, \
                                                  Span<double>, Span<double>, bool, const CancelToken*);
BOREAL_LEAST_SQUARES(float)
BOREAL_LEAST_SQUARES(double)
#undef BOREAL_LEAST_SQUARES

}  // namespace boreal
