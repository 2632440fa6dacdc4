// The solvers of logistic regression beside L-BFGS.
#pragma once

#include <functional>

#include "train/linear.h"
#include "train/logistic_loss.h"

namespace boreal {

struct LogisticSolution {
  std::vector<double> parameters;  // as LogisticLoss lays them out
  size_t iterations = 0;
  bool converged = false;
  std::vector<double> curvature;  // a Cholesky factor [dimension, dimension] of a Hessian near here, or empty
};
using IterationProgress = std::function<void(size_t iterations)>;

// L-BFGS from `start`.
template <typename T>
LogisticSolution solve_lbfgs(LogisticLoss<T>& loss, const LogisticParams& params, LogisticSolution start,
                             const IterationProgress& progress);

// The Cholesky factor of a Hessian, in its place, after curvature was added in the directions in which
// multinomial scores move alike and the loss stays; false if the rest is singular.
bool factor_hessian(std::vector<double>& hessian, size_t cols, const LogisticProblem& problem);

// Newton's method with a Cholesky factorisation of the Hessian and a line search that halves the step. Where
// the Hessian is singular beyond the directions that no loss depends on, L-BFGS goes on from there, as in
// scikit-learn.
template <typename T>
LogisticSolution solve_newton(LogisticLoss<T>& loss, const LogisticParams& params,
                              const IterationProgress& progress);

// SAGA (Defazio, Bach & Lacoste-Julien 2014) for the loss with an L1 part of the penalty: one row at a time,
// in an order drawn from the seed. Stops when an epoch changes no coefficient by more than tol times the
// largest.
template <typename T>
LogisticSolution solve_saga(const LogisticLoss<T>& loss, double l1, const LogisticParams& params,
                            const IterationProgress& progress);

}  // namespace boreal
