#include "neighbors/sparse_nearest.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/error.h"
#include "base/partition.h"
#include "base/thread_pool.h"

namespace boreal {
namespace {

// Queries that meet each value of a point together: a cache line of the table of their values.
constexpr size_t kQueries = 8;
constexpr size_t kPointsPerCheck = 4096;

using Neighbor = std::pair<double, int32_t>;

std::vector<double> squared_norms(const CsrView<double>& x) {
  std::vector<double> norms(x.rows(), 0.0);
  for (size_t i = 0; i < x.rows(); ++i) {
    for (size_t k = x.begin(i); k < x.end(i); ++k) norms[i] += x.values[k] * x.values[k];
  }
  return norms;
}

// A product as a distance; squared for kEuclidean, whose root is taken of those that are kept.
double distance_of(double product, double a, double b, SparseMetric metric) {
  if (metric == SparseMetric::kEuclidean) return std::max(0.0, (a + b) - 2 * product);
  const double lengths = std::sqrt(a) * std::sqrt(b);
  return lengths > 0 ? std::clamp(1 - product / lengths, 0.0, 2.0) : 1.0;
}

// Keeps the nearest so far, the farthest of them on top.
void offer(std::vector<Neighbor>& nearest, size_t count, Neighbor candidate) {
  if (nearest.size() < count) {
    nearest.push_back(candidate);
    std::push_heap(nearest.begin(), nearest.end());
  } else if (candidate < nearest.front()) {
    std::pop_heap(nearest.begin(), nearest.end());
    nearest.back() = candidate;
    std::push_heap(nearest.begin(), nearest.end());
  }
}

}  // namespace

SparseNearest sparse_nearest(const CsrView<double>& points, const CsrView<double>& queries, size_t count,
                             SparseMetric metric, bool own, const CancelToken* cancel) {
  if (points.cols != queries.cols) throw Error("ERR_SHAPE", "Queries have other columns than the points.");
  const size_t most = points.rows() - (own && points.rows() > 0 ? 1 : 0);
  if (count < 1 || count > most)
    throw Error("ERR_PARAMETER", "There are fewer points than neighbours wanted.");
  const std::vector<double> point_norms = squared_norms(points), query_norms = squared_norms(queries);
  SparseNearest result;
  result.distances.resize(queries.rows() * count);
  result.indices.resize(queries.rows() * count);
  const Partition blocks{queries.rows(), kQueries};
  ThreadPool::instance().parallel_for(blocks.count(), [&](size_t block, size_t) {
    const size_t from = blocks.begin(block), size = blocks.end(block) - from;
    std::vector<double> table(points.cols * kQueries, 0.0);
    for (size_t q = 0; q < size; ++q) {
      for (size_t k = queries.begin(from + q); k < queries.end(from + q); ++k) {
        table[static_cast<size_t>(queries.columns[k]) * kQueries + q] = queries.values[k];
      }
    }
    std::vector<std::vector<Neighbor>> nearest(size);
    for (size_t i = 0; i < points.rows(); ++i) {
      if (i % kPointsPerCheck == 0) check_cancel(cancel);
      double sums[kQueries] = {};
      for (size_t k = points.begin(i); k < points.end(i); ++k) {
        const double* const line = table.data() + static_cast<size_t>(points.columns[k]) * kQueries;
        for (size_t q = 0; q < kQueries; ++q) sums[q] += points.values[k] * line[q];
      }
      for (size_t q = 0; q < size; ++q) {
        if (own && i == from + q) continue;
        const double distance = distance_of(sums[q], query_norms[from + q], point_norms[i], metric);
        offer(nearest[q], count, {distance, static_cast<int32_t>(i)});
      }
    }
    for (size_t q = 0; q < size; ++q) {
      std::sort_heap(nearest[q].begin(), nearest[q].end());
      for (size_t n = 0; n < count; ++n) {
        const auto [distance, index] = nearest[q][n];
        const bool is_squared = metric == SparseMetric::kEuclidean;
        result.distances[(from + q) * count + n] = is_squared ? std::sqrt(distance) : distance;
        result.indices[(from + q) * count + n] = index;
      }
    }
  });
  return result;
}

}  // namespace boreal
