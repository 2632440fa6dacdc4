#include <algorithm>

#include "train/kmeans_steps.h"

namespace boreal {

// Rows and centres are seen from the first row: far from 0 float32 would have no digits left for what lies
// between them.
template <typename T>
CudaKMeansSteps<T>::CudaKMeansSteps(CudaTarget target, MatrixView<const T> x, Span<double> weights,
                                    size_t clusters, const CancelToken* cancel)
    : origin_(x.row(0), x.row(0) + x.cols),
      rows_(target, x, {origin_.data(), origin_.size()}, cancel),
      weights_(weights),
      clusters_(clusters) {
  if (weights.size != 0) rows_.weigh(weights);
}

template <typename T>
ClusterSums CudaKMeansSteps<T>::assign(const std::vector<double>& centres) {
  const size_t cols = rows_.cols();
  std::vector<double> shifted(centres);
  for (size_t i = 0; i < shifted.size(); ++i) shifted[i] -= origin_[i % cols];
  std::vector<double> found;
  moved_ = rows_.assign(shifted, clusters_, fresh_, &found);
  fresh_ = false;
  ClusterSums sums;
  sums.sums.resize(clusters_ * cols);
  sums.weights.resize(clusters_);
  for (size_t c = 0; c < clusters_; ++c) {
    const double* const from = found.data() + c * (cols + 1);
    const double weight = from[cols];
    sums.weights[c] = weight;
    for (size_t j = 0; j < cols; ++j) sums.sums[c * cols + j] = from[j] + weight * origin_[j];
  }
  return sums;
}

template <typename T>
void CudaKMeansSteps<T>::labels(const std::vector<double>&, int32_t* labels, T* distances) {
  std::vector<float> found(rows_.rows());
  rows_.labels(labels, found.data());
  std::copy(found.begin(), found.end(), distances);
}

template <typename T>
double CudaKMeansSteps<T>::finish(const std::vector<double>& centres, int32_t* labels) {
  assign(centres);
  std::vector<float> distances(rows_.rows());
  rows_.labels(labels, distances.data());
  double inertia = 0;
  for (size_t i = 0; i < distances.size(); ++i) inertia += weight_of(weights_, i) * distances[i];
  return inertia;
}

template class CudaKMeansSteps<float>;
template class CudaKMeansSteps<double>;

}  // namespace boreal
