// Householder reflections of [R_jj; B_j], column by column. A step reads and writes the block once: while the
// columns take the reflection of column j, their products with column j + 1, which the next reflection needs,
// are gathered on the way. Loops run over a fixed number of lanes so that they vectorise without
// reassociation by the compiler, and give the same bits on every machine.
#include "train/triangular_factor.h"

#include <algorithm>
#include <cmath>
#include <new>

#include "base/partition.h"
#include "train/dot.h"

namespace boreal {
namespace {

// a -= scale * v
void subtract(double* __restrict a, const double* __restrict v, double scale, size_t rows) {
  for (size_t r = 0; r < rows; ++r) a[r] -= scale * v[r];
}

// b -= scale * v; returns b . next.
double subtract_and_dot(double* __restrict b, const double* __restrict v, const double* __restrict next,
                        double scale, size_t rows) {
  double s[kDotLanes] = {};
  for (size_t r = 0; r < rows; r += kDotLanes) {
    for (size_t l = 0; l < kDotLanes; ++l) {
      const double x = b[r + l] - scale * v[r + l];
      b[r + l] = x;
      s[l] += x * next[r + l];
    }
  }
  return sum_lanes(s);
}

}  // namespace

TriangularFactor::TriangularFactor(size_t cols, size_t extra) : cols_(cols), width_(cols + extra) {
  // Beyond this the element count or its bytes would overflow.
  if (width_ > (size_t{1} << 30)) throw std::bad_alloc();
  r_.resize(cols_ * width_);
  dots_.resize(width_);
}

double* TriangularFactor::block() {
  block_.resize(width_ * block_stride());
  return block_.data();
}

void TriangularFactor::absorb(size_t rows, size_t first) {
  const size_t padded = (rows + kDotLanes - 1) / kDotLanes * kDotLanes;
  const auto column = [this](size_t k) { return block_.data() + k * block_stride(); };
  for (size_t k = first; k < width_; ++k) std::fill(column(k) + rows, column(k) + padded, 0.0);
  double* const dots = dots_.data();
  for (size_t k = first; k < width_; ++k) dots[k] = dot(column(first), column(k), padded);
  for (size_t j = first; j < cols_; ++j) {
    // H = I + u u^T / (beta u_0) with u = [R_jj - beta; B_j] maps [R_jj; B_j] to [beta; 0].
    double* const r = r_.data() + j * width_;
    const double norm = std::sqrt(r[j] * r[j] + dots[j]);
    const double beta = r[j] > 0 ? -norm : norm;
    const double u0 = r[j] - beta;
    const double divisor = -beta * u0;
    const bool nothing = !(divisor != 0);
    if (!nothing) r[j] = beta;
    for (size_t k = j + 1; k < width_; ++k) {
      dots[k] = nothing ? 0 : (u0 * r[k] + dots[k]) / divisor;
      r[k] -= dots[k] * u0;
    }
    if (j + 1 == cols_) break;  // the targets' part below R is the residual: not needed
    const double* const v = column(j);
    double* const next = column(j + 1);
    subtract(next, v, dots[j + 1], padded);
    dots[j + 1] = dot(next, next, padded);
    for (size_t k = j + 2; k < width_; ++k) dots[k] = subtract_and_dot(column(k), v, next, dots[k], padded);
  }
}

void TriangularFactor::absorb(const TriangularFactor& other, const CancelToken* cancel) {
  double* const target = block();
  for (size_t first = 0; first < cols_; first += block_rows()) {
    check_cancel(cancel);
    const size_t rows = std::min(block_rows(), cols_ - first);
    for (size_t k = first; k < width_; ++k) {
      for (size_t r = 0; r < rows; ++r) {
        target[k * block_stride() + r] = other.r_[(first + r) * width_ + k];
      }
    }
    absorb(rows, first);
  }
}

void TriangularFactor::absorb_diagonal(double value, const CancelToken* cancel) {
  double* const target = block();
  for (size_t first = 0; first < cols_; first += block_rows()) {
    check_cancel(cancel);
    const size_t rows = std::min(block_rows(), cols_ - first);
    for (size_t k = first; k < width_; ++k) {
      double* const column = target + k * block_stride();
      std::fill(column, column + rows, 0.0);
      if (k < first + rows) column[k - first] = value;
    }
    absorb(rows, first);
  }
}

void TriangularFactor::solve(double* x) const {
  for (size_t j = cols_; j-- > 0;) {
    const double* const r = r_.data() + j * width_;
    double value = x[j];
    for (size_t k = j + 1; k < cols_; ++k) value -= r[k] * x[k];
    x[j] = value / r[j];
  }
}

void TriangularFactor::solve_transposed(double* x) const {
  for (size_t j = 0; j < cols_; ++j) {
    const double* const r = r_.data() + j * width_;
    x[j] /= r[j];
    for (size_t k = j + 1; k < cols_; ++k) x[k] -= r[k] * x[j];
  }
}

}  // namespace boreal
