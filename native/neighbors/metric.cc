#include "neighbors/metric.h"

#include <algorithm>
#include <utility>

#include "linalg/distance.h"

namespace boreal {

template <typename T>
PreparedRows<T>::PreparedRows(const NeighborSpec& spec, MatrixView<const T> rows, bool of_index)
    : view_(rows) {
  if (spec.metric != NeighborMetric::kCosine) return;
  const size_t cols = prepared_cols(spec, rows.cols);
  copies_ = AlignedBuffer<T>(rows.rows * cols);
  for (size_t i = 0; i < rows.rows; ++i) {
    T* const unit = copies_.data() + i * cols;
    const bool zero = !normalize_row(rows.row(i), rows.cols, unit);
    unit[rows.cols] = zero && of_index ? T(1) : T(0);
    unit[rows.cols + 1] = zero && !of_index ? T(1) : T(0);
  }
  view_ = dense_view<const T>(copies_.data(), rows.rows, cols);
}

template <typename T>
SearchedRows<T>::SearchedRows(const NeighborSpec& spec, MatrixView<const T> of_index) : view_(of_index) {
  if (spec.metric != NeighborMetric::kCosine) return;
  const size_t cols = of_index.cols;
  copies_ = AlignedBuffer<T>(of_index.rows * cols);
  for (size_t i = 0; i < of_index.rows; ++i) {
    T* const row = copies_.data() + i * cols;
    std::copy_n(of_index.row(i), cols, row);
    std::swap(row[cols - 2], row[cols - 1]);
  }
  view_ = dense_view<const T>(copies_.data(), of_index.rows, cols);
}

template class PreparedRows<float>;
template class PreparedRows<double>;
template class SearchedRows<float>;
template class SearchedRows<double>;

}  // namespace boreal
