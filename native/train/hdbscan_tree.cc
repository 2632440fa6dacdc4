// From the hierarchy of merges to clusters. Clusters that lose fewer rows than min_cluster_size at a time
// live on; what remains is a tree of clusters, from whose members the stable ones (or the leaves) are chosen.
// A lambda is 1 / distance.
#include <algorithm>
#include <limits>
#include <utility>
#include <vector>

#include "train/hdbscan.h"

namespace boreal {
namespace {

constexpr size_t kNone = std::numeric_limits<size_t>::max();

struct Cluster {
  size_t parent;     // kNone for the root
  double birth;      // lambda at which it parted from its parent
  double death = 0;  // greatest lambda at which something left it
  double stability = 0;
  size_t size;
  std::vector<size_t> children;
};

// Clusters by number, parents before children, and for each row the cluster it left and when.
struct Condensed {
  std::vector<Cluster> clusters;
  std::vector<size_t> cluster_of;  // [rows]
  std::vector<double> lambda;      // [rows]
};

Condensed condense(const std::vector<ClusterMerge>& merges, size_t rows, size_t least) {
  Condensed tree;
  tree.clusters.push_back({kNone, 0, 0, 0, rows, {}});
  tree.cluster_of.assign(rows, 0);
  tree.lambda.assign(rows, 0);
  const auto leave = [&](size_t cluster, double lambda, size_t size) {
    Cluster& from = tree.clusters[cluster];
    from.stability += lambda == from.birth ? 0 : (lambda - from.birth) * static_cast<double>(size);
    from.death = std::max(from.death, lambda);
  };
  struct Visit {
    size_t node, cluster;
  };
  // Breadth first, as numbers of clusters follow from the order.
  std::vector<Visit> queue{{rows + merges.size() - 1, 0}};
  std::vector<size_t> fallen;
  for (size_t at = 0; at < queue.size(); ++at) {
    const Visit visit = queue[at];
    if (visit.node < rows) continue;
    const ClusterMerge& merge = merges[visit.node - rows];
    const double lambda = merge.distance > 0 ? 1 / merge.distance : std::numeric_limits<double>::infinity();
    const size_t sides[2] = {static_cast<size_t>(merge.left), static_cast<size_t>(merge.right)};
    size_t sizes[2];
    for (size_t s = 0; s < 2; ++s) {
      sizes[s] = sides[s] < rows ? 1 : static_cast<size_t>(merges[sides[s] - rows].size);
    }
    const bool parts = sizes[0] >= least && sizes[1] >= least;
    for (size_t s = 0; s < 2; ++s) {
      if (parts) {
        const size_t number = tree.clusters.size();
        leave(visit.cluster, lambda, sizes[s]);
        tree.clusters.push_back({visit.cluster, lambda, 0, 0, sizes[s], {}});
        tree.clusters[visit.cluster].children.push_back(number);
        queue.push_back({sides[s], number});
      } else if (sizes[s] >= least) {
        queue.push_back({sides[s], visit.cluster});
      } else {
        fallen.assign(1, sides[s]);
        while (!fallen.empty()) {
          const size_t node = fallen.back();
          fallen.pop_back();
          if (node >= rows) {
            fallen.push_back(static_cast<size_t>(merges[node - rows].right));
            fallen.push_back(static_cast<size_t>(merges[node - rows].left));
            continue;
          }
          leave(visit.cluster, lambda, 1);
          tree.cluster_of[node] = visit.cluster;
          tree.lambda[node] = lambda;
        }
      }
    }
  }
  return tree;
}

void unselect_below(const Condensed& tree, size_t cluster, std::vector<uint8_t>& selected) {
  std::vector<size_t> below = tree.clusters[cluster].children;
  while (!below.empty()) {
    const size_t child = below.back();
    below.pop_back();
    selected[child] = 0;
    below.insert(below.end(), tree.clusters[child].children.begin(), tree.clusters[child].children.end());
  }
}

// Clusters that parted from their parent below epsilon give way to the nearest ancestor that did not.
void merge_within(const Condensed& tree, double epsilon, bool allow_single, std::vector<uint8_t>& selected) {
  const std::vector<uint8_t> before = selected;
  std::fill(selected.begin(), selected.end(), uint8_t{0});
  std::vector<uint8_t> taken(selected.size(), 0);  // chosen or below a chosen ancestor
  for (size_t c = 0; c < before.size(); ++c) {
    if (before[c] == 0 || taken[c] != 0) continue;
    size_t chosen = c;
    while (chosen != 0 && 1 / tree.clusters[chosen].birth < epsilon) {
      const size_t parent = tree.clusters[chosen].parent;
      if (parent == 0 && !allow_single) break;
      chosen = parent;
    }
    selected[chosen] = 1;
    std::vector<size_t> below{chosen};
    while (!below.empty()) {
      const size_t child = below.back();
      below.pop_back();
      taken[child] = 1;
      below.insert(below.end(), tree.clusters[child].children.begin(), tree.clusters[child].children.end());
    }
  }
}

std::vector<uint8_t> select(Condensed& tree, const HdbscanParams& params) {
  const size_t count = tree.clusters.size(), last = params.allow_single ? 0 : 1;
  std::vector<uint8_t> selected(count, 0);
  if (params.leaves) {
    for (size_t c = 1; c < count; ++c) selected[c] = tree.clusters[c].children.empty();
  } else {
    for (size_t c = last; c < count; ++c) selected[c] = 1;
    for (size_t c = count; c-- > last;) {
      Cluster& cluster = tree.clusters[c];
      double below = 0;
      for (const size_t child : cluster.children) below += tree.clusters[child].stability;
      size_t size = cluster.size;
      if (c == 0) {  // as scikit-learn counts it: the rows of its children
        size = 0;
        for (const size_t child : cluster.children) size += tree.clusters[child].size;
      }
      if (below > cluster.stability || (params.max_cluster_size > 0 && size > params.max_cluster_size)) {
        selected[c] = 0;
        cluster.stability = below;
      } else {
        unselect_below(tree, c, selected);
      }
    }
  }
  const bool only_root = std::count(selected.begin(), selected.end(), 1) == 1 && selected[0] != 0;
  if (params.epsilon > 0 && count > 1 && !only_root) {
    merge_within(tree, params.epsilon, params.allow_single, selected);
  }
  return selected;
}

}  // namespace

HdbscanClusters extract_clusters(std::vector<ClusterMerge> merges, size_t rows, const HdbscanParams& params) {
  Condensed tree = condense(merges, rows, params.min_cluster_size);
  const std::vector<uint8_t> selected = select(tree, params);
  const size_t count = tree.clusters.size();
  std::vector<int32_t> number(count, -1);
  std::vector<size_t> owner(count, 0);  // the selected cluster that a cluster is part of, or the root
  int32_t numbers = 0;
  for (size_t c = 0; c < count; ++c) {
    if (selected[c] != 0) number[c] = numbers++;
    owner[c] = selected[c] != 0 || c == 0 ? c : owner[tree.clusters[c].parent];
  }
  // Where the root is the one cluster, rows that leave it early are noise.
  const bool single = params.allow_single && numbers == 1 && selected[0] != 0;
  const double enough = params.epsilon > 0 ? 1 / params.epsilon : tree.clusters[0].death;

  HdbscanClusters result{std::vector<int32_t>(rows, -1), std::vector<double>(rows, 0), std::move(merges)};
  for (size_t i = 0; i < rows; ++i) {
    const size_t cluster = owner[tree.cluster_of[i]];
    if (selected[cluster] == 0 || (single && !(tree.lambda[i] >= enough)) || (cluster == 0 && !single))
      continue;
    result.labels[i] = number[cluster];
    const double death = tree.clusters[cluster].death, lambda = tree.lambda[i];
    const bool firm = death == 0 || lambda == std::numeric_limits<double>::infinity();
    result.probabilities[i] = firm ? 1 : std::min(lambda, death) / death;
  }
  return result;
}

}  // namespace boreal
