#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "train/linear_svm_solvers.h"

namespace boreal {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNothing = 1e-12;  // a step not worth taking
constexpr size_t kCheckEvery = 4096;

// w, and the products with rows that both problems are made of.
template <typename Rows>
class DualDescent {
 public:
  DualDescent(const LinearSvmProblem<Rows>& problem, const LinearSvmLimits& limits, Rng& rng)
      : problem_(problem), limits_(limits), rng_(rng), w_(problem.weights(), 0) {
    const size_t rows = problem.x.rows();
    squares_.resize(rows);
    multiplier_.assign(rows, 0);
    for (size_t i = 0; i < rows; ++i) {
      if (problem.c[i] > 0) active_.push_back(static_cast<uint32_t>(i));
      squares_[i] = problem.x.square(i) + (problem.bias > 0 ? problem.bias * problem.bias : 0);
    }
  }

  LinearSvmFit classify();
  LinearSvmFit regress();

 private:
  double product(size_t i) const {
    const double sum = problem_.x.dot(i, w_.data());
    return problem_.bias > 0 ? sum + problem_.bias * w_.back() : sum;
  }
  void add(size_t i, double step) {
    problem_.x.add(i, 1, &step, w_.data());
    if (problem_.bias > 0) w_.back() += step * problem_.bias;
  }
  bool is_squared() const { return problem_.loss == LinearLoss::kSquared; }
  double diagonal(size_t i) const { return is_squared() ? 0.5 / problem_.c[i] : 0; }
  double bound(size_t i) const { return is_squared() ? kInfinity : problem_.c[i]; }
  void check(size_t step) const {
    if (step % kCheckEvery == 0) check_cancel(limits_.cancel);
  }
  LinearSvmFit finish(uint32_t iterations, bool converged) { return {std::move(w_), iterations, converged}; }

  const LinearSvmProblem<Rows>& problem_;
  const LinearSvmLimits& limits_;
  Rng& rng_;
  std::vector<double> w_, squares_, multiplier_;
  std::vector<uint32_t> active_;
};

template <typename Rows>
LinearSvmFit DualDescent<Rows>::classify() {
  size_t size = active_.size();
  double highest_before = kInfinity, lowest_before = -kInfinity;
  for (uint32_t iteration = 0; iteration < limits_.max_iterations; ++iteration) {
    double highest = -kInfinity, lowest = kInfinity;
    shuffle(active_, size, rng_);
    for (size_t s = 0; s < size; ++s) {
      check(s);
      const size_t i = active_[s];
      const double y = problem_.y[i], most = bound(i);
      double& alpha = multiplier_[i];
      const double gradient = y * product(i) - 1 + alpha * diagonal(i);
      double projected = gradient;
      if (alpha == 0) {
        if (gradient > highest_before) {
          std::swap(active_[s--], active_[--size]);
          continue;
        }
        projected = std::min(gradient, 0.0);
      } else if (alpha == most) {
        if (gradient < lowest_before) {
          std::swap(active_[s--], active_[--size]);
          continue;
        }
        projected = std::max(gradient, 0.0);
      }
      highest = std::max(highest, projected);
      lowest = std::min(lowest, projected);
      if (std::fabs(projected) <= kNothing) continue;
      const double before = alpha, curvature = squares_[i] + diagonal(i);
      // A row of zeros has a gradient, but no curvature: to the bound.
      alpha = curvature > 0 ? std::min(std::max(before - gradient / curvature, 0.0), most) : most;
      add(i, (alpha - before) * y);
    }
    if (size == 0 || highest - lowest <= limits_.tolerance) {
      if (size == active_.size()) return finish(iteration + 1, true);
      size = active_.size();
      highest_before = kInfinity;
      lowest_before = -kInfinity;
      continue;
    }
    highest_before = highest > 0 ? highest : kInfinity;
    lowest_before = lowest < 0 ? lowest : -kInfinity;
  }
  return finish(limits_.max_iterations, false);
}

template <typename Rows>
LinearSvmFit DualDescent<Rows>::regress() {
  size_t size = active_.size();
  double most_before = kInfinity, first_total = 0;
  const double epsilon = problem_.epsilon;
  for (uint32_t iteration = 0; iteration < limits_.max_iterations; ++iteration) {
    double most = 0, total = 0;
    shuffle(active_, size, rng_);
    for (size_t s = 0; s < size; ++s) {
      check(s);
      const size_t i = active_[s];
      double& beta = multiplier_[i];
      const double limit = bound(i), gradient = product(i) - problem_.y[i] + diagonal(i) * beta;
      const double above = gradient + epsilon, below = gradient - epsilon;
      double violation = 0;
      bool shrinks = false;
      if (beta == 0) {
        violation = above < 0 ? -above : below > 0 ? below : 0;
        shrinks = violation == 0 && above > most_before && below < -most_before;
      } else if (beta >= limit) {
        violation = above > 0 ? above : 0;
        shrinks = violation == 0 && above < -most_before;
      } else if (beta <= -limit) {
        violation = below < 0 ? -below : 0;
        shrinks = violation == 0 && below > most_before;
      } else {
        violation = std::fabs(beta > 0 ? above : below);
      }
      if (shrinks) {
        std::swap(active_[s--], active_[--size]);
        continue;
      }
      most = std::max(most, violation);
      total += violation;
      const double curvature = std::max(squares_[i] + diagonal(i), kNothing);
      const double step = above < curvature * beta   ? -above / curvature
                          : below > curvature * beta ? -below / curvature
                                                     : -beta;
      if (std::fabs(step) < kNothing) continue;
      const double before = beta;
      beta = std::min(std::max(beta + step, -limit), limit);
      if (beta != before) add(i, beta - before);
    }
    if (iteration == 0) first_total = total;
    if (total <= limits_.tolerance * first_total) {
      if (size == active_.size()) return finish(iteration + 1, true);
      size = active_.size();
      most_before = kInfinity;
      continue;
    }
    most_before = most;
  }
  return finish(limits_.max_iterations, false);
}

}  // namespace

template <typename Rows>
LinearSvmFit solve_dual(const LinearSvmProblem<Rows>& problem, const LinearSvmLimits& limits, Rng& rng) {
  DualDescent<Rows> descent(problem, limits, rng);
  return problem.regression ? descent.regress() : descent.classify();
}

template LinearSvmFit solve_dual(const LinearSvmProblem<DenseSvmRows>&, const LinearSvmLimits&, Rng&);
template LinearSvmFit solve_dual(const LinearSvmProblem<SparseSvmRows>&, const LinearSvmLimits&, Rng&);

}  // namespace boreal
