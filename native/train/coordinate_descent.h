// Coordinate descent for the elastic net (Friedman, Hastie & Tibshirani 2010): minimises
//   |y - X b|^2 / 2 + l1 |b|_1 + l2 |b|^2 / 2
// for one problem after another, each starting from the last one's solution. It stops as scikit-learn 1.9
// does: when no coefficient of a sweep changed by more than tol times the largest, and the duality gap is at
// most tol |y|^2; columns that the gap shows to be zero are left out (Fercoq, Gramfort & Salmon 2015).
#pragma once

#include <cstdint>
#include <vector>

#include "base/cancel.h"
#include "base/rng.h"
#include "base/span.h"
#include "linalg/csr.h"
#include "train/moments.h"

namespace boreal {

struct DescentParams {
  bool positive = false;
  bool random = false;  // coordinates drawn at random, not one after the other
  uint32_t max_iter = 1000;
  double tol = 1e-4;
};
struct DescentResult {
  double gap = 0;
  uint32_t iterations = 0;
  bool converged = false;
};

// A problem through its Gram matrix: a sweep costs cols^2, whatever the number of rows.
class GramDescent {
 public:
  explicit GramDescent(const GramProblem& problem);
  DescentResult solve(double l1, double l2, const DescentParams& params, Rng& rng, const CancelToken* cancel);
  const std::vector<double>& coef() const { return coef_; }

  double norm(size_t j) const { return problem_.gram[j * (problem_.cols + 1)]; }
  size_t cols() const { return problem_.cols; }
  double y_norm() const { return problem_.yy[0]; }
  double correlation(size_t j) const { return gradient_[j]; }
  void move(size_t j, double change);
  void all_correlations(std::vector<double>& out) const { out = gradient_; }
  void residual_norms(double& rr, double& ry) const;

 private:
  friend struct Descent;
  const GramProblem& problem_;
  std::vector<double> coef_, gradient_;  // gradient = X^T (y - X b)
};

// A problem through its columns, for more columns than rows.
class ColumnDescent {
 public:
  // columns [cols, rows], centred and weighted; y [rows] likewise.
  ColumnDescent(std::vector<double> columns, std::vector<double> y, size_t cols);
  DescentResult solve(double l1, double l2, const DescentParams& params, Rng& rng, const CancelToken* cancel);
  const std::vector<double>& coef() const { return coef_; }

  double norm(size_t j) const { return norms_[j]; }
  size_t cols() const { return coef_.size(); }
  double y_norm() const;
  double correlation(size_t j) const;
  void move(size_t j, double change);
  void all_correlations(std::vector<double>& out) const;
  void residual_norms(double& rr, double& ry) const;

 private:
  friend struct Descent;
  std::vector<double> columns_, y_, residual_, norms_, coef_;
};

// The same of sparse columns, which stay as they are: where they are centred, the residual is that of columns
// that are not, plus a shift.
class SparseColumnDescent {
 public:
  // columns: a row for each column of X; weights [rows], of a mean of 1, or empty; y [rows], centred; mean
  // [cols], the weighted means of the columns, or zeros.
  SparseColumnDescent(CsrRows<double> columns, Span<double> weights, std::vector<double> y,
                      std::vector<double> mean);
  DescentResult solve(double l1, double l2, const DescentParams& params, Rng& rng, const CancelToken* cancel);
  const std::vector<double>& coef() const { return coef_; }

  double norm(size_t j) const { return norms_[j]; }
  size_t cols() const { return coef_.size(); }
  double y_norm() const;
  double correlation(size_t j) const;
  void move(size_t j, double change);
  void all_correlations(std::vector<double>& out) const;
  void residual_norms(double& rr, double& ry) const;

 private:
  friend struct Descent;
  double weight(size_t i) const { return weights_.size == 0 ? 1.0 : weights_[i]; }

  CsrRows<double> columns_;
  Span<double> weights_;
  std::vector<double> y_, mean_, residual_, norms_, coef_;
  double shift_ = 0;
};

}  // namespace boreal
