#include "linalg/eigh.h"

#include <algorithm>

#include "base/error.h"
#include "linalg/tridiagonal.h"
#include "linalg/tridiagonal_eigen.h"

namespace boreal {

void eigh(ConstDense a, double* values, Dense vectors, const RunOptions& run) {
  require_square(a);
  const size_t n = a.rows;
  if (vectors.rows != n || vectors.cols != n) {
    throw Error("ERR_SHAPE", "The eigenvectors must have the shape of the matrix.");
  }
  require_finite_lower(a);
  if (n == 0) return;
  const Workspace work(n, n);
  const Dense upper = work.view();
  transpose(a, upper, run);
  for (size_t i = 0; i < n; ++i) std::fill(upper.row(i), upper.row(i) + i, 0.0);
  const double factor = safe_scale(as_const(upper));
  scale(factor, upper);
  Tridiagonal t = reduce_to_tridiagonal(upper, run);
  // Each row an eigenvector. Q leaves the first entry alone.
  solve_tridiagonal(t.diagonal, t.beside, upper, run);
  apply_to_rows(t.q, block(upper, 0, n, 1, n), run);
  for (size_t i = 0; i < n; ++i) values[i] = t.diagonal[i] / factor;
  transpose(as_const(upper), vectors, run);
}

}  // namespace boreal
