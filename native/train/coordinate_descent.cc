#include "train/coordinate_descent.h"

#include <algorithm>
#include <cmath>

#include "train/dot.h"

namespace boreal {

// One run of the algorithm over either form of problem.
struct Descent {
  double l1, l2;
  const DescentParams& params;
  std::vector<double> correlations;
  std::vector<uint32_t> active;

  // The gap of the dual point that the residual gives: scikit-learn's formulation A; of a pure ridge problem
  // B; without any penalty the squared norm of the gradient. largest: of the dual constraint.
  template <typename Problem>
  double gap(const Problem& problem, double& largest) {
    const std::vector<double>& coef = problem.coef_;
    problem.all_correlations(correlations);
    double rr, ry, sum_abs = 0, squares = 0;
    problem.residual_norms(rr, ry);
    for (const double b : coef) {
      sum_abs += std::fabs(b);
      squares += b * b;
    }
    largest = 0;
    if (l1 == 0 && params.positive) return positive_gap(coef);
    if (l1 == 0) {
      double norm = 0;
      for (const double c : correlations) norm += c * c;
      largest = norm;
      return l2 == 0 ? norm : rr + 0.5 * l2 * squares - ry + norm / (2 * l2);
    }
    largest = params.positive ? -HUGE_VAL : 0;
    for (size_t j = 0; j < coef.size(); ++j) {
      correlations[j] -= l2 * coef[j];
      largest = std::max(largest, params.positive ? correlations[j] : std::fabs(correlations[j]));
    }
    const double scale = largest > l1 ? l1 / largest : 1.0, norm = rr + l2 * squares;
    return 0.5 * norm + l1 * sum_abs - (-0.5 * scale * scale * norm + scale * ry);
  }

  // Without an L1 penalty: the squared norm of the gradient, but where it presses a coefficient against 0;
  // over the curvature that the penalty gives at least, where there is one, which bounds the gap.
  double positive_gap(const std::vector<double>& coef) const {
    double norm = 0;
    for (size_t j = 0; j < coef.size(); ++j) {
      const double slope = correlations[j] - l2 * coef[j];
      if (coef[j] > 0 || slope > 0) norm += slope * slope;
    }
    return l2 == 0 ? norm : norm / (2 * l2);
  }

  // Keeps the columns that the gap does not show to be zero.
  template <typename Problem>
  void screen(Problem& problem, double gap, double largest) {
    if (l1 == 0) return;
    const double radius = std::sqrt(2 * std::fabs(gap)) / l1;
    const auto is_out = [&](uint32_t j) {
      if (problem.norm(j) > 0) {
        const double inner = std::fabs(correlations[j] / std::max(l1, largest));
        if ((1 - inner) / std::sqrt(problem.norm(j) + l2) <= radius) return false;
      }
      if (problem.coef_[j] != 0) problem.move(j, -problem.coef_[j]);
      return true;
    };
    active.erase(std::remove_if(active.begin(), active.end(), is_out), active.end());
  }

  template <typename Problem>
  DescentResult run(Problem& problem, Rng& rng, const CancelToken* cancel) {
    std::vector<double>& coef = problem.coef_;
    active.clear();
    for (uint32_t j = 0; j < coef.size(); ++j) {
      if (problem.norm(j) > 0) active.push_back(j);
    }
    const double tolerance = params.tol * problem.y_norm();
    DescentResult result;
    double largest;
    result.gap = gap(problem, largest);
    result.converged = result.gap >= 0 && result.gap <= tolerance;
    if (result.converged) return result;
    screen(problem, result.gap, largest);
    while (result.iterations < params.max_iter) {
      check_cancel(cancel);
      double most = 0, most_change = 0;
      for (size_t k = 0; k < active.size(); ++k) {
        const uint32_t j = active[params.random ? rng.below(static_cast<uint32_t>(active.size()))
                                                : static_cast<uint32_t>(k)];
        const double before = coef[j], norm = problem.norm(j);
        const double target = problem.correlation(j) + before * norm;
        const double shrunk = std::max(std::fabs(target) - l1, 0.0) / (norm + l2);
        const double after = params.positive && target < 0 ? 0.0 : std::copysign(shrunk, target);
        if (after != before) problem.move(j, after - before);
        most_change = std::max(most_change, std::fabs(after - before));
        most = std::max(most, std::fabs(after));
      }
      ++result.iterations;
      if (most == 0 || most_change / most <= params.tol || result.iterations == params.max_iter) {
        result.gap = gap(problem, largest);
        result.converged = result.gap <= tolerance;
        if (result.converged) break;
        screen(problem, result.gap, largest);
      }
    }
    return result;
  }
};

GramDescent::GramDescent(const GramProblem& problem)
    : problem_(problem), coef_(problem.cols), gradient_(problem.xy) {}

DescentResult GramDescent::solve(double l1, double l2, const DescentParams& params, Rng& rng,
                                 const CancelToken* cancel) {
  return Descent{l1, l2, params, {}, {}}.run(*this, rng, cancel);
}

void GramDescent::move(size_t j, double change) {
  coef_[j] += change;
  const double* const row = problem_.gram.data() + j * problem_.cols;
  for (size_t k = 0; k < problem_.cols; ++k) gradient_[k] -= change * row[k];
}

void GramDescent::residual_norms(double& rr, double& ry) const {
  ry = problem_.yy[0] - dot(problem_.xy.data(), coef_.data(), coef_.size());
  rr = ry - dot(gradient_.data(), coef_.data(), coef_.size());
}

ColumnDescent::ColumnDescent(std::vector<double> columns, std::vector<double> y, size_t cols)
    : columns_(std::move(columns)), y_(std::move(y)), residual_(y_), norms_(cols), coef_(cols) {
  for (size_t j = 0; j < cols; ++j) {
    const double* const column = columns_.data() + j * y_.size();
    norms_[j] = dot(column, column, y_.size());
  }
}

DescentResult ColumnDescent::solve(double l1, double l2, const DescentParams& params, Rng& rng,
                                   const CancelToken* cancel) {
  return Descent{l1, l2, params, {}, {}}.run(*this, rng, cancel);
}

double ColumnDescent::y_norm() const { return dot(y_.data(), y_.data(), y_.size()); }

double ColumnDescent::correlation(size_t j) const {
  return dot(columns_.data() + j * y_.size(), residual_.data(), y_.size());
}

void ColumnDescent::move(size_t j, double change) {
  coef_[j] += change;
  const double* const column = columns_.data() + j * y_.size();
  for (size_t i = 0; i < y_.size(); ++i) residual_[i] -= change * column[i];
}

void ColumnDescent::all_correlations(std::vector<double>& out) const {
  out.resize(coef_.size());
  for (size_t j = 0; j < out.size(); ++j) out[j] = correlation(j);
}

void ColumnDescent::residual_norms(double& rr, double& ry) const {
  rr = dot(residual_.data(), residual_.data(), residual_.size());
  ry = dot(residual_.data(), y_.data(), y_.size());
}

SparseColumnDescent::SparseColumnDescent(CsrRows<double> columns, Span<double> weights, std::vector<double> y,
                                         std::vector<double> mean)
    : columns_(std::move(columns)),
      weights_(weights),
      y_(std::move(y)),
      mean_(std::move(mean)),
      residual_(y_),
      norms_(mean_.size()),
      coef_(mean_.size()) {
  const CsrView<double> x = columns_.view();
  const double rows = static_cast<double>(y_.size());
  for (size_t j = 0; j < norms_.size(); ++j) {
    double norm = 0, stored = 0;
    for (size_t k = x.begin(j); k < x.end(j); ++k) {
      const double w = weight(static_cast<size_t>(x.columns[k])), difference = x.values[k] - mean_[j];
      norm += w * difference * difference;
      stored += w;
    }
    norms_[j] = norm + std::max(rows - stored, 0.0) * mean_[j] * mean_[j];
  }
}

DescentResult SparseColumnDescent::solve(double l1, double l2, const DescentParams& params, Rng& rng,
                                         const CancelToken* cancel) {
  return Descent{l1, l2, params, {}, {}}.run(*this, rng, cancel);
}

double SparseColumnDescent::y_norm() const {
  double sum = 0;
  for (size_t i = 0; i < y_.size(); ++i) sum += weight(i) * y_[i] * y_[i];
  return sum;
}

// The weighted residuals of centred columns add up to 0, so that the mean of the column falls away.
double SparseColumnDescent::correlation(size_t j) const {
  const CsrView<double> x = columns_.view();
  double sum = 0;
  for (size_t k = x.begin(j); k < x.end(j); ++k) {
    const auto i = static_cast<size_t>(x.columns[k]);
    sum += weight(i) * x.values[k] * (residual_[i] + shift_);
  }
  return sum;
}

void SparseColumnDescent::move(size_t j, double change) {
  coef_[j] += change;
  const CsrView<double> x = columns_.view();
  for (size_t k = x.begin(j); k < x.end(j); ++k)
    residual_[static_cast<size_t>(x.columns[k])] -= change * x.values[k];
  shift_ += change * mean_[j];
}

void SparseColumnDescent::all_correlations(std::vector<double>& out) const {
  out.resize(coef_.size());
  for (size_t j = 0; j < out.size(); ++j) out[j] = correlation(j);
}

void SparseColumnDescent::residual_norms(double& rr, double& ry) const {
  rr = ry = 0;
  for (size_t i = 0; i < y_.size(); ++i) {
    const double residual = residual_[i] + shift_;
    rr += weight(i) * residual * residual;
    ry += weight(i) * residual * y_[i];
  }
}

}  // namespace boreal
