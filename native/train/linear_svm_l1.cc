#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "train/linear_svm_solvers.h"

namespace boreal {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

}  // namespace

template <typename Rows>
LinearSvmFit solve_l1(const LinearSvmProblem<Rows>& problem, const LinearSvmLimits& limits, Rng& rng) {
  constexpr double kSufficient = 0.01, kLeast = 1e-12;
  constexpr int kHalvings = 20;
  const size_t rows = problem.x.rows(), columns = problem.weights();
  // Losses c max(0, 1 - y f)^2 are max(0, m)^2 of m = sqrt(c) (1 - y f).
  std::vector<double> margin(rows), signs(rows), w(columns, 0), bound(columns);
  for (size_t i = 0; i < rows; ++i) {
    margin[i] = std::sqrt(problem.c[i]);
    signs[i] = problem.y[i] * margin[i];
  }
  const typename Rows::Columns x = problem.x.columns(signs, problem.bias, limits.cancel);
  for (size_t j = 0; j < columns; ++j) {
    x.each(j, [&](size_t, double v) { bound[j] += v * v; });
  }
  std::vector<uint32_t> order(columns);
  std::iota(order.begin(), order.end(), 0u);
  size_t active = columns;
  double most_before = kInfinity, first_total = 0;
  for (uint32_t iteration = 0; iteration < limits.max_iterations; ++iteration) {
    double most = 0, total = 0;
    shuffle(order, active, rng);
    for (size_t s = 0; s < active; ++s) {
      check_cancel(limits.cancel);
      const size_t j = order[s];
      const SvmHinge along = x.hinge(j, margin.data());
      const double slope = 2 * along.slope, curvature = std::max(2 * along.curvature, kLeast);
      if (l1_rests(w[j], slope, most_before / static_cast<double>(rows))) {
        std::swap(order[s--], order[--active]);
        continue;
      }
      const double violation = l1_violation(w[j], slope);
      most = std::max(most, violation);
      total += violation;
      double step = l1_step(w[j], slope, curvature);
      if (std::fabs(step) < kLeast) continue;
      double expected = std::fabs(w[j] + step) - std::fabs(w[j]) + slope * step, taken = 0;
      for (int halving = 0; halving < kHalvings; ++halving) {
        const double penalty = std::fabs(w[j] + step) - std::fabs(w[j]) - kSufficient * expected;
        if (bound[j] * step * step + slope * step + penalty <= 0) {
          x.move_hinge(j, taken - step, margin.data());
          taken = step;
          break;
        }
        const double after = x.move_hinge(j, taken - step, margin.data());
        taken = step;
        if (penalty + after - along.loss <= 0) break;
        step /= 2;
        expected /= 2;
      }
      w[j] += taken;
    }
    if (iteration == 0) first_total = total;
    if (total <= limits.tolerance * first_total) {
      if (active == columns) return {std::move(w), iteration + 1, true};
      active = columns;
      most_before = kInfinity;
      continue;
    }
    most_before = most;
  }
  return {std::move(w), limits.max_iterations, false};
}

template LinearSvmFit solve_l1(const LinearSvmProblem<DenseSvmRows>&, const LinearSvmLimits&, Rng&);
template LinearSvmFit solve_l1(const LinearSvmProblem<SparseSvmRows>&, const LinearSvmLimits&, Rng&);

}  // namespace boreal
