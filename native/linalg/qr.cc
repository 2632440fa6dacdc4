#include "linalg/qr.h"

#include <algorithm>

#include "base/error.h"

namespace boreal {
namespace {

constexpr size_t kPanel = 32;

// v [n, m]: the columns of the panel as rows; they become its reflectors. R goes to the upper triangle of a
// [m, n].
void factor_panel(Dense v, double* tau, Dense a) {
  const VectorKernels& kernels = vector_kernels();
  double products[kPanel];
  for (size_t j = 0; j < v.rows; ++j) {
    double* const row = v.row(j);
    for (size_t i = 0; i < j; ++i) {
      a.at(i, j) = row[i];
      row[i] = 0;
    }
    const Reflection h = make_reflection(row + j, v.cols - j);
    a.at(j, j) = h.beta;
    tau[j] = h.tau;
    if (j + 1 == v.rows || h.tau == 0) continue;
    double* const next = v.row(j + 1) + j;
    const size_t rest = v.rows - j - 1;
    kernels.row_dots(next, v.stride, rest, v.cols - j, row + j, products);
    for (size_t k = 0; k < rest; ++k) products[k] *= -h.tau;
    kernels.rank_one(next, v.stride, rest, v.cols - j, products, row + j);
  }
}

}  // namespace

Reflectors factor_qr(Dense a, const RunOptions& run) {
  const size_t m = a.rows, n = a.cols, k = std::min(m, n);
  Reflectors q(k, m);
  const Workspace factor(kPanel, kPanel);
  for (size_t j0 = 0; j0 < k; j0 += kPanel) {
    check_cancel(run.cancel);
    const size_t j1 = std::min(k, j0 + kPanel);
    fill(0, block(q.v.view(), j0, j1, 0, j0));
    const Dense v = block(q.v.view(), j0, j1, j0, m);
    for (size_t i = j0; i < m; ++i) {
      for (size_t j = j0; j < j1; ++j) v.at(j - j0, i - j0) = a.at(i, j);
    }
    factor_panel(v, q.tau.data() + j0, block(a, j0, m, j0, j1));
    const Dense t = block(factor.view(), 0, j1 - j0, 0, j1 - j0);
    triangular_factor(as_const(v), q.tau.data() + j0, t, run);
    apply_block(as_const(v), as_const(t), Form::kTransposed, block(a, j0, m, j1, n), run);
  }
  return q;
}

void qr(ConstDense a, Dense q, Dense r, const RunOptions& run) {
  const size_t m = a.rows, n = a.cols, k = q.cols;
  if (q.rows != m || r.rows != k || r.cols != n || (k != m && k != std::min(m, n))) {
    throw Error("ERR_SHAPE", "Q and R do not have the shapes of a reduced or full QR decomposition.");
  }
  require_finite(a);
  const Workspace work(m, n);
  const Dense x = work.view();
  const double factor = safe_scale(a);
  copy(a, x);
  scale(factor, x);
  const Reflectors reflectors = factor_qr(x, run);
  fill(0, r);
  for (size_t i = 0; i < std::min(k, n); ++i) std::copy(x.row(i) + i, x.row(i) + n, r.row(i) + i);
  scale(1 / factor, r);
  set_identity(q);
  apply_left(reflectors, q, true, run);
}

}  // namespace boreal
