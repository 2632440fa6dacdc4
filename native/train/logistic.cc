// Logistic regression: checks, the choice of a solver, and L-BFGS.
#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "base/error.h"
#include "base/weights.h"
#include "train/cholesky_factor.h"
#include "train/lbfgs.h"
#include "train/linear.h"
#include "train/logistic_solvers.h"

namespace boreal {

template <typename T>
LogisticSolution solve_lbfgs(LogisticLoss<T>& loss, const LogisticParams& params, LogisticSolution start,
                             const IterationProgress& progress) {
  LbfgsOptions options;
  options.max_iterations = params.max_iter - start.iterations;
  options.gradient_tolerance = params.tol;
  options.value_tolerance = 64 * std::numeric_limits<double>::epsilon();
  options.on_iteration = [&](size_t iterations) { progress(start.iterations + iterations); };
  if (!start.curvature.empty()) {
    options.precondition = [&](std::vector<double>& v) {
      solve_factored(start.curvature.data(), v.size(), v.data());
    };
  }
  LbfgsResult result = minimize(
      [&loss](const std::vector<double>& parameters, std::vector<double>& gradient) {
        return loss.evaluate(parameters.data(), gradient.data());
      },
      std::move(start.parameters), options);
  return {std::move(result.x), start.iterations + result.iterations, result.converged, {}};
}

namespace {

constexpr size_t kMinSample = 4096;
constexpr size_t kSamplePerParameter = 64;
constexpr size_t kMaxSampleParameters = 256;  // for a Hessian
constexpr size_t kLeastReduction = 8;         // of rows, from all to the sample
constexpr uint32_t kSampleIterations = 50;
constexpr double kSampleTolerance = 1e-3;

// The rows of a problem that stand `offset` of a step apart from the first, evenly spread.
template <typename T>
class Sample {
 public:
  Sample(const LogisticLoss<T>& loss, size_t size, double offset) : problem_(loss.problem()) {
    const MatrixView<const T> x = loss.x();
    const LogisticProblem& all = loss.problem();
    problem_.total_weight = 0;
    for (size_t k = 0; k < size; ++k) {
      const double at = (static_cast<double>(k) + offset) / static_cast<double>(size);
      const size_t i = std::min(static_cast<size_t>(at * static_cast<double>(x.rows)), x.rows - 1);
      rows_.insert(rows_.end(), x.row(i), x.row(i) + x.cols);
      classes_.push_back(all.classes[i]);
      const double weight = all.weights.size == 0 ? 1.0 : all.weights[i];
      if (all.weights.size != 0) weights_.push_back(weight);
      problem_.total_weight += weight;
    }
    problem_.classes = {classes_.data(), size};
    problem_.weights = {weights_.data(), weights_.size()};
    x_ = dense_view<const T>(rows_.data(), size, x.cols);
  }
  bool has_weight() const { return problem_.total_weight > 0; }
  LogisticLoss<T> loss() const { return {x_, problem_}; }

 private:
  LogisticProblem problem_;
  MatrixView<const T> x_;
  std::vector<T> rows_;
  std::vector<int32_t> classes_;
  std::vector<double> weights_;
};

// Where L-BFGS starts. An iteration is bound by reading X once, so with many more rows than parameters the
// way to the neighbourhood of the optimum is found on a sample of them; its steps tell the curvature of the
// whole, too. A sample that leads astray costs little: its end must beat 0 on another sample.
template <typename T>
LogisticSolution find_start(const LogisticLoss<T>& loss, const LogisticParams& params) {
  const size_t n = loss.dimension(), outputs = loss.problem().outputs;
  LogisticSolution zero{std::vector<double>(n), 0, false, {}};
  const size_t size = std::max(kMinSample, kSamplePerParameter * n);
  if (n > kMaxSampleParameters || loss.x().rows / size < kLeastReduction) return zero;
  const Sample<T> sample(loss, size, 0), other(loss, size, 0.5);
  if (!sample.has_weight() || !other.has_weight()) return zero;
  LogisticLoss<T> part = sample.loss();
  LogisticParams limited = params;
  limited.max_iter = kSampleIterations;
  limited.tol = std::max(params.tol, kSampleTolerance);
  LogisticSolution found = solve_lbfgs(part, limited, zero, [](size_t) {});
  found.iterations = 0;
  std::vector<double> gradient(n);
  found.curvature.resize(n * n);
  part.evaluate(found.parameters.data(), gradient.data(), found.curvature.data());
  if (!factor_hessian(found.curvature, loss.x().cols, part.problem())) found.curvature.clear();
  const double at_zero = std::log(static_cast<double>(outputs == 1 ? 2 : outputs));
  const double value = other.loss().evaluate(found.parameters.data(), gradient.data());
  return value < at_zero ? found : zero;
}

}  // namespace

template LogisticSolution solve_lbfgs<float>(LogisticLoss<float>&, const LogisticParams&, LogisticSolution,
                                             const IterationProgress&);
template LogisticSolution solve_lbfgs<double>(LogisticLoss<double>&, const LogisticParams&, LogisticSolution,
                                              const IterationProgress&);

template <typename T>
LogisticModel fit_logistic(MatrixView<const T> x, Span<int32_t> classes, uint32_t class_count,
                           Span<double> weights, const LogisticParams& params, const CancelToken* cancel,
                           const std::function<void(size_t done, size_t total)>& progress) {
  if (x.rows == 0 || x.cols == 0) {
    throw Error("ERR_EMPTY", "Logistic regression needs at least one row and one column.");
  }
  if (classes.size != x.rows) {
    throw Error("ERR_SHAPE", "There are " + std::to_string(classes.size) + " labels for " +
                                 std::to_string(x.rows) + " rows.");
  }
  if (class_count < 2) throw Error("ERR_LABELS", "Logistic regression needs at least two classes.");
  for (size_t i = 0; i < x.rows; ++i) {
    if (classes[i] < 0 || static_cast<uint32_t>(classes[i]) >= class_count) {
      throw Error("ERR_LABELS", "A class index is out of range.", static_cast<int64_t>(i));
    }
  }
  if (!(params.c > 0)) throw Error("ERR_PARAMETER", "C must be > 0.");
  if (!(params.tol >= 0)) throw Error("ERR_PARAMETER", "tol must be >= 0.");
  if (!(params.l1_ratio >= 0 && params.l1_ratio <= 1)) {
    throw Error("ERR_PARAMETER", "l1Ratio must be in [0, 1].");
  }
  if (params.l1_ratio > 0 && params.solver != LogisticSolver::kSaga) {
    throw Error("ERR_PARAMETER", "Only the solver saga has an L1 penalty.");
  }
  const double total = total_weight(weights, x.rows), penalty = penalty_of(params, total);

  const size_t outputs = class_count == 2 ? 1 : class_count;
  LogisticLoss<T> loss(
      x, {classes, outputs, weights, total, penalty * (1 - params.l1_ratio), params.fit_intercept, cancel});
  const IterationProgress report = [&](size_t iterations) {
    if (progress) progress(iterations, params.max_iter);
  };
  check_start(params, x.cols, outputs);
  std::vector<double> start(params.start_coef);
  if (params.fit_intercept)
    start.insert(start.end(), params.start_intercept.begin(), params.start_intercept.end());
  const bool is_cold = start.empty();
  start.resize(loss.dimension());
  LogisticSolution solution;
  switch (params.solver) {
    case LogisticSolver::kLbfgs:
      solution = solve_lbfgs(
          loss, params, is_cold ? find_start(loss, params) : LogisticSolution{std::move(start), 0, false, {}},
          report);
      break;
    case LogisticSolver::kNewtonCholesky:
      solution = solve_newton(loss, params, std::move(start), report);
      break;
    case LogisticSolver::kSaga:
      solution = solve_saga(loss, penalty * params.l1_ratio, params, std::move(start), report);
      break;
  }

  LogisticModel model;
  const auto intercepts = solution.parameters.begin() + static_cast<ptrdiff_t>(loss.coefficients());
  model.coef.assign(solution.parameters.begin(), intercepts);
  model.intercept.assign(intercepts, solution.parameters.end());
  model.intercept.resize(outputs, 0.0);
  model.iterations = static_cast<uint32_t>(solution.iterations);
  model.converged = solution.converged;
  return model;
}

#define BOREAL_LOGISTIC(T)                                                                           \
  template LogisticModel fit_logistic<T>(MatrixView<const T>, Span<int32_t>, uint32_t, Span<double>, \
                                         const LogisticParams&, const CancelToken*,                  \
                                         const std::function<void(size_t, size_t)>&);
BOREAL_LOGISTIC(float)
BOREAL_LOGISTIC(double)
#undef BOREAL_LOGISTIC

}  // namespace boreal
