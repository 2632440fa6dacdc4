// Recursive (Gustavson 1997, "Recursion leads to automatic variable blocking for dense linear-algebra
// algorithms"): factor the leading half, solve for the block beside it, update and factor the rest. It runs
// on the upper factor u = l^T, because in row-major order the solve then moves along whole rows.
#include "linalg/cholesky.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "base/error.h"
#include "linalg/triangular.h"

namespace boreal {
namespace {

constexpr size_t kLeaf = 32;
constexpr size_t kUpdateRows = 256;  // rows of the upper half updated by one product

void factor_leaf(Dense u, size_t offset) {
  const VectorKernels& kernels = vector_kernels();
  const size_t n = u.rows;
  double factors[kLeaf];
  for (size_t i = 0; i < n; ++i) {
    double* const row = u.row(i);
    const double pivot = row[i];
    if (!(pivot > 0)) {
      const auto index = static_cast<int64_t>(offset + i);
      throw Error("ERR_NOT_POSITIVE_DEFINITE",
                  "The matrix is not positive definite: pivot " + std::to_string(index) +
                      " of its Cholesky " + "decomposition is " + std::to_string(pivot) + ".",
                  index, index);
    }
    const double root = std::sqrt(pivot);
    for (size_t j = i; j < n; ++j) row[j] /= root;
    // The next row gets what all finished ones subtract from it.
    if (i + 1 == n) break;
    for (size_t k = 0; k <= i; ++k) factors[k] = -u.at(k, i + 1);
    kernels.add_rows(u.data + i + 1, u.stride, i + 1, n - i - 1, factors, u.row(i + 1) + i + 1);
  }
}

void factor(Dense u, size_t offset, const RunOptions& run) {
  const size_t n = u.rows;
  if (n <= kLeaf) {
    check_cancel(run.cancel);
    factor_leaf(u, offset);
    return;
  }
  const size_t mid = (n / 2 + kLeaf - 1) / kLeaf * kLeaf;
  factor(block(u, 0, mid, 0, mid), offset, run);
  const Dense right = block(u, 0, mid, mid, n);
  solve_triangular(Triangle::kUpper, Form::kTransposed, Diagonal::kStored, as_const(block(u, 0, mid, 0, mid)),
                   right, run);
  // Only what lies right of the diagonal, in steps: the lower half is not needed.
  for (size_t i = 0; i < right.cols; i += kUpdateRows) {
    const size_t end = std::min(right.cols, i + kUpdateRows);
    multiply(-1, Form::kTransposed, as_const(block(right, 0, mid, i, end)), Form::kAsIs,
             as_const(block(right, 0, mid, i, right.cols)), 1, block(u, mid + i, mid + end, mid + i, n), run);
  }
  factor(block(u, mid, n, mid, n), offset + mid, run);
}

}  // namespace

void cholesky(ConstDense a, Dense l, const RunOptions& run) {
  require_square(a);
  const size_t n = a.rows;
  if (l.rows != n || l.cols != n) throw Error("ERR_SHAPE", "The factor must have the shape of the matrix.");
  require_finite_lower(a);
  const Workspace work(n, n);
  const Dense u = work.view();
  transpose(a, u, run);
  factor(u, 0, run);
  for (size_t i = 1; i < n; ++i) std::fill(u.row(i), u.row(i) + i, 0.0);
  transpose(as_const(u), l, run);
}

}  // namespace boreal
