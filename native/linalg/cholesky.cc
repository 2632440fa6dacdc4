// A panel of columns at a time, right-looking (Golub & Van Loan, "Matrix Computations", 4.2.9). The panel is
// transposed aside, because in row-major order its solve then moves along whole rows, and because the update
// of the rest wants both: the panel and its transpose. Within a panel the factor is recursive (Gustavson
// 1997, "Recursion leads to automatic variable blocking for dense linear-algebra algorithms").
#include "linalg/cholesky.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "base/error.h"
#include "linalg/triangular.h"

namespace boreal {
namespace {

constexpr size_t kLeaf = 32;
constexpr size_t kPanel = 128;
constexpr size_t kUpdateRows =
    128;  // of the lower half updated by one product; what it computes above is waste

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

// The square u = u^T u, upper.
void factor(Dense u, size_t offset, const RunOptions& run) {
  const size_t n = u.rows;
  if (n <= kLeaf) return factor_leaf(u, offset);
  const size_t mid = (n / 2 + kLeaf - 1) / kLeaf * kLeaf;
  factor(block(u, 0, mid, 0, mid), offset, run);
  const Dense right = block(u, 0, mid, mid, n), rest = block(u, mid, n, mid, n);
  solve_triangular(Triangle::kUpper, Form::kTransposed, Diagonal::kStored, as_const(block(u, 0, mid, 0, mid)),
                   right, run);
  multiply(-1, Form::kTransposed, as_const(right), Form::kAsIs, as_const(right), 1, rest, run);
  factor(rest, offset + mid, run);
}

}  // namespace

void cholesky(ConstDense a, Dense l, const RunOptions& run) {
  require_square(a);
  const size_t n = a.rows;
  if (l.rows != n || l.cols != n) throw Error("ERR_SHAPE", "The factor must have the shape of the matrix.");
  require_finite_lower(a);
  for (size_t i = 0; i < n; ++i) std::copy_n(a.row(i), i + 1, l.row(i));
  const Workspace work(std::min(n, kPanel), n);
  for (size_t j = 0; j < n; j += kPanel) {
    check_cancel(run.cancel);
    const size_t next = std::min(n, j + kPanel);
    const Dense panel = block(l, j, n, j, next), u = block(work.view(), 0, next - j, 0, n - j);
    transpose(as_const(panel), u, run);
    const Dense top = block(u, 0, next - j, 0, next - j), right = block(u, 0, next - j, next - j, n - j);
    factor(top, j, run);
    solve_triangular(Triangle::kUpper, Form::kTransposed, Diagonal::kStored, as_const(top), right, run);
    transpose(as_const(u), panel, run);
    for (size_t i = next; i < n; i += kUpdateRows) {
      const size_t end = std::min(n, i + kUpdateRows);
      multiply(-1, Form::kAsIs, as_const(block(l, i, end, j, next)), Form::kAsIs,
               as_const(block(right, 0, next - j, 0, end - next)), 1, block(l, i, end, next, end), run);
    }
  }
  for (size_t i = 0; i < n; ++i) std::fill(l.row(i) + i + 1, l.row(i) + n, 0.0);
}

}  // namespace boreal
