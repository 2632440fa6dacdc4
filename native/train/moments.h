// Sums of squares and products of the columns of [X | Y], by groups of rows: what a Gram matrix and the mean
// of any union of groups follow from. Rows are shifted by a centre near their mean first, so that centring
// afterwards cancels nothing that matters.
#pragma once

#include <cstdint>
#include <vector>

#include "base/cancel.h"
#include "base/matrix_view.h"
#include "base/span.h"

namespace boreal {

// Of rows z = [x - centre | y - centre_y], width = cols + targets.
struct Moments {
  explicit Moments(size_t width) : sum(width), square(width * width) {}
  void add(const Moments& other);

  double weight = 0;  // sum w
  size_t rows = 0;
  std::vector<double> sum;     // [width] sum w z
  std::vector<double> square;  // [width, width] sum w z z^T, its upper half
};

template <typename T>
struct RegressionRows {
  MatrixView<const T> x;
  MatrixView<const double> y;  // [rows, targets]
  Span<double> weights;        // [rows] or empty
  std::vector<double> centre;  // [cols + targets]
};

// The centre is near the weighted mean; 0 without an intercept.
template <typename T>
RegressionRows<T> centred_rows(MatrixView<const T> x, MatrixView<const double> y, Span<double> weights,
                               bool fit_intercept);

// Rows of group g: order[starts[g] .. starts[g + 1]). An empty order means all rows as they stand, one group.
struct RowGroups {
  std::vector<uint32_t> order;
  std::vector<size_t> starts;
  size_t count() const { return order.empty() ? 1 : starts.size() - 1; }
};

template <typename T>
std::vector<Moments> group_moments(const RegressionRows<T>& rows, const RowGroups& groups,
                                   const CancelToken* cancel);

// The least squares problem that moments hold, weights scaled to a mean of 1.
struct GramProblem {
  size_t cols;
  double rows;
  std::vector<double> gram;    // [cols, cols], both halves
  std::vector<double> xy;      // [targets, cols]
  std::vector<double> yy;      // [targets]
  std::vector<double> x_mean;  // [cols]; 0 without an intercept
  std::vector<double> y_mean;  // [targets]
};
GramProblem gram_problem(const Moments& moments, const std::vector<double>& centre, size_t targets,
                         bool fit_intercept);

// That of all rows. y: [rows, targets]; weights: [rows] or empty.
template <typename T>
GramProblem gram_problem(MatrixView<const T> x, MatrixView<const double> y, Span<double> weights,
                         bool fit_intercept, const CancelToken* cancel);

}  // namespace boreal
