#include "train/structured_tree.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <utility>

#include "base/error.h"
#include "base/thread_pool.h"
#include "train/merge_heap.h"
#include "train/row_distances.h"

namespace boreal {
namespace {

using Graph = std::vector<std::vector<int32_t>>;

// Their pairs, all of which get an edge, take about 3 GB.
constexpr size_t kMostComponents = 8192;

struct Neighbour {
  int32_t node;
  double distance;
};
// Of a cluster, nodes ascending; some may have been merged.
using Neighbours = std::vector<Neighbour>;

void sort_unique(std::vector<int32_t>* values) {
  std::sort(values->begin(), values->end());
  values->erase(std::unique(values->begin(), values->end()), values->end());
}

// The other rows that each row has an edge to, from either side.
Graph to_graph(Span<int32_t> edges, size_t n) {
  Graph graph(n);
  for (size_t e = 0; e + 1 < edges.size; e += 2) {
    const int32_t a = edges[e], b = edges[e + 1];
    if (a < 0 || b < 0 || static_cast<size_t>(a) >= n || static_cast<size_t>(b) >= n) {
      throw Error("ERR_SHAPE", "An edge joins rows that are not there.");
    }
    if (a == b) continue;
    graph[static_cast<size_t>(a)].push_back(b);
    graph[static_cast<size_t>(b)].push_back(a);
  }
  for (std::vector<int32_t>& row : graph) sort_unique(&row);
  return graph;
}

// The rows of each component, which are numbered by their first rows.
std::vector<std::vector<int32_t>> components_of(const Graph& graph) {
  std::vector<std::vector<int32_t>> components;
  std::vector<uint8_t> seen(graph.size());
  for (size_t first = 0; first < graph.size(); ++first) {
    if (seen[first] != 0) continue;
    std::vector<int32_t> members{static_cast<int32_t>(first)};
    seen[first] = 1;
    for (size_t at = 0; at < members.size(); ++at) {
      for (const int32_t next : graph[static_cast<size_t>(members[at])]) {
        if (seen[static_cast<size_t>(next)] != 0) continue;
        seen[static_cast<size_t>(next)] = 1;
        members.push_back(next);
      }
    }
    std::sort(members.begin(), members.end());
    components.push_back(std::move(members));
  }
  return components;
}

// An edge between the nearest rows of each two components, of equally near ones the first.
void join_components(const std::vector<std::vector<int32_t>>& components, const RowDistances& distances,
                     const CancelToken* cancel, Graph* graph) {
  if (components.size() > kMostComponents) {
    throw Error("ERR_PARAMETER", "The connectivity has " + std::to_string(components.size()) +
                                     " parts without an edge between them; at most " +
                                     std::to_string(kMostComponents) +
                                     " are joined. A graph with more edges has fewer.");
  }
  const size_t n = graph->size();
  std::vector<std::vector<MergeEdge>> nearest(components.size());
  ThreadPool::instance().parallel_for(components.size(), [&](size_t a, size_t) {
    constexpr double kInfinity = std::numeric_limits<double>::infinity();
    nearest[a].assign(a, {components[a].front(), 0, kInfinity});
    for (size_t b = 0; b < a; ++b) nearest[a][b].b = components[b].front();
    std::vector<double> row(n);
    for (const int32_t i : components[a]) {
      check_cancel(cancel);
      distances.of(static_cast<size_t>(i), row.data());
      for (size_t b = 0; b < a; ++b) {
        for (const int32_t j : components[b]) {
          if (row[static_cast<size_t>(j)] < nearest[a][b].distance) {
            nearest[a][b] = {i, j, row[static_cast<size_t>(j)]};
          }
        }
      }
    }
  });
  for (const std::vector<MergeEdge>& joins : nearest) {
    check_cancel(cancel);
    for (const MergeEdge& edge : joins) {
      (*graph)[static_cast<size_t>(edge.a)].push_back(edge.b);
      (*graph)[static_cast<size_t>(edge.b)].push_back(edge.a);
    }
  }
  for (std::vector<int32_t>& row : *graph) sort_unique(&row);
}

// Complete and average linkage: a merge knows the distances of the two clusters only to those that they had
// edges to.
class Updated {
 public:
  using Less = Nearer;
  explicit Updated(bool average) : average_(average) {}
  void merge(size_t, size_t, size_t, double n_i, double n_j) {
    n_i_ = n_i;
    n_j_ = n_j;
  }
  double of_both(double to_i, double to_j, size_t, size_t) const {
    return average_ ? (n_i_ * to_i + n_j_ * to_j) / (n_i_ + n_j_) : std::max(to_i, to_j);
  }
  double of_one(double distance, size_t, size_t) const { return distance; }
  double reported(double distance) const { return distance; }

 private:
  bool average_;
  double n_i_ = 0, n_j_ = 0;
};

// Ward's linkage: by how much a merge raises the sum of squares about the means.
class Inertia {
 public:
  using Less = NearerThenOlder;
  Inertia(MatrixView<const double> x, size_t nodes)
      : cols_(x.cols), size_(nodes, 1.0), place_(nodes), sums_(x.rows * x.cols), means_(x.rows * x.cols) {
    for (size_t i = 0; i < x.rows; ++i) {
      place_[i] = i;
      std::copy(x.row(i), x.row(i) + cols_, sums_.data() + i * cols_);
      std::copy(x.row(i), x.row(i) + cols_, means_.data() + i * cols_);
    }
  }
  double between(size_t a, size_t b) const {
    const double *u = means_.data() + place_[a] * cols_, *v = means_.data() + place_[b] * cols_;
    double sum = 0;
    for (size_t c = 0; c < cols_; ++c) sum += (u[c] - v[c]) * (u[c] - v[c]);
    return sum * (size_[a] * size_[b] / (size_[a] + size_[b]));
  }
  // The new cluster k takes the place of i.
  void merge(size_t k, size_t i, size_t j, double n_i, double n_j) {
    size_[k] = n_i + n_j;
    place_[k] = place_[i];
    double *to = sums_.data() + place_[i] * cols_, *mean = means_.data() + place_[i] * cols_;
    const double* from = sums_.data() + place_[j] * cols_;
    for (size_t c = 0; c < cols_; ++c) {
      to[c] += from[c];
      mean[c] = to[c] / size_[k];
    }
  }
  double of_both(double, double, size_t k, size_t other) const { return between(k, other); }
  double of_one(double, size_t k, size_t other) const { return between(k, other); }
  double reported(double inertia) const { return std::sqrt(2 * inertia); }

 private:
  size_t cols_;
  std::vector<double> size_;
  std::vector<size_t> place_;
  AlignedBuffer<double> sums_, means_;
};

// distance(a, b) of rows a > b that have an edge. Takes the graph, whose memory is free afterwards.
template <typename Distance>
std::vector<Neighbours> weighed(Graph graph, const CancelToken* cancel, const Distance& distance) {
  std::vector<Neighbours> near(graph.size());
  ThreadPool::instance().parallel_for(graph.size(), [&](size_t i, size_t) {
    if (i % 256 == 0) check_cancel(cancel);
    near[i].reserve(graph[i].size());
    for (const int32_t j : graph[i]) {
      const auto other = static_cast<size_t>(j);
      near[i].push_back({j, distance(std::max(i, other), std::min(i, other))});
    }
  });
  return near;
}

// Each edge once, from its later or its earlier row.
std::vector<MergeEdge> edges_of(const std::vector<Neighbours>& near, bool from_later) {
  std::vector<MergeEdge> edges;
  for (size_t i = 0; i < near.size(); ++i) {
    for (const Neighbour& other : near[i]) {
      if ((static_cast<size_t>(other.node) < i) == from_later) {
        edges.push_back({static_cast<int32_t>(i), other.node, other.distance});
      }
    }
  }
  return edges;
}

template <typename Rule>
MergeTree merge_all(std::vector<Neighbours> near, Rule rule, size_t merges, const CancelToken* cancel,
                    const std::function<void(size_t, size_t)>& progress) {
  const size_t n = near.size();
  MergeHeap<typename Rule::Less> heap(edges_of(near, true));
  near.resize(n + merges);
  std::vector<double> size(n + merges, 1.0);  // 0 of what has been merged
  const auto merged = [&size](int32_t node) { return size[static_cast<size_t>(node)] == 0; };
  const auto merged_node = [&](const Neighbour& other) { return merged(other.node); };
  const auto merged_end = [&](const MergeEdge& edge) { return merged(edge.a) || merged(edge.b); };
  MergeTree tree;
  for (size_t k = n; k < n + merges; ++k) {
    check_cancel(cancel);
    if (progress && (k - n) % 256 == 0) progress(k - n, merges);
    MergeEdge edge = heap.pop();
    while (merged_end(edge)) edge = heap.pop();
    const auto i = static_cast<size_t>(edge.a), j = static_cast<size_t>(edge.b);
    tree.children.push_back(edge.b);
    tree.children.push_back(edge.a);
    tree.distances.push_back(rule.reported(edge.distance));
    rule.merge(k, i, j, size[i], size[j]);
    size[k] = size[i] + size[j];
    size[i] = size[j] = 0;
    const Neighbours of_i = std::move(near[i]), of_j = std::move(near[j]);
    Neighbours& own = near[k];
    auto a = of_i.begin(), b = of_j.begin();
    while (a != of_i.end() || b != of_j.end()) {
      const bool has_i = a != of_i.end() && (b == of_j.end() || a->node <= b->node);
      const bool has_j = b != of_j.end() && (a == of_i.end() || b->node <= a->node);
      const auto other = static_cast<size_t>(has_i ? a->node : b->node);
      if (size[other] != 0) {
        const double distance = has_i && has_j ? rule.of_both(a->distance, b->distance, k, other)
                                               : rule.of_one(has_i ? a->distance : b->distance, k, other);
        own.push_back({static_cast<int32_t>(other), distance});
      }
      a += has_i;
      b += has_j;
    }
    for (const Neighbour& other : own) {
      const auto node = static_cast<int32_t>(k);
      append_alive(&near[static_cast<size_t>(other.node)], {node, other.distance}, merged_node);
      heap.push({node, other.node, other.distance}, merged_end);
    }
  }
  return tree;
}

}  // namespace

StructuredTree agglomerate_along(MatrixView<const double> x, const Metric* metric, Linkage linkage,
                                 Span<int32_t> edges, size_t merges, const CancelToken* cancel,
                                 const std::function<void(size_t, size_t)>& progress) {
  if (x.rows < 2) throw Error("ERR_SHAPE", "Agglomerative clustering needs at least two rows.");
  if (x.rows > (size_t{1} << 30)) throw Error("ERR_SHAPE", "Too many rows.");
  if (metric == nullptr && x.rows != x.cols) throw Error("ERR_SHAPE", "Distances must be square.");
  if (merges >= x.rows) throw Error("ERR_PARAMETER", "There are fewer merges than rows.");
  refuse_zero_rows(x, metric);
  Graph graph = to_graph(edges, x.rows);
  const RowDistances distances(x, metric);
  check_cancel(cancel);
  const std::vector<std::vector<int32_t>> components = components_of(graph);
  StructuredTree result;
  result.components = static_cast<uint32_t>(components.size());
  if (components.size() > 1) join_components(components, distances, cancel, &graph);
  if (linkage == Linkage::kWard) {
    Inertia rule(x, x.rows + merges);
    auto near = weighed(std::move(graph), cancel, [&](size_t a, size_t b) { return rule.between(a, b); });
    result.tree = merge_all(std::move(near), std::move(rule), merges, cancel, progress);
  } else {
    auto near =
        weighed(std::move(graph), cancel, [&](size_t a, size_t b) { return distances.between(a, b); });
    result.tree =
        linkage == Linkage::kSingle
            ? tree_of_edges(edges_of(near, false), x.rows, false)
            : merge_all(std::move(near), Updated(linkage == Linkage::kAverage), merges, cancel, progress);
  }
  if (progress) progress(merges, merges);
  return result;
}

}  // namespace boreal
