#include "train/sparse_least_squares.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/thread_pool.h"
#include "base/weights.h"
#include "train/dot.h"

namespace boreal {
namespace {

using Values = std::vector<double>;

double length(const Values& v) { return std::sqrt(dot(v.data(), v.data(), v.size())); }

// Divides v by its length, which it returns.
double normalise(Values& v) {
  const double size = length(v);
  if (size > 0) {
    for (double& value : v) value /= size;
  }
  return size;
}

// sqrt(w) (X - 1 mean'), and its transpose.
class Operator {
 public:
  Operator(const CsrView<double>& x, Span<double> weights, bool centres, const CancelToken* cancel)
      : x_(x), transposed_(csr_transpose(x, cancel)), roots_(x.rows(), 1.0), mean_(x.cols), cancel_(cancel) {
    total_ = total_weight(weights, x.rows());
    for (size_t i = 0; i < weights.size; ++i) roots_[i] = std::sqrt(weights[i]);
    if (!centres) return;
    Values share(x.rows());
    for (size_t i = 0; i < share.size(); ++i) share[i] = roots_[i] * roots_[i] / total_;
    product(transposed_.view(), share, mean_);
  }

  size_t rows() const { return roots_.size(); }
  size_t cols() const { return mean_.size(); }
  const Values& mean() const { return mean_; }
  double root(size_t i) const { return roots_[i]; }
  double total() const { return total_; }

  // u = A v - keep u
  void forward(const Values& v, double keep, Values& u) const {
    Values scores(rows());
    product(x_, v, scores);
    const double shift = dot(mean_.data(), v.data(), v.size());
    for (size_t i = 0; i < u.size(); ++i) u[i] = roots_[i] * (scores[i] - shift) - keep * u[i];
  }

  // v = A' u - keep v
  void backward(const Values& u, double keep, Values& v) const {
    Values weighted(u.size()), sums(cols());
    double sum = 0;
    for (size_t i = 0; i < u.size(); ++i) sum += weighted[i] = roots_[i] * u[i];
    product(transposed_.view(), weighted, sums);
    for (size_t j = 0; j < v.size(); ++j) v[j] = sums[j] - sum * mean_[j] - keep * v[j];
  }

 private:
  void product(const CsrView<double>& rows, const Values& v, Values& out) const {
    csr_product(rows, v.data(), {}, 1, out.data(), cancel_);
  }

  CsrView<double> x_;
  CsrRows<double> transposed_;
  Values roots_, mean_;
  double total_ = 0;
  const CancelToken* cancel_;
};

struct Solution {
  Values x;
  uint32_t iterations = 0;
  bool converged = false;
};

// min |A x - b|^2 + damp^2 |x|^2. Names are those of the article.
Solution lsqr(const Operator& a, Values b, double damp, double tolerance, uint32_t max_iterations) {
  Solution solution{Values(a.cols())};
  Values& u = b;
  double beta = normalise(u);
  Values v(a.cols());
  a.backward(u, 0, v);
  double alpha = normalise(v);
  const double first_gradient = alpha * beta;
  if (first_gradient == 0) {
    solution.converged = true;
    return solution;
  }
  Values w = v;
  double phi_bar = beta, rho_bar = alpha;
  while (solution.iterations < max_iterations) {
    a.forward(v, alpha, u);
    beta = normalise(u);
    a.backward(u, beta, v);
    alpha = normalise(v);
    const double damped = std::hypot(rho_bar, damp);
    phi_bar *= rho_bar / damped;
    const double rho = std::hypot(damped, beta), c = damped / rho, s = beta / rho;
    const double theta = s * alpha, phi = c * phi_bar;
    rho_bar = -c * alpha;
    phi_bar *= s;
    const double step = phi / rho, turn = theta / rho;
    for (size_t j = 0; j < w.size(); ++j) {
      solution.x[j] += step * w[j];
      w[j] = v[j] - turn * w[j];
    }
    ++solution.iterations;
    // |A' r - damp^2 x|, which the recurrence gives for free.
    if (alpha * std::fabs(c * phi_bar) <= tolerance * first_gradient) {
      solution.converged = true;
      break;
    }
  }
  return solution;
}

void check(const CsrView<double>& x, MatrixView<const double> y, const SparseLeastSquaresParams& params) {
  if (x.rows() == 0 || x.cols == 0) throw Error("ERR_EMPTY", "X needs at least one row and one column.");
  if (y.rows != x.rows() || y.cols == 0) throw Error("ERR_SHAPE", "y must have one row per row of X.");
  if (!(params.alpha >= 0) || std::isinf(params.alpha) || !(params.tolerance >= 0)) {
    throw Error("ERR_PARAMETER", "alpha must be finite and >= 0, and tol >= 0.");
  }
}

}  // namespace

SparseLeastSquaresModel fit_sparse_least_squares(const CsrView<double>& x, MatrixView<const double> y,
                                                 Span<double> weights, const SparseLeastSquaresParams& params,
                                                 const CancelToken* cancel) {
  check(x, y, params);
  const Operator a(x, weights, params.fit_intercept, cancel);
  const size_t targets = y.cols, fewer = std::min(x.rows(), x.cols);
  const auto most = static_cast<uint32_t>(
      params.max_iterations > 0 ? params.max_iterations : std::min<size_t>(10 * fewer, 0xffffffff));
  SparseLeastSquaresModel model;
  model.coef.resize(targets * x.cols);
  model.intercept.resize(targets);
  model.iterations.resize(targets);
  std::vector<uint8_t> converged(targets);
  ThreadPool::instance().parallel_for(targets, [&](size_t k, size_t) {
    double mean = 0;
    if (params.fit_intercept) {
      for (size_t i = 0; i < a.rows(); ++i) mean += a.root(i) * a.root(i) / a.total() * y.at(i, k);
    }
    Values b(a.rows());
    for (size_t i = 0; i < b.size(); ++i) b[i] = a.root(i) * (y.at(i, k) - mean);
    const Solution solution = lsqr(a, std::move(b), std::sqrt(params.alpha), params.tolerance, most);
    std::copy(solution.x.begin(), solution.x.end(), model.coef.begin() + static_cast<ptrdiff_t>(k * x.cols));
    if (params.fit_intercept) model.intercept[k] = mean - dot(a.mean().data(), solution.x.data(), x.cols);
    model.iterations[k] = solution.iterations;
    converged[k] = solution.converged ? 1 : 0;
  });
  for (size_t k = 0; k < targets; ++k) {
    model.converged = model.converged && converged[k] == 1;
    if (!std::isfinite(model.intercept[k] + length(model.coef))) {
      throw Error("ERR_INPUT_INFINITE", "The values are so large that sums of their products overflow.");
    }
  }
  return model;
}

}  // namespace boreal
