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

// A product as a distance; squared for kEuclidean: those that are kept are measured again.
double distance_of(double product, double a, double b, SparseMetric metric) {
  if (metric == SparseMetric::kEuclidean) return squared_distance_of(product, a, b);
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

// The values of some queries by column. Points may have many columns that no query has: these share a line of
// zeros.
class QueryTable {
 public:
  // The queries from `from` on, `count` <= kQueries of them.
  void set(const CsrView<double>& queries, size_t from, size_t count) {
    if (place_.empty()) place_.assign(queries.cols, 0);
    for (const int32_t column : columns_) place_[static_cast<size_t>(column)] = 0;
    columns_.clear();
    lines_.assign(kQueries, 0.0);
    for (size_t q = 0; q < count; ++q) {
      for (size_t k = queries.begin(from + q); k < queries.end(from + q); ++k) {
        uint32_t& place = place_[static_cast<size_t>(queries.columns[k])];
        if (place == 0) {
          columns_.push_back(queries.columns[k]);
          place = static_cast<uint32_t>(columns_.size());
          lines_.resize(lines_.size() + kQueries, 0.0);
        }
        lines_[size_t{place} * kQueries + q] = queries.values[k];
      }
    }
  }
  const double* line(int32_t column) const {
    return lines_.data() + size_t{place_[static_cast<size_t>(column)]} * kQueries;
  }

 private:
  std::vector<uint32_t> place_;   // [cols] the line of a column; 0: that of zeros
  std::vector<double> lines_;     // [lines, kQueries]
  std::vector<int32_t> columns_;  // that have a line of their own
};

// From differences, so that no digits are lost.
double squared_distance(const CsrView<double>& x, size_t i, const CsrView<double>& y, size_t j) {
  double sum = 0;
  size_t k = x.begin(i), l = y.begin(j);
  while (k < x.end(i) || l < y.end(j)) {
    const bool has_x = k < x.end(i) && (l == y.end(j) || x.columns[k] <= y.columns[l]);
    const bool has_y = l < y.end(j) && (k == x.end(i) || y.columns[l] <= x.columns[k]);
    const double difference = (has_x ? x.values[k] : 0.0) - (has_y ? y.values[l] : 0.0);
    sum += difference * difference;
    k += has_x ? 1 : 0;
    l += has_y ? 1 : 0;
  }
  return sum;
}

}  // namespace

SparseNearest sparse_nearest(const CsrView<double>& points, const CsrView<double>& queries, size_t count,
                             SparseMetric metric, bool own, const CancelToken* cancel) {
  if (points.cols != queries.cols) throw Error("ERR_SHAPE", "Queries have other columns than the points.");
  const size_t most = points.rows() - (own && points.rows() > 0 ? 1 : 0);
  if (count < 1 || count > most)
    throw Error("ERR_PARAMETER", "There are fewer points than neighbours wanted.");
  const std::vector<double> point_norms = csr_squared_norms(points, cancel);
  const std::vector<double> query_norms = csr_squared_norms(queries, cancel);
  SparseNearest result;
  result.distances.resize(queries.rows() * count);
  result.indices.resize(queries.rows() * count);
  const Partition blocks{queries.rows(), kQueries};
  ThreadPool& pool = ThreadPool::instance();
  std::vector<QueryTable> tables(pool.size());
  pool.parallel_for(blocks.count(), [&](size_t block, size_t slot) {
    const size_t from = blocks.begin(block), size = blocks.end(block) - from;
    QueryTable& table = tables[slot];
    table.set(queries, from, size);
    std::vector<std::vector<Neighbor>> nearest(size);
    for (size_t i = 0; i < points.rows(); ++i) {
      if (i % kPointsPerCheck == 0) check_cancel(cancel);
      double sums[kQueries] = {};
      for (size_t k = points.begin(i); k < points.end(i); ++k) {
        const double* const line = table.line(points.columns[k]);
        for (size_t q = 0; q < kQueries; ++q) sums[q] += points.values[k] * line[q];
      }
      for (size_t q = 0; q < size; ++q) {
        if (own && i == from + q) continue;
        const double distance = distance_of(sums[q], query_norms[from + q], point_norms[i], metric);
        offer(nearest[q], count, {distance, static_cast<int32_t>(i)});
      }
    }
    for (size_t q = 0; q < size; ++q) {
      if (metric == SparseMetric::kEuclidean) {
        for (auto& [distance, index] : nearest[q]) {
          distance = std::sqrt(squared_distance(queries, from + q, points, static_cast<size_t>(index)));
        }
      }
      std::sort(nearest[q].begin(), nearest[q].end());
      for (size_t n = 0; n < count; ++n) {
        const auto [distance, index] = nearest[q][n];
        result.distances[(from + q) * count + n] = distance;
        result.indices[(from + q) * count + n] = index;
      }
    }
  });
  return result;
}

}  // namespace boreal
