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
  const typename Rows::Columns x = problem.x.columns(problem.y, problem.bias, limits.cancel);
  const std::vector<double>& c = problem.c;
  std::vector<double> w(columns, 0), margin(rows, 1), bound(columns, 0);  // margin: 1 - y f
  for (size_t j = 0; j < columns; ++j) {
    x.each(j, [&](size_t i, double v) { bound[j] += c[i] * v * v; });
  }
  std::vector<uint32_t> order(columns);
  std::iota(order.begin(), order.end(), 0u);
  size_t active = columns;
  double most_before = kInfinity, first_total = 0;
  // The sum of losses of the rows that column j has, after their margins have moved along it.
  const auto moved_loss = [&](size_t j, double step) {
    double sum = 0;
    x.each(j, [&](size_t i, double v) {
      margin[i] += step * v;
      if (margin[i] > 0) sum += c[i] * margin[i] * margin[i];
    });
    return sum;
  };
  for (uint32_t iteration = 0; iteration < limits.max_iterations; ++iteration) {
    double most = 0, total = 0;
    shuffle(order, active, rng);
    for (size_t s = 0; s < active; ++s) {
      check_cancel(limits.cancel);
      const size_t j = order[s];
      double slope = 0, curvature = 0;
      x.each(j, [&](size_t i, double v) {
        if (margin[i] <= 0) return;
        slope -= 2 * c[i] * v * margin[i];
        curvature += 2 * c[i] * v * v;
      });
      curvature = std::max(curvature, kLeast);
      if (l1_rests(w[j], slope, most_before / static_cast<double>(rows))) {
        std::swap(order[s--], order[--active]);
        continue;
      }
      const double violation = l1_violation(w[j], slope);
      most = std::max(most, violation);
      total += violation;
      double step = l1_step(w[j], slope, curvature);
      if (std::fabs(step) < kLeast) continue;
      double expected = std::fabs(w[j] + step) - std::fabs(w[j]) + slope * step, taken = 0, before = 0;
      for (int halving = 0; halving < kHalvings; ++halving) {
        const double penalty = std::fabs(w[j] + step) - std::fabs(w[j]) - kSufficient * expected;
        if (bound[j] * step * step + slope * step + penalty <= 0) {
          moved_loss(j, taken - step);
          taken = step;
          break;
        }
        if (halving == 0) before = moved_loss(j, 0);
        const double after = moved_loss(j, taken - step);
        taken = step;
        if (penalty + after - before <= 0) break;
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
