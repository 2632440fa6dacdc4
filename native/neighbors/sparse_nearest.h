// Searches among sparse rows, by all distances.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "base/cancel.h"
#include "linalg/csr.h"
#include "neighbors/nearest_list.h"

namespace boreal {

enum class SparseMetric : int32_t { kEuclidean = 0, kCosine = 1 };

struct SparseSearch {
  SparseMetric metric = SparseMetric::kEuclidean;
  size_t count = 0;   // of neighbours; 0: all within the radius
  double radius = 0;  // >= 0
  bool own = false;   // queries are the points, and none is its own neighbour
};

// visit(query, found, count), on the pool: the neighbours of a query with their distances as ranks, nearest
// first, or those within the radius in the order of the points. slot < ThreadPool::size() is of one thread.
using SparseVisitor =
    std::function<void(size_t query, const Neighbor<double>* found, size_t count, size_t slot)>;

// Points and queries are finite and have as many columns. A cosine distance from a row of zeros is 1.
// Neighbours are found by |x|^2 + |p|^2 - 2 x p, or x p / (|x| |p|), and their distances made of differences.
// Of points as far the first is nearer. Throws ERR_PARAMETER for fewer points than wanted, ERR_INPUT_INFINITE
// for rows whose squares are too large.
void search_sparse(const CsrView<double>& points, const CsrView<double>& queries, const SparseSearch& search,
                   const SparseVisitor& visit, const CancelToken* cancel);

struct SparseNearest {
  std::vector<double> distances;  // [queries, count], ascending
  std::vector<int32_t> indices;   // [queries, count] of points
};
SparseNearest sparse_nearest(const CsrView<double>& points, const CsrView<double>& queries,
                             const SparseSearch& search, const CancelToken* cancel);

struct SparseWithin {
  std::vector<double> offsets;  // [queries + 1]
  std::vector<double> distances;
  std::vector<int32_t> indices;
};
// sorted: by distance, else in the order of the points.
SparseWithin sparse_within(const CsrView<double>& points, const CsrView<double>& queries,
                           const SparseSearch& search, bool sorted, const CancelToken* cancel);

}  // namespace boreal
