// Principal axes of rows that come in batches (Ross, Lim, Lin & Yang 2008): each batch is decomposed below
// the axes so far, scaled by their singular values, and a row for the shift of the mean.
#pragma once

#include <vector>

#include "base/cancel.h"
#include "base/matrix_view.h"

namespace boreal {

struct IncrementalAxes {
  std::vector<double> components;  // [k, cols]
  std::vector<double> values;  // singular values: [k], and of a result those left out of the last batch, too
  std::vector<double> mean, variance;  // [cols], of all rows seen
  size_t seen = 0;
};

// Goes on from `before`, which is empty at first, with batches of so many rows. A last batch of fewer than
// `least` rows goes with the one before. x has at least one row, and k first rows if there are none before.
template <typename T>
IncrementalAxes incremental_axes(MatrixView<const T> x, size_t k, size_t batch_rows, size_t least,
                                 IncrementalAxes before, const CancelToken* cancel);

}  // namespace boreal
