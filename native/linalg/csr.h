// Sparse rows: the nonzero values of row i stand at [starts[i], starts[i + 1]), each with its column. Work is
// split by rows, or summed over fixed parts in order: no result depends on the number of threads.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "base/cancel.h"
#include "base/span.h"
#include "linalg/column_moments.h"

namespace boreal {

template <typename T>
struct CsrView {
  Span<int32_t> starts;   // [rows + 1]
  Span<int32_t> columns;  // [values]
  Span<T> values;
  size_t cols;

  size_t rows() const { return starts.size - 1; }
  size_t begin(size_t i) const { return static_cast<size_t>(starts[i]); }
  size_t end(size_t i) const { return static_cast<size_t>(starts[i + 1]); }
};

// start + row i of x times b, by four chains that take turns.
template <typename T>
T csr_row_product(const CsrView<T>& x, size_t i, const T* b, T start = 0) {
  constexpr size_t kChains = 4;
  T sums[kChains] = {start};
  size_t k = x.begin(i);
  for (; k + kChains <= x.end(i); k += kChains) {
    for (size_t c = 0; c < kChains; ++c) sums[c] += x.values[k + c] * b[x.columns[k + c]];
  }
  for (size_t c = 0; k < x.end(i); ++k, ++c) sums[c] += x.values[k] * b[x.columns[k]];
  return (sums[0] + sums[1]) + (sums[2] + sums[3]);
}

// The squared length of row i: the bits of csr_row_product of its squares and ones.
inline double csr_squared_norm(const CsrView<double>& x, size_t i) {
  constexpr size_t kChains = 4;
  double sums[kChains] = {};
  for (size_t k = x.begin(i), c = 0; k < x.end(i); ++k, c = (c + 1) % kChains) {
    sums[c] += x.values[k] * x.values[k];
  }
  return (sums[0] + sums[1]) + (sums[2] + sums[3]);
}

// |x|^2 + |y|^2 - 2 x y, of which rounding leaves nothing below 0.
inline double squared_distance_of(double product, double x_norm, double y_norm) {
  return std::max(0.0, (x_norm + y_norm) - 2 * product);
}

// Sparse rows that own their memory.
template <typename T>
struct CsrRows {
  std::vector<int32_t> starts, columns;
  std::vector<T> values;
  size_t cols = 0;

  CsrView<T> view() const {
    return {{starts.data(), starts.size()},
            {columns.data(), columns.size()},
            {values.data(), values.size()},
            cols};
  }
};

// Throws ERR_SHAPE unless starts ascend from 0 to the number of values, and the columns of each row ascend
// below cols.
template <typename T>
void check_csr(const CsrView<T>& x);

// out[rows, width] = x b + bias, b [cols, width] row-major, bias [width] or empty. An element is one chain of
// products over the columns that the row has, in their order, which starts from the bias; with a width of 1
// it is that of csr_row_product.
template <typename T>
void csr_product(const CsrView<T>& x, const T* b, Span<T> bias, size_t width, T* out,
                 const CancelToken* cancel);

// out[rows, norms.size] = the squared distances of the rows to some points, by |x|^2 + |p|^2 - 2 x p, of
// which nothing is below 0. b [cols, norms.size]: -2 p; norms: |p|^2. Throws as check_squared_norm.
void csr_squared_distances(const CsrView<double>& x, const double* b, Span<double> norms, double* out,
                           const CancelToken* cancel);

// Throws ERR_INPUT_INFINITE for a row so long that |x|^2 + |y|^2 - 2 x y may be no number.
void check_squared_norm(double squared, const char* what, size_t i);

// Squared lengths of the rows, checked.
std::vector<double> csr_squared_norms(const CsrView<double>& x, const CancelToken* cancel);

// The columns of x as rows.
template <typename T>
CsrRows<T> csr_transpose(const CsrView<T>& x, const CancelToken* cancel);

// Of each column, what is not stored counting as 0: as column_moments.
template <typename T>
ColumnMoments csr_moments(const CsrView<T>& x, Span<double> weights, const CancelToken* cancel);

// What tf-idf makes of counts: 1 + log of each (`sublinear`), times weight[column], over the norm of its row
// (1, 2; 3: the largest absolute value; 0: none).
template <typename T>
void csr_weigh(const CsrView<T>& x, bool sublinear, Span<double> weight, int norm, T* out,
               const CancelToken* cancel);

// In how many rows each column has a value that is not 0.
template <typename T>
std::vector<double> csr_column_counts(const CsrView<T>& x);

struct CsrGroupSums {
  std::vector<double> sums;  // [groups, cols]
  double least;              // the least value and 0
};

// Weighted sums of the rows by group. codes: [rows] in [0, groups), else ERR_PARAMETER; weights: [rows] or
// empty.
template <typename T>
CsrGroupSums csr_group_sums(const CsrView<T>& x, Span<int32_t> codes, size_t groups, Span<double> weights,
                            const CancelToken* cancel = nullptr);

}  // namespace boreal
