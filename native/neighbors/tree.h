// KD-trees (Bentley, 1975) and ball trees (Omohundro, 1989) over the rows of a matrix. Both are complete
// binary trees whose nodes halve their rows at the median of the column with the widest range; they differ in
// what bounds the distance of a node's rows: a box or a ball. The rows of a leaf are packed for the distance
// kernels. A search among boxes takes several levels at once, all boxes of which it looks at side by side,
// once it has looked into the leaf in which the row itself would lie.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "base/aligned_buffer.h"
#include "base/span.h"
#include "kernels/box_kernels.h"
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

  // Pairs of rows are met by the leaf of the one that comes first. Those of a leaf, by their indices:
  size_t leaves() const { return first_leaf_ + 1; }
  Span<int32_t> leaf_rows(size_t leaf) const {
    const size_t node = first_leaf_ + leaf;
    return {order_.data() + begin_[node], end_[node] - begin_[node]};
  }
  // found(r, items, count) for the r-th row of the leaf and rows of one other leaf, or of its own, at ranks
  // <= limit: each pair in one call. x: the rows of the leaf as rows that are searched for.
  template <typename Found>
  void pairs(size_t leaf, MatrixView<const T> x, T limit, const Found& found) const;
  // How many distances that computes.
  size_t pair_distances(size_t leaf, T limit) const;

  // Values of T that the calls below need as scratch.
  size_t scratch() const { return 2 * leaf_rows_; }
  // lists[i]: the nearest of row i of x. Returns the number of rows whose distance was computed.
  size_t nearest(MatrixView<const T> x, NearestList<T>* lists, T* scratch) const;
  // found(rank, index) for each row with rank <= limit, in no useful order.
  template <typename Found>
  size_t within(const T* x, T limit, T* scratch, const Found& found) const {
    size_t computed = 0;
    walk(
        x, [limit] { return limit; },
        [&](size_t leaf) { computed += visit_near(x, leaf, limit, scratch, found); });
    return computed;
  }

 private:
  static constexpr size_t kMaxLevels = 32;
  static constexpr size_t kMostBits = 6;  // levels that a search among boxes takes at once

  // Rows on the left of a node have values <= value in the column, those on the right >= value.
  struct Split {
    int32_t column;
    T value;
  };
  // The boxes of all nodes of a level at which a search looks: those below one node of the level before stand
  // side by side.
  struct BoxLevel {
    size_t first_node, bits;  // levels since the one before
    AlignedBuffer<T> boxes;   // for BoxKernels::near_boxes
  };
  struct Pending {
    double bound;
    size_t node, level;  // the boxes to look at; beyond the last: a leaf
  };

  void split(MatrixView<const T> y, size_t node);
  void bound(MatrixView<const T> y, size_t node);
  void make_levels();
  // A rank that no row of the node is below.
  double box_bound(const T* x, size_t node) const;
  double ball_bound(const T* x, size_t node) const;
  // The leaf of boxes in which the row would lie.
  size_t home(const T* x) const;
  void prefetch_leaf(size_t leaf) const;
  // The boxes below a node at ranks <= limit; returns how many, the nearest last.
  size_t near_boxes(const T* x, const Pending& at, T limit, Pending* found) const;
  // A rank that no pair of rows of two nodes is below.
  double apart(size_t a, size_t b) const;
  double gap_rank(double distance, double radii) const;  // of balls whose centres are so far apart
  // Calls visit(other) for the leaf itself and each one behind it that may hold a row within the limit of one
  // of its own.
  template <typename Visit>
  void walk_from(size_t leaf, T limit, const Visit& visit) const;
  // Those of a leaf at ranks <= limit: scratch [2 * leaf_rows_] gets ranks and then positions in the leaf.
  size_t near_rows(const T* x, size_t leaf, T limit, T* scratch) const;
  const int32_t* positions(const T* scratch) const {
    return reinterpret_cast<const int32_t*>(scratch + leaf_rows_);
  }
  // The first leaf of a search.
  size_t visit_first(const T* x, size_t leaf, NearestList<T>& list, T* scratch) const;
  // found(rank, index) for these; returns the number of rows in the leaf.
  template <typename Found>
  size_t visit_near(const T* x, size_t leaf, T limit, T* scratch, const Found& found) const {
    const size_t count = near_rows(x, leaf, limit, scratch);
    const int32_t* const order = order_.data() + begin_[leaf];
    const int32_t* const at = positions(scratch);
    for (size_t h = 0; h < count; ++h) found(scratch[h], order[at[h]]);
    return end_[leaf] - begin_[leaf];
  }

  // Calls visit(leaf) for every leaf that may hold a row of a rank <= limit(), nearer ones first.
  template <typename Limit, typename Visit>
  void walk(const T* x, const Limit& limit, const Visit& visit) const {
    if (balls_) {
      walk_balls(x, limit, visit);
    } else {
      walk_boxes(x, limit, visit);
    }
  }

  template <typename Limit, typename Visit>
  void walk_boxes(const T* x, const Limit& limit, const Visit& visit) const {
    Pending pending[(kMaxLevels / kMostBits + 1) << kMostBits];
    size_t count = 0;
    pending[count++] = {0, 0, 0};
    while (count > 0) {
      const Pending at = pending[--count];
      if (!(at.bound <= static_cast<double>(limit()))) continue;
      if (at.level == levels_.size()) {
        visit(at.node);
      } else {
        count += near_boxes(x, at, limit(), pending + count);
      }
    }
  }

  template <typename Limit, typename Visit>
  void walk_balls(const T* x, const Limit& limit, const Visit& visit) const {
    struct Ball {
      size_t node;
      double bound;
    };
    Ball pending[kMaxLevels + 1];
    size_t count = 0;
    pending[count++] = {0, ball_bound(x, 0)};
    while (count > 0) {
      Ball at = pending[--count];
      while (at.bound <= static_cast<double>(limit())) {
        if (at.node >= first_leaf_) {
          visit(at.node);
          break;
        }
        const size_t left = 2 * at.node + 1;
        Ball near{left, ball_bound(x, left)}, far{left + 1, ball_bound(x, left + 1)};
        if (far.bound < near.bound) std::swap(near, far);
        pending[count++] = far;
        at = near;
      }
    }
  }

  NeighborSpec spec_;
  const DistanceKernels<T>& kernels_;
  const SelectKernels<T>& select_;
  const BoxKernels<T>& near_;
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
  std::vector<Split> splits_;     // [first_leaf_] of boxes
  std::vector<BoxLevel> levels_;  // the last one is that of the leaves; none where the root is a leaf
};

template <typename T>
template <typename Visit>
void NeighborTree<T>::walk_from(size_t leaf, T limit, const Visit& visit) const {
  size_t pending[kMaxLevels + 1], count = 0;
  pending[count++] = 0;
  while (count > 0) {
    const size_t node = pending[--count];
    if (end_[node] <= begin_[leaf] || apart(leaf, node) > static_cast<double>(limit)) continue;
    if (node >= first_leaf_) {
      visit(node);
      continue;
    }
    pending[count++] = 2 * node + 2;
    pending[count++] = 2 * node + 1;
  }
}

template <typename T>
template <typename Found>
void NeighborTree<T>::pairs(size_t index, MatrixView<const T> x, T limit, const Found& found) const {
  constexpr size_t kTile = size_t{1} << 15;
  const size_t leaf = first_leaf_ + index;
  const T beyond = std::nextafter(limit, std::numeric_limits<T>::infinity());
  std::vector<T> tile(std::max(kTile, leaf_rows_));
  std::vector<int32_t> hits(leaf_rows_);
  std::vector<Neighbor<T>> items(leaf_rows_);
  walk_from(leaf, limit, [&](size_t other) {
    const size_t cols = end_[other] - begin_[other];
    if (cols == 0) return;
    const int32_t* const order = order_.data() + begin_[other];
    const size_t step = std::max<size_t>(1, kTile / cols);
    for (size_t first = 0; first < x.rows; first += step) {
      const size_t rows = std::min(step, x.rows - first);
      rank_distances(spec_, kernels_, {x.row(first), rows, x.cols, x.stride},
                     packed_.data() + packed_begin_[other - first_leaf_] * d_,
                     dense_view(tile.data(), rows, cols));
      for (size_t r = 0; r < rows; ++r) {
        // Of its own leaf only the rows behind.
        const size_t skip = other == leaf ? first + r + 1 : 0;
        const T* const ranks = tile.data() + r * cols + skip;
        const size_t count = select_.find_beyond(false, ranks, cols - skip, beyond, hits.data());
        for (size_t h = 0; h < count; ++h) {
          const size_t at = static_cast<size_t>(hits[h]);
          items[h] = {ranks[at], order[skip + at]};
        }
        if (count > 0) found(first + r, items.data(), count);
      }
    }
  });
}

}  // namespace boreal
