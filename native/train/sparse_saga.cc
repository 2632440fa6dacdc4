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

namespace boreal {
namespace {

constexpr size_t kRowsPerCheck = 4096;
constexpr size_t kUnit = 4;     // doubles: a small column crosses no line of a cache
constexpr uint32_t kAhead = 2;  // rows: the first brings the columns of a row, the second what these name

// kLanes outputs are computed at once; those beyond the last are 0.
template <size_t kLanes>
class SparseSaga {
 public:
  SparseSaga(const CsrView<double>& x, const LogisticProblem& problem, double l1, uint64_t seed,
             std::vector<double> start)
      : x_(x),
        problem_(problem),
        l1_(l1),
        rng_(seed),
        row_weight_(static_cast<double>(x.rows()) / problem.total_weight),
        share_(1 / static_cast<double>(x.rows())),
        coefficients_(x.cols * problem.outputs),
        parameters_(std::move(start)),
        mean_(parameters_.size() - coefficients_),
        stored_(x.rows() * problem.outputs),
        slopes_(problem.outputs),
        width_((problem.outputs + kLanes - 1) / kLanes * kLanes),
        stride_((2 * width_ + 1 + kUnit - 1) / kUnit * kUnit),
        lanes_(width_),
        columns_(x.cols * stride_) {
    std::fill(columns_.begin(), columns_.end(), 0.0);
    for (size_t j = 0; j < x_.cols; ++j) {
      std::copy_n(parameters_.data() + j * problem_.outputs, problem_.outputs, at(j).w);
    }
    for (uint32_t& row : drawn_) row = rng_.below(static_cast<uint32_t>(x_.rows()));
    choose_step();
    for (size_t i = 0; i < x_.rows(); ++i) {
      find_slopes(i);
      std::copy(slopes_.begin(), slopes_.end(), stored_.data() + i * slopes_.size());
      std::copy(slopes_.begin(), slopes_.end(), lanes_.begin());
      add_to_mean(i);
    }
  }

  void epoch() {
    const auto rows = static_cast<uint32_t>(x_.rows());
    for (time_ = 0; time_ < rows; ++time_) {
      if (time_ % kRowsPerCheck == 0) check_cancel(problem_.cancel);
      step(next_row());
    }
    for (size_t j = 0; j < x_.cols; ++j) {
      const Column column = at(j);
      catch_up(column);
      *column.seen = 0;
      std::copy_n(column.w, problem_.outputs, parameters_.data() + j * problem_.outputs);
    }
  }

  const std::vector<double>& parameters() const { return parameters_; }
  size_t coefficients() const { return coefficients_; }

 private:
  double weight(size_t i) const {
    return row_weight_ * (problem_.weights.size == 0 ? 1.0 : problem_.weights[i]);
  }

  // What belongs to a column lies together: a step waits for memory once a column, not three times.
  struct Column {
    double *w, *mean;  // [width]
    double* seen;      // how many steps of the epoch it has taken
  };
  Column at(size_t j) {
    double* const column = columns_.data() + j * stride_;
    return {column, column + width_, column + 2 * width_};
  }

  // Rows are drawn before their turn, so that what they name can be on its way.
  uint32_t next_row() {
    const uint32_t row = drawn_[0];
    std::copy(drawn_.begin() + 1, drawn_.end(), drawn_.begin());
    for (size_t k = x_.begin(drawn_[0]); k < x_.end(drawn_[0]); ++k) {
      prefetch(columns_.data() + static_cast<size_t>(x_.columns[k]) * stride_);
    }
    drawn_.back() = rng_.below(static_cast<uint32_t>(x_.rows()));
    constexpr size_t kLine = 64;
    for (size_t k = x_.begin(drawn_.back()); k < x_.end(drawn_.back()); k += kLine / sizeof(double)) {
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
    eta_ = 1 / (2 * lipschitz + std::min(2 * rows * problem_.penalty, lipschitz));
    threshold_ = eta_ * l1_;
    shrink_ = 1 - eta_ * problem_.penalty;
    powers_.assign(1, {1.0, 0.0});
    for (size_t k = 0; k < x_.rows(); ++k) {
      const Power last = powers_.back();
      powers_.push_back({last.of * shrink_, last.sum + last.of});
    }
  }

  // one(c) for each output and lane beyond; in blocks of a length that the compiler knows.
  template <typename One>
  void each(const One& one) const {
    for (size_t block = 0; block < width_; block += kLanes) {
      for (size_t lane = 0; lane < kLanes; ++lane) one(block + lane);
    }
  }

  // Catches up with the columns of the row, and finds the slopes of its loss.
  void find_slopes(size_t i) {
    const size_t outputs = problem_.outputs;
    std::fill(lanes_.begin(), lanes_.end(), 0.0);
    if (problem_.fit_intercept) std::copy_n(parameters_.data() + coefficients_, outputs, lanes_.data());
    double* __restrict const sums = lanes_.data();
    for (size_t k = x_.begin(i); k < x_.end(i); ++k) {
      const Column column = at(static_cast<size_t>(x_.columns[k]));
      catch_up(column);
      const double value = x_.values[k];
      each([&](size_t c) { sums[c] += value * column.w[c]; });
    }
    std::copy_n(lanes_.data(), outputs, slopes_.data());
    log_loss_slopes(slopes_, static_cast<size_t>(problem_.classes[i]));
    for (double& slope : slopes_) slope *= weight(i);
  }

  // Of the changes in lanes_.
  void add_to_mean(size_t i) {
    const double* __restrict const changes = lanes_.data();
    for (size_t k = x_.begin(i); k < x_.end(i); ++k) {
      double* __restrict const mean = at(static_cast<size_t>(x_.columns[k])).mean;
      const double value = x_.values[k];
      each([&](size_t c) { mean[c] += share_ * changes[c] * value; });
    }
    if (!problem_.fit_intercept) return;
    for (size_t c = 0; c < mean_.size(); ++c) mean_[c] += share_ * changes[c];
  }

  void step(size_t i) {
    const size_t outputs = problem_.outputs;
    find_slopes(i);
    std::fill(lanes_.begin(), lanes_.end(), 0.0);
    for (size_t c = 0; c < outputs; ++c) {
      double& stored = stored_[i * outputs + c];
      lanes_[c] = slopes_[c] - stored;
      stored = slopes_[c];
    }
    const double* __restrict const changes = lanes_.data();
    for (size_t k = x_.begin(i); k < x_.end(i); ++k) {
      const Column column = at(static_cast<size_t>(x_.columns[k]));
      double* __restrict const w = column.w;
      double* __restrict const mean = column.mean;
      const double value = x_.values[k];
      each([&](size_t c) {
        const double change = changes[c] * value;
        w[c] = moved(w[c], change + mean[c]);
        mean[c] += share_ * change;
      });
      *column.seen = time_ + 1;
    }
    if (!problem_.fit_intercept) return;
    for (size_t c = 0; c < outputs; ++c) {
      parameters_[coefficients_ + c] -= eta_ * (changes[c] + mean_[c]);
      mean_[c] += share_ * changes[c];
    }
  }

  double moved(double w, double gradient) const {
    const double free = w * shrink_ - eta_ * gradient;
    return free - std::min(std::max(free, -threshold_), threshold_);
  }

  void catch_up(const Column& column) {
    const uint32_t steps = time_ - static_cast<uint32_t>(*column.seen);
    if (steps == 0) return;
    double* __restrict const w = column.w;
    const double* __restrict const mean = column.mean;
    *column.seen = time_;
    if (l1_ == 0) {
      const double power = powers_[steps].of, series = eta_ * powers_[steps].sum;
      each([&](size_t c) { w[c] = power * w[c] - series * mean[c]; });
      return;
    }
    for (size_t c = 0; c < problem_.outputs; ++c) w[c] = advanced(w[c], mean[c], steps);
  }

  // w after so many steps with the same gradient. On one side of 0 these are one affine map, whose iterates
  // go one way; across it they are taken one by one.
  double advanced(double w, double mean, uint32_t steps) const {
    while (steps > 0) {
      if (w == 0 && std::fabs(mean) <= l1_) return 0;
      const double side = w == 0 ? -mean : w;
      const double after =
          powers_[steps].of * w - eta_ * (mean + std::copysign(l1_, side)) * powers_[steps].sum;
      if (std::copysign(after, side) == after) return after;
      do {
        w = moved(w, mean);
        --steps;
      } while (steps > 0 && w != 0 && std::copysign(w, side) == w);
    }
    return w;
  }

  const CsrView<double>& x_;
  const LogisticProblem& problem_;
  const double l1_;
  Rng rng_;
  const double row_weight_, share_;  // weights are scaled to a mean of 1
  const size_t coefficients_;
  double eta_ = 0, threshold_ = 0, shrink_ = 1;
  std::vector<double> parameters_;  // of columns as they were at the end of the last epoch
  std::vector<double> mean_;        // of the intercepts
  std::vector<double> stored_, slopes_;
  const size_t width_, stride_;
  std::vector<double> lanes_;      // [width]: sums, then changes, of the row of a step
  AlignedBuffer<double> columns_;  // [cols, stride]: see Column
  struct Power {
    double of, sum;  // shrink^k, and the sum of those before it
  };
  std::vector<Power> powers_;
  uint32_t time_ = 0;
  std::array<uint32_t, kAhead> drawn_;
};

}  // namespace

LogisticSolution solve_sparse_saga(const CsrView<double>& x, const LogisticProblem& problem, double l1,
                                   const LogisticParams& params, std::vector<double> start,
                                   const IterationProgress& progress) {
  if (problem.outputs == 1) {
    SparseSaga<1> saga(x, problem, l1, params.seed, std::move(start));
    return run_saga(saga, params, progress);
  }
  SparseSaga<kUnit> saga(x, problem, l1, params.seed, std::move(start));
  return run_saga(saga, params, progress);
}

}  // namespace boreal
