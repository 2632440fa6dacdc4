#include "train/kmeans_bounds.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/aligned_buffer.h"
#include "base/thread_pool.h"
#include "kernels/dispatch.h"

namespace boreal {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr size_t kBlockRows = 96;

template <typename T>
double distance(const T* a, const T* b, size_t cols) {
  double sum = 0;
  for (size_t j = 0; j < cols; ++j) {
    const double d = static_cast<double>(a[j]) - static_cast<double>(b[j]);
    sum += d * d;
  }
  return std::sqrt(sum);
}

}  // namespace

template <typename T>
BoundedLloyd<T>::BoundedLloyd(MatrixView<const T> x, Span<double> weights, size_t clusters,
                              const CancelToken* cancel)
    : x_(x),
      weights_(weights),
      clusters_(clusters),
      cancel_(cancel),
      rows_(cluster_parts(x.rows, clusters, x.cols)),
      room_(1e-12 + static_cast<double>(x.cols + 8) * std::numeric_limits<T>::epsilon()),
      shift_(clusters, 0.0),
      farthest_other_(clusters, 0.0),
      half_(clusters, 0.0),
      upper_(x.rows, kInfinity),
      lower_(x.rows, 0.0),
      parts_(rows_.count()) {}

template <typename T>
void BoundedLloyd<T>::move(const std::vector<T>& to) {
  const size_t cols = x_.cols;
  for (size_t c = 0; c < clusters_ && !first_; ++c) {
    shift_[c] = distance(centres_.data() + c * cols, to.data() + c * cols, cols);
  }
  centres_ = to;
  for (size_t c = 0; c < clusters_; ++c) {
    farthest_other_[c] = 0;
    half_[c] = kInfinity;
    for (size_t other = 0; other < clusters_; ++other) {
      if (other == c) continue;
      farthest_other_[c] = std::max(farthest_other_[c], shift_[other]);
      half_[c] = std::min(half_[c], 0.5 * distance(to.data() + c * cols, to.data() + other * cols, cols));
    }
  }
}

template <typename T>
void BoundedLloyd<T>::count(size_t row, size_t cluster, double sign, Part* part) const {
  const double weight = weight_of(weights_, row);
  if (weight == 0) return;
  const double signed_weight = sign * weight;
  double* const sum = part->sums.data() + cluster * x_.cols;
  const T* const values = x_.row(row);
  for (size_t j = 0; j < x_.cols; ++j) sum[j] += signed_weight * values[j];
  part->weights[cluster] += signed_weight;
  part->counts[cluster] += sign > 0 ? 1 : -1;
}

template <typename T>
void BoundedLloyd<T>::assign_block(const std::vector<uint32_t>& rows, const PackedRows<T>& packed,
                                   int32_t* labels, T* block, T* tile, Part* part) {
  const size_t cols = x_.cols, k = clusters_;
  for (size_t r = 0; r < rows.size(); ++r)
    std::copy(x_.row(rows[r]), x_.row(rows[r]) + cols, block + r * cols);
  distance_kernels<T>(kernels()).distances(Metric::kSquaredEuclidean, block, cols, packed.from(0), tile, k,
                                           rows.size(), k, cols);
  const SelectKernels<T>& select = select_kernels<T>(kernels());
  T value[kBlockRows];
  int32_t nearest[kBlockRows], second[kBlockRows];
  select.row_min(tile, k, rows.size(), k, value, nearest);
  for (size_t r = 0; r < rows.size(); ++r) {
    const size_t row = rows[r];
    upper_[row] = std::sqrt(static_cast<double>(value[r]));
    tile[r * k + static_cast<size_t>(nearest[r])] = std::numeric_limits<T>::infinity();
    if (labels[row] == nearest[r]) continue;
    if (labels[row] >= 0) count(row, static_cast<size_t>(labels[row]), -1, part);
    count(row, static_cast<size_t>(nearest[r]), 1, part);
    labels[row] = nearest[r];
  }
  select.row_min(tile, k, rows.size(), k, value, second);
  for (size_t r = 0; r < rows.size(); ++r) lower_[rows[r]] = std::sqrt(static_cast<double>(value[r]));
}

template <typename T>
void BoundedLloyd<T>::assign_part(size_t index, const PackedRows<T>& packed, int32_t* labels) {
  Part& part = parts_[index];
  if (first_) {
    part.sums.assign(clusters_ * x_.cols, 0.0);
    part.weights.assign(clusters_, 0.0);
    part.counts.assign(clusters_, 0);
  }
  const AlignedBuffer<T> block(kBlockRows * x_.cols), tile(kBlockRows * clusters_);
  std::vector<uint32_t> open;
  const auto close = [&] {
    check_cancel(cancel_);
    assign_block(open, packed, labels, block.data(), tile.data(), &part);
    open.clear();
  };
  for (size_t i = rows_.begin(index); i < rows_.end(index); ++i) {
    if (!first_) {
      const size_t label = static_cast<size_t>(labels[i]);
      upper_[i] += shift_[label];
      lower_[i] -= farthest_other_[label];
      const double bound = std::max(lower_[i], half_[label]);
      // The room is of both distances, and of what sums of shifts have rounded off.
      if (upper_[i] + room_ * (upper_[i] + bound) < bound) continue;
    }
    open.push_back(static_cast<uint32_t>(i));
    if (open.size() == kBlockRows) close();
  }
  if (!open.empty()) close();
}

template <typename T>
void BoundedLloyd<T>::assign(const std::vector<double>& centres, int32_t* labels) {
  move({centres.begin(), centres.end()});
  const PackedRows<T> packed(Metric::kSquaredEuclidean,
                             dense_view<const T>(centres_.data(), clusters_, x_.cols));
  ThreadPool::instance().parallel_for(rows_.count(),
                                      [&](size_t part, size_t) { assign_part(part, packed, labels); });
  first_ = false;
}

template <typename T>
ClusterSums BoundedLloyd<T>::sums() const {
  ClusterSums total;
  total.sums.assign(clusters_ * x_.cols, 0.0);
  total.weights.assign(clusters_, 0.0);
  for (size_t c = 0; c < clusters_; ++c) {
    for (const Part& part : parts_) {
      if (part.counts[c] == 0) continue;
      for (size_t j = 0; j < x_.cols; ++j) total.sums[c * x_.cols + j] += part.sums[c * x_.cols + j];
      total.weights[c] += part.weights[c];
    }
  }
  return total;
}

template class BoundedLloyd<float>;
template class BoundedLloyd<double>;

}  // namespace boreal
