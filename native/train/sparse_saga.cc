// A coefficient whose column a row lacks is still shrunk, moved by its mean gradient and thresholded, all of
// which depend on it alone while no row has its column: these steps are caught up with, in closed form, when
// one has, and at the end of an epoch (Schmidt, Le Roux & Bach 2017, section 4.1).
#include "train/sparse_saga.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/aligned_buffer.h"
#include "base/prefetch.h"
#include "base/rng.h"
#include "kernels/dispatch.h"
#include "kernels/dispatch_sparse.h"

namespace boreal {
namespace {

constexpr size_t kRowsPerCheck = 4096;
constexpr size_t kLine = 64 / sizeof(double);
constexpr uint32_t kAhead = 2;  // rows: the first brings the columns of a row, the second what these name

class SparseSaga {
 public:
  SparseSaga(const CsrView<double>& x, const LogisticProblem& problem, double l1, uint64_t seed,
             std::vector<double> start)
      : x_(x),
        problem_(problem),
        rng_(seed),
        row_weight_(static_cast<double>(x.rows()) / problem.total_weight),
        coefficients_(x.cols * problem.outputs),
        parameters_(std::move(start)),
        mean_(parameters_.size() - coefficients_),
        stored_(x.rows() * problem.outputs),
        slopes_(problem.outputs),
        width_(problem.outputs == 1 ? 1 : (problem.outputs + 3) / 4 * 4),
        lanes_(width_),
        columns_(x.cols * 2 * width_),
        seen_(x.cols) {
    rates_.l1 = l1;
    rates_.share = 1 / static_cast<double>(x.rows());
    std::fill(columns_.begin(), columns_.end(), 0.0);
    for (size_t j = 0; j < x_.cols; ++j) {
      std::copy_n(parameters_.data() + j * problem_.outputs, problem_.outputs, at(j));
    }
    for (uint32_t& row : drawn_) row = rng_.below(static_cast<uint32_t>(x_.rows()));
    choose_step();
    for (size_t i = 0; i < x_.rows(); ++i) {
      find_slopes(i);
      std::copy(slopes_.begin(), slopes_.end(), stored_.data() + i * slopes_.size());
      add_to_mean(i);
    }
  }

  void epoch() {
    const auto rows = static_cast<uint32_t>(x_.rows());
    for (time_ = 0; time_ < rows; ++time_) {
      if (time_ % kRowsPerCheck == 0) check_cancel(problem_.cancel);
      step(next_row());
    }
    kernels_.saga_settle(all(), rates_, x_.cols, time_);
    for (size_t j = 0; j < x_.cols; ++j) {
      std::copy_n(at(j), problem_.outputs, parameters_.data() + j * problem_.outputs);
    }
  }

  const std::vector<double>& parameters() const { return parameters_; }
  size_t coefficients() const { return coefficients_; }

 private:
  double weight(size_t i) const {
    return row_weight_ * (problem_.weights.size == 0 ? 1.0 : problem_.weights[i]);
  }

  SagaColumns all() { return {columns_.data(), seen_.data(), width_}; }
  double* at(size_t column) { return columns_.data() + column * 2 * width_; }

  // Rows are drawn before their turn, so that what they name can be on its way.
  uint32_t next_row() {
    const uint32_t row = drawn_[0];
    std::copy(drawn_.begin() + 1, drawn_.end(), drawn_.begin());
    for (size_t k = x_.begin(drawn_[0]); k < x_.end(drawn_[0]); ++k) {
      const auto column = static_cast<size_t>(x_.columns[k]);
      prefetch(&seen_[column]);
      for (size_t c = 0; c < 2 * width_; c += kLine) prefetch(at(column) + c);
    }
    prefetch(stored_.data() + drawn_[0] * slopes_.size());
    drawn_.back() = rng_.below(static_cast<uint32_t>(x_.rows()));
    for (size_t k = x_.begin(drawn_.back()); k < x_.end(drawn_.back()); k += kLine) {
      prefetch(&x_.columns[k]);
      prefetch(&x_.values[k]);
    }
    return row;
  }

  // As for dense rows.
  void choose_step() {
    double steepest = 0;
    for (size_t i = 0; i < x_.rows(); ++i) {
      double squares = problem_.fit_intercept ? 1 : 0;
      for (size_t k = x_.begin(i); k < x_.end(i); ++k) squares += x_.values[k] * x_.values[k];
      steepest = std::max(steepest, weight(i) * squares);
    }
    const double rows = static_cast<double>(x_.rows());
    const double lipschitz = 0.25 * steepest + problem_.penalty;
    rates_.eta = 1 / (2 * lipschitz + std::min(2 * rows * problem_.penalty, lipschitz));
    rates_.shrink = 1 - rates_.eta * problem_.penalty;
    powers_.reserve(2 * x_.rows() + 2);
    double power = 1, sum = 0;
    for (size_t k = 0; k <= x_.rows(); ++k) {
      powers_.insert(powers_.end(), {power, sum});
      sum += power;
      power *= rates_.shrink;
    }
    rates_.powers = powers_.data();
  }

  // Of the loss of a row, with whose columns it catches up.
  void find_slopes(size_t i) {
    const size_t outputs = problem_.outputs, from = x_.begin(i);
    std::fill(lanes_.begin(), lanes_.end(), 0.0);
    if (problem_.fit_intercept) std::copy_n(parameters_.data() + coefficients_, outputs, lanes_.data());
    const size_t count = x_.end(i) - from;
    kernels_.saga_catch_up(all(), rates_, x_.columns.data + from, count, time_);
    kernels_.add_rows(columns_.data(), 2 * width_, x_.columns.data + from, x_.values.data + from, count,
                      width_, lanes_.data());
    std::copy_n(lanes_.data(), outputs, slopes_.data());
    log_loss_slopes(slopes_, static_cast<size_t>(problem_.classes[i]));
    for (double& slope : slopes_) slope *= weight(i);
  }

  void add_to_mean(size_t i) {
    for (size_t k = x_.begin(i); k < x_.end(i); ++k) {
      double* const mean = at(static_cast<size_t>(x_.columns[k])) + width_;
      for (size_t c = 0; c < slopes_.size(); ++c) mean[c] += rates_.share * slopes_[c] * x_.values[k];
    }
    for (size_t c = 0; c < mean_.size(); ++c) mean_[c] += rates_.share * slopes_[c];
  }

  void step(size_t i) {
    const size_t outputs = problem_.outputs, from = x_.begin(i);
    find_slopes(i);
    std::fill(lanes_.begin(), lanes_.end(), 0.0);
    for (size_t c = 0; c < outputs; ++c) {
      double& stored = stored_[i * outputs + c];
      lanes_[c] = slopes_[c] - stored;
      stored = slopes_[c];
    }
    kernels_.saga_step(all(), rates_, x_.columns.data + from, x_.values.data + from, x_.end(i) - from, time_,
                       lanes_.data());
    for (size_t c = 0; c < mean_.size(); ++c) {
      parameters_[coefficients_ + c] -= rates_.eta * (lanes_[c] + mean_[c]);
      mean_[c] += rates_.share * lanes_[c];
    }
  }

  const CsrView<double>& x_;
  const LogisticProblem& problem_;
  const SparseKernels& kernels_ = sparse_kernels(kernels());
  Rng rng_;
  const double row_weight_;  // weights are scaled to a mean of 1
  const size_t coefficients_;
  std::vector<double> parameters_;  // of columns as they were at the end of the last epoch
  std::vector<double> mean_;        // of the intercepts
  std::vector<double> stored_, slopes_;
  const size_t width_;
  std::vector<double> lanes_;      // [width]: sums, then changes, of the row of a step
  AlignedBuffer<double> columns_;  // of up to 4 outputs, one line of the cache each
  std::vector<uint32_t> seen_;
  std::vector<double> powers_;
  SagaRates rates_{};
  uint32_t time_ = 0;
  std::array<uint32_t, kAhead> drawn_;
};

}  // namespace

LogisticSolution solve_sparse_saga(const CsrView<double>& x, const LogisticProblem& problem, double l1,
                                   const LogisticParams& params, std::vector<double> start,
                                   const IterationProgress& progress) {
  SparseSaga saga(x, problem, l1, params.seed, std::move(start));
  return run_saga(saga, params, progress);
}

}  // namespace boreal
