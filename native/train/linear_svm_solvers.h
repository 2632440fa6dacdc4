// The solvers of linear_svm.h, each of one problem with labels 1 and -1 or targets.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "base/aligned_buffer.h"
#include "base/cancel.h"
#include "base/matrix_view.h"
#include "base/rng.h"
#include "kernels/dispatch.h"
#include "kernels/dispatch_svm.h"
#include "linalg/csr.h"
#include "train/linear_svm.h"

namespace boreal {

// Columns of y_i x_i, each in one piece, and that of the additional column last.
class DenseSvmColumns {
 public:
  DenseSvmColumns(MatrixView<const double> x, const std::vector<double>& y, double bias)
      : rows_(x.rows), values_((x.cols + (bias > 0 ? 1 : 0)) * x.rows), vectors_(kernels().vectors) {
    for (size_t i = 0; i < rows_; ++i) {
      for (size_t j = 0; j < x.cols; ++j) values_[j * rows_ + i] = y[i] * x.at(i, j);
      if (bias > 0) values_[x.cols * rows_ + i] = y[i] * bias;
    }
  }
  // body(row, value)
  template <typename Body>
  void each(size_t j, const Body& body) const {
    const double* const column = values_.data() + j * rows_;
    for (size_t i = 0; i < rows_; ++i) body(i, column[i]);
  }
  // Of margins [rows], see svm_kernels.h.
  SvmHinge hinge(size_t j, const double* margin) const {
    return machines_.hinge(values_.data() + j * rows_, margin, rows_);
  }
  double move_hinge(size_t j, double step, double* margin) const {
    return machines_.move_hinge(margin, values_.data() + j * rows_, step, rows_);
  }
  double dot(size_t j, const double* values) const {
    return vectors_.dot(values_.data() + j * rows_, values, rows_);
  }

 private:
  size_t rows_;
  AlignedBuffer<double> values_;
  const VectorKernels& vectors_;
  const SvmKernels& machines_ = svm_kernels(kernels());
};

// Rows as the solvers read them.
class DenseSvmRows {
 public:
  using Columns = DenseSvmColumns;

  explicit DenseSvmRows(MatrixView<const double> x) : x_(x), vectors_(kernels().vectors) {}
  size_t rows() const { return x_.rows; }
  size_t cols() const { return x_.cols; }
  double dot(size_t i, const double* w) const { return vectors_.dot(x_.row(i), w, x_.cols); }
  double square(size_t i) const { return vectors_.dot(x_.row(i), x_.row(i), x_.cols); }
  // Of the rows from begin on: f = x w, and w += x' f.
  void products(size_t begin, size_t count, const double* w, double* f) const {
    vectors_.row_dots(x_.row(begin), x_.stride, count, x_.cols, w, f);
  }
  void add(size_t begin, size_t count, const double* f, double* w) const {
    vectors_.add_rows(x_.row(begin), x_.stride, count, x_.cols, f, w);
  }
  Columns columns(const std::vector<double>& y, double bias, const CancelToken*) const {
    return {x_, y, bias};
  }

 private:
  MatrixView<const double> x_;
  const VectorKernels& vectors_;
};

class SparseSvmColumns {
 public:
  SparseSvmColumns(CsrRows<double> columns, const std::vector<double>& y, double bias)
      : columns_(std::move(columns)),
        bias_(columns_.starts.size() - 1),
        last_(bias > 0 ? y : std::vector<double>{}) {
    for (size_t k = 0; k < columns_.values.size(); ++k)
      columns_.values[k] *= y[static_cast<size_t>(columns_.columns[k])];
    for (double& value : last_) value *= bias;
  }
  template <typename Body>
  void each(size_t j, const Body& body) const {
    if (j == bias_) {
      for (size_t i = 0; i < last_.size(); ++i) body(i, last_[i]);
      return;
    }
    const CsrView<double> view = columns_.view();
    for (size_t k = view.begin(j); k < view.end(j); ++k)
      body(static_cast<size_t>(view.columns[k]), view.values[k]);
  }
  SvmHinge hinge(size_t j, const double* margin) const {
    SvmHinge sums{0, 0, 0};
    each(j, [&](size_t i, double v) {
      if (margin[i] <= 0) return;
      sums.loss += margin[i] * margin[i];
      sums.slope -= v * margin[i];
      sums.curvature += v * v;
    });
    return sums;
  }
  double move_hinge(size_t j, double step, double* margin) const {
    double sum = 0;
    each(j, [&](size_t i, double v) {
      margin[i] += step * v;
      const double beyond = std::max(margin[i], 0.0);
      sum += beyond * beyond;
    });
    return sum;
  }
  double dot(size_t j, const double* values) const {
    double sum = 0;
    each(j, [&](size_t i, double v) { sum += v * values[i]; });
    return sum;
  }

 private:
  CsrRows<double> columns_;
  size_t bias_;  // number of the additional column
  std::vector<double> last_;
};

class SparseSvmRows {
 public:
  using Columns = SparseSvmColumns;

  explicit SparseSvmRows(const CsrView<double>& x) : x_(x) {}
  size_t rows() const { return x_.rows(); }
  size_t cols() const { return x_.cols; }
  double dot(size_t i, const double* w) const {
    double sum = 0;
    for (size_t k = x_.begin(i); k < x_.end(i); ++k) sum += x_.values[k] * w[x_.columns[k]];
    return sum;
  }
  double square(size_t i) const {
    double sum = 0;
    for (size_t k = x_.begin(i); k < x_.end(i); ++k) sum += x_.values[k] * x_.values[k];
    return sum;
  }
  void products(size_t begin, size_t count, const double* w, double* f) const {
    for (size_t r = 0; r < count; ++r) f[r] = dot(begin + r, w);
  }
  void add(size_t begin, size_t count, const double* f, double* w) const {
    for (size_t r = 0; r < count; ++r) {
      if (f[r] == 0) continue;
      for (size_t k = x_.begin(begin + r); k < x_.end(begin + r); ++k)
        w[x_.columns[k]] += f[r] * x_.values[k];
    }
  }
  Columns columns(const std::vector<double>& y, double bias, const CancelToken* cancel) const {
    return {csr_transpose(x_, cancel), y, bias};
  }

 private:
  CsrView<double> x_;
};

template <typename Rows>
struct LinearSvmProblem {
  Rows x;
  std::vector<double> y, c;  // [rows]; rows with c = 0 count nothing
  double bias = 0;           // <= 0: none
  double epsilon = 0;
  bool regression = false;
  LinearLoss loss = LinearLoss::kSquared;

  size_t weights() const { return x.cols() + (bias > 0 ? 1 : 0); }
};
struct LinearSvmLimits {
  double tolerance;
  uint32_t max_iterations;
  const CancelToken* cancel;
};
struct LinearSvmFit {
  std::vector<double> w;  // [cols], and that of the additional column
  uint32_t iterations = 0;
  bool converged = false;
};

// Coordinate descent on the dual: Hsieh et al., "A dual coordinate descent method for large-scale linear SVM"
// (2008); for regression Ho and Lin, "Large-scale linear support vector regression" (2012).
template <typename Rows>
LinearSvmFit solve_dual(const LinearSvmProblem<Rows>& problem, const LinearSvmLimits& limits, Rng& rng);

// Newton's method on |w|^2 / 2 + the sum of squared or logistic losses, steps by conjugate gradients.
template <typename Rows>
LinearSvmFit solve_primal(const LinearSvmProblem<Rows>& problem, const LinearSvmLimits& limits);

// Coordinate descent on |w|_1 + the sum of squared hinge losses: Yuan et al., "A comparison of optimization
// methods and software for large-scale L1-regularized linear classification" (2010).
template <typename Rows>
LinearSvmFit solve_l1(const LinearSvmProblem<Rows>& problem, const LinearSvmLimits& limits, Rng& rng);

// The dual of logistic regression, and |w|_1 + its losses, see linear_svm_logistic.cc.
template <typename Rows>
LinearSvmFit solve_logistic_dual(const LinearSvmProblem<Rows>& problem, const LinearSvmLimits& limits,
                                 Rng& rng);
template <typename Rows>
LinearSvmFit solve_logistic_l1(const LinearSvmProblem<Rows>& problem, const LinearSvmLimits& limits,
                               Rng& rng);

// All classes in one problem, see linear_svm_joint.cc: y are their numbers. w is [classes, weights()].
template <typename Rows>
LinearSvmFit solve_joint(const LinearSvmProblem<Rows>& problem, size_t classes, const LinearSvmLimits& limits,
                         Rng& rng);

// Of a coefficient w whose loss has this slope, in the sum of the loss and |w|: how far it is from the
// optimum, whether it stays at 0 though the slope should change by `margin`, and the step to the least value
// where the loss has this curvature.
inline double l1_violation(double w, double slope) {
  if (w == 0) return std::max({0.0, -slope - 1, slope - 1});
  return std::fabs(w > 0 ? slope + 1 : slope - 1);
}
inline bool l1_rests(double w, double slope, double margin) {
  return w == 0 && slope + 1 > margin && slope - 1 < -margin;
}
inline double l1_step(double w, double slope, double curvature) {
  const double rising = slope + 1, falling = slope - 1;
  return rising < curvature * w ? -rising / curvature : falling > curvature * w ? -falling / curvature : -w;
}

// Reorders the first `count` of items.
inline void shuffle(std::vector<uint32_t>& items, size_t count, Rng& rng) {
  for (size_t i = count; i > 1; --i) std::swap(items[i - 1], items[rng.below(static_cast<uint32_t>(i))]);
}

}  // namespace boreal
