#include "linalg/dense.h"

#include <algorithm>
#include <cstring>
#include <new>
#include <string>

#include "base/error.h"
#include "base/partition.h"
#include "base/thread_pool.h"

namespace boreal {
namespace {

constexpr size_t kDoublesPerLine = kCacheLine / sizeof(double);
constexpr size_t kTile = 32;  // two tiles of 32 x 32 fit in the L1 cache

}  // namespace

size_t Workspace::padded(size_t cols) {
  if (cols == 0) return 0;
  const size_t lines = (cols + kDoublesPerLine - 1) / kDoublesPerLine;
  return (lines % 2 == 0 ? lines + 1 : lines) * kDoublesPerLine;
}

size_t Workspace::checked_size(size_t rows, size_t stride) {
  if (rows != 0 && stride > static_cast<size_t>(-1) / rows) throw std::bad_alloc();
  return rows * stride;
}

void multiply(double alpha, Form op_a, ConstDense a, Form op_b, ConstDense b, double beta, Dense c,
              const RunOptions& run) {
  if (c.rows == 0 || c.cols == 0) return;
  GemmOptions<double> options;
  options.transpose_a = op_a == Form::kTransposed;
  options.transpose_b = op_b == Form::kTransposed;
  options.alpha = alpha;
  options.beta = beta;
  options.max_threads = run.max_threads;
  options.cancel = run.cancel;
  gemm(a, b, c, options);
}

// Shapes [huge, 0] come from JavaScript too: no loop runs over rows without columns.
void copy(ConstDense x, Dense y) {
  if (x.cols == 0) return;
  for (size_t i = 0; i < x.rows; ++i) std::memcpy(y.row(i), x.row(i), x.cols * sizeof(double));
}

void fill(double value, Dense x) {
  if (x.cols == 0) return;
  for (size_t i = 0; i < x.rows; ++i) std::fill(x.row(i), x.row(i) + x.cols, value);
}

void set_identity(Dense x) {
  fill(0, x);
  for (size_t i = 0; i < std::min(x.rows, x.cols); ++i) x.at(i, i) = 1;
}

void transpose(ConstDense x, Dense y, const RunOptions& run) {
  if (x.rows == 0 || x.cols == 0) return;
  const Partition strips{x.rows, kTile};
  const auto strip = [&](size_t s, size_t) {
    for (size_t j0 = 0; j0 < x.cols; j0 += kTile) {
      const size_t j1 = std::min(x.cols, j0 + kTile);
      for (size_t j = j0; j < j1; ++j) {
        double* const to = y.row(j);
        for (size_t i = strips.begin(s); i < strips.end(s); ++i) to[i] = x.at(i, j);
      }
    }
  };
  ThreadPool::instance().parallel_for(
      strips.count(), strip,
      worth_threads(8 * static_cast<double>(x.rows) * static_cast<double>(x.cols), run));
}

namespace {

void require_finite_from(ConstDense x, size_t first_row) {
  const size_t bad =
      row_kernels<double>(kernels()).find_invalid(FiniteRule::kFinite, x.data, x.stride, x.rows, x.cols);
  if (bad == x.rows * x.cols) return;
  const size_t j = bad % x.cols, i = first_row + bad / x.cols;
  const bool nan = std::isnan(x.at(bad / x.cols, j));
  throw Error(nan ? "ERR_INPUT_NAN" : "ERR_INPUT_INFINITE",
              std::string("The matrix has ") + (nan ? "a NaN" : "an infinite value") + " in row " +
                  std::to_string(i) + ", column " + std::to_string(j) +
                  ". If it was computed from finite values, they are so large that results overflow: scale "
                  "them down.",
              static_cast<int64_t>(i), static_cast<int64_t>(j));
}

}  // namespace

void require_finite(ConstDense x) { require_finite_from(x, 0); }

void require_finite_lower(ConstDense x) {
  for (size_t i = 0; i < x.rows; ++i) require_finite_from(block(x, i, i + 1, 0, i + 1), i);
}

void require_square(ConstDense x) {
  if (x.rows == x.cols) return;
  throw Error("ERR_SHAPE", "The matrix must be square; it is [" + std::to_string(x.rows) + ", " +
                               std::to_string(x.cols) + "].");
}

double safe_scale(ConstDense x) {
  if (x.cols == 0) return 1;
  double largest = 0;
  for (size_t i = 0; i < x.rows; ++i) {
    largest = std::max(largest, vector_kernels().max_abs(x.row(i), x.cols));
  }
  if (largest == 0 || (largest >= 1e-100 && largest <= 1e100)) return 1;
  return scale_to_one(largest);
}

double scale_to_one(double largest) {
  return largest == 0 ? 1 : std::ldexp(1.0, std::min(1022, -std::ilogb(largest)));
}

void scale(double factor, Dense x) {
  if (factor == 1 || x.cols == 0) return;
  for (size_t i = 0; i < x.rows; ++i) {
    for (size_t j = 0; j < x.cols; ++j) x.at(i, j) *= factor;
  }
}

double norm2(const double* x, size_t n) {
  const double squares = vector_kernels().dot(x, x, n);
  if (squares > 1e-280 && squares < 1e300) return std::sqrt(squares);
  const double largest = vector_kernels().max_abs(x, n);
  if (largest == 0) return 0;
  double sum = 0;
  for (size_t j = 0; j < n; ++j) sum += (x[j] / largest) * (x[j] / largest);
  return largest * std::sqrt(sum);
}

}  // namespace boreal
