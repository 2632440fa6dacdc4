#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/partition.h"
#include "base/thread_pool.h"
#include "kernels/dispatch.h"
#include "train/linear_svm_solvers.h"

namespace boreal {
namespace {

constexpr size_t kMinRows = 4096, kMaxParts = 64;
constexpr size_t kMostPartial = size_t{1} << 22;  // values of the sums of all parts
constexpr size_t kBlock = 32;                     // rows that are read twice while they are in the cache

using Weights = std::vector<double>;

double dot(const Weights& a, const Weights& b) { return kernels().vectors.dot(a.data(), b.data(), a.size()); }

template <typename Rows>
class PrimalLoss {
 public:
  PrimalLoss(const LinearSvmProblem<Rows>& problem, const CancelToken* cancel)
      : problem_(problem),
        cancel_(cancel),
        parts_(partition_rows(problem.x.rows(), kMinRows,
                              std::max<size_t>(1, std::min(kMaxParts, kMostPartial / problem.weights())))),
        partial_(parts_.count(), Weights(problem.weights())),
        values_(parts_.count()),
        curvature_(problem.x.rows()) {}

  // |w|^2 / 2 + sum of losses, its gradient, and the rows that count in the curvature at w.
  double value(const Weights& w, Weights& gradient) {
    each_part([&](size_t part) {
      double sum = 0;
      Weights& own = partial_[part];
      std::fill(own.begin(), own.end(), 0);
      each_block(
          part, w,
          [&](size_t begin, size_t count, double* f) {
            sum += is_logistic_ ? logistic(begin, count, f) : squared(begin, count, f);
          },
          own);
      values_[part] = sum;
    });
    double sum = dot(w, w) / 2;
    for (const double value : values_) sum += value;
    gradient = merged(w);
    return sum;
  }

  // The Hessian, of the last gradient, times v.
  Weights curve(const Weights& v) {
    each_part([&](size_t part) {
      Weights& own = partial_[part];
      std::fill(own.begin(), own.end(), 0);
      each_block(
          part, v,
          [&](size_t begin, size_t count, double* f) {
            for (size_t k = 0; k < count; ++k) f[k] *= curvature_[begin + k];
          },
          own);
    });
    return merged(v);
  }

 private:
  template <typename Body>
  void each_part(const Body& body) {
    ThreadPool::instance().parallel_for(parts_.count(), [&](size_t part, size_t) {
      check_cancel(cancel_);
      body(part);
    });
  }

  // The sum of the losses of rows with the scores f, which become the slopes; sets the curvatures.
  double squared(size_t begin, size_t count, double* f) {
    double sum = 0;
    for (size_t k = 0; k < count; ++k) {
      const double y = problem_.y[begin + k], c = problem_.c[begin + k];
      // How far the row is on the wrong side, and which way f has to go.
      double gap, sign;
      if (problem_.regression) {
        gap = std::fabs(f[k] - y) - problem_.epsilon;
        sign = f[k] > y ? 1 : -1;
      } else {
        gap = 1 - y * f[k];
        sign = -y;
      }
      const bool counts = gap > 0;
      sum += counts ? c * gap * gap : 0;
      curvature_[begin + k] = counts ? 2 * c : 0;
      f[k] = counts ? 2 * c * gap * sign : 0;
    }
    return sum;
  }
  double logistic(size_t begin, size_t count, double* f) {
    double sign[kBlock];
    for (size_t k = 0; k < count; ++k) sign[k] = -problem_.y[begin + k];
    const double* const c = problem_.c.data() + begin;
    const double sum = kernels().logistic.binomial(f, sign, c, count);
    for (size_t k = 0; k < count; ++k) {
      // The slope is c times the probability of the other class.
      const double size = std::fabs(f[k]);
      curvature_[begin + k] = c[k] > 0 ? size * (1 - size / c[k]) : 0;
    }
    return sum;
  }

  // own += factors[i] row i, over the rows of a part; to_factors(begin, count, f) makes them of f = rows . w.
  template <typename ToFactors>
  void each_block(size_t part, const Weights& w, const ToFactors& to_factors, Weights& own) const {
    const double bias = problem_.bias;
    double f[kBlock];
    for (size_t begin = parts_.begin(part); begin < parts_.end(part); begin += kBlock) {
      const size_t count = std::min(kBlock, parts_.end(part) - begin);
      problem_.x.products(begin, count, w.data(), f);
      if (bias > 0) {
        for (size_t k = 0; k < count; ++k) f[k] += bias * w.back();
      }
      to_factors(begin, count, f);
      problem_.x.add(begin, count, f, own.data());
      if (bias <= 0) continue;
      double sum = 0;
      for (size_t k = 0; k < count; ++k) sum += f[k];
      own.back() += bias * sum;
    }
  }

  Weights merged(Weights sum) const {
    for (const Weights& own : partial_) {
      for (size_t k = 0; k < sum.size(); ++k) sum[k] += own[k];
    }
    return sum;
  }

  const LinearSvmProblem<Rows>& problem_;
  const bool is_logistic_ = problem_.loss == LinearLoss::kLogistic;
  const CancelToken* cancel_;
  const Partition parts_;
  std::vector<Weights> partial_;
  std::vector<double> values_, curvature_;
};

// s with H s = -g, as far as a tenth of |g|.
template <typename Rows>
Weights newton_step(PrimalLoss<Rows>& loss, const Weights& g, double share) {
  Weights s(g.size(), 0), r(g.size());
  for (size_t k = 0; k < g.size(); ++k) r[k] = -g[k];
  Weights d = r;
  double rr = dot(r, r);
  const double enough = share * share * rr;
  for (size_t round = 0; round < std::max<size_t>(10, 2 * g.size()) && rr > enough; ++round) {
    const Weights hd = loss.curve(d);
    const double along = rr / dot(d, hd);
    for (size_t k = 0; k < s.size(); ++k) {
      s[k] += along * d[k];
      r[k] -= along * hd[k];
    }
    const double next = dot(r, r), ratio = next / rr;
    for (size_t k = 0; k < s.size(); ++k) d[k] = r[k] + ratio * d[k];
    rr = next;
  }
  return s;
}

}  // namespace

template <typename Rows>
LinearSvmFit solve_primal(const LinearSvmProblem<Rows>& problem, const LinearSvmLimits& limits) {
  constexpr double kShare = 0.1, kSufficient = 0.01;
  constexpr int kHalvings = 40;
  PrimalLoss<Rows> loss(problem, limits.cancel);
  LinearSvmFit fit;
  fit.w.assign(problem.weights(), 0);
  Weights gradient;
  double value = loss.value(fit.w, gradient);
  const double first = std::sqrt(dot(gradient, gradient));
  if (!std::isfinite(first)) {
    throw Error("ERR_INPUT_INFINITE", "The values are so large that their products overflow, or C is.");
  }
  for (; fit.iterations < limits.max_iterations; ++fit.iterations) {
    const double size = std::sqrt(dot(gradient, gradient));
    if (size <= limits.tolerance * first) {
      fit.converged = true;
      break;
    }
    // Quadratic convergence at the end: the nearer, the more exact.
    const Weights step = newton_step(loss, gradient, std::min(kShare, std::sqrt(size / first)));
    const double slope = dot(step, gradient);
    double length = 1;
    bool is_better = false;
    for (int halving = 0; halving < kHalvings && !is_better; ++halving, length /= 2) {
      Weights next = fit.w, next_gradient;
      for (size_t k = 0; k < next.size(); ++k) next[k] += length * step[k];
      const double next_value = loss.value(next, next_gradient);
      // Near the minimum the value no longer tells, but the gradient does.
      is_better = next_value < value + kSufficient * length * slope ||
                  dot(next_gradient, next_gradient) < size * size / 4;
      if (!is_better) continue;
      fit.w = std::move(next);
      gradient = std::move(next_gradient);
      value = next_value;
    }
    if (!is_better) {
      // Nothing is left but rounding.
      fit.converged = true;
      break;
    }
  }
  return fit;
}

template LinearSvmFit solve_primal(const LinearSvmProblem<DenseSvmRows>&, const LinearSvmLimits&);
template LinearSvmFit solve_primal(const LinearSvmProblem<SparseSvmRows>&, const LinearSvmLimits&);

}  // namespace boreal
