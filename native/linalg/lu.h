// The LU decomposition with partial pivoting, and what follows from it.
#pragma once

#include <vector>

#include "linalg/dense.h"

namespace boreal {

class Lu {
 public:
  // p a = l u of a square matrix; keeps a copy of n x n. Throws ERR_SHAPE, ERR_INPUT_NAN, ERR_INPUT_INFINITE.
  // A singular matrix is factored too.
  explicit Lu(ConstDense a, const RunOptions& run = {});

  // det a = sign * exp(log_abs); sign is 0 and log_abs -infinity for a singular matrix. [0, 0] gives 1.
  struct Determinant {
    double sign, log_abs;
    double value;  // their product, by multiplying the pivots: exact zeros and overflow as IEEE 754 has them
  };
  Determinant determinant() const;

  // An estimate, nearly always within a factor 3, of 1 / (|a|_1 |a^-1|_1), by Higham's refinement of Hager's
  // method (Higham 1988, ACM TOMS 14, 381-396). 0 for a singular matrix, 1 for [0, 0].
  double reciprocal_condition(const RunOptions& run = {}) const;

  // x [n, m] = a^-1 b. x may be b. Throws ERR_SHAPE, and ERR_SINGULAR when a pivot is zero or the reciprocal
  // condition is below epsilon: no digit of the result would then be sure.
  void solve(ConstDense b, Dense x, const RunOptions& run = {}) const;

 private:
  void require_regular(const RunOptions& run) const;

  Workspace work_;
  std::vector<size_t> pivots_;  // row i was exchanged with row pivots_[i] >= i, in ascending order
  double norm1_ = 0;
};

// x [n, m] = a^-1 b for a square a; x may be b, but must not overlap a. Errors as those of Lu.
void solve(ConstDense a, ConstDense b, Dense x, const RunOptions& run = {});
// y = a^-1; y may be a.
void inverse(ConstDense a, Dense y, const RunOptions& run = {});

}  // namespace boreal
