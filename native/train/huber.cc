// One evaluation reads X once: scores of a block of rows, slopes, and the block's share of the gradient.
// Parameters are [cols] coefficients, the intercept if there is one, sigma.
#include "train/huber.h"

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

template <typename T>
class HuberLoss {
 public:
  HuberLoss(MatrixView<const T> x, Span<double> y, Span<double> weights, double total,
            const HuberParams& params, const CancelToken* cancel)
      : x_(x),
        y_(y),
        weights_(weights),
        total_(total),
        params_(params),
        cancel_(cancel),
        rows_(partition_rows(x.rows, kMinRowsPerPart, kMaxParts)),
        parts_(rows_.count()) {}

  size_t dimension() const { return x_.cols + (params_.fit_intercept ? 2 : 1); }

  double operator()(const std::vector<double>& parameters, std::vector<double>& gradient) {
    const double sigma = parameters.back();
    if (!(sigma > 0)) return std::numeric_limits<double>::infinity();  // the line search draws back
    ThreadPool::instance().parallel_for(rows_.count(), [&](size_t index, size_t) {
      Part& part = parts_[index];
      part = Part{std::vector<double>(x_.cols), 0, 0, 0};
      for (size_t i = rows_.begin(index); i < rows_.end(index); i += kBlockRows) {
        check_cancel(cancel_);
        add_block(parameters, i, std::min(kBlockRows, rows_.end(index) - i), part);
      }
    });
    std::fill(gradient.begin(), gradient.end(), 0.0);
    double value = total_ * sigma, slope = 0, sigma_slope = total_;
    for (const Part& part : parts_) {
      value += part.value;
      slope += part.slope;
      sigma_slope += part.sigma_slope;
      for (size_t j = 0; j < x_.cols; ++j) gradient[j] += part.gradient[j];
    }
    for (size_t j = 0; j < x_.cols; ++j) {
      value += params_.alpha * parameters[j] * parameters[j];
      gradient[j] += 2 * params_.alpha * parameters[j];
    }
    if (params_.fit_intercept) gradient[x_.cols] = slope;
    gradient.back() = sigma_slope;
    return value;
  }

  // |residual| > epsilon sigma, by row.
  std::vector<uint8_t> outliers(const std::vector<double>& parameters) const {
    std::vector<uint8_t> result(x_.rows);
    const LinearKernels<T>& linear = linear_kernels<T>(kernels());
    std::vector<double> scores(x_.rows);
    linear.scores(x_.data, x_.stride, x_.rows, x_.cols, parameters.data(), intercept(parameters),
                  scores.data());
    for (size_t i = 0; i < x_.rows; ++i) {
      result[i] = std::fabs(y_[i] - scores[i]) > params_.epsilon * parameters.back() ? 1 : 0;
    }
    return result;
  }

  double intercept(const std::vector<double>& parameters) const {
    return params_.fit_intercept ? parameters[x_.cols] : 0.0;
  }

 private:
  struct Part {
    std::vector<double> gradient;
    double value, slope, sigma_slope;
  };

  void add_block(const std::vector<double>& parameters, size_t begin, size_t rows, Part& part) const {
    const LinearKernels<T>& linear = linear_kernels<T>(kernels());
    const double sigma = parameters.back(), epsilon = params_.epsilon;
    double scores[kBlockRows];
    linear.scores(x_.row(begin), x_.stride, rows, x_.cols, parameters.data(), intercept(parameters), scores);
    for (size_t r = 0; r < rows; ++r) {
      const double weight = weights_.size == 0 ? 1.0 : weights_[begin + r];
      const double residual = y_[begin + r] - scores[r], size = std::fabs(residual);
      if (size > epsilon * sigma) {
        part.value += weight * (2 * epsilon * size - sigma * epsilon * epsilon);
        part.sigma_slope -= weight * epsilon * epsilon;
        scores[r] = -2 * epsilon * std::copysign(weight, residual);
      } else {
        const double ratio = residual / sigma;
        part.value += weight * residual * ratio;
        part.sigma_slope -= weight * ratio * ratio;
        scores[r] = -2 * weight * ratio;
      }
      part.slope += scores[r];
    }
    linear.add_rows(x_.row(begin), x_.stride, rows, x_.cols, scores, part.gradient.data());
  }

  MatrixView<const T> x_;
  Span<double> y_, weights_;
  double total_;
  const HuberParams& params_;
  const CancelToken* cancel_;
  Partition rows_;
  std::vector<Part> parts_;
};

}  // namespace

template <typename T>
HuberModel fit_huber(MatrixView<const T> x, Span<double> y, Span<double> weights, const HuberParams& params,
                     const CancelToken* cancel,
                     const std::function<void(size_t done, size_t total)>& progress) {
  if (x.rows == 0 || x.cols == 0) throw Error("ERR_EMPTY", "X needs at least one row and one column.");
  if (y.size != x.rows) throw Error("ERR_SHAPE", "y must have one value per row.");
  if (!(params.epsilon > 1) || !(params.alpha >= 0) || !(params.tol >= 0)) {
    throw Error("ERR_PARAMETER", "epsilon must be > 1, alpha and tol >= 0.");
  }
  HuberLoss<T> loss(x, y, weights, total_weight(weights, x.rows), params, cancel);
  LbfgsOptions options;
  options.max_iterations = params.max_iter;
  options.gradient_tolerance = params.tol;
  options.value_tolerance = 64 * std::numeric_limits<double>::epsilon();
  options.on_iteration = [&](size_t iterations) {
    if (progress) progress(iterations, params.max_iter);
  };
  std::vector<double> start = params.start;
  if (start.empty()) {
    start.resize(loss.dimension());
    start.back() = 1;
  }
  if (start.size() != loss.dimension()) throw Error("ERR_SHAPE", "The start has the wrong length.");
  if (!(start.back() > 0)) throw Error("ERR_PARAMETER", "The scale of a start is above 0.");
  const LbfgsResult result =
      minimize([&loss](const std::vector<double>& parameters,
                       std::vector<double>& gradient) { return loss(parameters, gradient); },
               std::move(start), options);
  HuberModel model;
  model.coef.assign(result.x.begin(), result.x.begin() + static_cast<ptrdiff_t>(x.cols));
  model.intercept = loss.intercept(result.x);
  model.scale = result.x.back();
  model.iterations = static_cast<uint32_t>(result.iterations);
  model.converged = result.converged;
  model.outliers = loss.outliers(result.x);
  return model;
}

#define BOREAL_HUBER(T)                                                                                 \
  template HuberModel fit_huber<T>(MatrixView<const T>, Span<double>, Span<double>, const HuberParams&, \
                                   const CancelToken*, const std::function<void(size_t, size_t)>&);
BOREAL_HUBER(float)
BOREAL_HUBER(double)
#undef BOREAL_HUBER

}  // namespace boreal
