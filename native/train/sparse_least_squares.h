// Least squares and ridge on sparse rows by LSQR (Paige & Saunders 1982), which reads X once an iteration,
// for both of its products, and does not change it: centring happens in the products. Sums over rows are made
// of fixed parts: results do not depend on the number of threads.
#pragma once

#include <cstdint>
#include <vector>

#include "base/cancel.h"
#include "base/matrix_view.h"
#include "linalg/csr.h"

namespace boreal {

struct SparseLeastSquaresParams {
  double alpha = 0;  // >= 0; 0: the solution of least norm
  bool fit_intercept = true;
  double tolerance = 1e-4;      // on the gradient, relative to that of coefficients of 0; >= 0
  uint32_t max_iterations = 0;  // 0: ten for each row or column, whichever are fewer
};

struct SparseLeastSquaresModel {
  std::vector<double> coef;        // [targets, cols]
  std::vector<double> intercept;   // [targets]
  std::vector<double> iterations;  // [targets]
  bool converged = true;           // all of them
};

// Minimises what fit_least_squares does. y: [rows, targets]; weights: [rows] or empty. Throws ERR_EMPTY,
// ERR_SHAPE, ERR_PARAMETER.
SparseLeastSquaresModel fit_sparse_least_squares(const CsrView<double>& x, MatrixView<const double> y,
                                                 Span<double> weights, const SparseLeastSquaresParams& params,
                                                 const CancelToken* cancel);

}  // namespace boreal
