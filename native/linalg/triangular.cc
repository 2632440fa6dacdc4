#include "linalg/triangular.h"

#include "base/partition.h"
#include "base/thread_pool.h"

namespace boreal {
namespace {

constexpr size_t kLeaf = 32;
constexpr size_t kStrip = 240;  // columns of b for one task

void solve_leaf(bool forward, Form op, Diagonal diagonal, ConstDense t, Dense b, const RunOptions& run) {
  const ptrdiff_t stride = static_cast<ptrdiff_t>(t.stride), bs = static_cast<ptrdiff_t>(b.stride);
  const ptrdiff_t ti = op == Form::kAsIs ? stride : 1, tk = op == Form::kAsIs ? 1 : stride;
  const size_t last = t.rows - 1;
  // Back substitution is forward substitution on the matrix turned by 180 degrees.
  const double* const corner = forward ? t.data : t.data + last * (t.stride + 1);
  const ptrdiff_t sign = forward ? 1 : -1;
  double* const first = forward ? b.data : b.row(last);
  const Partition strips{b.cols, kStrip};
  ThreadPool::instance().parallel_for(
      strips.count(),
      [&](size_t s, size_t) {
        vector_kernels().substitute(corner, sign * ti, sign * tk, diagonal == Diagonal::kUnit,
                                    first + strips.begin(s), sign * bs, t.rows,
                                    strips.end(s) - strips.begin(s));
      },
      worth_threads(static_cast<double>(t.rows * t.rows) * static_cast<double>(b.cols), run));
}

}  // namespace

void solve_triangular(Triangle half, Form op, Diagonal diagonal, ConstDense t, Dense b,
                      const RunOptions& run) {
  const size_t n = t.rows;
  if (n == 0 || b.cols == 0) return;
  const bool forward = (half == Triangle::kLower) == (op == Form::kAsIs);
  if (n <= kLeaf) {
    solve_leaf(forward, op, diagonal, t, b, run);
    return;
  }
  const size_t mid = (n / 2 + kLeaf - 1) / kLeaf * kLeaf;
  const ConstDense t11 = block(t, 0, mid, 0, mid), t22 = block(t, mid, n, mid, n);
  const ConstDense off = half == Triangle::kLower ? block(t, mid, n, 0, mid) : block(t, 0, mid, mid, n);
  const Dense b1 = block(b, 0, mid, 0, b.cols), b2 = block(b, mid, n, 0, b.cols);
  if (forward) {
    solve_triangular(half, op, diagonal, t11, b1, run);
    multiply(-1, op, off, Form::kAsIs, as_const(b1), 1, b2, run);
    solve_triangular(half, op, diagonal, t22, b2, run);
  } else {
    solve_triangular(half, op, diagonal, t22, b2, run);
    multiply(-1, op, off, Form::kAsIs, as_const(b2), 1, b1, run);
    solve_triangular(half, op, diagonal, t11, b1, run);
  }
}

}  // namespace boreal
