#include "train/silhouette.h"

#include <algorithm>
#include <limits>

#include "base/error.h"
#include "base/thread_pool.h"
#include "linalg/distance.h"

namespace boreal {
namespace {

constexpr size_t kRowsPerTask = 64;

// Adds distances to rows first, first + 1, ... to the sums by cluster.
template <typename T>
void add(const T* distances, size_t count, const int32_t* labels, double* sums) {
  for (size_t j = 0; j < count; ++j) sums[labels[j]] += distances[j];
}

double silhouette(const double* sums, Span<double> sizes, size_t own) {
  if (sizes[own] <= 1) return 0;
  const double within = sums[own] / (sizes[own] - 1);
  double next = std::numeric_limits<double>::infinity();
  for (size_t c = 0; c < sizes.size; ++c) {
    if (c != own) next = std::min(next, sums[c] / sizes[c]);
  }
  const double larger = std::max(within, next);
  return larger > 0 ? (next - within) / larger : 0;
}

}  // namespace

template <typename T>
std::vector<double> silhouettes(MatrixView<const T> x, Span<int32_t> labels, Span<double> sizes,
                                const Metric* metric, const CancelToken* cancel) {
  if (labels.size != x.rows) throw Error("ERR_SHAPE", "There must be one label per row.");
  if (metric == nullptr && x.rows != x.cols) throw Error("ERR_SHAPE", "Distances must be square.");
  for (size_t i = 0; i < x.rows; ++i) {
    if (labels[i] < 0 || static_cast<size_t>(labels[i]) >= sizes.size) {
      throw Error("ERR_LABELS", "A label is out of range.", static_cast<int64_t>(i));
    }
  }
  const size_t clusters = sizes.size;
  std::vector<double> result(x.rows);
  if (metric == nullptr) {
    ThreadPool::instance().parallel_for((x.rows + kRowsPerTask - 1) / kRowsPerTask, [&](size_t task, size_t) {
      check_cancel(cancel);
      std::vector<double> sums(clusters);
      for (size_t i = task * kRowsPerTask; i < std::min(x.rows, (task + 1) * kRowsPerTask); ++i) {
        std::fill(sums.begin(), sums.end(), 0.0);
        add(x.row(i), x.cols, labels.data, sums.data());
        result[i] = silhouette(sums.data(), sizes, static_cast<size_t>(labels[i]));
      }
    });
    return result;
  }
  // One slot visits the tiles of a block of rows one after the other.
  std::vector<std::vector<double>> slots(ThreadPool::instance().size());
  const auto visit = [&](size_t i, size_t j, MatrixView<T> tile, size_t slot) {
    std::vector<double>& sums = slots[slot];
    if (j == 0) sums.assign(tile.rows * clusters, 0.0);
    for (size_t r = 0; r < tile.rows; ++r) {
      // A row of zeros is at cosine distance 1 from all but itself.
      if (i + r >= j && i + r < j + tile.cols) tile.at(r, i + r - j) = 0;
      add(tile.row(r), tile.cols, labels.data + j, sums.data() + r * clusters);
      if (j + tile.cols < x.rows) continue;
      result[i + r] = silhouette(sums.data() + r * clusters, sizes, static_cast<size_t>(labels[i + r]));
    }
  };
  const RunOptions options{0, cancel};
  visit_distances<T>(*metric, x, PackedRows<T>(*metric, x, options), visit, options);
  return result;
}

template std::vector<double> silhouettes<float>(MatrixView<const float>, Span<int32_t>, Span<double>,
                                                const Metric*, const CancelToken*);
template std::vector<double> silhouettes<double>(MatrixView<const double>, Span<int32_t>, Span<double>,
                                                 const Metric*, const CancelToken*);

}  // namespace boreal
