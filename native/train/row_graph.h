// Sparse graphs of rows: what t-SNE and UMAP make of the nearest neighbours.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/span.h"

namespace boreal {

// Weights of edges; those of row i stand from offsets[i] to offsets[i + 1], by ascending column. Offsets are
// doubles, whole numbers, as JavaScript has no other type that holds them.
struct RowGraph {
  std::vector<double> offsets;  // [rows + 1]
  std::vector<int32_t> columns;
  std::vector<double> weights;

  size_t rows() const { return offsets.size() - 1; }
  size_t begin(size_t row) const { return static_cast<size_t>(offsets[row]); }
  size_t end(size_t row) const { return static_cast<size_t>(offsets[row + 1]); }
};

// Throws ERR_SHAPE unless the parts fit together; each row of the graph is one of its columns.
inline void check_graph(const RowGraph& graph) {
  const size_t edges = graph.columns.size();
  bool fits = graph.offsets.size() >= 2 && graph.offsets.size() <= size_t{1} << 31 &&
              graph.weights.size() == edges && graph.offsets[0] == 0 &&
              graph.offsets.back() == static_cast<double>(edges);
  for (size_t i = 0; fits && i < graph.rows(); ++i) {
    const double to = graph.offsets[i + 1];
    fits =
        graph.offsets[i] <= to && to <= static_cast<double>(edges) && to == static_cast<double>(graph.end(i));
  }
  const auto rows = static_cast<int32_t>(graph.offsets.size() - 1);
  if (!fits || std::any_of(graph.columns.begin(), graph.columns.end(),
                           [rows](int32_t column) { return column < 0 || column >= rows; })) {
    throw Error("ERR_SHAPE", "The offsets, columns and weights are not those of a graph of rows.");
  }
}

// Throws ERR_SHAPE unless each edge of a checked graph has its edge back.
inline void check_symmetric(const RowGraph& graph) {
  for (size_t i = 0; i < graph.rows(); ++i) {
    for (size_t e = graph.begin(i); e < graph.end(i); ++e) {
      const auto j = static_cast<size_t>(graph.columns[e]);
      const int32_t* const columns = graph.columns.data();
      if (!std::binary_search(columns + graph.begin(j), columns + graph.end(j), static_cast<int32_t>(i))) {
        throw Error("ERR_SHAPE", "The graph is not symmetric.");
      }
    }
  }
}

// join(w_ij, w_ji) for every pair of which at least one is there, absent weights being 0; results of 0 are
// left out. Row i has `degree` edges: columns and weights [rows, degree]. join must be symmetric.
template <typename Join>
RowGraph symmetric_graph(const std::vector<int32_t>& columns, const std::vector<double>& weights,
                         size_t degree, const Join& join) {
  struct Edge {
    int32_t column;
    double out, in;
  };
  const size_t rows = columns.size() / degree;
  std::vector<size_t> to(rows + 1, 0);  // edges that lead to each row, then where they begin
  for (const int32_t column : columns) ++to[static_cast<size_t>(column) + 1];
  for (size_t i = 0; i < rows; ++i) to[i + 1] += to[i];
  std::vector<std::pair<int32_t, double>> incoming(columns.size());
  std::vector<size_t> next(to.begin(), to.end() - 1);
  for (size_t i = 0; i < rows; ++i) {
    for (size_t e = i * degree; e < (i + 1) * degree; ++e) {
      incoming[next[static_cast<size_t>(columns[e])]++] = {static_cast<int32_t>(i), weights[e]};
    }
  }
  RowGraph graph;
  graph.offsets.push_back(0);
  std::vector<Edge> edges;
  for (size_t i = 0; i < rows; ++i) {
    edges.clear();
    for (size_t e = i * degree; e < (i + 1) * degree; ++e) edges.push_back({columns[e], weights[e], 0});
    for (size_t e = to[i]; e < to[i + 1]; ++e) edges.push_back({incoming[e].first, 0, incoming[e].second});
    std::sort(edges.begin(), edges.end(), [](const Edge& a, const Edge& b) {
      return a.column != b.column ? a.column < b.column : a.out > b.out;
    });
    for (size_t e = 0; e < edges.size(); ++e) {
      Edge edge = edges[e];
      if (e + 1 < edges.size() && edges[e + 1].column == edge.column) edge.in += edges[++e].in;
      const double weight = join(edge.out, edge.in);
      if (weight == 0) continue;
      graph.columns.push_back(edge.column);
      graph.weights.push_back(weight);
    }
    graph.offsets.push_back(static_cast<double>(graph.columns.size()));
  }
  return graph;
}

}  // namespace boreal
