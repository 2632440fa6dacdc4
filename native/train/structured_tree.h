// Agglomerative clustering along the edges of a graph: only clusters with an edge between them are merged.
// Memory grows with the edges, and with the pairs of components, which are refused if they are many. Ties are
// broken as scikit-learn breaks them; by complete and average linkage, unless so many edges of merged
// clusters (2^24, and more than others) gather that they are cleared away.
#pragma once

#include "base/span.h"
#include "train/agglomerative.h"

namespace boreal {

struct StructuredTree {
  // Distances need not ascend. With fewer than rows - 1 merges that many clusters are left; kSingle makes
  // all.
  MergeTree tree;
  uint32_t components = 1;  // of the graph as it was given
};

// edges: pairs of rows. Components of the graph are joined by an edge between the two nearest rows of each
// two; more than 8192 components are refused with ERR_PARAMETER. merges: in [0, rows - 1]; the rest as of
// agglomerate().
StructuredTree agglomerate_along(MatrixView<const double> x, const Metric* metric, Linkage linkage,
                                 Span<int32_t> edges, size_t merges, const CancelToken* cancel,
                                 const std::function<void(size_t done, size_t total)>& progress);

}  // namespace boreal
