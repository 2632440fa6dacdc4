#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "base/error.h"
#include "train/linear_svm_solvers.h"

namespace boreal {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr size_t kCheckEvery = 4096;
// Shares of c below this move nothing, and c below the cost has no smaller numbers left for them.
constexpr double kLeastShare = 1e-100, kLeastCost = 1e-200;

// log(1 + exp(-margin))
double log_loss(double margin) { return std::log1p(std::exp(-std::fabs(margin))) + std::max(-margin, 0.0); }

// One row of the dual, of alpha in (0, c): alpha log alpha + (c - alpha) log(c - alpha), and a quadratic with
// this curvature whose slope at the old alpha is b. Of alpha and c - alpha the smaller is solved for, so that
// it keeps its digits.
struct DualPair {
  double alpha, rest;  // c - alpha

  // Newton's method up to a slope of `enough`; the slope it begins with goes to `violation`, or 0 where the
  // minimum lies below the least share, which is as good. Returns the number of steps.
  int minimise(double c, double curvature, double b, double enough, double& violation) {
    constexpr int kMostSteps = 100;
    constexpr double kNearer = 0.1;
    const bool is_alpha = curvature * (rest - alpha) / 2 + b >= 0;
    double& own = is_alpha ? alpha : rest;
    const double before = own, sign = is_alpha ? 1 : -1;
    const auto slope_at = [&](double z) {
      return curvature * (z - before) + sign * b + std::log(z / (c - z));
    };
    // The minimum lies in the lower half, where Newton's method finds it.
    const double least = c * kLeastShare;
    double z = before > c / 2 ? before * kNearer : before;
    double slope = slope_at(z);
    const auto is_settled = [&] { return z <= least && slope > 0; };
    violation = is_settled() ? 0 : std::fabs(b + std::log(alpha / rest));
    int steps = 0;
    for (; steps < kMostSteps && !(std::fabs(slope) < enough) && !is_settled(); ++steps) {
      const double next = z - slope / (curvature + c / (z * (c - z)));
      z = next < least ? std::max(z * kNearer, least) : next > c / 2 ? c / 2 : next;
      slope = slope_at(z);
    }
    own = z;
    (is_alpha ? rest : alpha) = c - z;
    return steps;
  }
};

}  // namespace

// Yu, Huang and Lin, "Dual coordinate descent methods for logistic regression and maximum entropy models"
// (2011), algorithm 5.
template <typename Rows>
LinearSvmFit solve_logistic_dual(const LinearSvmProblem<Rows>& problem, const LinearSvmLimits& limits,
                                 Rng& rng) {
  const Rows& x = problem.x;
  const std::vector<double>&y = problem.y, &c = problem.c;
  const double bias = problem.bias;
  std::vector<double> w(problem.weights(), 0), squares(x.rows());
  std::vector<DualPair> pairs(x.rows());
  std::vector<uint32_t> order;
  const auto add = [&](size_t i, double step) {
    x.add(i, 1, &step, w.data());
    if (bias > 0) w.back() += step * bias;
  };
  for (size_t i = 0; i < x.rows(); ++i) {
    if (c[i] < kLeastCost) continue;
    order.push_back(static_cast<uint32_t>(i));
    squares[i] = x.square(i) + (bias > 0 ? bias * bias : 0);
    const double start = std::min(0.001 * c[i], 1e-8);
    pairs[i] = {start, c[i] - start};
    add(i, start * y[i]);
  }
  double enough = 0.01;
  const double least = std::min(1e-8, limits.tolerance);
  for (uint32_t iteration = 0; iteration < limits.max_iterations; ++iteration) {
    shuffle(order, order.size(), rng);
    double most = 0;
    size_t steps = 0;
    for (size_t s = 0; s < order.size(); ++s) {
      if (s % kCheckEvery == 0) check_cancel(limits.cancel);
      const size_t i = order[s];
      const double b = y[i] * (x.dot(i, w.data()) + (bias > 0 ? bias * w.back() : 0));
      const double before = pairs[i].alpha;
      double violation;
      const int taken = pairs[i].minimise(c[i], squares[i], b, enough, violation);
      most = std::max(most, violation);
      if (taken == 0) continue;
      steps += static_cast<size_t>(taken);
      add(i, (pairs[i].alpha - before) * y[i]);
    }
    if (most < limits.tolerance) return {std::move(w), iteration + 1, true};
    // The rows are near their minima: find these more exactly.
    if (steps <= order.size() / 10) enough = std::max(least, enough / 10);
  }
  return {std::move(w), limits.max_iterations, false};
}

// Yuan, Ho and Lin, "An improved GLMNET for L1-regularized logistic regression" (2012): Newton's method,
// whose steps coordinate descent finds on the quadratic approximation of the losses and |w|_1.
template <typename Rows>
LinearSvmFit solve_logistic_l1(const LinearSvmProblem<Rows>& problem, const LinearSvmLimits& limits,
                               Rng& rng) {
  constexpr double kSufficient = 0.01, kLeast = 1e-12, kFarthest = 10;
  constexpr int kHalvings = 40, kMostPasses = 1000;
  const size_t rows = problem.x.rows(), columns = problem.weights();
  const typename Rows::Columns x = problem.x.columns(problem.y, problem.bias, limits.cancel);
  const std::vector<double>& c = problem.c;
  std::vector<double> w(columns, 0), next, slope(columns), diagonal(columns);
  // Of rows: y f, its change by the step, the slope of the loss, its curvature, and that times the change.
  std::vector<double> margin(rows, 0), moved(rows), pull(rows), curvature(rows), curved(rows);
  std::vector<uint32_t> order(columns);
  std::iota(order.begin(), order.end(), 0u);
  double most_before = kInfinity, first_total = 0, enough = 1;

  // The step, in next: until the violations of the quadratic problem are `enough` of the first ones.
  const auto find_step = [&](size_t active) {
    int passes = 0;
    size_t size = active;
    double most_inside = kInfinity;
    next = w;
    std::fill(curved.begin(), curved.end(), 0);
    while (passes++ < kMostPasses) {
      double most = 0, total = 0;
      bool is_done = true;
      shuffle(order, size, rng);
      for (size_t s = 0; s < size; ++s) {
        check_cancel(limits.cancel);
        const size_t j = order[s];
        const double now = slope[j] + (next[j] - w[j]) * kLeast + x.dot(j, curved.data());
        if (l1_rests(next[j], now, most_inside / static_cast<double>(rows))) {
          std::swap(order[s--], order[--size]);
          continue;
        }
        const double violation = l1_violation(next[j], now);
        most = std::max(most, violation);
        total += violation;
        double step = l1_step(next[j], now, diagonal[j]);
        if (std::fabs(step) < kLeast) continue;
        step = std::min(std::max(step, -kFarthest), kFarthest);
        is_done = false;
        next[j] += step;
        x.each(j, [&](size_t i, double v) { curved[i] += step * curvature[i] * v; });
      }
      if (is_done || total <= enough * first_total) {
        if (size == active) break;
        size = active;
        most_inside = kInfinity;
        continue;
      }
      most_inside = most;
    }
    return passes;
  };

  for (uint32_t iteration = 0; iteration < limits.max_iterations; ++iteration) {
    for (size_t i = 0; i < rows; ++i) {
      const double e = std::exp(-std::fabs(margin[i])), other = (margin[i] > 0 ? e : 1) / (1 + e);
      pull[i] = -c[i] * other;
      curvature[i] = c[i] * e / ((1 + e) * (1 + e));
    }
    double most = 0, total = 0;
    size_t active = columns;
    for (size_t s = 0; s < active; ++s) {
      check_cancel(limits.cancel);
      const size_t j = order[s];
      slope[j] = x.dot(j, pull.data());
      diagonal[j] = kLeast;
      if (l1_rests(w[j], slope[j], most_before / static_cast<double>(rows))) {
        std::swap(order[s--], order[--active]);
        continue;
      }
      x.each(j, [&](size_t i, double v) { diagonal[j] += curvature[i] * v * v; });
      if (!std::isfinite(diagonal[j])) {
        throw Error("ERR_INPUT_INFINITE", "The values are so large that their products overflow, or C is.");
      }
      const double violation = l1_violation(w[j], slope[j]);
      most = std::max(most, violation);
      total += violation;
    }
    if (iteration == 0) first_total = total;
    if (total <= limits.tolerance * first_total) return {std::move(w), iteration, true};
    most_before = most;
    if (find_step(active) == 1) enough = std::max(enough / 4, limits.tolerance / 4);

    std::fill(moved.begin(), moved.end(), 0);
    double expected = 0;
    for (size_t j = 0; j < columns; ++j) {
      const double step = next[j] - w[j];
      if (step == 0) continue;
      expected += slope[j] * step + std::fabs(next[j]) - std::fabs(w[j]);
      x.each(j, [&](size_t i, double v) { moved[i] += step * v; });
    }
    bool is_better = false;
    double length = 1;
    for (int halving = 0; halving < kHalvings && expected < 0 && !is_better; ++halving, length /= 2) {
      double change = 0;
      for (size_t i = 0; i < rows; ++i) {
        change += c[i] * (log_loss(margin[i] + length * moved[i]) - log_loss(margin[i]));
      }
      for (size_t j = 0; j < columns; ++j) {
        change += std::fabs(w[j] + length * (next[j] - w[j])) - std::fabs(w[j]);
      }
      is_better = change <= kSufficient * length * expected;
      if (!is_better) continue;
      for (size_t i = 0; i < rows; ++i) margin[i] += length * moved[i];
      for (size_t j = 0; j < columns; ++j) w[j] = length == 1 ? next[j] : w[j] + length * (next[j] - w[j]);
    }
    // Nothing is left but rounding.
    if (!is_better) return {std::move(w), iteration + 1, true};
  }
  return {std::move(w), limits.max_iterations, false};
}

#define BOREAL_LINEAR_LOGISTIC(Rows)                                                                      \
  template LinearSvmFit solve_logistic_dual(const LinearSvmProblem<Rows>&, const LinearSvmLimits&, Rng&); \
  template LinearSvmFit solve_logistic_l1(const LinearSvmProblem<Rows>&, const LinearSvmLimits&, Rng&);
BOREAL_LINEAR_LOGISTIC(DenseSvmRows)
BOREAL_LINEAR_LOGISTIC(SparseSvmRows)
#undef BOREAL_LINEAR_LOGISTIC

}  // namespace boreal
