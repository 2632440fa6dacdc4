#include <algorithm>
#include <cmath>
#include <limits>

#include "base/thread_pool.h"
#include "kernels/dispatch.h"
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

// The nearest centre of a row that has `label`, whose bounds are those of the last centres.
template <typename T>
size_t ElkanBounds<T>::nearest_of(size_t row, size_t label) {
  const size_t k = clusters_;
  double* const lower = lower_.data() + row * k;
  for (size_t c = 0; c < k; ++c) lower[c] -= centres_.shift[c];
  double own = upper_[row] += centres_.shift[label];
  if (centres_.below(own, centres_.nearest[label])) return label;
  bool known = false;  // whether `own` is the distance itself
  for (size_t c = 0; c < k; ++c) {
    const auto ruled_out = [&] {
      return c == label || centres_.below(own, std::max(lower[c], centres_.half[label * k + c]));
    };
    if (ruled_out()) continue;
    if (!known) {
      own = lower[label] = euclidean(x_.row(row), centres_.row(label), x_.cols);
      known = true;
      if (ruled_out()) continue;
    }
    const double other = lower[c] = euclidean(x_.row(row), centres_.row(c), x_.cols);
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
    if (centres_.first()) {
      start(rows.begin(part), rows.end(part), packed, part, sums, labels);
      return;
    }
    for (size_t i = rows.begin(part); i < rows.end(part); ++i) {
      const size_t nearest = nearest_of(i, static_cast<size_t>(labels[i]));
      sums->assign(part, i, static_cast<int32_t>(nearest), labels + i);
    }
  });
}

template class ElkanBounds<float>;
template class ElkanBounds<double>;

}  // namespace boreal
