#include <algorithm>
#include <cmath>
#include <limits>

#include "base/thread_pool.h"
#include "kernels/dispatch.h"
#include "kernels/dispatch_cluster.h"
#include "train/kmeans_bounds.h"

namespace boreal {
namespace {

constexpr size_t kBlockRows = 96;

}  // namespace

template <typename T>
ElkanBounds<T>::ElkanBounds(MatrixView<const T> x, size_t clusters, const CancelToken* cancel)
    : x_(x),
      clusters_(clusters),
      cancel_(cancel),
      kernels_(cluster_kernels<T>(kernels())),
      centres_(clusters, x.cols, true),
      upper_(x.rows),
      lower_(x.rows * clusters) {}

// All distances, which are what the bounds begin with.
template <typename T>
void ElkanBounds<T>::start(size_t begin, size_t end, const PackedRows<T>& packed, size_t part,
                           MovingSums<T>* sums, int32_t* labels) {
  const size_t k = clusters_;
  const AlignedBuffer<T> tile(kBlockRows * k);
  T value[kBlockRows];
  int32_t nearest[kBlockRows];
  for (size_t i = begin; i < end; i += kBlockRows) {
    check_cancel(cancel_);
    const size_t count = std::min(kBlockRows, end - i);
    distance_kernels<T>(kernels()).distances(Metric::kEuclidean, x_.row(i), x_.stride, packed.from(0),
                                             tile.data(), k, count, k, x_.cols);
    select_kernels<T>(kernels()).row_min(tile.data(), k, count, k, value, nearest);
    std::copy(tile.data(), tile.data() + count * k, lower_.data() + i * k);
    std::copy(value, value + count, upper_.data() + i);
    for (size_t r = 0; r < count; ++r) sums->assign(part, i + r, nearest[r], labels + i + r);
  }
}

template <typename T>
double ElkanBounds<T>::distance(size_t row, size_t cluster) const {
  const uint32_t first = 0;
  const int32_t label = static_cast<int32_t>(cluster);
  T square;
  kernels_.own_distances(x_.row(row), x_.stride, &first, 1, centres_.row(0), &label, x_.cols, &square);
  return std::sqrt(static_cast<double>(square));
}

// Loosens the bounds of rows by how far the centres have moved, writes to `open` those that may have to move
// themselves, and returns how many.
template <typename T>
size_t ElkanBounds<T>::open_rows(size_t begin, size_t end, const int32_t* labels, uint32_t* open) {
  const size_t k = clusters_;
  size_t loose = 0;
  for (size_t i = begin; i < end; ++i) {
    const size_t label = static_cast<size_t>(labels[i]);
    double* const lower = lower_.data() + i * k;
    for (size_t c = 0; c < k; ++c) lower[c] -= centres_.shift[c];
    const double own = upper_[i] += centres_.shift[label];
    if (centres_.below(own, centres_.nearest[label])) continue;
    const double* const half = centres_.half.data() + label * k;
    double bound = std::numeric_limits<double>::infinity();
    for (size_t c = 0; c < k; ++c) bound = std::min(bound, std::max(lower[c], half[c]));
    open[loose] = static_cast<uint32_t>(i);
    loose += !centres_.below(own, bound);
  }
  return loose;
}

// The nearest centre of a row at the distance `own` from that of `label`.
template <typename T>
size_t ElkanBounds<T>::nearest_of(size_t row, size_t label, double own) {
  const size_t k = clusters_;
  double* const lower = lower_.data() + row * k;
  lower[label] = own;
  for (size_t c = 0; c < k; ++c) {
    if (c == label || centres_.below(own, std::max(lower[c], centres_.half[label * k + c]))) continue;
    const double other = lower[c] = distance(row, c);
    // Of equally near centres the first, as where all are looked at.
    if (other < own || (other == own && c < label)) {
      label = c;
      own = other;
    }
  }
  upper_[row] = own;
  return label;
}

template <typename T>
void ElkanBounds<T>::assign(const std::vector<double>& centres, MovingSums<T>* sums, int32_t* labels) {
  centres_.move(centres);
  const PackedRows<T> packed = centres_.packed();
  const Partition& rows = sums->rows();
  ThreadPool::instance().parallel_for(rows.count(), [&](size_t part, size_t) {
    check_cancel(cancel_);
    const size_t begin = rows.begin(part), end = rows.end(part);
    if (centres_.first()) {
      start(begin, end, packed, part, sums, labels);
      return;
    }
    std::vector<uint32_t> open(end - begin + 1);
    const size_t count = open_rows(begin, end, labels, open.data());
    std::vector<T> squares(count);
    kernels_.own_distances(x_.data, x_.stride, open.data(), count, centres_.row(0), labels, x_.cols,
                           squares.data());
    for (size_t p = 0; p < count; ++p) {
      const uint32_t i = open[p];
      const size_t nearest =
          nearest_of(i, static_cast<size_t>(labels[i]), std::sqrt(static_cast<double>(squares[p])));
      sums->assign(part, i, static_cast<int32_t>(nearest), labels + i);
    }
  });
}

template class ElkanBounds<float>;
template class ElkanBounds<double>;

}  // namespace boreal
