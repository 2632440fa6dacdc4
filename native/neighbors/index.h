// Rows of a matrix, ready to be searched for neighbours of other rows. Results are the same bits whatever way
// of search is taken, at any number of threads and on every instruction set with fused multiply-adds: each
// distance depends on its two rows alone.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "base/aligned_buffer.h"
#include "linalg/elementwise.h"
#include "neighbors/brute.h"
#include "neighbors/metric.h"
#include "neighbors/nearest_list.h"
#include "neighbors/tree.h"

namespace boreal {

template <typename T>
class NeighborIndex {
 public:
  // y [n, d] is copied; n >= 1, d >= 1, finite. kAuto measures on some rows of y how many distances a KD-tree
  // saves. For kPrecomputed y is square, and its values are not read: each query brings its own distances.
  NeighborIndex(const NeighborSpec& spec, MatrixView<const T> y, const Kernels& kernels,
                const RunOptions& options = {});

  const NeighborSpec& spec() const { return spec_; }  // with the way of search that was chosen
  size_t rows() const { return y_.rows; }
  size_t cols() const { return cols_; }

  // These search on the calling thread, and check `cancel` now and then.

  // For each row of x [m, d] its k <= rows() nearest rows, nearest first: items [m, k]. Row i leaves the row
  // left_out + i of the index out, unless left_out < 0; k is then < rows().
  void nearest(MatrixView<const T> x, size_t k, int64_t left_out, Neighbor<T>* items,
               const CancelToken* cancel) const;

  // visit(i, found, count) for each row i of x, in order: the rows at ranks <= limit, indices ascending.
  using Visitor = std::function<void(size_t i, Neighbor<T>* found, size_t count)>;
  void within(MatrixView<const T> x, T limit, const Visitor& visit, const CancelToken* cancel) const;

  // All pairs of rows of the index, block by block. visit(i, others, count): rows at ranks <= limit from row
  // i; each pair is met in one block, from one of its rows. Not for kPrecomputed.
  size_t pair_blocks() const;
  void pairs(size_t block, T limit, const Visitor& visit, const CancelToken* cancel) const;

  // Rough nanoseconds for one row.
  double row_cost_ns() const { return row_cost_ns_; }
  size_t memory_bytes() const { return copy_.size() * sizeof(T) + (brute_ ? brute_->memory_bytes() : 0); }
  static constexpr size_t kBlockRows = BruteSearch<T>::kBlockRows;

 private:
  void choose(const Kernels& kernels, const RunOptions& options);
  double search_cost_ns() const;  // of a row in the tree
  double pair_cost_ns() const;    // of a row where all pairs are asked for
  void nearest_block(MatrixView<const T> x, size_t k, int64_t left_out, Neighbor<T>* items,
                     const CancelToken* cancel) const;
  void within_block(MatrixView<const T> x, int64_t self, T limit, const Visitor& visit, size_t first,
                    const CancelToken* cancel) const;

  NeighborSpec spec_;
  const Kernels& kernels_;
  size_t cols_;
  AlignedBuffer<T> copy_;  // of the prepared rows
  MatrixView<const T> y_;
  std::unique_ptr<BruteSearch<T>> brute_;
  std::unique_ptr<NeighborTree<T>> tree_;
  double row_cost_ns_ = 0;
};

// Throws ERR_INPUT_NEGATIVE for a given distance below 0; x begins with row `first_row` of what the caller
// has.
template <typename T>
void check_distances(const NeighborSpec& spec, MatrixView<const T> x, size_t first_row,
                     const CancelToken* cancel);

// Searches of many rows over the thread pool.
template <typename T>
struct NearestRows {
  std::vector<T> distances;      // [m, k]
  std::vector<int32_t> indices;  // [m, k]
};
// x's own rows for left_out >= 0, see NeighborIndex::nearest. Throws ERR_PARAMETER when there are fewer than
// k rows.
template <typename T>
NearestRows<T> nearest_rows(const NeighborIndex<T>& index, MatrixView<const T> x, size_t k, bool own,
                            const RunOptions& options);

template <typename T>
struct RowsWithin {
  std::vector<double> offsets;  // [m + 1]
  std::vector<T> distances;
  std::vector<int32_t> indices;
};
// In the order of indices, or by distance for `sorted`. Of own rows each leaves itself out.
template <typename T>
RowsWithin<T> rows_within(const NeighborIndex<T>& index, MatrixView<const T> x, double radius, bool own,
                          bool sorted, const RunOptions& options);

// The largest rank that counts as within the radius.
template <typename T>
T rank_limit(const NeighborSpec& spec, double radius) {
  return static_cast<T>(spec.to_rank(radius));
}

}  // namespace boreal
