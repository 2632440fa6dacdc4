#include "train/sparse_logistic.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "base/error.h"
#include "base/partition.h"
#include "base/thread_pool.h"
#include "base/weights.h"
#include "train/lbfgs.h"
#include "train/logistic_solvers.h"
#include "train/sparse_saga.h"

namespace boreal {
namespace {

constexpr size_t kLeastRows = 512, kMostParts = 64;

// log(1 + exp(-m)), and its slope by m.
double log_loss(double m, double& slope) {
  const double e = std::exp(-std::fabs(m));
  slope = m > 0 ? -e / (1 + e) : -1 / (1 + e);
  return std::log1p(e) + (m > 0 ? 0 : -m);
}

// Parameters here are [cols, outputs], so that a value of a row meets those of all outputs side by side, then
// [outputs] intercepts. Scores are a product with the rows, and the gradient is one with their transpose:
// sums of columns in order, of which no thread needs a share of its own.
class SparseLoss {
 public:
  SparseLoss(const CsrView<double>& x, const LogisticProblem& problem)
      : x_(x),
        classes_(problem.classes),
        outputs_(problem.outputs),
        weights_(problem.weights),
        penalty_(problem.penalty),
        fit_intercept_(problem.fit_intercept),
        cancel_(problem.cancel),
        coefficients_(x.cols * problem.outputs),
        total_(problem.total_weight),
        transposed_(csr_transpose(x, cancel_)),
        slopes_(x.rows() * outputs_),
        parts_(partition_rows(x.rows(), kLeastRows, kMostParts)),
        sums_(parts_.count()) {}

  size_t dimension() const { return coefficients_ + (fit_intercept_ ? outputs_ : 0); }

  double evaluate(const std::vector<double>& w, std::vector<double>& gradient) {
    const Span<double> intercepts{w.data() + coefficients_, fit_intercept_ ? outputs_ : 0};
    csr_product(x_, w.data(), intercepts, outputs_, slopes_.data(), cancel_);
    ThreadPool::instance().parallel_for(parts_.count(), [&](size_t part, size_t) {
      check_cancel(cancel_);
      sums_[part] = scores_to_slopes(parts_.begin(part), parts_.end(part));
    });
    csr_product(transposed_.view(), slopes_.data(), {}, outputs_, gradient.data(), cancel_);
    double loss = 0, squares = 0;
    std::fill(gradient.begin() + static_cast<ptrdiff_t>(coefficients_), gradient.end(), 0.0);
    for (const Sums& sums : sums_) {
      loss += sums.loss;
      for (size_t c = 0; c < intercepts.size; ++c) gradient[coefficients_ + c] += sums.slopes[c];
    }
    for (double& of_parameter : gradient) of_parameter /= total_;
    for (size_t k = 0; k < coefficients_; ++k) {
      gradient[k] += penalty_ * w[k];
      squares += w[k] * w[k];
    }
    return loss / total_ + penalty_ * squares / 2;
  }

 private:
  struct Sums {
    double loss = 0;
    std::vector<double> slopes;  // [outputs]
  };

  // Replaces the scores of some rows by the slopes of their losses.
  Sums scores_to_slopes(size_t begin, size_t end) {
    Sums sums{0, std::vector<double>(outputs_)};
    for (size_t i = begin; i < end; ++i) {
      double* const scores = slopes_.data() + i * outputs_;
      const double weight = weights_.size == 0 ? 1.0 : weights_[i];
      sums.loss += weight * (outputs_ == 1 ? binomial(i, scores) : multinomial(i, scores));
      for (size_t c = 0; c < outputs_; ++c) sums.slopes[c] += scores[c] *= weight;
    }
    return sums;
  }

  double binomial(size_t i, double* score) const {
    const double sign = classes_[i] == 1 ? 1.0 : -1.0;
    double slope;
    const double loss = log_loss(sign * score[0], slope);
    score[0] = sign * slope;
    return loss;
  }

  double multinomial(size_t i, double* scores) const {
    const double most = *std::max_element(scores, scores + outputs_);
    const double own = scores[static_cast<size_t>(classes_[i])];
    double sum = 0;
    for (size_t c = 0; c < outputs_; ++c) {
      scores[c] = std::exp(scores[c] - most);
      sum += scores[c];
    }
    for (size_t c = 0; c < outputs_; ++c) scores[c] /= sum;
    scores[static_cast<size_t>(classes_[i])] -= 1;
    return std::log(sum) + most - own;
  }

  CsrView<double> x_;
  Span<int32_t> classes_;
  size_t outputs_;
  Span<double> weights_;
  double penalty_;
  bool fit_intercept_;
  const CancelToken* cancel_;
  size_t coefficients_;
  double total_;
  CsrRows<double> transposed_;
  std::vector<double> slopes_;  // [rows, outputs]
  Partition parts_;
  std::vector<Sums> sums_;
};

LogisticSolution solve_lbfgs(const CsrView<double>& x, const LogisticProblem& problem,
                             const LogisticParams& params, std::vector<double> start,
                             const IterationProgress& progress) {
  SparseLoss loss(x, problem);
  LbfgsOptions options;
  options.max_iterations = params.max_iter;
  options.gradient_tolerance = params.tol;
  options.value_tolerance = 64 * std::numeric_limits<double>::epsilon();
  options.on_iteration = progress;
  LbfgsResult result = minimize([&loss](const std::vector<double>& w,
                                        std::vector<double>& gradient) { return loss.evaluate(w, gradient); },
                                std::move(start), options);
  return {std::move(result.x), result.iterations, result.converged, {}};
}

// Where the solver starts, [cols, outputs] and the intercepts.
std::vector<double> start_of(const LogisticParams& params, size_t cols, size_t outputs) {
  std::vector<double> start((cols + (params.fit_intercept ? 1 : 0)) * outputs);
  check_start(params, cols, outputs);
  if (params.start_coef.empty()) return start;
  for (size_t j = 0; j < cols; ++j) {
    for (size_t c = 0; c < outputs; ++c) start[j * outputs + c] = params.start_coef[c * cols + j];
  }
  if (params.fit_intercept)
    std::copy(params.start_intercept.begin(), params.start_intercept.end(),
              start.begin() + static_cast<ptrdiff_t>(cols * outputs));
  return start;
}

}  // namespace

LogisticModel fit_sparse_logistic(const CsrView<double>& x, Span<int32_t> classes, uint32_t class_count,
                                  Span<double> weights, const LogisticParams& params,
                                  const CancelToken* cancel,
                                  const std::function<void(size_t done, size_t total)>& progress) {
  if (x.rows() == 0 || x.cols == 0) {
    throw Error("ERR_EMPTY", "Logistic regression needs at least one row and one column.");
  }
  if (params.solver == LogisticSolver::kNewtonCholesky) {
    throw Error("ERR_PARAMETER", "Sparse rows are fitted by lbfgs or saga.");
  }
  if (!(params.l1_ratio >= 0 && params.l1_ratio <= 1) ||
      (params.l1_ratio > 0 && params.solver != LogisticSolver::kSaga)) {
    throw Error("ERR_PARAMETER", "l1Ratio must be in [0, 1]; only the solver saga has an L1 penalty.");
  }
  if (!(params.c > 0) || !(params.tol >= 0)) throw Error("ERR_PARAMETER", "C must be > 0, and tol >= 0.");
  if (classes.size != x.rows() || class_count < 2)
    throw Error("ERR_LABELS", "Each row has one of two or more classes.");
  for (size_t i = 0; i < x.rows(); ++i) {
    if (classes[i] < 0 || static_cast<uint32_t>(classes[i]) >= class_count) {
      throw Error("ERR_LABELS", "A class index is out of range.", static_cast<int64_t>(i));
    }
  }
  const size_t outputs = class_count == 2 ? 1 : class_count;
  const double total = total_weight(weights, x.rows()), penalty = penalty_of(params, total);
  const IterationProgress report = [&](size_t iterations) {
    if (progress) progress(iterations, params.max_iter);
  };
  std::vector<double> start = start_of(params, x.cols, outputs);
  const LogisticProblem problem{
      classes, outputs, weights, total, penalty * (1 - params.l1_ratio), params.fit_intercept, cancel};
  const LogisticSolution result =
      params.solver == LogisticSolver::kSaga
          ? solve_sparse_saga(x, problem, penalty * params.l1_ratio, params, std::move(start), report)
          : solve_lbfgs(x, problem, params, std::move(start), report);
  LogisticModel model;
  const size_t coefficients = x.cols * outputs;
  model.coef.resize(coefficients);
  for (size_t j = 0; j < x.cols; ++j) {
    for (size_t c = 0; c < outputs; ++c) model.coef[c * x.cols + j] = result.parameters[j * outputs + c];
  }
  model.intercept.assign(result.parameters.begin() + static_cast<ptrdiff_t>(coefficients),
                         result.parameters.end());
  model.intercept.resize(outputs, 0.0);
  model.iterations = static_cast<uint32_t>(result.iterations);
  model.converged = result.converged;
  return model;
}

}  // namespace boreal
