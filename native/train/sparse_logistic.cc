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

namespace boreal {
namespace {

// Values that the gradients of all parts may take together: 32 MiB. Wide vocabularies get few parts.
constexpr size_t kMostPartialValues = size_t{1} << 22;
constexpr size_t kLeastRows = 512;

// log(1 + exp(-m)), and its slope by m.
double log_loss(double m, double& slope) {
  const double e = std::exp(-std::fabs(m));
  slope = m > 0 ? -e / (1 + e) : -1 / (1 + e);
  return std::log1p(e) + (m > 0 ? 0 : -m);
}

// Parameters here are [cols, outputs], so that a value of a row meets those of all outputs side by side, then
// [outputs] intercepts.
template <typename T>
class SparseLoss {
 public:
  SparseLoss(const CsrView<T>& x, Span<int32_t> classes, size_t outputs, Span<double> weights, double penalty,
             bool fit_intercept, const CancelToken* cancel)
      : x_(x),
        classes_(classes),
        outputs_(outputs),
        weights_(weights),
        penalty_(penalty),
        fit_intercept_(fit_intercept),
        cancel_(cancel),
        coefficients_(x.cols * outputs),
        total_(total_weight(weights, x.rows())),
        parts_(partition_rows(x.rows(), kLeastRows,
                              std::min<size_t>(16, std::max<size_t>(1, kMostPartialValues / dimension())))),
        partial_(parts_.count() * dimension()),
        losses_(parts_.count()) {}

  size_t coefficients() const { return coefficients_; }
  size_t dimension() const { return coefficients_ + (fit_intercept_ ? outputs_ : 0); }
  double total() const { return total_; }

  double evaluate(const std::vector<double>& w, std::vector<double>& gradient) {
    ThreadPool::instance().parallel_for(parts_.count(), [&](size_t part, size_t) {
      double* const own = partial_.data() + part * dimension();
      std::fill(own, own + dimension(), 0.0);
      losses_[part] = add_rows(w.data(), parts_.begin(part), parts_.end(part), own);
    });
    double loss = 0, squares = 0;
    for (const double one : losses_) loss += one;
    for (size_t k = 0; k < dimension(); ++k) {
      double sum = 0;
      for (size_t part = 0; part < parts_.count(); ++part) sum += partial_[part * dimension() + k];
      gradient[k] = sum / total_;
    }
    for (size_t k = 0; k < coefficients_; ++k) {
      gradient[k] += penalty_ * w[k];
      squares += w[k] * w[k];
    }
    return loss / total_ + penalty_ * squares / 2;
  }

 private:
  double add_rows(const double* w, size_t begin, size_t end, double* gradient) const {
    std::vector<double> scores(outputs_);
    double loss = 0;
    for (size_t i = begin; i < end; ++i) {
      if (i % 4096 == 0) check_cancel(cancel_);
      for (size_t c = 0; c < outputs_; ++c) scores[c] = fit_intercept_ ? w[coefficients_ + c] : 0.0;
      for (size_t k = x_.begin(i); k < x_.end(i); ++k) {
        const auto value = static_cast<double>(x_.values[k]);
        const double* const of_column = w + static_cast<size_t>(x_.columns[k]) * outputs_;
        for (size_t c = 0; c < outputs_; ++c) scores[c] += value * of_column[c];
      }
      const double weight = weights_.size == 0 ? 1.0 : weights_[i];
      loss += weight * (outputs_ == 1 ? binomial(i, scores.data()) : multinomial(i, scores.data()));
      // Now the slopes of the loss by the scores.
      for (size_t c = 0; c < outputs_; ++c) scores[c] *= weight;
      for (size_t k = x_.begin(i); k < x_.end(i); ++k) {
        const auto value = static_cast<double>(x_.values[k]);
        double* const of_column = gradient + static_cast<size_t>(x_.columns[k]) * outputs_;
        for (size_t c = 0; c < outputs_; ++c) of_column[c] += value * scores[c];
      }
      if (fit_intercept_) {
        for (size_t c = 0; c < outputs_; ++c) gradient[coefficients_ + c] += scores[c];
      }
    }
    return loss;
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

  CsrView<T> x_;
  Span<int32_t> classes_;
  size_t outputs_;
  Span<double> weights_;
  double penalty_;
  bool fit_intercept_;
  const CancelToken* cancel_;
  size_t coefficients_;
  double total_;
  Partition parts_;
  std::vector<double> partial_, losses_;
};

}  // namespace

template <typename T>
LogisticModel fit_sparse_logistic(const CsrView<T>& x, Span<int32_t> classes, uint32_t class_count,
                                  Span<double> weights, const LogisticParams& params,
                                  const CancelToken* cancel,
                                  const std::function<void(size_t done, size_t total)>& progress) {
  if (x.rows() == 0 || x.cols == 0) {
    throw Error("ERR_EMPTY", "Logistic regression needs at least one row and one column.");
  }
  if (params.solver != LogisticSolver::kLbfgs || params.l1_ratio != 0) {
    throw Error("ERR_PARAMETER", "Sparse rows are fitted by L-BFGS alone, without an L1 penalty.");
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
  const double penalty = 1 / (params.c * total_weight(weights, x.rows()));
  SparseLoss<T> loss(x, classes, outputs, weights, penalty, params.fit_intercept, cancel);
  LbfgsOptions options;
  options.max_iterations = params.max_iter;
  options.gradient_tolerance = params.tol;
  options.value_tolerance = 64 * std::numeric_limits<double>::epsilon();
  options.on_iteration = [&](size_t iterations) {
    if (progress) progress(iterations, params.max_iter);
  };
  const LbfgsResult result =
      minimize([&loss](const std::vector<double>& w,
                       std::vector<double>& gradient) { return loss.evaluate(w, gradient); },
               std::vector<double>(loss.dimension()), options);
  LogisticModel model;
  model.coef.resize(loss.coefficients());
  for (size_t j = 0; j < x.cols; ++j) {
    for (size_t c = 0; c < outputs; ++c) model.coef[c * x.cols + j] = result.x[j * outputs + c];
  }
  model.intercept.assign(result.x.begin() + static_cast<ptrdiff_t>(loss.coefficients()), result.x.end());
  model.intercept.resize(outputs, 0.0);
  model.iterations = static_cast<uint32_t>(result.iterations);
  model.converged = result.converged;
  return model;
}

#define BOREAL_SPARSE_LOGISTIC(T)                                                                         \
  template LogisticModel fit_sparse_logistic<T>(const CsrView<T>&, Span<int32_t>, uint32_t, Span<double>, \
                                                const LogisticParams&, const CancelToken*,                \
                                                const std::function<void(size_t, size_t)>&);
BOREAL_SPARSE_LOGISTIC(float)
BOREAL_SPARSE_LOGISTIC(double)
#undef BOREAL_SPARSE_LOGISTIC

}  // namespace boreal
