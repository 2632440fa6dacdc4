#include "train/kmeans_bounds.h"

#include <algorithm>

namespace boreal {

template <typename T>
BoundedCentres<T>::BoundedCentres(size_t clusters, size_t cols, bool pairs)
    : shift(clusters, 0.0),
      half(pairs ? clusters * clusters : 0, std::numeric_limits<double>::infinity()),
      nearest(clusters),
      clusters_(clusters),
      cols_(cols),
      room_(1e-12 + static_cast<double>(cols + 8) * std::numeric_limits<T>::epsilon()) {}

template <typename T>
void BoundedCentres<T>::move(const std::vector<double>& to) {
  const std::vector<T> before = std::move(rows_);
  rows_.assign(to.begin(), to.end());
  first_ = before.empty();
  for (size_t c = 0; c < clusters_ && !first_; ++c) {
    shift[c] = euclidean(before.data() + c * cols_, row(c), cols_);
  }
  std::fill(nearest.begin(), nearest.end(), std::numeric_limits<double>::infinity());
  for (size_t a = 0; a < clusters_; ++a) {
    for (size_t b = a + 1; b < clusters_; ++b) {
      const double distance = 0.5 * euclidean(row(a), row(b), cols_);
      nearest[a] = std::min(nearest[a], distance);
      nearest[b] = std::min(nearest[b], distance);
      if (!half.empty()) half[a * clusters_ + b] = half[b * clusters_ + a] = distance;
    }
  }
}

template <typename T>
PackedRows<T> BoundedCentres<T>::packed() const {
  return PackedRows<T>(Metric::kSquaredEuclidean, dense_view<const T>(rows_.data(), clusters_, cols_));
}

template class BoundedCentres<float>;
template class BoundedCentres<double>;

}  // namespace boreal
