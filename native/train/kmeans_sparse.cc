#include "train/kmeans_sparse.h"

#include <algorithm>

#include "base/aligned_buffer.h"
#include "base/partition.h"
#include "base/thread_pool.h"

namespace boreal {
namespace {

constexpr size_t kRowsPerTask = 256;
constexpr size_t kScores = 1 << 20;  // of rows at a time

}  // namespace

SparseSteps::SparseSteps(const CsrView<double>& x, Span<double> weights, size_t clusters,
                         const CancelToken* cancel)
    : x_(x),
      weights_(weights),
      clusters_(clusters),
      cancel_(cancel),
      distances_(x.rows()),
      labels_(x.rows(), -1) {
  sums_.sums.assign(clusters * x.cols, 0.0);
  sums_.weights.assign(clusters, 0.0);
}

void SparseSteps::find_nearest(const std::vector<double>& centres, int32_t* labels) {
  // As predictions do it: they find the same labels.
  const size_t cols = x_.cols;
  std::vector<double> factors(cols * clusters_), norms(clusters_, 0.0);
  for (size_t c = 0; c < clusters_; ++c) {
    for (size_t j = 0; j < cols; ++j) {
      const double value = centres[c * cols + j];
      norms[c] += value * value;
      factors[j * clusters_ + c] = -2 * value;
    }
    check_squared_norm(norms[c], "Centre", c);
  }
  const size_t block = std::max(kRowsPerTask, kScores / clusters_);
  AlignedBuffer<double> scores(std::min(block, x_.rows()) * clusters_);
  for (size_t from = 0; from < x_.rows(); from += block) {
    const size_t count = std::min(block, x_.rows() - from);
    const CsrView<double> rows{{x_.starts.data + from, count + 1}, x_.columns, x_.values, cols};
    csr_squared_distances(rows, factors.data(), {norms.data(), clusters_}, scores.data(), cancel_);
    const Partition parts{count, kRowsPerTask};
    ThreadPool::instance().parallel_for(parts.count(), [&](size_t part, size_t) {
      for (size_t i = parts.begin(part); i < parts.end(part); ++i) {
        const double* const own = scores.data() + i * clusters_;
        const double* const least = std::min_element(own, own + clusters_);
        labels[from + i] = static_cast<int32_t>(least - own);
        distances_[from + i] = *least;
      }
    });
  }
}

void SparseSteps::add(size_t row, int32_t cluster, double sign) {
  const double weight = sign * weight_of(weights_, row);
  double* const sum = sums_.sums.data() + static_cast<size_t>(cluster) * x_.cols;
  for (size_t k = x_.begin(row); k < x_.end(row); ++k) sum[x_.columns[k]] += weight * x_.values[k];
  sums_.weights[static_cast<size_t>(cluster)] += weight;
}

ClusterSums SparseSteps::assign(const std::vector<double>& centres) {
  std::vector<int32_t> next(x_.rows());
  find_nearest(centres, next.data());
  moved_ = next != labels_;
  for (size_t i = 0; i < x_.rows(); ++i) {
    if (next[i] == labels_[i] || weight_of(weights_, i) == 0) continue;
    if (labels_[i] >= 0) add(i, labels_[i], -1);
    add(i, next[i], 1);
  }
  labels_ = std::move(next);
  // A cluster that all rows have left is empty, whatever rounding has left of it.
  std::vector<size_t> rows(clusters_, 0);
  for (size_t i = 0; i < x_.rows(); ++i) {
    if (weight_of(weights_, i) > 0) ++rows[static_cast<size_t>(labels_[i])];
  }
  for (size_t c = 0; c < clusters_; ++c) {
    if (rows[c] > 0) continue;
    sums_.weights[c] = 0;
    std::fill_n(sums_.sums.begin() + static_cast<std::ptrdiff_t>(c * x_.cols), x_.cols, 0.0);
  }
  return sums_;
}

void SparseSteps::labels(const std::vector<double>&, int32_t* labels, double* distances) {
  std::copy(labels_.begin(), labels_.end(), labels);
  std::copy(distances_.begin(), distances_.end(), distances);
}

// Sums that rows went in and out of have gathered rounding.
std::vector<double> SparseSteps::settled(const std::vector<double>&) {
  std::fill(sums_.sums.begin(), sums_.sums.end(), 0.0);
  std::fill(sums_.weights.begin(), sums_.weights.end(), 0.0);
  for (size_t i = 0; i < x_.rows(); ++i) {
    if (weight_of(weights_, i) > 0) add(i, labels_[i], 1);
  }
  return means_of(sums_, x_.cols);
}

double SparseSteps::finish(const std::vector<double>& centres, int32_t* labels) {
  find_nearest(centres, labels);
  double inertia = 0;
  for (size_t i = 0; i < x_.rows(); ++i) inertia += weight_of(weights_, i) * distances_[i];
  return inertia;
}

ClusterSums assign_rows(const CsrView<double>& x, Span<double> weights, const std::vector<double>& centres,
                        size_t clusters, bool, int32_t* labels, double* distances,
                        const CancelToken* cancel) {
  SparseSteps steps(x, weights, clusters, cancel);
  ClusterSums sums = steps.assign(centres);
  steps.labels(centres, labels, distances);
  for (size_t i = 0; i < x.rows(); ++i) sums.inertia += weight_of(weights, i) * distances[i];
  return sums;
}

}  // namespace boreal
