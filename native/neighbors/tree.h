// KD-trees (Bentley, 1975) and ball trees (Omohundro, 1989) over the rows of a matrix. Both are complete
// binary trees whose nodes halve their rows at the median of the column with the widest range; they differ in
// what bounds the distance of a node's rows: a box or a ball. The rows of a leaf are packed for the distance
// kernels.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/aligned_buffer.h"
#include "linalg/elementwise.h"
#include "neighbors/metric.h"
#include "neighbors/nearest_list.h"

namespace boreal {

template <typename T>
class NeighborTree {
 public:
  // y [n, d], prepared, n >= 1; not needed later.
  NeighborTree(const NeighborSpec& spec, MatrixView<const T> y, bool balls, const Kernels& kernels,
               const RunOptions& options);

  // Values of T that the calls below need as scratch.
  size_t scratch() const { return leaf_rows_; }
  // Returns the number of rows whose distance was computed.
  size_t nearest(const T* x, NearestList<T>& list, T* scratch) const;
  // found(rank, index) for each row with rank <= limit, in no useful order.
  template <typename Found>
  size_t within(const T* x, T limit, T* scratch, const Found& found) const {
    size_t computed = 0;
    walk(
        x, [limit] { return limit; },
        [&](size_t leaf) {
          const size_t count = ranks(x, leaf, scratch);
          computed += count;
          const int32_t* const order = order_.data() + begin_[leaf];
          for (size_t j = 0; j < count; ++j) {
            if (scratch[j] <= limit) found(scratch[j], order[j]);
          }
        });
    return computed;
  }

 private:
  static constexpr size_t kMaxLevels = 32;

  void split(MatrixView<const T> y, size_t node);
  void bound(MatrixView<const T> y, size_t node);
  // A rank that no row of the node is below.
  double lower_bound(const T* x, size_t node) const;
  size_t ranks(const T* x, size_t leaf, T* out) const;

  // Calls visit(leaf) for every leaf that may hold a row of a rank <= limit(), nearer ones first.
  template <typename Limit, typename Visit>
  void walk(const T* x, const Limit& limit, const Visit& visit) const {
    struct Pending {
      size_t node;
      double bound;
    };
    Pending pending[kMaxLevels + 1];
    size_t count = 0;
    pending[count++] = {0, lower_bound(x, 0)};
    while (count > 0) {
      Pending at = pending[--count];
      while (at.bound <= static_cast<double>(limit())) {
        if (at.node >= first_leaf_) {
          visit(at.node);
          break;
        }
        const size_t left = 2 * at.node + 1;
        Pending near{left, lower_bound(x, left)}, far{left + 1, lower_bound(x, left + 1)};
        if (far.bound < near.bound) std::swap(near, far);
        pending[count++] = far;
        at = near;
      }
    }
  }

  NeighborSpec spec_;
  const DistanceKernels<T>& kernels_;
  bool balls_;
  size_t d_, first_leaf_ = 0, leaf_rows_ = 0;
  double shrink_;               // makes up for the rounding of ranks and bounds
  std::vector<size_t> begin_;   // [nodes] where a node's rows begin in order_
  std::vector<size_t> end_;     // [nodes]
  std::vector<int32_t> order_;  // [n] indices of rows, by leaf
  std::vector<double> radius_;  // [nodes] of balls
  AlignedBuffer<T> bounds_;     // [nodes, 2, d] least and greatest, or [nodes, d] centres
  AlignedBuffer<T> packed_;     // each leaf begins at packed_begin_
  std::vector<size_t> packed_begin_;
};

}  // namespace boreal
