#include "train/sgd.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>
#include <string>

#include "base/error.h"
#include "base/rng.h"
#include "base/thread_pool.h"
#include "base/weights.h"
#include "train/sgd_loss.h"
#include "train/sgd_weights.h"

namespace boreal {
namespace {

constexpr double kMaxSlope = 1e12;
constexpr size_t kRowsPerCheck = 4096;

// One output's problem: y as the loss wants it, what a positive and another row weigh.
struct Target {
  std::vector<double> y;
  double positive_weight = 1, other_weight = 1;
};

struct Problem {
  size_t rows;
  Span<double> weights;
  const SgdParams& params;
  bool is_classifier;
  const std::vector<uint8_t>& held_out;  // [rows], empty without early stopping
  const CancelToken* cancel;
};

// Learns one output.
template <typename Weights>
class Learner {
 public:
  Learner(const Problem& problem, const Target& target, Weights& w, Span<double> coef, double* intercept,
          double* average_intercept, double t, uint64_t stream)
      : problem_(problem),
        params_(problem.params),
        target_(target),
        w_(w),
        coef_(coef),
        b_(intercept),
        average_b_(average_intercept),
        t_(t),
        rng_(params_.seed, stream) {
    l1_ratio_ = params_.penalty == SgdPenalty::kL1           ? 1.0
                : params_.penalty == SgdPenalty::kElasticNet ? params_.l1_ratio
                                                             : 0.0;
    for (size_t i = 0; i < problem.rows; ++i) {
      (problem.held_out.empty() || problem.held_out[i] == 0 ? order_ : validation_)
          .push_back(static_cast<uint32_t>(i));
    }
    eta_ = params_.eta0;
    if (params_.rate == SgdRate::kOptimal) {
      const double typical = std::sqrt(1 / std::sqrt(params_.alpha));
      const double slope = sgd_loss(params_.loss, params_.epsilon, 1.0, -typical).slope;
      optimal_start_ = 1 / (typical / std::max(1.0, slope) * params_.alpha);
    }
  }

  // Returns the number of epochs; `converged` tells whether they ended before max_iter.
  uint32_t run(bool& converged, const std::function<void()>& on_epoch) {
    double best = std::numeric_limits<double>::infinity();
    uint32_t stalled = 0, epoch = 1;
    converged = false;
    for (;; ++epoch) {
      if (params_.shuffle) {
        for (size_t i = order_.size(); i > 1; --i) {
          std::swap(order_[i - 1], order_[rng_.below(static_cast<uint32_t>(i))]);
        }
      }
      double cost = learn_epoch() / static_cast<double>(order_.size());
      if (!within(std::numeric_limits<double>::max())) throw overflow(epoch);
      on_epoch();
      if (params_.early_stopping) cost = -score();
      stalled = params_.tol > -std::numeric_limits<double>::infinity() && cost > best - params_.tol
                    ? stalled + 1
                    : 0;
      best = std::min(best, cost);
      if (stalled >= params_.no_change) {
        converged = params_.rate != SgdRate::kAdaptive || eta_ <= 1e-6;
        eta_ /= 5;
        stalled = 0;
      }
      if (converged || epoch == params_.max_iter) break;
    }
    if (!within(Weights::kMost) || !(most_score_ <= Weights::kMost)) throw overflow(epoch);
    return epoch;
  }

 private:
  bool is_passive() const { return params_.rate >= SgdRate::kPassiveAggressive1; }
  double weight(size_t i) const { return problem_.weights.size == 0 ? 1.0 : problem_.weights[i]; }

  // NaN is not.
  bool within(double most) const {
    return std::fabs(*b_) <= most &&
           std::all_of(coef_.begin(), coef_.end(), [most](double v) { return std::fabs(v) <= most; });
  }

  static Error overflow(uint32_t epoch) {
    return {"ERR_INPUT_INFINITE", "The coefficients, or what they make of the rows, overflowed in epoch " +
                                      std::to_string(epoch) +
                                      ". Scale the columns of X, or lower the learning rate."};
  }

  // The sum of the objective as it was before each step.
  double learn_epoch() {
    double sum = 0;
    most_score_ = 0;
    for (size_t k = 0; k < order_.size(); ++k) {
      if (k % kRowsPerCheck == 0) check_cancel(problem_.cancel);
      // Rows come in random order: the next but one is fetched early.
      w_.prefetch_row(order_[std::min(k + 2, order_.size() - 1)]);
      sum += step(order_[k]);
    }
    w_.end_epoch(owed_);
    return sum;
  }

  double find_rate() const {
    if (params_.rate == SgdRate::kOptimal) return 1 / (params_.alpha * (optimal_start_ + t_ - 1));
    if (params_.rate == SgdRate::kInverseScaling) return params_.eta0 / std::pow(t_, params_.power_t);
    return eta_;
  }

  double step(size_t i) {
    w_.load(i);
    const double y = target_.y[i];
    const double p = w_.score() + *b_;
    // Also for NaN, which stays.
    if (!(std::fabs(p) <= most_score_)) most_score_ = std::fabs(p);
    const double eta = find_rate();
    const LossPoint loss = sgd_loss(params_.loss, params_.epsilon, y, p);
    double cost = loss.value, update;
    if (is_passive()) {
      const double norm = w_.norm();
      if (params_.rate == SgdRate::kPassiveAggressive1) {
        if (norm == 0) return cost;
        update = std::min(params_.eta0, loss.value / norm);
      } else {
        update = loss.value / (norm + 0.5 / params_.eta0);
      }
      update *= problem_.is_classifier ? y : (y - p < 0 ? -1.0 : 1.0);
    } else {
      if (params_.penalty != SgdPenalty::kNone) {
        cost += params_.alpha * ((1 - l1_ratio_) * 0.5 * w_.squares() + l1_ratio_ * w_.absolutes());
      }
      update = -eta * std::min(std::max(loss.slope, -kMaxSlope), kMaxSlope);
    }
    update *= (y > 0 ? target_.positive_weight : target_.other_weight) * weight(i);

    const bool shrinks = params_.penalty == SgdPenalty::kL2 || params_.penalty == SgdPenalty::kElasticNet;
    const double shrink = shrinks ? std::max(0.0, 1 - (1 - l1_ratio_) * eta * params_.alpha) : 1.0;
    w_.move(shrink, update);
    if (params_.fit_intercept) *b_ += update * Weights::kInterceptStep;
    if (params_.average > 0 && static_cast<double>(params_.average) <= t_) average();
    if (params_.penalty == SgdPenalty::kL1 || params_.penalty == SgdPenalty::kElasticNet) {
      owed_ += l1_ratio_ * eta * params_.alpha;
      w_.penalise(owed_);
    }
    t_ += 1;
    return cost;
  }

  void average() {
    w_.add_to_average();
    *average_b_ += (*b_ - *average_b_) / (t_ - static_cast<double>(params_.average) + 1);
  }

  // Of the rows held out: accuracy, or R2.
  double score() {
    double total = 0, mean = 0, right = 0, squared = 0, spread = 0;
    for (const uint32_t i : validation_) {
      total += weight(i);
      mean += weight(i) * target_.y[i];
    }
    mean /= total;
    for (const uint32_t i : validation_) {
      w_.load(i);
      const double p = w_.score() + *b_, y = target_.y[i];
      right += (p > 0) == (y > 0) ? weight(i) : 0;
      squared += weight(i) * (y - p) * (y - p);
      spread += weight(i) * (y - mean) * (y - mean);
    }
    if (problem_.is_classifier) return right / total;
    return spread > 0 ? 1 - squared / spread : (squared > 0 ? 0.0 : 1.0);
  }

  const Problem& problem_;
  const SgdParams& params_;
  const Target& target_;
  Weights& w_;
  const Span<double> coef_;  // where w_ keeps them
  double *const b_, *const average_b_;
  double t_;
  Rng rng_;
  std::vector<uint32_t> order_, validation_;
  double eta_ = 0, optimal_start_ = 0, l1_ratio_ = 0, owed_ = 0;
  double most_score_ = 0;  // of the rows of the epoch, by magnitude
};

// Rows held out: a share of each class, or of all rows.
std::vector<uint8_t> hold_out(Span<double> y, size_t classes, double fraction, uint64_t seed) {
  std::vector<std::vector<uint32_t>> groups(std::max<size_t>(1, classes));
  for (size_t i = 0; i < y.size; ++i) {
    groups[classes == 0 ? 0 : static_cast<size_t>(y[i])].push_back(static_cast<uint32_t>(i));
  }
  std::vector<uint8_t> mask(y.size);
  Rng rng(seed, std::numeric_limits<uint32_t>::max());
  size_t held = 0;
  for (std::vector<uint32_t>& group : groups) {
    const size_t count = static_cast<size_t>(std::llround(fraction * static_cast<double>(group.size())));
    for (size_t k = 0; k < count; ++k) {
      std::swap(group[k], group[k + rng.below(static_cast<uint32_t>(group.size() - k))]);
      mask[group[k]] = 1;
    }
    held += count;
  }
  if (held == 0 || held == y.size) {
    throw Error("ERR_PARAMETER", "validationFraction leaves no rows to train on, or none to validate with.");
  }
  return mask;
}

void check(size_t rows, size_t cols, Span<double> y, size_t classes, const SgdParams& params) {
  if (rows == 0 || cols == 0) throw Error("ERR_EMPTY", "X needs at least one row and one column.");
  if (y.size != rows) throw Error("ERR_SHAPE", "y must have one value per row.");
  if (classes == 1) throw Error("ERR_LABELS", "A classifier needs at least two classes.");
  for (size_t i = 0; i < rows && classes > 0; ++i) {
    if (!(y[i] >= 0 && y[i] < static_cast<double>(classes) && y[i] == std::floor(y[i]))) {
      throw Error("ERR_LABELS", "A class index is out of range.", static_cast<int64_t>(i));
    }
  }
  if (params.max_iter == 0) throw Error("ERR_PARAMETER", "maxIter must be at least 1.");
  if (params.early_stopping && !(params.validation_fraction > 0 && params.validation_fraction < 1)) {
    throw Error("ERR_PARAMETER", "validationFraction must be between 0 and 1.");
  }
  if (!(params.alpha >= 0) || !(params.eta0 > 0) || (params.rate == SgdRate::kOptimal && params.alpha == 0)) {
    throw Error("ERR_PARAMETER", "alpha must be >= 0, and > 0 for the learning rate 'optimal'; eta0 > 0.");
  }
}

void resize_state(SgdState& state, size_t outputs, size_t cols, bool averages) {
  const auto fit = [](std::vector<double>& values, size_t size) {
    if (values.empty()) values.resize(size);
    if (values.size() != size) throw Error("ERR_SHAPE", "The state does not fit X and y.");
  };
  fit(state.coef, outputs * cols);
  fit(state.intercept, outputs);
  if (!averages) return;
  fit(state.average_coef, outputs * cols);
  fit(state.average_intercept, outputs);
}

// Weights: those of sgd_weights.h that read a Rows.
template <typename Weights, typename Rows>
SgdModel fit(const Rows& x, size_t rows, Span<double> y, Span<double> class_weights, Span<double> weights,
             const SgdParams& params, SgdState start, const CancelToken* cancel,
             const std::function<void(size_t done, size_t total)>& progress) {
  const size_t classes = class_weights.size, outputs = classes <= 2 ? 1 : classes;
  check(rows, x.cols, y, classes, params);
  total_weight(weights, rows);
  const bool averages = params.average > 0;
  resize_state(start, outputs, x.cols, averages);
  const std::vector<uint8_t> held_out = params.early_stopping
                                            ? hold_out(y, classes, params.validation_fraction, params.seed)
                                            : std::vector<uint8_t>{};
  const Problem problem{rows, weights, params, classes > 0, held_out, cancel};
  SgdModel model{std::move(start), 0, true};
  std::vector<uint32_t> epochs(outputs);
  std::vector<uint8_t> converged(outputs);
  std::atomic<size_t> done{0};
  const double no = params.loss == SgdLoss::kLog ? 0.0 : -1.0;
  ThreadPool::instance().parallel_for(outputs, [&](size_t k, size_t) {
    Target target;
    if (classes == 0) {
      target.y.assign(y.begin(), y.end());
    } else {
      const double own = classes == 2 ? 1.0 : static_cast<double>(k);
      for (const double code : y) target.y.push_back(code == own ? 1.0 : no);
      target.positive_weight = class_weights[classes == 2 ? 1 : k];
      target.other_weight = classes == 2 ? class_weights[0] : 1.0;
    }
    SgdState& state = model.state;
    double* const coef = state.coef.data() + k * x.cols;
    Weights w(x, {coef, averages ? state.average_coef.data() + k * x.cols : nullptr,
                  std::max(0.0, state.t - static_cast<double>(params.average)),
                  params.penalty == SgdPenalty::kL1 || params.penalty == SgdPenalty::kElasticNet});
    Learner<Weights> learner(problem, target, w, {coef, x.cols}, &state.intercept[k],
                             averages ? &state.average_intercept[k] : nullptr, state.t, k);
    bool stopped;
    epochs[k] = learner.run(stopped, [&] {
      if (progress) progress(++done, static_cast<size_t>(params.max_iter) * outputs);
    });
    converged[k] = stopped ? 1 : 0;
  });
  for (size_t k = 0; k < outputs; ++k) {
    model.iterations = std::max(model.iterations, epochs[k]);
    model.converged = model.converged && converged[k] == 1;
  }
  model.state.t += static_cast<double>(model.iterations) * static_cast<double>(rows);
  return model;
}

}  // namespace

template <typename T>
SgdModel fit_sgd(MatrixView<const T> x, Span<double> y, Span<double> class_weights, Span<double> weights,
                 const SgdParams& params, SgdState start, const CancelToken* cancel,
                 const std::function<void(size_t done, size_t total)>& progress) {
  return fit<DenseSgdWeights<T>>(x, x.rows, y, class_weights, weights, params, std::move(start), cancel,
                                 progress);
}

SgdModel fit_sgd(const CsrView<double>& x, Span<double> y, Span<double> class_weights, Span<double> weights,
                 const SgdParams& params, SgdState start, const CancelToken* cancel,
                 const std::function<void(size_t done, size_t total)>& progress) {
  return fit<SparseSgdWeights>(x, x.rows(), y, class_weights, weights, params, std::move(start), cancel,
                               progress);
}

#define BOREAL_SGD(T)                                                                         \
  template SgdModel fit_sgd<T>(MatrixView<const T>, Span<double>, Span<double>, Span<double>, \
                               const SgdParams&, SgdState, const CancelToken*,                \
                               const std::function<void(size_t, size_t)>&);
BOREAL_SGD(float)
BOREAL_SGD(double)
#undef BOREAL_SGD

}  // namespace boreal
