#include "train/moving_sums.h"

namespace boreal {

template <typename T>
MovingSums<T>::MovingSums(MatrixView<const T> x, Span<double> weights, size_t clusters)
    : x_(x),
      weights_(weights),
      clusters_(clusters),
      rows_(cluster_parts(x.rows, clusters, x.cols)),
      parts_(rows_.count()) {
  for (Part& part : parts_) {
    part.sums.assign(clusters * x.cols, 0.0);
    part.weights.assign(clusters, 0.0);
    part.counts.assign(clusters, 0);
  }
}

template <typename T>
void MovingSums<T>::add(Part* part, size_t row, int32_t cluster, double sign) const {
  const double weight = weight_of(weights_, row);
  if (weight == 0) return;
  const double signed_weight = sign * weight;
  const size_t c = static_cast<size_t>(cluster);
  double* const sum = part->sums.data() + c * x_.cols;
  const T* const values = x_.row(row);
  for (size_t j = 0; j < x_.cols; ++j) sum[j] += signed_weight * values[j];
  part->weights[c] += signed_weight;
  part->counts[c] += sign > 0 ? 1 : -1;
}

template <typename T>
void MovingSums<T>::assign(size_t part, size_t row, int32_t cluster, int32_t* label) {
  if (*label == cluster) return;
  Part* const changed = &parts_[part];
  if (*label >= 0) add(changed, row, *label, -1);
  add(changed, row, cluster, 1);
  changed->moved = true;
  *label = cluster;
}

template <typename T>
ClusterSums MovingSums<T>::total() const {
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

template <typename T>
bool MovingSums<T>::take_moved() {
  bool moved = false;
  for (Part& part : parts_) {
    moved |= part.moved;
    part.moved = false;
  }
  return moved;
}

template class MovingSums<float>;
template class MovingSums<double>;

}  // namespace boreal
