// The k smallest or largest values of rows or columns with their positions, and the k nearest rows of another
// matrix. NaN comes last whichever end is wanted, and of equal values the one with the lower index comes
// first. Results do not depend on the number of threads.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/matrix_view.h"
#include "linalg/distance.h"
#include "linalg/elementwise.h"

namespace boreal {

enum class Order : int32_t { kSmallest = 0, kLargest = 1 };

// Axis::kCols: of each row; values and indices [x.rows, k], best first. Axis::kRows: of each column;
// [k, x.cols]. Both are dense. Throws ERR_PARAMETER when there are fewer than k values or for Axis::kAll.
template <typename T>
void top_k(MatrixView<const T> x, Axis axis, size_t k, Order order, T* values, int32_t* indices,
           const RunOptions& options = {});

// For each row of x the k rows of y at the smallest distance: distances and indices [x.rows, k], nearest
// first. Near-equal euclidean distances are ranked by their squares. Throws ERR_PARAMETER when y has fewer
// than k rows, ERR_SHAPE when the columns differ. k == 1 is what k-means asks for and has a way of its own.
template <typename T>
void nearest(MatrixView<const T> x, const PackedRows<T>& y, size_t k, T* distances, int32_t* indices,
             const RunOptions& options = {});

}  // namespace boreal
