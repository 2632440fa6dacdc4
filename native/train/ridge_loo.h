// Leave-one-out errors of ridge regression for many strengths from one decomposition (Rifkin & Lippert 2007,
// "Notes on Regularized Least Squares").
#pragma once

#include <vector>

#include "base/cancel.h"
#include "base/matrix_view.h"
#include "base/span.h"

namespace boreal {

struct RidgeLooScores {
  std::vector<double> mse;     // [targets, alphas] mean over rows of w (y - prediction without the row)^2
  std::vector<double> errors;  // [rows, targets, alphas] sqrt(w) (y - that prediction); empty unless wanted
};

// y: [rows, targets]; weights: [rows] or empty; alphas > 0; by_svd: from singular values of X, which keeps
// digits that squares lose, not from eigenvalues of X^T X or X X^T.
template <typename T>
RidgeLooScores ridge_leave_one_out(MatrixView<const T> x, MatrixView<const double> y, Span<double> weights,
                                   Span<double> alphas, bool fit_intercept, bool keep_errors, bool by_svd,
                                   const CancelToken* cancel);

}  // namespace boreal
