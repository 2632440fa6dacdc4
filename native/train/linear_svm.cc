#include "train/linear_svm.h"

#include <algorithm>
#include <cmath>
#include <type_traits>

#include "base/aligned_buffer.h"
#include "base/error.h"
#include "base/thread_pool.h"
#include "base/weights.h"
#include "linalg/elementwise.h"
#include "train/linear_svm_solvers.h"

namespace boreal {
namespace {

template <typename Rows>
LinearSvmFit solve(const LinearSvmProblem<Rows>& problem, const LinearSvmParams& params, uint64_t stream,
                   const CancelToken* cancel) {
  LinearSvmLimits limits{params.tolerance, params.max_iterations, cancel};
  if (!problem.regression && (params.l1 || !params.dual)) {
    // LIBLINEAR's: the fewer rows the rarer class has, the more exact.
    double positive = 0;
    for (const double y : problem.y) positive += y > 0 ? 1 : 0;
    const double rows = static_cast<double>(problem.y.size());
    limits.tolerance *= std::max(std::min(positive, rows - positive), 1.0) / rows;
  }
  Rng rng(params.seed, stream);
  const bool logistic = params.loss == LinearLoss::kLogistic;
  if (params.l1) {
    return logistic ? solve_logistic_l1(problem, limits, rng) : solve_l1(problem, limits, rng);
  }
  if (!params.dual) return solve_primal(problem, limits);
  return logistic ? solve_logistic_dual(problem, limits, rng) : solve_dual(problem, limits, rng);
}

void check(size_t rows, size_t cols, Span<double> y, uint32_t class_count, Span<double> class_weights,
           Span<double> weights, const LinearSvmParams& params) {
  if (rows == 0 || cols == 0) throw Error("ERR_EMPTY", "There is nothing to learn from.");
  if (rows > size_t{0x7fffffff}) throw Error("ERR_SHAPE", "There are too many rows.");
  if (y.size != rows) throw Error("ERR_SHAPE", "y has the wrong length.");
  if (params.regression != (class_count == 0) || class_count == 1) {
    throw Error("ERR_LABELS", "A classifier needs at least two classes.");
  }
  if (class_weights.size != 0 && class_weights.size != class_count) {
    throw Error("ERR_SHAPE", "There is not one weight for each class.");
  }
  if (params.loss == LinearLoss::kPlain && (params.l1 || !params.dual)) {
    throw Error("ERR_PARAMETER", "The primal problem needs a squared loss.");
  }
  if (params.loss == LinearLoss::kLogistic && params.regression) {
    throw Error("ERR_PARAMETER", "The logistic loss is one of classes.");
  }
  if (params.joint && params.regression) throw Error("ERR_PARAMETER", "Regression has no classes.");
  if (params.l1 && params.regression) throw Error("ERR_PARAMETER", "Regression has no l1 penalty.");
  total_weight(weights, rows);
  for (size_t i = 0; i < y.size; ++i) {
    const bool is_class = y[i] >= 0 && y[i] < class_count && y[i] == std::floor(y[i]);
    if (params.regression ? !std::isfinite(y[i]) : !is_class) {
      throw Error("ERR_LABELS", "A label or target cannot be used.", static_cast<int64_t>(i));
    }
  }
}

// Adds one output with these weights.
void add_output(const double* w, size_t cols, double bias, LinearSvmModel& model) {
  if (!std::all_of(w, w + cols + (bias > 0 ? 1 : 0), [](double value) { return std::isfinite(value); })) {
    throw Error("ERR_INPUT_INFINITE", "The values are so large that their products overflow, or C is.");
  }
  model.coef.insert(model.coef.end(), w, w + cols);
  model.intercept.push_back(bias > 0 ? w[cols] * bias : 0);
}

template <typename Rows>
LinearSvmModel fit_jointly(const Rows& x, Span<double> y, uint32_t class_count, Span<double> class_weights,
                           Span<double> weights, const LinearSvmParams& params, const CancelToken* cancel) {
  LinearSvmProblem<Rows> problem{x, {y.begin(), y.end()}, {}};
  problem.bias = params.bias;
  for (size_t i = 0; i < x.rows(); ++i) {
    const double of_class = class_weights.size == 0 ? 1 : class_weights[static_cast<size_t>(y[i])];
    problem.c.push_back(params.c * of_class * (weights.size == 0 ? 1 : weights[i]));
  }
  Rng rng(params.seed, 0);
  LinearSvmFit fit =
      solve_joint(problem, class_count, {params.tolerance, params.max_iterations, cancel}, rng);
  LinearSvmModel model;
  model.iterations = {static_cast<double>(fit.iterations)};
  model.converged = fit.converged;
  const size_t width = problem.weights();
  if (class_count == 2) {
    for (size_t j = 0; j < width; ++j) fit.w[j] = fit.w[width + j] - fit.w[j];
  }
  for (size_t m = 0; m < (class_count == 2 ? 1 : class_count); ++m) {
    add_output(fit.w.data() + m * width, x.cols(), params.bias, model);
  }
  return model;
}

template <typename Rows>
LinearSvmModel fit(const Rows& x, Span<double> y, uint32_t class_count, Span<double> class_weights,
                   Span<double> weights, const LinearSvmParams& params, const CancelToken* cancel) {
  if (params.joint) return fit_jointly(x, y, class_count, class_weights, weights, params, cancel);
  const size_t outputs = class_count > 2 ? class_count : 1;
  std::vector<LinearSvmFit> fits(outputs);
  ThreadPool::instance().parallel_for(outputs, [&](size_t output, size_t) {
    // Two classes: above 0 is the second.
    const double positive = outputs == 1 ? 1 : static_cast<double>(output);
    LinearSvmProblem<Rows> problem{x, {}, {}};
    problem.bias = params.bias;
    problem.epsilon = params.epsilon;
    problem.regression = params.regression;
    problem.loss = params.loss;
    for (size_t i = 0; i < x.rows(); ++i) {
      const bool is_positive = !params.regression && y[i] == positive;
      problem.y.push_back(params.regression ? y[i] : is_positive ? 1 : -1);
      double c = params.c * (weights.size == 0 ? 1 : weights[i]);
      if (class_weights.size != 0 && (is_positive || outputs == 1))
        c *= class_weights[static_cast<size_t>(y[i])];
      problem.c.push_back(c);
    }
    fits[output] = solve(problem, params, output, cancel);
  });
  LinearSvmModel model;
  for (const LinearSvmFit& fit : fits) {
    add_output(fit.w.data(), x.cols(), params.bias, model);
    model.iterations.push_back(fit.iterations);
    model.converged = model.converged && fit.converged;
  }
  return model;
}

}  // namespace

template <typename T>
LinearSvmModel fit_linear_svm(MatrixView<const T> x, Span<double> y, uint32_t class_count,
                              Span<double> class_weights, Span<double> weights, const LinearSvmParams& params,
                              const CancelToken* cancel) {
  check(x.rows, x.cols, y, class_count, class_weights, weights, params);
  AlignedBuffer<double> wide;
  MatrixView<const double> rows;
  if constexpr (std::is_same_v<T, float>) {
    wide = AlignedBuffer<double>(x.rows * x.cols);
    convert(x, dense_view(wide.data(), x.rows, x.cols), {0, cancel});
    rows = dense_view<const double>(wide.data(), x.rows, x.cols);
  } else {
    rows = x;
  }
  return fit(DenseSvmRows(rows), y, class_count, class_weights, weights, params, cancel);
}

LinearSvmModel fit_linear_svm(const CsrView<double>& x, Span<double> y, uint32_t class_count,
                              Span<double> class_weights, Span<double> weights, const LinearSvmParams& params,
                              const CancelToken* cancel) {
  check(x.rows(), x.cols, y, class_count, class_weights, weights, params);
  return fit(SparseSvmRows(x), y, class_count, class_weights, weights, params, cancel);
}

#define BOREAL_LINEAR_SVM(T)                                                                           \
  template LinearSvmModel fit_linear_svm<T>(MatrixView<const T>, Span<double>, uint32_t, Span<double>, \
                                            Span<double>, const LinearSvmParams&, const CancelToken*);
BOREAL_LINEAR_SVM(float)
BOREAL_LINEAR_SVM(double)
#undef BOREAL_LINEAR_SVM

}  // namespace boreal
