#include "train/incremental_axes.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/error.h"
#include "linalg/column_moments.h"
#include "linalg/svd.h"

namespace boreal {
namespace {

// Mean and variance of the rows before and a batch (Chan, Golub & LeVeque 1979).
void join_moments(const ColumnMoments& own, size_t rows, IncrementalAxes* axes) {
  const double seen = static_cast<double>(axes->seen), more = static_cast<double>(rows), total = seen + more;
  for (size_t j = 0; j < own.mean.size(); ++j) {
    const double shift = own.mean[j] - axes->mean[j];
    axes->mean[j] += shift * more / total;
    axes->variance[j] =
        (seen * axes->variance[j] + more * own.variance[j] + shift * shift * seen * more / total) / total;
  }
}

template <typename T>
void learn_batch(MatrixView<const T> x, size_t k, const CancelToken* cancel, IncrementalAxes* axes) {
  const RunOptions alone{1, cancel};
  const ColumnMoments own = column_moments(x, {}, alone);
  const size_t above = axes->seen == 0 ? 0 : k, rows = above + x.rows + (above > 0 ? 1 : 0);
  const Workspace stacked(rows, x.cols);
  const Dense stack = stacked.view();
  for (size_t i = 0; i < above; ++i) {
    for (size_t j = 0; j < x.cols; ++j) stack.at(i, j) = axes->values[i] * axes->components[i * x.cols + j];
  }
  for (size_t i = 0; i < x.rows; ++i) {
    for (size_t j = 0; j < x.cols; ++j) {
      stack.at(above + i, j) = static_cast<double>(x.at(i, j)) - own.mean[j];
    }
  }
  if (above > 0) {
    const double seen = static_cast<double>(axes->seen), more = static_cast<double>(x.rows);
    const double pull = std::sqrt(seen / (seen + more) * more);
    for (size_t j = 0; j < x.cols; ++j) stack.at(rows - 1, j) = pull * (axes->mean[j] - own.mean[j]);
  }
  const size_t count = std::min(rows, x.cols);
  const Workspace left(rows, count), right(count, x.cols);
  axes->values.resize(count);
  svd(as_const(stack), left.view(), axes->values.data(), right.view(), alone);
  axes->components.resize(k * x.cols);
  copy(as_const(block(right.view(), 0, k, 0, x.cols)), dense_view(axes->components.data(), k, x.cols));
  join_moments(own, x.rows, axes);
  axes->seen += x.rows;
}

}  // namespace

template <typename T>
IncrementalAxes incremental_axes(MatrixView<const T> x, size_t k, size_t batch_rows, size_t least,
                                 IncrementalAxes before, const CancelToken* cancel) {
  IncrementalAxes axes = std::move(before);
  if (axes.seen == 0) {
    axes.mean.assign(x.cols, 0.0);
    axes.variance.assign(x.cols, 0.0);
  }
  const bool fits = axes.mean.size() == x.cols && axes.variance.size() == x.cols && batch_rows > 0 && k > 0 &&
                    k <= x.cols && x.rows > 0 &&
                    (axes.seen == 0 ? k <= std::min(x.rows, batch_rows)
                                    : axes.values.size() >= k && axes.components.size() == k * x.cols);
  if (!fits) throw Error("ERR_SHAPE", "The axes so far, their number and the rows do not fit each other.");
  for (size_t from = 0; from < x.rows;) {
    check_cancel(cancel);
    const size_t left = x.rows - from;
    const size_t rows = left <= batch_rows || left - batch_rows < least ? left : batch_rows;
    learn_batch(MatrixView<const T>{x.row(from), rows, x.cols, x.stride}, k, cancel, &axes);
    from += rows;
  }
  return axes;
}

template IncrementalAxes incremental_axes(MatrixView<const float>, size_t, size_t, size_t, IncrementalAxes,
                                          const CancelToken*);
template IncrementalAxes incremental_axes(MatrixView<const double>, size_t, size_t, size_t, IncrementalAxes,
                                          const CancelToken*);

}  // namespace boreal
