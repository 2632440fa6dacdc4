#include <algorithm>
#include <cstddef>

#include "train/kmeans_steps.h"

namespace boreal {

namespace {

constexpr size_t kSampledRows = 1024;

// Medians of columns, of rows that lie evenly among all.
template <typename T>
std::vector<double> medians(MatrixView<const T> x) {
  std::vector<T> values(std::min(x.rows, kSampledRows));
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::vector<double> result;
  for (size_t j = 0; j < x.cols; ++j) {
    for (size_t k = 0; k < values.size(); ++k) values[k] = x.row(k * x.rows / values.size())[j];
    std::nth_element(values.begin(), middle, values.end());
    result.push_back(static_cast<double>(*middle));
  }
  return result;
}

}  // namespace

// Rows and centres are seen from the medians: far from 0 float32 would have no digits left for what lies
// between them. A mean, or a row, could itself be far from most of them.
template <typename T>
CudaKMeansSteps<T>::CudaKMeansSteps(CudaTarget target, MatrixView<const T> x, Span<double> weights,
                                    size_t clusters, const CancelToken* cancel)
    : origin_(medians(x)),
      rows_(target, x, {origin_.data(), origin_.size()}, cancel),
      weights_(weights),
      clusters_(clusters) {
  if (weights.size != 0) rows_.weigh(weights);
}

template <typename T>
void CudaKMeansSteps<T>::find_nearest(const std::vector<double>& centres, std::vector<double>* sums) {
  std::vector<double> shifted(centres);
  for (size_t i = 0; i < shifted.size(); ++i) shifted[i] -= origin_[i % origin_.size()];
  moved_ = rows_.assign(shifted, clusters_, fresh_, sums);
  fresh_ = false;
}

template <typename T>
ClusterSums CudaKMeansSteps<T>::assign(const std::vector<double>& centres) {
  const size_t cols = rows_.cols();
  std::vector<double> found;
  find_nearest(centres, &found);
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
  find_nearest(centres, nullptr);
  std::vector<float> distances(rows_.rows());
  rows_.labels(labels, distances.data());
  double inertia = 0;
  for (size_t i = 0; i < distances.size(); ++i) inertia += weight_of(weights_, i) * distances[i];
  return inertia;
}

template class CudaKMeansSteps<float>;
template class CudaKMeansSteps<double>;

}  // namespace boreal
