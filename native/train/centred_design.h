// X and y of a linear model, centred and weighted as they are read, and their triangular factor.
#pragma once

#include <algorithm>
#include <cstddef>
#include <limits>
#include <vector>

#include "base/cancel.h"
#include "base/matrix_view.h"
#include "base/span.h"
#include "train/triangular_factor.h"

namespace boreal {

// X and y as the solver sees them: entry (i, j) is (x_ij - x_mean_j) * root_weight_i.
template <typename T>
struct Design {
  MatrixView<const T> x;
  MatrixView<const double> y;
  std::vector<double> x_mean, y_mean, root_weight;  // root_weight is empty without weights

  double root(size_t i) const { return root_weight.empty() ? 1.0 : root_weight[i]; }
};

// The means are 0 without an intercept.
template <typename T>
Design<T> make_design(MatrixView<const T> x, MatrixView<const double> y, Span<double> weights,
                      bool fit_intercept, const CancelToken* cancel);

// R of [X | y]: the first `factored` columns, those of X or y's too, are triangular; the others go along. The
// same bits at any number of threads.
template <typename T>
TriangularFactor factor_rows(const Design<T>& design, size_t factored, const CancelToken* cancel);

// Rows with the same products of columns as [X | y], as many as there are columns or fewer: those of R, or
// where there are no more rows than columns of X the rows themselves, which take less than columns squared.
template <typename T>
std::vector<double> few_rows(const Design<T>& design, const CancelToken* cancel);

// The rows of a after orthogonalize_rows: singular values in descending order, and which row has which.
struct Spectrum {
  std::vector<double> singular;
  std::vector<size_t> row;
  size_t rank = 0;  // of them count as not zero
};

// Values at most relative_cutoff times the largest count as zero, and all but max_rank of them.
Spectrum spectrum_of(MatrixView<double> a, size_t cols, double relative_cutoff, size_t max_rank);

// numpy's cutoff for lstsq.
inline double rank_cutoff(size_t rows, size_t cols) {
  return std::numeric_limits<double>::epsilon() * static_cast<double>(std::max(rows, cols));
}

// Throws ERR_INPUT_INFINITE.
void require_finite(const double* values, size_t count);

}  // namespace boreal
