#include <algorithm>
#include <cmath>

#include "base/thread_pool.h"
#include "kernels/dispatch.h"
#include "kernels/dispatch_cluster.h"
#include "train/kmeans_bounds.h"

namespace boreal {
namespace {

constexpr size_t kBlockRows = 96;

}  // namespace

template <typename T>
HamerlyBounds<T>::HamerlyBounds(MatrixView<const T> x, size_t clusters, const CancelToken* cancel)
    : x_(x),
      clusters_(clusters),
      cancel_(cancel),
      centres_(clusters, x.cols, false),
      drifts_(clusters),
      upper_(x.rows),
      lower_(x.rows) {}

// Writes to `open` the rows that may have to move, and returns how many. Without branches: which rows these
// are is nothing that a CPU could predict.
template <typename T>
size_t HamerlyBounds<T>::open_rows(size_t begin, size_t end, const int32_t* labels, uint32_t* open) {
  const auto bound = [&](size_t i, const Drift& drift) {
    return std::max(lower_[i] - drift.others, drift.nearest);
  };
  size_t loose = 0;
  for (size_t i = begin; i < end; ++i) {
    const Drift& drift = drifts_[static_cast<size_t>(labels[i])];
    open[loose] = static_cast<uint32_t>(i);
    loose += !centres_.below(upper_[i] + drift.own, bound(i, drift));
  }
  // The distance itself often is below where its bound was not.
  std::vector<T> squares(loose);
  cluster_kernels<T>(kernels()).own_distances(x_.data, x_.stride, open, loose, centres_.row(0), labels,
                                              x_.cols, squares.data());
  size_t count = 0;
  for (size_t p = 0; p < loose; ++p) {
    const uint32_t i = open[p];
    const Drift& drift = drifts_[static_cast<size_t>(labels[i])];
    const double own = std::sqrt(static_cast<double>(squares[p]));
    upper_[i] = own - drift.own;
    open[count] = i;
    count += !centres_.below(own, bound(i, drift));
  }
  return count;
}

template <typename T>
void HamerlyBounds<T>::assign_block(const uint32_t* rows, size_t count, const PackedRows<T>& packed,
                                    size_t part, T* block, T* tile, MovingSums<T>* sums, int32_t* labels) {
  const size_t cols = x_.cols, k = clusters_;
  MatrixView<const T> side_by_side{x_.row(rows[0]), count, cols, x_.stride};
  if (rows[count - 1] - rows[0] + 1 != count) {
    cluster_kernels<T>(kernels()).gather(x_.data, x_.stride, rows, count, cols, block);
    side_by_side = dense_view<const T>(block, count, cols);
  }
  distance_kernels<T>(kernels()).distances(Metric::kSquaredEuclidean, side_by_side.data, side_by_side.stride,
                                           packed.from(0), tile, k, count, k, cols);
  T value[kBlockRows], second[kBlockRows];
  int32_t nearest[kBlockRows];
  cluster_kernels<T>(kernels()).two_smallest(tile, k, count, k, value, nearest, second);
  for (size_t r = 0; r < count; ++r) {
    const uint32_t row = rows[r];
    const Drift& drift = drifts_[static_cast<size_t>(nearest[r])];
    upper_[row] = std::sqrt(static_cast<double>(value[r])) - drift.own;
    lower_[row] = std::sqrt(static_cast<double>(second[r])) + drift.others;
    sums->assign(part, row, nearest[r], labels + row);
  }
}

template <typename T>
void HamerlyBounds<T>::assign(const std::vector<double>& centres, MovingSums<T>* sums, int32_t* labels) {
  centres_.move(centres);
  for (size_t c = 0; c < clusters_; ++c) {
    double farthest = 0;
    for (size_t other = 0; other < clusters_; ++other) {
      if (other != c) farthest = std::max(farthest, centres_.shift[other]);
    }
    drifts_[c].own += centres_.shift[c];
    drifts_[c].others += farthest;
    drifts_[c].nearest = centres_.nearest[c];
  }
  const PackedRows<T> packed = centres_.packed();
  const Partition& rows = sums->rows();
  ThreadPool::instance().parallel_for(rows.count(), [&](size_t part, size_t) {
    const size_t begin = rows.begin(part), end = rows.end(part);
    std::vector<uint32_t> open(end - begin + 1);
    size_t count = end - begin;
    if (centres_.first()) {
      for (size_t p = 0; p < count; ++p) open[p] = static_cast<uint32_t>(begin + p);
    } else {
      count = open_rows(begin, end, labels, open.data());
    }
    const AlignedBuffer<T> block(kBlockRows * x_.cols), tile(kBlockRows * clusters_);
    for (size_t p = 0; p < count; p += kBlockRows) {
      check_cancel(cancel_);
      assign_block(open.data() + p, std::min(kBlockRows, count - p), packed, part, block.data(), tile.data(),
                   sums, labels);
    }
  });
}

template class HamerlyBounds<float>;
template class HamerlyBounds<double>;

}  // namespace boreal
