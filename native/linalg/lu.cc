// Recursive on columns (Toledo 1997, "Locality of reference in LU decomposition with partial pivoting"):
// factor the left half of the columns, solve and update the right half, factor what remains of it. Narrow
// panels are copied out as columns, where the search for the pivot and the elimination run over contiguous
// memory.
#include "linalg/lu.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <string>

#include "base/error.h"
#include "linalg/triangular.h"

namespace boreal {
namespace {

constexpr size_t kPanel = 16;

void exchange_rows(Dense x, size_t i, size_t j) {
  if (i != j) std::swap_ranges(x.row(i), x.row(i) + x.cols, x.row(j));
}

// The first row i >= from with the largest |x[i]|.
size_t find_pivot(const double* x, size_t from, size_t n) {
  const double largest = vector_kernels().max_abs(x + from, n - from);
  for (size_t i = from; i < n; ++i) {
    if (std::fabs(x[i]) == largest) return i;
  }
  return from;  // not reached for finite values; an overflow to NaN keeps the order
}

// a [m, n], n <= kPanel, m >= n. columns: workspace [kPanel, >= m]. Pivots are relative to the panel.
void factor_panel(Dense a, Dense columns, size_t* pivots) {
  const VectorKernels& kernels = vector_kernels();
  const size_t m = a.rows, n = a.cols;
  const Dense c{columns.data, n, m, columns.stride};
  for (size_t i = 0; i < m; ++i) {
    for (size_t j = 0; j < n; ++j) c.at(j, i) = a.at(i, j);
  }
  double factors[kPanel];
  for (size_t j = 0; j < n; ++j) {
    double* const column = c.row(j);
    const size_t pivot = find_pivot(column, j, m);
    pivots[j] = pivot;
    for (size_t k = 0; k < n; ++k) std::swap(c.at(k, j), c.at(k, pivot));
    const double value = column[j];
    if (value == 0) continue;
    for (size_t i = j + 1; i < m; ++i) column[i] /= value;
    for (size_t k = j + 1; k < n; ++k) factors[k] = -c.at(k, j);
    kernels.rank_one(c.row(j) + c.stride + j + 1, c.stride, n - j - 1, m - j - 1, factors + j + 1,
                     column + j + 1);
  }
  for (size_t i = 0; i < m; ++i) {
    for (size_t j = 0; j < n; ++j) a.at(i, j) = c.at(j, i);
  }
}

void factor(Dense a, Dense columns, size_t* pivots, const RunOptions& run) {
  const size_t m = a.rows, n = a.cols;
  if (n <= kPanel) {
    check_cancel(run.cancel);
    factor_panel(a, columns, pivots);
    return;
  }
  const size_t mid = (n / 2 + kPanel - 1) / kPanel * kPanel;
  factor(block(a, 0, m, 0, mid), columns, pivots, run);
  const Dense right = block(a, 0, m, mid, n);
  for (size_t i = 0; i < mid; ++i) exchange_rows(right, i, pivots[i]);
  const Dense top = block(right, 0, mid, 0, right.cols), rest = block(right, mid, m, 0, right.cols);
  solve_triangular(Triangle::kLower, Form::kAsIs, Diagonal::kUnit, as_const(block(a, 0, mid, 0, mid)), top,
                   run);
  multiply(-1, Form::kAsIs, as_const(block(a, mid, m, 0, mid)), Form::kAsIs, as_const(top), 1, rest, run);
  factor(rest, columns, pivots + mid, run);
  for (size_t i = mid; i < n; ++i) {
    pivots[i] += mid;
    exchange_rows(block(a, 0, m, 0, mid), i, pivots[i]);
  }
}

double norm1(ConstDense a) {
  std::vector<double> sums(a.cols, 0.0);
  for (size_t i = 0; i < a.rows; ++i) {
    for (size_t j = 0; j < a.cols; ++j) sums[j] += std::fabs(a.at(i, j));
  }
  return a.cols == 0 ? 0 : *std::max_element(sums.begin(), sums.end());
}

}  // namespace

Lu::Lu(ConstDense a, const RunOptions& run) {
  require_square(a);
  require_finite(a);
  const size_t n = a.rows;
  work_ = Workspace(n, n);
  pivots_.resize(n);
  copy(a, work_.view());
  norm1_ = norm1(a);
  const Workspace columns(std::min(n, kPanel), n);
  if (n > 0) factor(work_.view(), columns.view(), pivots_.data(), run);
}

Lu::Determinant Lu::determinant() const {
  Determinant result{1, 0, 1};
  const Dense lu = work_.view();
  for (size_t i = 0; i < lu.rows; ++i) {
    const double pivot = lu.at(i, i);
    const double sign = (pivot > 0) - (pivot < 0);
    result.sign *= pivots_[i] == i ? sign : -sign;
    result.log_abs += std::log(std::fabs(pivot));
    result.value *= pivots_[i] == i ? pivot : -pivot;
  }
  if (result.sign == 0) result.log_abs = -std::numeric_limits<double>::infinity();
  return result;
}

double Lu::reciprocal_condition(const RunOptions& run) const {
  const Dense lu = work_.view();
  const size_t n = lu.rows;
  if (n == 0) return 1;
  for (size_t i = 0; i < n; ++i) {
    if (lu.at(i, i) == 0) return 0;
  }
  // Without the exchanges: a permutation of rows changes no 1-norm of the inverse.
  std::vector<double> x(n, 1 / static_cast<double>(n)), sign(n);
  const auto apply_inverse = [&](bool transposed) {
    const Dense column = dense_view(x.data(), n, 1);
    if (transposed) {
      solve_triangular(Triangle::kUpper, Form::kTransposed, Diagonal::kStored, as_const(lu), column, run);
      solve_triangular(Triangle::kLower, Form::kTransposed, Diagonal::kUnit, as_const(lu), column, run);
    } else {
      solve_triangular(Triangle::kLower, Form::kAsIs, Diagonal::kUnit, as_const(lu), column, run);
      solve_triangular(Triangle::kUpper, Form::kAsIs, Diagonal::kStored, as_const(lu), column, run);
    }
  };
  const auto sum_abs = [&] {
    double sum = 0;
    for (const double value : x) sum += std::fabs(value);
    return sum;
  };
  double estimate = 0;
  size_t chosen = n;
  for (int step = 0; step < 5; ++step) {
    apply_inverse(false);
    const double sum = sum_abs();
    if (!std::isfinite(sum)) return 0;
    if (step > 0 && sum <= estimate) break;
    estimate = sum;
    bool changed = false;
    for (size_t i = 0; i < n; ++i) {
      const double s = std::copysign(1.0, x[i]);
      changed = changed || s != sign[i];
      sign[i] = s;
    }
    if (!changed) break;
    x = sign;
    apply_inverse(true);
    size_t largest = 0;
    for (size_t i = 1; i < n; ++i) {
      if (std::fabs(x[i]) > std::fabs(x[largest])) largest = i;
    }
    if (largest == chosen) break;
    chosen = largest;
    std::fill(x.begin(), x.end(), 0.0);
    x[chosen] = 1;
  }
  // A second lower bound, from a vector that the iteration does not visit.
  for (size_t i = 0; i < n; ++i) {
    const double value = 1 + (n == 1 ? 0 : static_cast<double>(i) / static_cast<double>(n - 1));
    x[i] = i % 2 == 0 ? value : -value;
  }
  apply_inverse(false);
  estimate = std::max(estimate, 2 * sum_abs() / (3 * static_cast<double>(n)));
  return 1 / estimate / norm1_;
}

void Lu::require_regular(const RunOptions& run) const {
  const Dense lu = work_.view();
  for (size_t i = 0; i < lu.rows; ++i) {
    if (lu.at(i, i) != 0) continue;
    throw Error("ERR_SINGULAR", "The matrix is singular: pivot " + std::to_string(i) + " is zero.");
  }
  const double rcond = reciprocal_condition(run);
  if (rcond < std::numeric_limits<double>::epsilon()) {
    char text[32];
    std::snprintf(text, sizeof text, "%.1e", rcond);
    throw Error("ERR_SINGULAR", std::string("The matrix is singular to working precision (its reciprocal ") +
                                    "condition is " + text + "): no digit of the result would be sure.");
  }
}

void Lu::solve(ConstDense b, Dense x, const RunOptions& run) const {
  const Dense lu = work_.view();
  if (b.rows != lu.rows || x.rows != b.rows || x.cols != b.cols) {
    throw Error("ERR_SHAPE", "The right-hand side has " + std::to_string(b.rows) + " rows, the matrix " +
                                 std::to_string(lu.rows) + ".");
  }
  require_regular(run);
  if (x.data != b.data) copy(b, x);
  for (size_t i = 0; i < lu.rows; ++i) exchange_rows(x, i, pivots_[i]);
  solve_triangular(Triangle::kLower, Form::kAsIs, Diagonal::kUnit, as_const(lu), x, run);
  solve_triangular(Triangle::kUpper, Form::kAsIs, Diagonal::kStored, as_const(lu), x, run);
}

void solve(ConstDense a, ConstDense b, Dense x, const RunOptions& run) {
  require_finite(b);
  Lu(a, run).solve(b, x, run);
}

void inverse(ConstDense a, Dense y, const RunOptions& run) {
  const Lu lu(a, run);
  if (y.rows != a.rows || y.cols != a.cols) throw Error("ERR_SHAPE", "The inverse has the matrix's shape.");
  set_identity(y);
  lu.solve(as_const(y), y, run);
}

}  // namespace boreal
