// HDBSCAN (Campello, Moulavi and Sander, 2013, "Density-based clustering based on hierarchical density
// estimates"; McInnes, Healy and Astels, 2017) as scikit-learn has it: the minimum spanning tree of mutual
// reachability, its hierarchy without small clusters, and the clusters chosen from that.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "base/cancel.h"
#include "base/matrix_view.h"
#include "neighbors/metric.h"

namespace boreal {

struct HdbscanParams {
  NeighborSpec spec;
  size_t min_cluster_size = 5;  // >= 2
  size_t min_samples = 5;       // >= 1, at most the number of rows
  double alpha = 1;             // distances are divided by it
  double epsilon = 0;           // clusters that part below this distance are one
  size_t max_cluster_size = 0;  // of excess of mass; 0: any
  bool leaves = false;          // the leaves of the hierarchy instead of the excess of mass
  bool allow_single = false;
};

// An edge of the spanning tree, and a merge of the hierarchy: nodes below `rows` are rows, the others earlier
// merges.
struct TreeEdge {
  int32_t a, b;
  double distance;
};
struct ClusterMerge {
  int32_t left, right;
  double distance;
  int32_t size;
};

struct HdbscanClusters {
  std::vector<int32_t> labels;        // [rows] from 0; -1 is noise
  std::vector<double> probabilities;  // [rows] how firmly a row belongs to its cluster
  std::vector<ClusterMerge> merges;   // the hierarchy
};

// Of given distances x must be square and symmetric.
template <typename T>
HdbscanClusters hdbscan(MatrixView<const T> x, const HdbscanParams& params, const CancelToken* cancel,
                        const std::function<void(size_t, size_t)>& progress);

// Merges in the order of their distance.
std::vector<ClusterMerge> single_linkage(std::vector<TreeEdge> edges);
// Clusters of the hierarchy of `rows` rows.
HdbscanClusters extract_clusters(std::vector<ClusterMerge> merges, size_t rows, const HdbscanParams& params);

}  // namespace boreal
