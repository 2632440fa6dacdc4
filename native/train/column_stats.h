// Order statistics of columns for transformers: quantiles, modes, distinct values. NaN counts as missing
// and is skipped. Columns run in parallel; results do not depend on the thread count.
#pragma once

#include <cstdint>
#include <vector>

#include "base/cancel.h"
#include "base/matrix_view.h"
#include "base/span.h"
#include "linalg/csr.h"

namespace boreal {

// How a quantile is read off sorted values: the nine ways of Hyndman and Fan (1996).
enum class QuantileMethod {
  kLinear,
  kAveragedInvertedCdf,
  kInvertedCdf,
  kClosestObservation,
  kInterpolatedInvertedCdf,
  kHazen,
  kWeibull,
  kMedianUnbiased,
  kNormalUnbiased
};

// result[j * probabilities.size + q]: quantile of the column's non-NaN values; NaN if none.
template <typename T>
std::vector<double> column_quantiles(MatrixView<const T> x, Span<double> probabilities, QuantileMethod method,
                                     const CancelToken* cancel);

// The same of sparse rows, what is not stored counting as 0; or, without zeros, of the values that are not 0.
std::vector<double> column_quantiles(const CsrView<double>& x, Span<double> probabilities,
                                     QuantileMethod method, bool zeros, const CancelToken* cancel);

// The same of weighed rows, by the inverse of the distribution function, averaged where it jumps if so
// wanted. Rows that weigh 0 and NaN do not count. Throws as total_weight does.
template <typename T>
std::vector<double> weighted_quantiles(MatrixView<const T> x, Span<double> weights,
                                       Span<double> probabilities, bool averaged, const CancelToken* cancel);

// The most frequent non-NaN value of each column, the smallest of equals; NaN if none.
template <typename T>
std::vector<double> column_modes(MatrixView<const T> x, const CancelToken* cancel);
std::vector<double> column_modes(const CsrView<double>& x, const CancelToken* cancel);

// Sorted distinct values of each column, one NaN last if the column has any.
struct ColumnDistinct {
  std::vector<int32_t> offsets;  // [cols + 1]
  std::vector<double> values;
  std::vector<double> counts;  // rows of each value
};
template <typename T>
ColumnDistinct column_distinct(MatrixView<const T> x, const CancelToken* cancel);

// Position (i * cols + j) of the first value in row order that is infinite, or NaN unless allow_nan; -1 if
// none.
template <typename T>
int64_t find_invalid(MatrixView<const T> x, bool allow_nan, const CancelToken* cancel);

}  // namespace boreal
