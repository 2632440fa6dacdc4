// Householder reflections H = I - tau v v^T, one by one and many at a time: the compact WY form
// H_0 H_1 ... = I - V^T T V (Schreiber & Van Loan 1989), V holding one vector in each row.
#pragma once

#include <vector>

#include "linalg/dense.h"

namespace boreal {

// x [n], n >= 1: finds H with H x = beta e_0 and leaves v in x, v[0] = 1. LAPACK's sign: beta = -sign(x[0])
// |x|, and tau = 0, beta = x[0] where the rest of x is zero.
struct Reflection {
  double beta, tau;
};
Reflection make_reflection(double* x, size_t n);

// Q = H_0 H_1 ... H_{count-1} of order `size`; row j of v is v_j, with its leading zeros and its one.
struct Reflectors {
  Reflectors(size_t count, size_t size) : v(count, size), tau(count, 0.0) {}
  size_t count() const { return tau.size(); }
  size_t size() const { return v.view().cols; }

  Workspace v;
  std::vector<double> tau;
};

// T [k, k], upper triangular, for the k = v.rows reflectors of v.
void triangular_factor(ConstDense v, const double* tau, Dense t, const RunOptions& run);

// c = (I - V^T op(T) V) c: the product of v's reflectors, or with kTransposed its inverse.
void apply_block(ConstDense v, ConstDense t, Form op, Dense c, const RunOptions& run);

// c [size, m] = Q c. What is above and left of element (first, first) of c must be as in an identity if
// `from_identity`: the work on it is then left out.
void apply_left(const Reflectors& q, Dense c, bool from_identity, const RunOptions& run);
// c [m, size] = c Q^T: Q applied to every row of c.
void apply_to_rows(const Reflectors& q, Dense c, const RunOptions& run);

}  // namespace boreal
