// Each step: of a row drawn at random the new slopes; with d = what they differ by from those stored,
// w = prox(w (1 - eta penalty) - eta (d x + mean gradient)), prox being soft thresholding by eta l1; then the
// stored slopes and the mean gradient follow. The slopes start as those of w = 0, so that the mean gradient
// is right from the first step, where scikit-learn divides by the rows seen so far.
#include <algorithm>
#include <cmath>

#include "base/rng.h"
#include "train/dot.h"
#include "train/logistic_solvers.h"

namespace boreal {
namespace {

constexpr size_t kRowsPerCheck = 4096;

template <typename T>
class Saga {
 public:
  Saga(const LogisticLoss<T>& loss, double l1, uint64_t seed)
      : x_(loss.x()),
        problem_(loss.problem()),
        l1_(l1),
        rng_(seed),
        row_weight_(static_cast<double>(x_.rows) / problem_.total_weight),
        parameters_(loss.dimension()),
        mean_(loss.dimension()),
        stored_(x_.rows * problem_.outputs),
        row_(x_.cols),
        slopes_(problem_.outputs) {
    start();
  }

  void epoch() {
    const size_t rows = x_.rows;
    size_t next = rng_.below(static_cast<uint32_t>(rows));
    for (size_t t = 0; t < rows; ++t) {
      if (t % kRowsPerCheck == 0) check_cancel(problem_.cancel);
      const size_t i = next;
      next = rng_.below(static_cast<uint32_t>(rows));
#if defined(__GNUC__)
      for (size_t j = 0; j < x_.cols; j += 64 / sizeof(T)) __builtin_prefetch(x_.row(next) + j);
#endif
      step(i);
    }
  }

  const std::vector<double>& parameters() const { return parameters_; }

 private:
  double weight(size_t i) const {
    return row_weight_ * (problem_.weights.size == 0 ? 1.0 : problem_.weights[i]);
  }

  // scikit-learn's step size, but for weights, which make a row's loss as much steeper.
  void start() {
    const size_t outputs = problem_.outputs, cols = x_.cols;
    double steepest = 0;
    for (size_t i = 0; i < x_.rows; ++i) {
      double squares = problem_.fit_intercept ? 1 : 0;
      for (size_t j = 0; j < cols; ++j) {
        const double value = static_cast<double>(x_.at(i, j));
        squares += value * value;
      }
      steepest = std::max(steepest, weight(i) * squares);
    }
    const double lipschitz = 0.25 * steepest + problem_.penalty;
    eta_ = 1 / (2 * lipschitz + std::min(2 * static_cast<double>(x_.rows) * problem_.penalty, lipschitz));
    const double share = 1 / static_cast<double>(x_.rows);
    for (size_t i = 0; i < x_.rows; ++i) {
      for (size_t k = 0; k < outputs; ++k) {
        const double p = outputs == 1 ? 0.5 : 1 / static_cast<double>(outputs);
        const bool is_own = static_cast<size_t>(problem_.classes[i]) == (outputs == 1 ? 1 : k);
        const double slope = weight(i) * (p - (is_own ? 1 : 0));
        stored_[i * outputs + k] = slope;
        for (size_t j = 0; j < cols; ++j) {
          mean_[k * cols + j] += share * slope * static_cast<double>(x_.at(i, j));
        }
        if (problem_.fit_intercept) mean_[outputs * cols + k] += share * slope;
      }
    }
  }

  void find_slopes(size_t i) {
    const size_t outputs = problem_.outputs, cols = x_.cols;
    for (size_t k = 0; k < outputs; ++k) {
      const double bias = problem_.fit_intercept ? parameters_[outputs * cols + k] : 0.0;
      slopes_[k] = dot(row_.data(), parameters_.data() + k * cols, cols) + bias;
    }
    const size_t label = static_cast<size_t>(problem_.classes[i]);
    if (outputs == 1) {
      const double e = std::exp(-std::fabs(slopes_[0]));
      const double p = (slopes_[0] < 0 ? e : 1.0) / (1 + e);
      slopes_[0] = p - static_cast<double>(label);
    } else {
      const double largest = *std::max_element(slopes_.begin(), slopes_.end());
      double sum = 0;
      for (double& z : slopes_) sum += z = std::exp(z - largest);
      for (double& z : slopes_) z /= sum;
      slopes_[label] -= 1;
    }
    for (double& slope : slopes_) slope *= weight(i);
  }

  void step(size_t i) {
    const size_t outputs = problem_.outputs, cols = x_.cols;
    const T* const source = x_.row(i);
    for (size_t j = 0; j < cols; ++j) row_[j] = static_cast<double>(source[j]);
    find_slopes(i);
    const double share = 1 / static_cast<double>(x_.rows), shrink = 1 - eta_ * problem_.penalty;
    const double threshold = eta_ * l1_;
    for (size_t k = 0; k < outputs; ++k) {
      const double change = slopes_[k] - stored_[i * outputs + k];
      stored_[i * outputs + k] = slopes_[k];
      const double* __restrict const x = row_.data();
      double* __restrict const w = parameters_.data() + k * cols;
      double* __restrict const mean = mean_.data() + k * cols;
      for (size_t j = 0; j < cols; ++j) {
        const double moved = w[j] * shrink - eta_ * (change * x[j] + mean[j]);
        // Soft thresholding without a branch: moved - clamp(moved, -threshold, threshold).
        w[j] = moved - std::min(std::max(moved, -threshold), threshold);
        mean[j] += share * change * x[j];
      }
      if (!problem_.fit_intercept) continue;
      const size_t at = outputs * cols + k;
      parameters_[at] -= eta_ * (change + mean_[at]);
      mean_[at] += share * change;
    }
  }

  const MatrixView<const T> x_;
  const LogisticProblem& problem_;
  const double l1_;
  Rng rng_;
  const double row_weight_;  // weights are scaled to a mean of 1
  double eta_ = 0;
  std::vector<double> parameters_, mean_, stored_, row_, slopes_;
};

}  // namespace

template <typename T>
LogisticSolution solve_saga(const LogisticLoss<T>& loss, double l1, const LogisticParams& params,
                            const IterationProgress& progress) {
  Saga<T> saga(loss, l1, params.seed);
  LogisticSolution now{saga.parameters(), 0, false, {}};
  while (!now.converged && now.iterations < params.max_iter) {
    saga.epoch();
    double largest = 0, change = 0;
    for (size_t d = 0; d < loss.coefficients(); ++d) {
      largest = std::max(largest, std::fabs(saga.parameters()[d]));
      change = std::max(change, std::fabs(saga.parameters()[d] - now.parameters[d]));
    }
    now.converged = largest != 0 ? change / largest <= params.tol : change == 0;
    now.parameters = saga.parameters();
    progress(++now.iterations);
  }
  return now;
}

template LogisticSolution solve_saga<float>(const LogisticLoss<float>&, double, const LogisticParams&,
                                            const IterationProgress&);
template LogisticSolution solve_saga<double>(const LogisticLoss<double>&, double, const LogisticParams&,
                                             const IterationProgress&);

}  // namespace boreal
