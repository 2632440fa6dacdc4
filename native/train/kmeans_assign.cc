#include "train/kmeans_assign.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numeric>

#include "base/aligned_buffer.h"
#include "base/error.h"
#include "base/thread_pool.h"
#include "kernels/dispatch.h"
#include "kernels/dispatch_cluster.h"
#include "linalg/distance.h"

namespace boreal {
namespace {

constexpr size_t kPartRows = 512;
constexpr size_t kParts = 64;
constexpr size_t kSumBytes = 64 << 20;  // of all parts
constexpr size_t kBlockRows = 96;

struct Part {
  std::vector<double> sums, weights;
  double inertia = 0;
};

ClusterSums merge(std::vector<Part>& parts, size_t clusters, size_t cols) {
  ClusterSums total;
  for (const Part& part : parts) total.inertia += part.inertia;
  if (parts.empty() || parts[0].weights.empty()) return total;
  total.sums.assign(clusters * cols, 0.0);
  total.weights.assign(clusters, 0.0);
  for (const Part& part : parts) {
    for (size_t p = 0; p < total.sums.size(); ++p) total.sums[p] += part.sums[p];
    for (size_t c = 0; c < clusters; ++c) total.weights[c] += part.weights[c];
  }
  return total;
}

template <typename T>
void add_row(const T* row, size_t cols, double weight, double* sum) {
  if (weight == 1.0) {
    for (size_t j = 0; j < cols; ++j) sum[j] += row[j];
  } else {
    for (size_t j = 0; j < cols; ++j) sum[j] += weight * row[j];
  }
}

template <typename T, typename Body>
void for_each_value(const MatrixView<const T>& x, size_t row, const Body& body) {
  for (size_t j = 0; j < x.cols; ++j) body(j, x.at(row, j));
}

template <typename Body>
void for_each_value(const CsrView<double>& x, size_t row, const Body& body) {
  for (size_t k = x.begin(row); k < x.end(row); ++k) body(static_cast<size_t>(x.columns[k]), x.values[k]);
}

}  // namespace

template <typename T>
ClusterSums assign_rows(MatrixView<const T> x, Span<double> weights, const std::vector<double>& centres,
                        size_t clusters, bool wanted, int32_t* labels, T* distances,
                        const CancelToken* cancel) {
  const std::vector<T> narrow(centres.begin(), centres.end());
  const PackedRows<T> packed(Metric::kSquaredEuclidean, dense_view(narrow.data(), clusters, x.cols));
  const ClusterKernels<T>& kernel = cluster_kernels<T>(kernels());
  const Partition rows = cluster_parts(x.rows, clusters, x.cols);
  std::vector<Part> parts(rows.count());
  ThreadPool::instance().parallel_for(rows.count(), [&](size_t task, size_t) {
    Part& part = parts[task];
    if (wanted) {
      part.sums.assign(clusters * x.cols, 0.0);
      part.weights.assign(clusters, 0.0);
    }
    const AlignedBuffer<T> turned(kernel.nearest_rows * x.cols);
    T nearest[kBlockRows];
    for (size_t i = rows.begin(task); i < rows.end(task); i += kBlockRows) {
      check_cancel(cancel);
      const size_t count = std::min(kBlockRows, rows.end(task) - i);
      kernel.nearest(x.row(i), x.stride, packed.from(0), count, clusters, x.cols, turned.data(),
                     distances + i, nearest, nullptr);
      for (size_t r = i; r < i + count; ++r) {
        labels[r] = static_cast<int32_t>(nearest[r - i]);
        const double weight = weight_of(weights, r);
        part.inertia += weight * distances[r];
        if (!wanted || weight == 0) continue;
        const size_t c = static_cast<size_t>(labels[r]);
        add_row(x.row(r), x.cols, weight, part.sums.data() + c * x.cols);
        part.weights[c] += weight;
      }
    }
  });
  return merge(parts, clusters, x.cols);
}

template <typename T>
ClusterSums sum_rows(MatrixView<const T> x, Span<double> weights, size_t clusters, const int32_t* labels,
                     const CancelToken* cancel) {
  const Partition rows = cluster_parts(x.rows, clusters, x.cols);
  std::vector<Part> parts(rows.count());
  ThreadPool::instance().parallel_for(rows.count(), [&](size_t task, size_t) {
    Part& part = parts[task];
    part.sums.assign(clusters * x.cols, 0.0);
    part.weights.assign(clusters, 0.0);
    check_cancel(cancel);
    for (size_t i = rows.begin(task); i < rows.end(task); ++i) {
      const double weight = weight_of(weights, i);
      if (weight == 0) continue;
      const size_t c = static_cast<size_t>(labels[i]);
      add_row(x.row(i), x.cols, weight, part.sums.data() + c * x.cols);
      part.weights[c] += weight;
    }
  });
  return merge(parts, clusters, x.cols);
}

template <typename Rows, typename T>
void relocate_empty(const Rows& x, Span<double> weights, const int32_t* labels, const T* distances,
                    ClusterSums* sums) {
  std::vector<size_t> empty;
  for (size_t c = 0; c < sums->weights.size(); ++c) {
    if (!(sums->weights[c] > 0)) empty.push_back(c);
  }
  if (empty.empty()) return;
  std::vector<size_t> far(row_count(x));
  std::iota(far.begin(), far.end(), size_t{0});
  const size_t count = std::min(empty.size(), far.size());
  std::partial_sort(
      far.begin(), far.begin() + static_cast<std::ptrdiff_t>(count), far.end(),
      [&](size_t a, size_t b) { return distances[a] != distances[b] ? distances[a] > distances[b] : a < b; });
  if (!(distances[far[0]] > 0)) return;  // every row lies on its centre
  for (size_t k = 0; k < count; ++k) {
    const size_t row = far[k], from = static_cast<size_t>(labels[row]);
    const double weight = weight_of(weights, row);
    double* const to = sums->sums.data() + empty[k] * x.cols;
    double* const left = sums->sums.data() + from * x.cols;
    std::fill_n(to, x.cols, 0.0);
    for_each_value(x, row, [&](size_t j, double value) {
      left[j] -= weight * value;
      to[j] = weight * value;
    });
    sums->weights[from] -= weight;
    sums->weights[empty[k]] = weight;
  }
}

std::vector<double> means_of(const ClusterSums& sums, size_t cols) {
  const size_t heaviest =
      static_cast<size_t>(std::max_element(sums.weights.begin(), sums.weights.end()) - sums.weights.begin());
  std::vector<double> means(sums.sums.size());
  for (size_t c = 0; c < sums.weights.size(); ++c) {
    const size_t from = sums.weights[c] > 0 ? c : heaviest;
    const double weight = sums.weights[from];
    for (size_t j = 0; j < cols; ++j) {
      const double mean = sums.sums[from * cols + j] / weight;
      if (!std::isfinite(mean)) {
        throw Error("ERR_INPUT_INFINITE", "The values are so large that the sums of clusters overflow.");
      }
      means[c * cols + j] = mean;
    }
  }
  return means;
}

Partition cluster_parts(size_t rows, size_t clusters, size_t cols) {
  const size_t fitting = kSumBytes / (sizeof(double) * clusters * (cols + 1));
  return partition_rows(rows, kPartRows, std::clamp<size_t>(fitting, 2, kParts));
}

double squared_shift(const std::vector<double>& a, const std::vector<double>& b) {
  double shift = 0;
  for (size_t p = 0; p < a.size(); ++p) shift += (a[p] - b[p]) * (a[p] - b[p]);
  return shift;
}

#define BOREAL_KMEANS_ASSIGN(T)                                                                              \
  template ClusterSums assign_rows<T>(MatrixView<const T>, Span<double>, const std::vector<double>&, size_t, \
                                      bool, int32_t*, T*, const CancelToken*);                               \
  template ClusterSums sum_rows<T>(MatrixView<const T>, Span<double>, size_t, const int32_t*,                \
                                   const CancelToken*);                                                      \
  template void relocate_empty<MatrixView<const T>, T>(const MatrixView<const T>&, Span<double>,             \
                                                       const int32_t*, const T*, ClusterSums*);
BOREAL_KMEANS_ASSIGN(float)
BOREAL_KMEANS_ASSIGN(double)
#undef BOREAL_KMEANS_ASSIGN
template void relocate_empty<CsrView<double>, double>(const CsrView<double>&, Span<double>, const int32_t*,
                                                      const double*, ClusterSums*);

}  // namespace boreal
