// Parameters are [cols] coefficients, the intercept if there is one, sigma.
#include "train/huber.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error.h"
#include "base/weights.h"
#include "kernels/dispatch.h"
#include "train/lbfgs.h"
#include "train/loss_pass.h"

namespace boreal {
namespace {

struct HuberSums {
  double value = 0, slope = 0, sigma_slope = 0;
  void add(const HuberSums& other) {
    value += other.value;
    slope += other.slope;
    sigma_slope += other.sigma_slope;
  }
};

template <typename T>
class HuberLoss {
 public:
  HuberLoss(MatrixView<const T> x, Span<double> y, Span<double> weights, double total,
            const HuberParams& params, const CancelToken* cancel)
      : x_(x), y_(y), weights_(weights), total_(total), params_(params), pass_(x, cancel) {}

  // Coefficients move alone from now on.
  void hold_scale() { held_ = true; }

  size_t dimension() const { return x_.cols + (params_.fit_intercept ? 2 : 1); }

  double operator()(const std::vector<double>& parameters, std::vector<double>& gradient) {
    const double sigma = parameters.back(), epsilon = params_.epsilon;
    if (!(sigma > 0)) return std::numeric_limits<double>::infinity();  // the line search draws back
    const auto slope = [&](size_t i, double score, HuberSums& part) {
      const double weight = weights_.size == 0 ? 1.0 : weights_[i];
      const double residual = y_[i] - score, size = std::fabs(residual);
      double slope_of_row;
      if (size > epsilon * sigma) {
        part.value += weight * (2 * epsilon * size - sigma * epsilon * epsilon);
        part.sigma_slope -= weight * epsilon * epsilon;
        slope_of_row = -2 * epsilon * std::copysign(weight, residual);
      } else {
        const double ratio = residual / sigma;
        part.value += weight * residual * ratio;
        part.sigma_slope -= weight * ratio * ratio;
        slope_of_row = -2 * weight * ratio;
      }
      part.slope += slope_of_row;
      return slope_of_row;
    };
    HuberSums sums =
        pass_.run(parameters.data(), intercept(parameters), {total_ * sigma, 0, total_}, gradient, slope);
    for (size_t j = 0; j < x_.cols; ++j) {
      sums.value += params_.alpha * parameters[j] * parameters[j];
      gradient[j] += 2 * params_.alpha * parameters[j];
    }
    if (params_.fit_intercept) gradient[x_.cols] = sums.slope;
    gradient.back() = held_ ? 0 : sums.sigma_slope;
    return sums.value;
  }

  // |residual|, by row.
  std::vector<double> misses(const std::vector<double>& parameters) const {
    const LinearKernels<T>& linear = linear_kernels<T>(kernels());
    std::vector<double> result(x_.rows);
    linear.scores(x_.data, x_.stride, x_.rows, x_.cols, parameters.data(), intercept(parameters),
                  result.data());
    for (size_t i = 0; i < x_.rows; ++i) result[i] = std::fabs(y_[i] - result[i]);
    return result;
  }

  double mean_miss(const std::vector<double>& parameters) const {
    const std::vector<double> each = misses(parameters);
    double sum = 0;
    for (size_t i = 0; i < x_.rows; ++i) sum += (weights_.size == 0 ? 1.0 : weights_[i]) * each[i];
    return sum / total_;
  }

  double intercept(const std::vector<double>& parameters) const {
    return params_.fit_intercept ? parameters[x_.cols] : 0.0;
  }

 private:
  MatrixView<const T> x_;
  Span<double> y_, weights_;
  double total_;
  const HuberParams& params_;
  bool held_ = false;
  LossPass<T, HuberSums> pass_;
};

// With epsilon near 1 the scale may fall to 0 while coefficients are still on their way: what is left is a
// sum of absolute residuals, whose corners hold L-BFGS up. Scales that are held, each a tenth of the one
// before, lead around these. Takes what iterations are left.
template <typename T>
void let_scale_fall(HuberLoss<T>& loss, const Objective& objective, LbfgsOptions options, LbfgsResult& best) {
  constexpr double kSmall = 1e-4, kNone = 1e-8;  // of the mean residual
  const double size = loss.mean_miss(best.x);
  if (!(best.x.back() < kSmall * size)) return;
  loss.hold_scale();
  std::vector<double> at = best.x;
  size_t iterations = best.iterations;
  bool converged = true;
  const size_t most = options.max_iterations;
  const auto report = options.on_iteration;
  options.on_iteration = [&](size_t done) { report(iterations + done); };
  for (double scale = size; scale > kNone * size && iterations < most; scale /= 10) {
    at.back() = scale;
    options.max_iterations = most - iterations;
    LbfgsResult now = minimize(objective, at, options);
    iterations += now.iterations;
    converged = now.converged;
    at = now.x;
    if (now.value < best.value) best = std::move(now);
  }
  best.iterations = iterations;
  best.converged = converged && iterations < most;
}

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
  const Objective objective = [&loss](const std::vector<double>& parameters, std::vector<double>& gradient) {
    return loss(parameters, gradient);
  };
  LbfgsResult result = minimize(objective, std::move(start), options);
  if (result.iterations < params.max_iter) let_scale_fall(loss, objective, options, result);
  HuberModel model;
  model.coef.assign(result.x.begin(), result.x.begin() + static_cast<ptrdiff_t>(x.cols));
  model.intercept = loss.intercept(result.x);
  model.scale = result.x.back();
  model.iterations = static_cast<uint32_t>(result.iterations);
  model.converged = result.converged;
  for (const double miss : loss.misses(result.x)) {
    model.outliers.push_back(miss > params.epsilon * model.scale ? 1 : 0);
  }
  return model;
}

#define BOREAL_HUBER(T)                                                                                 \
  template HuberModel fit_huber<T>(MatrixView<const T>, Span<double>, Span<double>, const HuberParams&, \
                                   const CancelToken*, const std::function<void(size_t, size_t)>&);
BOREAL_HUBER(float)
BOREAL_HUBER(double)
#undef BOREAL_HUBER

}  // namespace boreal
