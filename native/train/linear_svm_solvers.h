// The solvers of linear_svm.h, each of one problem with labels 1 and -1 or targets.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/cancel.h"
#include "base/matrix_view.h"
#include "base/rng.h"
#include "train/linear_svm.h"

namespace boreal {

struct LinearSvmProblem {
  MatrixView<const double> x;
  std::vector<double> y, c;  // [rows]; rows with c = 0 count nothing
  double bias = 0;           // <= 0: none
  double epsilon = 0;
  bool regression = false, squared = true;

  size_t weights() const { return x.cols + (bias > 0 ? 1 : 0); }
};
struct LinearSvmLimits {
  double tolerance;
  uint32_t max_iterations;
  const CancelToken* cancel;
};
struct LinearSvmFit {
  std::vector<double> w;  // [cols], and that of the additional column
  uint32_t iterations = 0;
  bool converged = false;
};

// Coordinate descent on the dual: Hsieh et al., "A dual coordinate descent method for large-scale linear SVM"
// (2008); for regression Ho and Lin, "Large-scale linear support vector regression" (2012).
LinearSvmFit solve_dual(const LinearSvmProblem& problem, const LinearSvmLimits& limits, Rng& rng);

// Newton's method on |w|^2 / 2 + the sum of squared losses, steps by conjugate gradients.
LinearSvmFit solve_primal(const LinearSvmProblem& problem, const LinearSvmLimits& limits);

// Coordinate descent on |w|_1 + the sum of squared hinge losses: Yuan et al., "A comparison of optimization
// methods and software for large-scale L1-regularized linear classification" (2010).
LinearSvmFit solve_l1(const LinearSvmProblem& problem, const LinearSvmLimits& limits, Rng& rng);

// Reorders the first `count` of items.
inline void shuffle(std::vector<uint32_t>& items, size_t count, Rng& rng) {
  for (size_t i = count; i > 1; --i) std::swap(items[i - 1], items[rng.below(static_cast<uint32_t>(i))]);
}

}  // namespace boreal
