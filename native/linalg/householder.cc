#include "linalg/householder.h"

#include <algorithm>
#include <cmath>

namespace boreal {
namespace {

constexpr size_t kBlock = 64;  // reflectors applied at a time
constexpr double kTiny = 1e-290;
constexpr double kRescue = 0x1p600;

}  // namespace

Reflection make_reflection(double* x, size_t n) {
  const double alpha = x[0];
  const double rest = norm2(x + 1, n - 1);
  x[0] = 1;
  if (rest == 0) {
    std::fill(x + 1, x + n, 0.0);
    return {alpha, 0};
  }
  const double beta = -std::copysign(std::hypot(alpha, rest), alpha);
  if (std::fabs(beta) < kTiny) {
    // Subnormal numbers have few digits: v and tau would not fit each other.
    x[0] = alpha;
    for (size_t j = 0; j < n; ++j) x[j] *= kRescue;
    const Reflection scaled = make_reflection(x, n);
    return {scaled.beta / kRescue, scaled.tau};
  }
  const double divisor = alpha - beta;
  for (size_t j = 1; j < n; ++j) x[j] /= divisor;
  return {beta, (beta - alpha) / beta};
}

// Column j of T is -tau_j T V_{0..j-1} v_j (Schreiber & Van Loan, section 2).
void triangular_factor(ConstDense v, const double* tau, Dense t, const RunOptions& run) {
  const size_t k = v.rows;
  const Workspace products(k, k);
  const Dense g = products.view();
  multiply(1, Form::kAsIs, v, Form::kTransposed, v, 0, g, run);
  fill(0, t);
  for (size_t j = 0; j < k; ++j) {
    for (size_t i = 0; i < j; ++i) {
      double sum = 0;
      for (size_t l = i; l < j; ++l) sum += t.at(i, l) * g.at(l, j);
      t.at(i, j) = -tau[j] * sum;
    }
    t.at(j, j) = tau[j];
  }
}

void apply_block(ConstDense v, ConstDense t, Form op, Dense c, const RunOptions& run) {
  if (c.cols == 0) return;
  const Workspace first(v.rows, c.cols), second(v.rows, c.cols);
  multiply(1, Form::kAsIs, v, Form::kAsIs, as_const(c), 0, first.view(), run);
  multiply(1, op, t, Form::kAsIs, as_const(first.view()), 0, second.view(), run);
  multiply(-1, Form::kTransposed, v, Form::kAsIs, as_const(second.view()), 1, c, run);
}

void apply_left(const Reflectors& q, Dense c, bool from_identity, const RunOptions& run) {
  const size_t n = q.size(), blocks = (q.count() + kBlock - 1) / kBlock;
  const Workspace factor(kBlock, kBlock);
  for (size_t b = blocks; b-- > 0;) {
    check_cancel(run.cancel);
    const size_t j0 = b * kBlock, j1 = std::min(q.count(), j0 + kBlock);
    // The first j0 entries of these vectors are zero.
    const ConstDense v = as_const(block(q.v.view(), j0, j1, j0, n));
    const Dense t = block(factor.view(), 0, j1 - j0, 0, j1 - j0);
    triangular_factor(v, q.tau.data() + j0, t, run);
    const size_t left = from_identity ? std::min(j0, c.cols) : 0;
    apply_block(v, as_const(t), Form::kAsIs, block(c, j0, n, left, c.cols), run);
  }
}

void apply_to_rows(const Reflectors& q, Dense c, const RunOptions& run) {
  const size_t n = q.size(), blocks = (q.count() + kBlock - 1) / kBlock;
  const Workspace factor(kBlock, kBlock), products(c.rows, kBlock), scaled(c.rows, kBlock);
  for (size_t b = blocks; b-- > 0;) {
    check_cancel(run.cancel);
    const size_t j0 = b * kBlock, j1 = std::min(q.count(), j0 + kBlock);
    const ConstDense v = as_const(block(q.v.view(), j0, j1, j0, n));
    const Dense t = block(factor.view(), 0, j1 - j0, 0, j1 - j0);
    triangular_factor(v, q.tau.data() + j0, t, run);
    const Dense right = block(c, 0, c.rows, j0, n);
    const Dense w = block(products.view(), 0, c.rows, 0, j1 - j0);
    const Dense s = block(scaled.view(), 0, c.rows, 0, j1 - j0);
    multiply(1, Form::kAsIs, as_const(right), Form::kTransposed, v, 0, w, run);
    multiply(1, Form::kAsIs, as_const(w), Form::kTransposed, as_const(t), 0, s, run);
    multiply(-1, Form::kAsIs, as_const(s), Form::kAsIs, v, 1, right, run);
  }
}

}  // namespace boreal
