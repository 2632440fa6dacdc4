#include <algorithm>
#include <cmath>
#include <limits>

#include "base/prefetch.h"
#include "base/thread_pool.h"
#include "kernels/dispatch.h"
#include "train/kmeans_bounds.h"

namespace boreal {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr size_t kBlockRows = 96;
constexpr size_t kAhead = 8;  // rows asked for while those before them are looked at

}  // namespace

template <typename T>
HamerlyBounds<T>::HamerlyBounds(MatrixView<const T> x, size_t clusters, const CancelToken* cancel)
    : x_(x),
      clusters_(clusters),
      cancel_(cancel),
      centres_(clusters, x.cols, false),
      farthest_other_(clusters, 0.0),
      upper_(x.rows, kInfinity),
      lower_(x.rows, 0.0) {}

// Writes to `open` the rows that may have to move, and returns how many. Without branches: which rows these
// are is nothing that a CPU could predict.
template <typename T>
size_t HamerlyBounds<T>::open_rows(size_t begin, size_t end, const int32_t* labels, uint32_t* open) {
  const auto bound = [&](size_t i, size_t label) { return std::max(lower_[i], centres_.nearest[label]); };
  size_t loose = 0;
  for (size_t i = begin; i < end; ++i) {
    const size_t label = static_cast<size_t>(labels[i]);
    upper_[i] += centres_.shift[label];
    lower_[i] -= farthest_other_[label];
    open[loose] = static_cast<uint32_t>(i);
    loose += !centres_.below(upper_[i], bound(i, label));
  }
  // The distance itself often is below where its bound was not.
  size_t count = 0;
  for (size_t p = 0; p < loose; ++p) {
    if (p + kAhead < loose) prefetch_bytes(x_.row(open[p + kAhead]), x_.cols * sizeof(T));
    const uint32_t i = open[p];
    const size_t label = static_cast<size_t>(labels[i]);
    upper_[i] = euclidean(x_.row(i), centres_.row(label), x_.cols);
    open[count] = i;
    count += !centres_.below(upper_[i], bound(i, label));
  }
  return count;
}

template <typename T>
void HamerlyBounds<T>::assign_block(const uint32_t* rows, size_t count, const PackedRows<T>& packed,
                                    size_t part, T* block, T* tile, MovingSums<T>* sums, int32_t* labels) {
  const size_t cols = x_.cols, k = clusters_;
  MatrixView<const T> side_by_side{x_.row(rows[0]), count, cols, x_.stride};
  if (rows[count - 1] - rows[0] + 1 != count) {
    for (size_t r = 0; r < count; ++r) std::copy(x_.row(rows[r]), x_.row(rows[r]) + cols, block + r * cols);
    side_by_side = dense_view<const T>(block, count, cols);
  }
  distance_kernels<T>(kernels()).distances(Metric::kSquaredEuclidean, side_by_side.data, side_by_side.stride,
                                           packed.from(0), tile, k, count, k, cols);
  const SelectKernels<T>& select = select_kernels<T>(kernels());
  T value[kBlockRows];
  int32_t nearest[kBlockRows], second[kBlockRows];
  select.row_min(tile, k, count, k, value, nearest);
  for (size_t r = 0; r < count; ++r) {
    upper_[rows[r]] = std::sqrt(static_cast<double>(value[r]));
    tile[r * k + static_cast<size_t>(nearest[r])] = std::numeric_limits<T>::infinity();
    sums->assign(part, rows[r], nearest[r], labels + rows[r]);
  }
  select.row_min(tile, k, count, k, value, second);
  for (size_t r = 0; r < count; ++r) lower_[rows[r]] = std::sqrt(static_cast<double>(value[r]));
}

template <typename T>
void HamerlyBounds<T>::assign(const std::vector<double>& centres, MovingSums<T>* sums, int32_t* labels) {
  centres_.move(centres);
  for (size_t c = 0; c < clusters_; ++c) {
    farthest_other_[c] = 0;
    for (size_t other = 0; other < clusters_; ++other) {
      if (other != c) farthest_other_[c] = std::max(farthest_other_[c], centres_.shift[other]);
    }
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
