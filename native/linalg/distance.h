// Distances between the rows of two matrices over the thread pool. Each distance is computed from differences
// (kernels/distance_kernels.h says why and how exactly), alone: its bits depend on its two rows only, and are
// the same for (x, y) and (y, x).
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "base/aligned_buffer.h"
#include "base/matrix_view.h"
#include "kernels/kernels.h"
#include "linalg/elementwise.h"

namespace boreal {

// unit = x / |x|, or false and zeros if |x| is 0. Nothing overflows or underflows on the way.
template <typename T>
bool normalize_row(const T* x, size_t d, T* unit);

// The rows that others are compared with, in the layout of the kernels: packed once, compared many times.
template <typename T>
class PackedRows {
 public:
  PackedRows(Metric metric, MatrixView<const T> y, const RunOptions& options = {});

  Metric metric() const { return metric_; }
  size_t rows() const { return rows_; }
  size_t cols() const { return cols_; }
  // Row j and those after it; j is a multiple of the kernel's lanes.
  const T* from(size_t j) const { return data_.data() + j * cols_; }
  // For kCosine: rows of length zero, ascending. They have no direction; their distance is 1 to every row.
  const std::vector<size_t>& zero_rows() const { return zero_rows_; }

 private:
  Metric metric_;
  size_t rows_, cols_;
  AlignedBuffer<T> data_;
  std::vector<size_t> zero_rows_;
};

// out[i,j] = distance of x[i,:] and y[j,:]; out [x.rows, y.rows] must not overlap x. NaN in a row makes its
// distances NaN. Throws ERR_SHAPE when the columns differ.
template <typename T>
void pairwise_distances(MatrixView<const T> x, const PackedRows<T>& y, MatrixView<T> out,
                        const RunOptions& options = {});

// The same of x with itself, where a row is at distance 0 from itself even if it is zero.
template <typename T>
void pairwise_distances(Metric metric, MatrixView<const T> x, MatrixView<T> out,
                        const RunOptions& options = {});

// A tile: the distances of rows i, i + 1, ... of x to rows j, j + 1, ... of y. The visitor may change it.
// slot is unique among the calls that run at once and less than ThreadPool::size().
template <typename T>
using DistanceVisitor = std::function<void(size_t i, size_t j, MatrixView<T> tile, size_t slot)>;

// Calls visit with every tile and never holds more than one a thread. Blocks of rows are visited in parallel;
// the tiles of one block one after the other with j ascending, in one slot. metric is y's own, or
// kSquaredEuclidean for rows packed as kEuclidean, where the square roots can wait.
template <typename T>
void visit_distances(Metric metric, MatrixView<const T> x, const PackedRows<T>& y,
                     const DistanceVisitor<T>& visit, const RunOptions& options = {});

}  // namespace boreal
