// Parameters are [cols] coefficients, then the intercept if there is one: of columns about their means then,
// which changes the intercept alone, but keeps columns far from 0 from pulling at it, where L-BFGS would
// creep.
#include "train/glm.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/cancel.h"
#include "base/error.h"
#include "base/weights.h"
#include "linalg/column_moments.h"
#include "train/cholesky_factor.h"
#include "train/dot.h"
#include "train/lbfgs.h"
#include "train/loss_pass.h"

namespace boreal {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

struct Point {
  double value, slope;
};

// Half the deviance by the score, where mu = exp(score).
Point log_link(double power, double y, double score) {
  const double mu = std::exp(score);
  if (power == 0) return {0.5 * (mu - y) * (mu - y), mu * (mu - y)};
  if (power == 1) return {mu - y * score, mu - y};
  if (power == 2) return {score + y / mu, 1 - y / mu};
  const double one = std::exp((1 - power) * score), two = std::exp((2 - power) * score);
  return {two / (2 - power) - y * one / (1 - power), two - y * one};
}

// The same where mu is the score, which then is above 0 but for the normal distribution.
Point identity_link(double power, double y, double mu) {
  if (power == 0) return {0.5 * (mu - y) * (mu - y), mu - y};
  if (!(mu > 0)) return {kInfinity, 0};
  if (power == 1) return {y == 0 ? mu : mu - y * std::log(mu), 1 - y / mu};
  if (power == 2) return {std::log(mu) + y / mu, (mu - y) / (mu * mu)};
  const double one = std::pow(mu, 1 - power);
  return {mu * one / (2 - power) - y * one / (1 - power), one * (mu - y) / mu};
}

struct GlmSums {
  double value = 0, slope = 0;
  void add(const GlmSums& other) {
    value += other.value;
    slope += other.slope;
  }
};

template <typename T>
class Deviance {
 public:
  Deviance(MatrixView<const T> x, Span<double> y, Span<double> weights, double total, const GlmParams& params,
           const std::vector<double>& means, const CancelToken* cancel)
      : cols_(x.cols),
        y_(y),
        weights_(weights),
        total_(total),
        params_(params),
        means_(means),
        pass_(x, cancel) {}

  // Of columns as they are.
  double intercept(const std::vector<double>& parameters) const {
    if (!params_.fit_intercept) return 0;
    return parameters[cols_] - dot(means_.data(), parameters.data(), cols_);
  }

  double operator()(const std::vector<double>& parameters, std::vector<double>& gradient) {
    const GlmSums sums = pass_.run(parameters.data(), intercept(parameters), {}, gradient,
                                   [this](size_t i, double score, GlmSums& part) {
                                     const double weight = weights_.size == 0 ? 1.0 : weights_[i];
                                     // Rows of weight 0 are absent, whatever is said of them.
                                     if (weight == 0) return 0.0;
                                     const Point point = params_.log_link
                                                             ? log_link(params_.power, y_[i], score)
                                                             : identity_link(params_.power, y_[i], score);
                                     part.value += weight * point.value;
                                     part.slope += weight * point.slope;
                                     return weight * point.slope;
                                   });
    double squares = 0;
    for (size_t j = 0; j < cols_; ++j) {
      squares += parameters[j] * parameters[j];
      gradient[j] = (gradient[j] - means_[j] * sums.slope) / total_ + params_.alpha * parameters[j];
    }
    if (params_.fit_intercept) gradient[cols_] = sums.slope / total_;
    return sums.value / total_ + params_.alpha * squares / 2;
  }

 private:
  size_t cols_;
  Span<double> y_, weights_;
  double total_;
  GlmParams params_;
  const std::vector<double>& means_;
  LossPass<T, GlmSums> pass_;
};

void check(size_t rows, size_t cols, Span<double> y, const GlmParams& params) {
  if (rows == 0 || cols == 0) throw Error("ERR_EMPTY", "X needs at least one row and one column.");
  if (y.size != rows) throw Error("ERR_SHAPE", "y must have one value per row.");
  if (!std::isfinite(params.power) || (params.power > 0 && params.power < 1)) {
    throw Error("ERR_PARAMETER", "No distribution has a power between 0 and 1.");
  }
  if (!(params.alpha >= 0) || std::isinf(params.alpha) || !(params.tol >= 0)) {
    throw Error("ERR_PARAMETER", "alpha must be finite and >= 0, and tol >= 0.");
  }
  for (size_t i = 0; i < rows; ++i) {
    if (!std::isfinite(y[i])) throw Error("ERR_LABELS", "A target is not finite.", static_cast<int64_t>(i));
    if (params.power >= 2 ? y[i] <= 0 : params.power >= 1 && y[i] < 0) {
      throw Error("ERR_LABELS", "A target is below what the distribution gives.", static_cast<int64_t>(i));
    }
  }
  const bool has_start = !params.start_coef.empty() || !params.start_intercept.empty();
  if (has_start && (params.start_coef.size() != cols || params.start_intercept.size() != 1)) {
    throw Error("ERR_SHAPE", "The start has not the shape of the coefficients.");
  }
}

// The lower factor of Fisher's information at the start, of rows spread evenly over X: for L-BFGS to go by,
// whose every evaluation reads all of X. Empty with few rows, or where columns depend on one another: L-BFGS
// then stays among the coefficients that gradients reach, which a factor of rounding would lead it away from.
template <typename T>
std::vector<double> sampled_curvature(MatrixView<const T> x, Span<double> weights, const GlmParams& params,
                                      const std::vector<double>& means, const std::vector<double>& start,
                                      const CancelToken* cancel) {
  constexpr size_t kMinSample = 4096, kSamplePerParameter = 64, kMaxParameters = 256;
  constexpr size_t kLeastReduction = 8;  // of rows, from all to the sample
  constexpr double kLeastPivot = 1e-10;  // for each parameter, of what the diagonal was
  const size_t n = start.size(), size = std::max(kMinSample, kSamplePerParameter * n);
  if (n > kMaxParameters || x.rows / size < kLeastReduction) return {};
  std::vector<double> hessian(n * n), row(n, 1.0);  // the last is what the intercept counts
  double total = 0;
  for (size_t k = 0; k < size; ++k) {
    if (k % 256 == 0) check_cancel(cancel);
    const size_t i = k * x.rows / size;
    const double weight = weights.size == 0 ? 1.0 : weights[i];
    for (size_t j = 0; j < x.cols; ++j) row[j] = static_cast<double>(x.at(i, j)) - means[j];
    const double score = dot(row.data(), start.data(), n);
    const double curvature =
        params.log_link ? std::exp((2 - params.power) * score) : std::pow(score, -params.power);
    for (size_t a = 0; a < n; ++a) {
      const double scaled = weight * curvature * row[a];
      for (size_t b = 0; b <= a; ++b) hessian[a * n + b] += scaled * row[b];
    }
    total += weight;
  }
  for (double& value : hessian) value /= total;
  for (size_t j = 0; j < x.cols; ++j) hessian[j * n + j] += params.alpha;
  std::vector<double> least(n);
  for (size_t j = 0; j < n; ++j) least[j] = kLeastPivot * static_cast<double>(n) * hessian[j * (n + 1)];
  if (!factor_lower(hessian.data(), n)) return {};
  for (size_t j = 0; j < n; ++j) {
    const double root = hessian[j * (n + 1)];
    if (!(root * root > least[j])) return {};
  }
  return hessian;
}

}  // namespace

template <typename T>
GlmModel fit_glm(MatrixView<const T> x, Span<double> y, Span<double> weights, const GlmParams& params,
                 const CancelToken* cancel, const std::function<void(size_t done, size_t total)>& progress) {
  check(x.rows, x.cols, y, params);
  const double total = total_weight(weights, x.rows);
  const std::vector<double> means = params.fit_intercept
                                        ? column_moments<T>(x, weights, {0, cancel}, nullptr, false).mean
                                        : std::vector<double>(x.cols);
  Deviance<T> deviance(x, y, weights, total, params, means, cancel);
  std::vector<double> start(params.start_coef);
  start.resize(x.cols);
  if (params.fit_intercept) {
    double mean = 0;
    for (size_t i = 0; i < y.size; ++i) mean += (weights.size == 0 ? 1.0 : weights[i]) / total * y[i];
    start.push_back(!params.start_intercept.empty()
                        ? params.start_intercept[0] + dot(means.data(), start.data(), x.cols)
                    : params.log_link ? std::log(mean)
                                      : mean);
  }
  std::vector<double> gradient(start.size());
  if (!std::isfinite(deviance(start, gradient))) {
    throw Error(
        "ERR_PARAMETER",
        "The deviance is not finite where the fit starts: predictions of this distribution must be above "
        "0. Fit an intercept, or take the link 'log'.");
  }
  LbfgsOptions options;
  options.max_iterations = params.max_iter;
  options.gradient_tolerance = params.tol;
  options.value_tolerance = 64 * std::numeric_limits<double>::epsilon();
  options.on_iteration = [&](size_t iterations) {
    if (progress) progress(iterations, params.max_iter);
  };
  const std::vector<double> curvature = sampled_curvature(x, weights, params, means, start, cancel);
  if (!curvature.empty()) {
    options.precondition = [&](std::vector<double>& v) {
      solve_factored(curvature.data(), v.size(), v.data());
    };
  }
  const LbfgsResult result =
      minimize([&](const std::vector<double>& at, std::vector<double>& slope) { return deviance(at, slope); },
               std::move(start), options);
  GlmModel model;
  model.coef.assign(result.x.begin(), result.x.begin() + static_cast<ptrdiff_t>(x.cols));
  model.intercept = deviance.intercept(result.x);
  model.iterations = static_cast<uint32_t>(result.iterations);
  model.converged = result.converged;
  return model;
}

template GlmModel fit_glm<float>(MatrixView<const float>, Span<double>, Span<double>, const GlmParams&,
                                 const CancelToken*, const std::function<void(size_t, size_t)>&);
template GlmModel fit_glm<double>(MatrixView<const double>, Span<double>, Span<double>, const GlmParams&,
                                  const CancelToken*, const std::function<void(size_t, size_t)>&);

}  // namespace boreal
