#include "train/sparse_least_squares.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/error.h"
#include "base/partition.h"
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

constexpr size_t kRowsPerCheck = 256;
constexpr size_t kMostParts = 16;
// Values of a part of the rows for each column: adding up the parts then costs little beside making them.
constexpr size_t kValuesPerSum = 8;

// A = sqrt(w) (X - 1 mean').
class Operator {
 public:
  Operator(const CsrView<double>& x, Span<double> weights, bool centres, const CancelToken* cancel)
      : x_(x), roots_(x.rows(), 1.0), mean_(x.cols), cancel_(cancel) {
    const size_t most = x.values.size / (kValuesPerSum * std::max<size_t>(1, x.cols));
    parts_ = partition_rows(x.rows(), kRowsPerCheck, std::clamp<size_t>(most, 1, kMostParts));
    total_ = total_weight(weights, x.rows());
    for (size_t i = 0; i < weights.size; ++i) roots_[i] = std::sqrt(weights[i]);
    if (centres) sum_rows(mean_, [&](size_t i) { return roots_[i] * roots_[i] / total_; });
  }

  size_t rows() const { return roots_.size(); }
  size_t cols() const { return mean_.size(); }
  const Values& mean() const { return mean_; }
  double root(size_t i) const { return roots_[i]; }
  double total() const { return total_; }

  // sums = A' u
  void backward(const Values& u, Values& sums) const {
    centre(sums, sum_rows(sums, [&](size_t i) { return roots_[i] * u[i]; }));
  }

  // u = A v - keep u, and sums = A' u, while a row is at hand.
  void forward_and_back(const Values& v, double keep, Values& u, Values& sums) const {
    const double shift = dot(mean_.data(), v.data(), v.size());
    centre(sums, sum_rows(sums, [&](size_t i) {
             u[i] = roots_[i] * (csr_row_product(x_, i, v.data()) - shift) - keep * u[i];
             return roots_[i] * u[i];
           }));
  }

 private:
  // sums = the sum of the rows of X, each times factor(i); returns the sum of the factors. By fixed parts.
  template <typename Factor>
  double sum_rows(Values& sums, const Factor& factor) const {
    std::vector<Values> partial(parts_.count());
    Values factors(parts_.count(), 0.0);
    ThreadPool::instance().parallel_for(parts_.count(), [&](size_t part, size_t) {
      Values& own = partial[part];
      own.assign(cols(), 0.0);
      for (size_t i = parts_.begin(part); i < parts_.end(part); ++i) {
        if (i % kRowsPerCheck == 0) check_cancel(cancel_);
        const double times = factor(i);
        factors[part] += times;
        for (size_t k = x_.begin(i); k < x_.end(i); ++k) {
          own[static_cast<size_t>(x_.columns[k])] += times * x_.values[k];
        }
      }
    });
    double total = factors[0];
    sums = std::move(partial[0]);
    for (size_t part = 1; part < partial.size(); ++part) {
      total += factors[part];
      for (size_t j = 0; j < sums.size(); ++j) sums[j] += partial[part][j];
    }
    return total;
  }

  void centre(Values& sums, double factors) const {
    for (size_t j = 0; j < sums.size(); ++j) sums[j] -= factors * mean_[j];
  }

  CsrView<double> x_;
  Partition parts_{};
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
  Values v(a.cols()), back(a.cols());
  a.backward(u, v);
  double alpha = normalise(v);
  const double first_gradient = alpha * beta;
  if (first_gradient == 0) {
    solution.converged = true;
    return solution;
  }
  Values w = v;
  double phi_bar = beta, rho_bar = alpha;
  while (solution.iterations < max_iterations) {
    a.forward_and_back(v, alpha, u, back);
    beta = normalise(u);
    const double scale = beta > 0 ? 1 / beta : 0;
    for (size_t j = 0; j < v.size(); ++j) v[j] = scale * back[j] - beta * v[j];
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
