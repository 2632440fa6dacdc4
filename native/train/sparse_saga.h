// SAGA for logistic regression on sparse rows: the steps of logistic_saga.cc, each of which touches the
// columns of its row only.
#pragma once

#include "linalg/csr.h"
#include "train/logistic_solvers.h"

namespace boreal {

// start and the solution: [cols, outputs], then [outputs] intercepts if there are any. l1 as for solve_saga.
LogisticSolution solve_sparse_saga(const CsrView<double>& x, const LogisticProblem& problem, double l1,
                                   const LogisticParams& params, std::vector<double> start,
                                   const IterationProgress& progress);

}  // namespace boreal
