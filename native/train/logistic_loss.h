// The objective of logistic regression, scikit-learn 1.9's: the weighted mean log loss + penalty |coef|^2 /
// 2; binomial for one output, multinomial for more. One evaluation reads X once: for each block of rows
// scores X W^T + b, then losses and slopes, then the block's share of the gradient while its rows are still
// in the L1 cache. Parts of rows run in parallel and are summed in order. The kernels have the same bits on
// every instruction set, and so has what is learnt. Parameters are laid out as [outputs, cols] coefficients,
// then [outputs] intercepts if there are any.
#pragma once

#include <cstdint>
#include <vector>

#include "base/cancel.h"
#include "base/matrix_view.h"
#include "base/partition.h"
#include "base/span.h"

namespace boreal {

struct LogisticProblem {
  Span<int32_t> classes;  // [rows]
  size_t outputs;         // 1 for two classes, else their number
  Span<double> weights;   // [rows] or empty
  double total_weight;
  double penalty;
  bool fit_intercept;
  const CancelToken* cancel;
};

template <typename T>
class LogisticLoss {
 public:
  LogisticLoss(MatrixView<const T> x, const LogisticProblem& problem);

  size_t dimension() const { return dimension_; }
  size_t coefficients() const { return coefficients_; }
  const LogisticProblem& problem() const { return problem_; }
  MatrixView<const T> x() const { return x_; }

  // Returns the objective and writes its gradient [dimension].
  double evaluate(const double* parameters, double* gradient);
  // Adds to that the Hessian [dimension, dimension], both halves. Few parts, so that memory stays bounded.
  double evaluate(const double* parameters, double* gradient, double* hessian);

 private:
  struct Scratch {
    std::vector<double> scores, own, curvature;  // [outputs, block_rows], [block_rows], [block_rows]
  };
  struct Part {
    std::vector<double> gradient, hessian;
    double loss = 0;
  };
  double run(const double* parameters, double* gradient, double* hessian, Partition rows,
             std::vector<Part>& parts);
  double add_block(const double* parameters, size_t begin, size_t rows, Scratch& scratch, Part& part,
                   bool with_hessian) const;
  void prefetch_rows(size_t begin, size_t count) const;
  void add_curvature(size_t begin, size_t rows, Scratch& scratch, Part& part) const;

  MatrixView<const T> x_;
  LogisticProblem problem_;
  size_t coefficients_, dimension_, block_rows_;
  std::vector<double> sign_;  // [rows] of two classes: 1 for the first, -1 for the second
  std::vector<Part> parts_;
  std::vector<Scratch> scratch_;
};

}  // namespace boreal
