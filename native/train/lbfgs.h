// Minimisation of a smooth function by L-BFGS (Liu & Nocedal 1989) with the line search of More & Thuente
// (1994).
#pragma once

#include <cstddef>
#include <functional>
#include <vector>

namespace boreal {

// Returns f(x) and writes its gradient; both have x's length.
using Objective = std::function<double(const std::vector<double>& x, std::vector<double>& gradient)>;

struct LbfgsOptions {
  size_t max_iterations = 100;
  double gradient_tolerance =
      1e-5;                     // stop when the largest absolute component of the gradient is at most this
  double value_tolerance = 0;   // stop when f falls by at most this times max(|f before|, |f after|, 1)
  size_t memory = 10;           // pairs of steps and gradient changes that are kept
  size_t max_evaluations = 50;  // in one line search
  std::function<void(size_t iterations)> on_iteration;
  // v = H v for a symmetric positive definite H near the inverse of the Hessian, where one is known: what the
  // pairs correct, in place of a multiple of the identity. Dropped when a line search from it fails.
  std::function<void(std::vector<double>& v)> precondition;
};

struct LbfgsResult {
  std::vector<double> x, gradient;
  double value = 0;
  size_t iterations = 0;
  bool converged = false;  // one of the tolerances was met
};

// Where f or its gradient is not finite the line search draws back. f(x0) must be finite.
LbfgsResult minimize(const Objective& objective, std::vector<double> x0, const LbfgsOptions& options);

}  // namespace boreal
