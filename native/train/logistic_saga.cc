// Each step: of a row drawn at random the new slopes; with d = what they differ by from those stored,
// w = prox(w (1 - eta penalty) - eta (d x + mean gradient)), prox being soft thresholding by eta l1; then the
// stored slopes and the mean gradient follow. The slopes start as those of the first w, so that the mean
// gradient is right from the first step, where scikit-learn divides by the rows seen so far.
#include <algorithm>
#include <cmath>

#include "base/prefetch.h"
#include "base/rng.h"
#include "train/dot.h"
#include "train/logistic_solvers.h"

namespace boreal {
namespace {

constexpr size_t kRowsPerCheck = 4096;

template <typename T>
class Saga {
 public:
  Saga(const LogisticLoss<T>& loss, double l1, uint64_t seed, std::vector<double> start)
      : x_(loss.x()),
        problem_(loss.problem()),
        l1_(l1),
        rng_(seed),
        row_weight_(static_cast<double>(x_.rows) / problem_.total_weight),
        coefficients_(loss.coefficients()),
        parameters_(std::move(start)),
        mean_(loss.dimension()),
        stored_(x_.rows * problem_.outputs),
        row_(x_.cols),
        slopes_(problem_.outputs) {
    begin();
  }

  void epoch() {
    const size_t rows = x_.rows;
    size_t next = rng_.below(static_cast<uint32_t>(rows));
    for (size_t t = 0; t < rows; ++t) {
      if (t % kRowsPerCheck == 0) check_cancel(problem_.cancel);
      const size_t i = next;
      next = rng_.below(static_cast<uint32_t>(rows));
      prefetch_range(x_.row(next), x_.cols * sizeof(T));
      step(i);
    }
  }

  const std::vector<double>& parameters() const { return parameters_; }
  size_t coefficients() const { return coefficients_; }

 private:
  double weight(size_t i) const {
    return row_weight_ * (problem_.weights.size == 0 ? 1.0 : problem_.weights[i]);
  }

  // scikit-learn's step size, but for weights, which make a row's loss as much steeper.
  void begin() {
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
      find_slopes(i);
      for (size_t k = 0; k < outputs; ++k) {
        const double slope = slopes_[k];
        stored_[i * outputs + k] = slope;
        for (size_t j = 0; j < cols; ++j) mean_[k * cols + j] += share * slope * row_[j];
        if (problem_.fit_intercept) mean_[outputs * cols + k] += share * slope;
      }
    }
  }

  void find_slopes(size_t i) {
    const size_t outputs = problem_.outputs, cols = x_.cols;
    const T* const source = x_.row(i);
    for (size_t j = 0; j < cols; ++j) row_[j] = static_cast<double>(source[j]);
    for (size_t k = 0; k < outputs; ++k) {
      const double bias = problem_.fit_intercept ? parameters_[outputs * cols + k] : 0.0;
      slopes_[k] = dot(row_.data(), parameters_.data() + k * cols, cols) + bias;
    }
    log_loss_slopes(slopes_, static_cast<size_t>(problem_.classes[i]));
    for (double& slope : slopes_) slope *= weight(i);
  }

  void step(size_t i) {
    const size_t outputs = problem_.outputs, cols = x_.cols;
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
  const size_t coefficients_;
  double eta_ = 0;
  std::vector<double> parameters_, mean_, stored_, row_, slopes_;
};

}  // namespace

template <typename T>
LogisticSolution solve_saga(const LogisticLoss<T>& loss, double l1, const LogisticParams& params,
                            std::vector<double> start, const IterationProgress& progress) {
  Saga<T> saga(loss, l1, params.seed, std::move(start));
  return run_saga(saga, params, progress);
}

template LogisticSolution solve_saga<float>(const LogisticLoss<float>&, double, const LogisticParams&,
                                            std::vector<double>, const IterationProgress&);
template LogisticSolution solve_saga<double>(const LogisticLoss<double>&, double, const LogisticParams&,
                                             std::vector<double>, const IterationProgress&);

}  // namespace boreal
