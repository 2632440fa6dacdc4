// One evaluation reads X once: scores of a block of rows, slopes, and the block's share of the gradient.
// Parameters are [cols] coefficients, then the intercept if there is one.
#include "train/glm.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error.h"
#include "base/partition.h"
#include "base/thread_pool.h"
#include "base/weights.h"
#include "kernels/dispatch.h"
#include "train/lbfgs.h"

namespace boreal {
namespace {

constexpr size_t kBlockRows = 128;
constexpr size_t kMinRowsPerPart = 512;
constexpr size_t kMaxParts = 64;
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

template <typename T>
class Deviance {
 public:
  Deviance(MatrixView<const T> x, Span<double> y, Span<double> weights, double total, const GlmParams& params,
           const CancelToken* cancel)
      : x_(x),
        y_(y),
        weights_(weights),
        total_(total),
        params_(params),
        cancel_(cancel),
        rows_(partition_rows(x.rows, kMinRowsPerPart, kMaxParts)),
        parts_(rows_.count()) {}

  size_t dimension() const { return x_.cols + (params_.fit_intercept ? 1 : 0); }

  double operator()(const std::vector<double>& parameters, std::vector<double>& gradient) {
    ThreadPool::instance().parallel_for(rows_.count(), [&](size_t index, size_t) {
      Part& part = parts_[index];
      part = Part{std::vector<double>(x_.cols), 0, 0};
      for (size_t i = rows_.begin(index); i < rows_.end(index); i += kBlockRows) {
        check_cancel(cancel_);
        add_block(parameters, i, std::min(kBlockRows, rows_.end(index) - i), part);
      }
    });
    std::fill(gradient.begin(), gradient.end(), 0.0);
    double value = 0, slope = 0, squares = 0;
    for (const Part& part : parts_) {
      value += part.value;
      slope += part.slope;
      for (size_t j = 0; j < x_.cols; ++j) gradient[j] += part.gradient[j];
    }
    for (size_t j = 0; j < x_.cols; ++j) {
      squares += parameters[j] * parameters[j];
      gradient[j] = gradient[j] / total_ + params_.alpha * parameters[j];
    }
    if (params_.fit_intercept) gradient[x_.cols] = slope / total_;
    return value / total_ + params_.alpha * squares / 2;
  }

 private:
  struct Part {
    std::vector<double> gradient;
    double value, slope;
  };

  void add_block(const std::vector<double>& parameters, size_t begin, size_t rows, Part& part) const {
    const LinearKernels<T>& linear = linear_kernels<T>(kernels());
    const double intercept = params_.fit_intercept ? parameters[x_.cols] : 0.0;
    double scores[kBlockRows];
    linear.scores(x_.row(begin), x_.stride, rows, x_.cols, parameters.data(), intercept, scores);
    for (size_t r = 0; r < rows; ++r) {
      const double weight = weights_.size == 0 ? 1.0 : weights_[begin + r], y = y_[begin + r];
      const Point point = params_.log_link ? log_link(params_.power, y, scores[r])
                                           : identity_link(params_.power, y, scores[r]);
      // Rows of weight 0 are absent, whatever is said of them.
      part.value += weight == 0 ? 0 : weight * point.value;
      scores[r] = weight == 0 ? 0 : weight * point.slope;
      part.slope += scores[r];
    }
    linear.add_rows(x_.row(begin), x_.stride, rows, x_.cols, scores, part.gradient.data());
  }

  MatrixView<const T> x_;
  Span<double> y_, weights_;
  double total_;
  GlmParams params_;
  const CancelToken* cancel_;
  Partition rows_;
  std::vector<Part> parts_;
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

}  // namespace

template <typename T>
GlmModel fit_glm(MatrixView<const T> x, Span<double> y, Span<double> weights, const GlmParams& params,
                 const CancelToken* cancel, const std::function<void(size_t done, size_t total)>& progress) {
  check(x.rows, x.cols, y, params);
  const double total = total_weight(weights, x.rows);
  Deviance<T> deviance(x, y, weights, total, params, cancel);
  std::vector<double> start(params.start_coef);
  start.resize(x.cols);
  if (params.fit_intercept) {
    double mean = 0;
    for (size_t i = 0; i < y.size; ++i) mean += (weights.size == 0 ? 1.0 : weights[i]) / total * y[i];
    start.push_back(!params.start_intercept.empty() ? params.start_intercept[0]
                    : params.log_link               ? std::log(mean)
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
  const LbfgsResult result =
      minimize([&](const std::vector<double>& at, std::vector<double>& slope) { return deviance(at, slope); },
               std::move(start), options);
  GlmModel model;
  model.coef.assign(result.x.begin(), result.x.begin() + static_cast<ptrdiff_t>(x.cols));
  if (params.fit_intercept) model.intercept = result.x.back();
  model.iterations = static_cast<uint32_t>(result.iterations);
  model.converged = result.converged;
  return model;
}

template GlmModel fit_glm<float>(MatrixView<const float>, Span<double>, Span<double>, const GlmParams&,
                                 const CancelToken*, const std::function<void(size_t, size_t)>&);
template GlmModel fit_glm<double>(MatrixView<const double>, Span<double>, Span<double>, const GlmParams&,
                                  const CancelToken*, const std::function<void(size_t, size_t)>&);

}  // namespace boreal
