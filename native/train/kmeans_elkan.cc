#include "train/kmeans_elkan.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/partition.h"
#include "base/thread_pool.h"

namespace boreal {
namespace {

constexpr size_t kPartRows = 256;
constexpr size_t kParts = 256;
// Bounds are compared with room for the rounding of both sides, so that labels are those of Lloyd.
constexpr double kRoom = 1e-9;

template <typename T>
double norm(const T* a, const T* b, size_t cols) {
  double sums[4] = {};
  size_t j = 0;
  for (; j + 4 <= cols; j += 4) {
    for (size_t s = 0; s < 4; ++s) {
      const double d = static_cast<double>(a[j + s]) - static_cast<double>(b[j + s]);
      sums[s] += d * d;
    }
  }
  for (; j < cols; ++j) {
    const double d = static_cast<double>(a[j]) - static_cast<double>(b[j]);
    sums[0] += d * d;
  }
  return std::sqrt((sums[0] + sums[1]) + (sums[2] + sums[3]));
}

}  // namespace

template <typename T>
ElkanBounds<T>::ElkanBounds(MatrixView<const T> x, size_t clusters, const CancelToken* cancel)
    : x_(x),
      clusters_(clusters),
      cancel_(cancel),
      upper_(x.rows, std::numeric_limits<double>::infinity()),
      lower_(x.rows * clusters) {
  std::fill(lower_.data(), lower_.data() + x.rows * clusters, 0.0);
}

template <typename T>
double ElkanBounds<T>::distance(size_t row, const T* centre) const {
  return norm(x_.row(row), centre, x_.cols);
}

template <typename T>
void ElkanBounds<T>::assign(const std::vector<double>& centres, int32_t* labels) {
  const size_t k = clusters_, cols = x_.cols;
  const std::vector<T> points(centres.begin(), centres.end());
  std::vector<double> half(k * k, 0.0), nearest(k, std::numeric_limits<double>::infinity());
  for (size_t a = 0; a < k; ++a) {
    for (size_t b = 0; b < k; ++b) {
      if (a == b) continue;
      half[a * k + b] = 0.5 * norm(points.data() + a * cols, points.data() + b * cols, cols);
      nearest[a] = std::min(nearest[a], half[a * k + b]);
    }
  }
  const Partition rows = partition_rows(x_.rows, kPartRows, kParts);
  ThreadPool::instance().parallel_for(rows.count(), [&](size_t part, size_t) {
    check_cancel(cancel_);
    for (size_t i = rows.begin(part); i < rows.end(part); ++i) {
      double* const lower = lower_.data() + i * k;
      size_t label = first_ ? 0 : static_cast<size_t>(labels[i]);
      if (!first_ && upper_[i] * (1 + kRoom) < nearest[label]) continue;
      double own = distance(i, points.data() + label * cols);
      lower[label] = upper_[i] = own;
      for (size_t c = 0; c < k; ++c) {
        if (c == label || own * (1 + kRoom) < half[label * k + c]) continue;
        if (!first_ && own * (1 + kRoom) < lower[c]) continue;
        const double other = lower[c] = distance(i, points.data() + c * cols);
        // Of equally near centres the first, as where all are looked at.
        if (other < own || (other == own && c < label)) {
          label = c;
          own = other;
        }
      }
      upper_[i] = own;
      labels[i] = static_cast<int32_t>(label);
    }
  });
  first_ = false;
}

template <typename T>
void ElkanBounds<T>::move(const std::vector<double>& from, const std::vector<double>& to,
                          const int32_t* labels) {
  const size_t k = clusters_, cols = x_.cols;
  std::vector<double> shift(k);
  for (size_t c = 0; c < k; ++c) shift[c] = norm(from.data() + c * cols, to.data() + c * cols, cols);
  const Partition rows = partition_rows(x_.rows, kPartRows, kParts);
  ThreadPool::instance().parallel_for(rows.count(), [&](size_t part, size_t) {
    for (size_t i = rows.begin(part); i < rows.end(part); ++i) {
      upper_[i] += shift[static_cast<size_t>(labels[i])];
      double* const lower = lower_.data() + i * k;
      for (size_t c = 0; c < k; ++c) lower[c] = std::max(lower[c] - shift[c], 0.0);
    }
  });
}

template class ElkanBounds<float>;
template class ElkanBounds<double>;

}  // namespace boreal
