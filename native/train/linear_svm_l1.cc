#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "base/aligned_buffer.h"
#include "train/linear_svm_solvers.h"

namespace boreal {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// Columns of y_i x_i, each in one piece.
class SignedColumns {
 public:
  explicit SignedColumns(const LinearSvmProblem& problem)
      : rows_(problem.x.rows), values_(problem.weights() * problem.x.rows) {
    for (size_t i = 0; i < rows_; ++i) {
      const double y = problem.y[i];
      for (size_t j = 0; j < problem.x.cols; ++j) values_[j * rows_ + i] = y * problem.x.at(i, j);
      if (problem.bias > 0) values_[problem.x.cols * rows_ + i] = y * problem.bias;
    }
  }
  const double* column(size_t j) const { return values_.data() + j * rows_; }

 private:
  size_t rows_;
  AlignedBuffer<double> values_;
};

}  // namespace

LinearSvmFit solve_l1(const LinearSvmProblem& problem, const LinearSvmLimits& limits, Rng& rng) {
  constexpr double kSufficient = 0.01, kLeast = 1e-12;
  constexpr int kHalvings = 20;
  const size_t rows = problem.x.rows, columns = problem.weights();
  const SignedColumns x(problem);
  const std::vector<double>& c = problem.c;
  std::vector<double> w(columns, 0), margin(rows, 1), bound(columns, 0);  // margin: 1 - y f
  for (size_t j = 0; j < columns; ++j) {
    const double* const v = x.column(j);
    for (size_t i = 0; i < rows; ++i) bound[j] += c[i] * v[i] * v[i];
  }
  std::vector<uint32_t> order(columns);
  std::iota(order.begin(), order.end(), 0u);
  size_t active = columns;
  double most_before = kInfinity, first_total = 0;
  // The sum of losses after the margins have moved along column j.
  const auto moved_loss = [&](const double* v, double step) {
    double sum = 0;
    for (size_t i = 0; i < rows; ++i) {
      margin[i] += step * v[i];
      if (margin[i] > 0) sum += c[i] * margin[i] * margin[i];
    }
    return sum;
  };
  for (uint32_t iteration = 0; iteration < limits.max_iterations; ++iteration) {
    double most = 0, total = 0;
    shuffle(order, active, rng);
    for (size_t s = 0; s < active; ++s) {
      check_cancel(limits.cancel);
      const size_t j = order[s];
      const double* const v = x.column(j);
      double slope = 0, curvature = 0;
      for (size_t i = 0; i < rows; ++i) {
        if (margin[i] <= 0) continue;
        slope -= 2 * c[i] * v[i] * margin[i];
        curvature += 2 * c[i] * v[i] * v[i];
      }
      curvature = std::max(curvature, kLeast);
      const double rising = slope + 1, falling = slope - 1;
      double violation;
      if (w[j] == 0) {
        violation = rising < 0 ? -rising : falling > 0 ? falling : 0;
        const double margin_of = most_before / static_cast<double>(rows);
        if (violation == 0 && rising > margin_of && falling < -margin_of) {
          std::swap(order[s--], order[--active]);
          continue;
        }
      } else {
        violation = std::fabs(w[j] > 0 ? rising : falling);
      }
      most = std::max(most, violation);
      total += violation;
      double step = rising < curvature * w[j]    ? -rising / curvature
                    : falling > curvature * w[j] ? -falling / curvature
                                                 : -w[j];
      if (std::fabs(step) < kLeast) continue;
      double expected = std::fabs(w[j] + step) - std::fabs(w[j]) + slope * step, taken = 0, before = 0;
      for (int halving = 0; halving < kHalvings; ++halving) {
        const double penalty = std::fabs(w[j] + step) - std::fabs(w[j]) - kSufficient * expected;
        if (bound[j] * step * step + slope * step + penalty <= 0) {
          moved_loss(v, taken - step);
          taken = step;
          break;
        }
        if (halving == 0) before = moved_loss(v, 0);
        const double after = moved_loss(v, taken - step);
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

}  // namespace boreal
