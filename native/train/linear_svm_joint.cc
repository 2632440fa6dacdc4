// All classes in one problem (Crammer and Singer, "On the algorithmic implementation of multiclass
// kernel-based vector machines", 2001), by descent on the variables of one row after the other (Keerthi et
// al., "A sequential dual method for large scale multi-class linear SVMs", 2008).
#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <utility>

#include "base/error.h"
#include "train/linear_svm_solvers.h"

namespace boreal {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNothing = 1e-12;  // a violation not worth a step
constexpr size_t kCheckEvery = 1024;

// The variables of row i are a_m <= (m = y_i ? c_i : 0), and add up to 0; w_m = sum_i a_im x_i.
template <typename Rows>
class JointDescent {
 public:
  JointDescent(const LinearSvmProblem<Rows>& problem, size_t classes)
      : problem_(problem),
        classes_(classes),
        weights_(problem.weights()),
        w_(classes * weights_, 0),
        alpha_(classes * problem.x.rows(), 0),
        gradient_(classes),
        target_(classes),
        sorted_(classes) {}

  LinearSvmFit run(const LinearSvmLimits& limits, Rng& rng) {
    std::vector<uint32_t> rows;
    for (size_t i = 0; i < problem_.x.rows(); ++i) {
      if (problem_.c[i] > 0) rows.push_back(static_cast<uint32_t>(i));
    }
    size_t size = rows.size();
    for (uint32_t iteration = 0; iteration < limits.max_iterations; ++iteration) {
      const bool sees_all = size == rows.size();
      double worst = 0;
      shuffle(rows, size, rng);
      for (size_t s = 0; s < size; ++s) {
        if (s % kCheckEvery == 0) check_cancel(limits.cancel);
        const size_t i = rows[s];
        if (look(i)) {
          // Beyond the margin of all classes: out of the way until the others have come to rest.
          std::swap(rows[s--], rows[--size]);
          continue;
        }
        const double violation = violated(i);
        worst = std::max(worst, violation);
        if (violation > kNothing) move(i);
      }
      if (worst >= limits.tolerance) continue;
      if (sees_all) return fit(iteration + 1, true);
      size = rows.size();
    }
    return fit(limits.max_iterations, false);
  }

 private:
  // Comparisons skip what is no number, and steps of infinite length look like a descent that has ended.
  static double finite(double value) {
    if (std::isfinite(value)) return value;
    throw Error("ERR_INPUT_INFINITE", "The values are so large that their products overflow, or C is.");
  }

  LinearSvmFit fit(uint32_t iterations, bool converged) {
    std::for_each(w_.begin(), w_.end(), finite);
    return {std::move(w_), iterations, converged};
  }

  size_t own(size_t i) const { return static_cast<size_t>(problem_.y[i]); }
  double* weights_of(size_t m) { return w_.data() + m * weights_; }

  // Computes the gradients of row i; whether it has no vote and needs none.
  bool look(size_t i) {
    const double* const alpha = alpha_.data() + i * classes_;
    bool rests = true;
    for (size_t m = 0; m < classes_; ++m) {
      const double* const w = weights_of(m);
      const double bias = problem_.bias > 0 ? problem_.bias * w[weights_ - 1] : 0;
      gradient_[m] = finite(problem_.x.dot(i, w) + bias + (m == own(i) ? 0 : 1));
      rests = rests && alpha[m] == 0;
    }
    for (size_t m = 0; m < classes_ && rests; ++m) rests = m == own(i) || gradient_[m] < gradient_[own(i)];
    return rests;
  }

  // How much the best and the worst class differ that could exchange votes.
  double violated(size_t i) const {
    const double* const alpha = alpha_.data() + i * classes_;
    double least = kInfinity, most = -kInfinity;
    for (size_t m = 0; m < classes_; ++m) {
      if (alpha[m] < (m == own(i) ? problem_.c[i] : 0)) least = std::min(least, gradient_[m]);
      most = std::max(most, gradient_[m]);
    }
    return most - least;
  }

  // To the optimum of the variables of row i: they are (level - b_m) / curvature, each at most its bound,
  // where the level makes their sum 0.
  void move(size_t i) {
    double* const alpha = alpha_.data() + i * classes_;
    const double bias = problem_.bias > 0 ? problem_.bias * problem_.bias : 0;
    const double curvature = finite(problem_.x.square(i) + bias);
    const double reserve = finite(curvature * problem_.c[i]);
    if (!(curvature > 0)) return;  // a row of zeros, which no weight can move
    for (size_t m = 0; m < classes_; ++m) {
      target_[m] = gradient_[m] - curvature * alpha[m];
      sorted_[m] = target_[m] + (m == own(i) ? reserve : 0);
    }
    std::sort(sorted_.begin(), sorted_.end(), std::greater<double>());
    double sum = sorted_[0] - reserve;
    size_t count = 1;
    for (; count < classes_ && sum < static_cast<double>(count) * sorted_[count]; ++count)
      sum += sorted_[count];
    const double level = finite(sum / static_cast<double>(count));
    for (size_t m = 0; m < classes_; ++m) {
      const double bound = m == own(i) ? problem_.c[i] : 0;
      const double next = std::min(bound, (level - target_[m]) / curvature), step = next - alpha[m];
      if (step == 0) continue;
      alpha[m] = next;
      problem_.x.add(i, 1, &step, weights_of(m));
      if (problem_.bias > 0) weights_of(m)[weights_ - 1] += step * problem_.bias;
    }
  }

  const LinearSvmProblem<Rows>& problem_;
  const size_t classes_, weights_;
  std::vector<double> w_;      // [classes, weights]
  std::vector<double> alpha_;  // [rows, classes]
  std::vector<double> gradient_, target_, sorted_;
};

}  // namespace

template <typename Rows>
LinearSvmFit solve_joint(const LinearSvmProblem<Rows>& problem, size_t classes, const LinearSvmLimits& limits,
                         Rng& rng) {
  return JointDescent<Rows>(problem, classes).run(limits, rng);
}

template LinearSvmFit solve_joint(const LinearSvmProblem<DenseSvmRows>&, size_t, const LinearSvmLimits&,
                                  Rng&);
template LinearSvmFit solve_joint(const LinearSvmProblem<SparseSvmRows>&, size_t, const LinearSvmLimits&,
                                  Rng&);

}  // namespace boreal
