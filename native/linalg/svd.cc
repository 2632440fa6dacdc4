// A matrix with more rows than columns is first reduced to its R (Chan 1982, "An improved algorithm for
// computing the singular value decomposition"), one with fewer is transposed: bidiagonal form is for squares
// only.
#include "linalg/svd.h"

#include <algorithm>
#include <limits>

#include "base/error.h"
#include "linalg/bidiagonal.h"
#include "linalg/bidiagonal_svd.h"
#include "linalg/qr.h"

namespace boreal {
namespace {

// a [n, n] is destroyed; rows i of u and of v [n, n] become the vectors of s[i], ascending.
void square_svd(Dense a, std::vector<double>& s, Dense u, Dense v, const RunOptions& run) {
  const size_t n = a.rows;
  Bidiagonal b = reduce_to_bidiagonal(a, run);
  s = std::move(b.diagonal);
  // The transpose of B is upper bidiagonal: its left vectors are the right ones of B.
  solve_bidiagonal(s, b.below, v, u, run);
  apply_to_rows(b.p, block(u, 0, n, 1, n), run);
  apply_to_rows(b.q, v, run);
}

void reverse_rows(Dense x) {
  if (x.cols == 0) return;
  for (size_t i = 0; i < x.rows / 2; ++i)
    std::swap_ranges(x.row(i), x.row(i) + x.cols, x.row(x.rows - 1 - i));
}

// a [m, n], m >= n, is destroyed. Columns of u [m, n or m], rows of vt [n, n].
void tall_svd(Dense a, Dense u, double* s, Dense vt, const RunOptions& run) {
  const size_t m = a.rows, n = a.cols;
  if (n == 0) {
    set_identity(u);
    return;
  }
  const Workspace rows(n, n);
  std::vector<double> values;
  if (m == n) {
    square_svd(a, values, rows.view(), vt, run);
    reverse_rows(rows.view());
    transpose(as_const(rows.view()), u, run);
  } else {
    const Reflectors q = factor_qr(a, run);
    const Dense r = block(a, 0, n, 0, n);
    for (size_t i = 1; i < n; ++i) std::fill(r.row(i), r.row(i) + i, 0.0);
    square_svd(r, values, rows.view(), vt, run);
    reverse_rows(rows.view());
    set_identity(u);
    transpose(as_const(rows.view()), block(u, 0, n, 0, n), run);
    apply_left(q, u, false, run);
  }
  reverse_rows(vt);
  std::copy(values.rbegin(), values.rend(), s);
}

size_t count_above(const std::vector<double>& s, double threshold) {
  size_t count = 0;
  for (const double value : s) count += value > threshold;
  return count;
}

double default_rcond(ConstDense a) {
  return std::numeric_limits<double>::epsilon() * static_cast<double>(std::max(a.rows, a.cols));
}

// The decomposition that keeps its own memory.
struct Svd {
  Svd(ConstDense a, const RunOptions& run)
      : s(std::min(a.rows, a.cols)), u(a.rows, s.size()), vt(s.size(), a.cols) {
    svd(a, u.view(), s.data(), vt.view(), run);
  }
  size_t rank(double rcond) const { return s.empty() ? 0 : count_above(s, rcond * s[0]); }

  std::vector<double> s;
  Workspace u, vt;
};

// x [n, r] = V diag(1 / s) c for the first `rank` vectors; c [rank, r] is scaled in place.
void apply_inverse(const Svd& f, size_t rank, Dense c, Dense x, const RunOptions& run) {
  for (size_t i = 0; i < rank; ++i) {
    for (size_t j = 0; j < c.cols; ++j) c.at(i, j) /= f.s[i];
  }
  multiply(1, Form::kTransposed, as_const(block(f.vt.view(), 0, rank, 0, x.rows)), Form::kAsIs, as_const(c),
           0, x, run);
}

}  // namespace

void svd(ConstDense a, Dense u, double* s, Dense vt, const RunOptions& run) {
  const size_t m = a.rows, n = a.cols, k = std::min(m, n);
  const bool full = u.cols == m && vt.rows == n;
  if (u.rows != m || vt.cols != n || !(full || (u.cols == k && vt.rows == k))) {
    throw Error("ERR_SHAPE",
                "U and V^T do not have the shapes of a reduced or full singular value decomposition.");
  }
  require_finite(a);
  const double factor = safe_scale(a);
  if (m >= n) {
    const Workspace work(m, n);
    copy(a, work.view());
    scale(factor, work.view());
    tall_svd(work.view(), u, s, vt, run);
  } else {
    // a^T = (v) diag(s) (u^T)
    const Workspace work(n, m), left(n, vt.rows), right(m, m);
    transpose(a, work.view(), run);
    scale(factor, work.view());
    tall_svd(work.view(), left.view(), s, right.view(), run);
    transpose(as_const(left.view()), vt, run);
    transpose(as_const(right.view()), u, run);
  }
  for (size_t i = 0; i < k; ++i) s[i] /= factor;
}

size_t least_squares(ConstDense a, ConstDense b, double rcond, Dense x, double* s, const RunOptions& run) {
  if (b.rows != a.rows || x.rows != a.cols || x.cols != b.cols) {
    throw Error("ERR_SHAPE", "The shapes of a least-squares problem do not fit.");
  }
  require_finite(b);
  const Svd f(a, run);
  const size_t rank = f.rank(rcond < 0 ? default_rcond(a) : rcond);
  const Workspace products(rank, b.cols);
  multiply(1, Form::kTransposed, as_const(block(f.u.view(), 0, a.rows, 0, rank)), Form::kAsIs, b, 0,
           products.view(), run);
  apply_inverse(f, rank, products.view(), x, run);
  if (s != nullptr) std::copy(f.s.begin(), f.s.end(), s);
  return rank;
}

size_t pseudo_inverse(ConstDense a, double rcond, Dense y, const RunOptions& run) {
  if (y.rows != a.cols || y.cols != a.rows) {
    throw Error("ERR_SHAPE", "The pseudo-inverse has the shape of the transposed matrix.");
  }
  const Svd f(a, run);
  const size_t rank = f.rank(rcond < 0 ? default_rcond(a) : rcond);
  const Workspace ut(rank, a.rows);
  transpose(as_const(block(f.u.view(), 0, a.rows, 0, rank)), ut.view(), run);
  apply_inverse(f, rank, ut.view(), y, run);
  return rank;
}

size_t matrix_rank(ConstDense a, double tolerance, const RunOptions& run) {
  const Svd f(a, run);
  return tolerance < 0 ? f.rank(-tolerance) : count_above(f.s, tolerance);
}

}  // namespace boreal
