// Agglomerative clustering of all pairs of rows: chains of nearest neighbours (Murtagh 1983; Muellner 2011)
// for linkages that allow it, a minimum spanning tree (Prim 1957) for single linkage. Ties are broken as
// SciPy breaks them.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "base/cancel.h"
#include "base/matrix_view.h"
#include "kernels/distance_kernels.h"

namespace boreal {

enum class Linkage : int32_t { kWard = 0, kComplete = 1, kAverage = 2, kSingle = 3 };

struct MergeTree {
  // Merge k joins children[2k] and children[2k + 1] to cluster rows + k; clusters below `rows` are rows.
  std::vector<int32_t> children;
  std::vector<double> distances;  // [rows - 1] ascending
};

// Two rows, whose clusters a merge joins.
struct MergeEdge {
  int32_t a, b;
  double distance;
};

// The merges of edges by distance, of equal ones the first, but for those within a cluster (Kruskal 1956).
// n: rows; ordered: children ascend within each merge.
MergeTree tree_of_edges(std::vector<MergeEdge> edges, size_t n, bool ordered);

// x: rows >= 2, finite; metric null: x [n, n] holds the distances themselves. Ward's linkage needs euclidean
// distances.
MergeTree agglomerate(MatrixView<const double> x, const Metric* metric, Linkage linkage,
                      const CancelToken* cancel,
                      const std::function<void(size_t done, size_t total)>& progress);

// Throws ERR_PARAMETER for a row of zeros, whose direction kCosine would compare.
void refuse_zero_rows(MatrixView<const double> x, const Metric* metric);

}  // namespace boreal
