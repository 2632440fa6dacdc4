#include "train/agglomerative.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "base/aligned_buffer.h"
#include "base/error.h"
#include "base/thread_pool.h"
#include "linalg/distance.h"
#include "train/row_distances.h"

namespace boreal {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// Distances of pairs i < j.
class Condensed {
 public:
  explicit Condensed(size_t n) : n_(n), values_(n * (n - 1) / 2) {}
  double* row(size_t i) { return values_.data() + i * (2 * n_ - i - 1) / 2; }  // of i to i + 1, i + 2, ...
  double& at(size_t i, size_t j) { return i < j ? row(i)[j - i - 1] : row(j)[i - j - 1]; }

 private:
  size_t n_;
  AlignedBuffer<double> values_;
};

void fill_distances(MatrixView<const double> x, const Metric* metric, Condensed* out,
                    const CancelToken* cancel) {
  if (metric == nullptr) {
    for (size_t i = 0; i < x.rows; ++i) std::copy(x.row(i) + i + 1, x.row(i) + x.cols, out->row(i));
    return;
  }
  const RunOptions options{0, cancel};
  const auto visit = [&](size_t i, size_t j, MatrixView<double> tile, size_t) {
    for (size_t r = 0; r < tile.rows; ++r) {
      const size_t first = std::max(j, i + r + 1);
      if (first >= j + tile.cols) continue;
      std::copy(tile.row(r) + (first - j), tile.row(r) + tile.cols, out->row(i + r) + (first - i - r - 1));
    }
  };
  visit_distances<double>(*metric, x, PackedRows<double>(*metric, x, options), visit, options);
}

// The distance of i to the union of x and y (Lance & Williams 1967).
double join(Linkage linkage, double xi, double yi, double xy, double nx, double ny, double ni) {
  if (linkage == Linkage::kComplete) return std::max(xi, yi);
  if (linkage == Linkage::kAverage) return (nx * xi + ny * yi) / (nx + ny);
  const double t = 1.0 / (nx + ny + ni);
  return std::sqrt((ni + nx) * t * xi * xi + (ni + ny) * t * yi * yi - ni * t * xy * xy);
}

std::vector<MergeEdge> nearest_neighbour_chain(Condensed& distances, size_t n, Linkage linkage,
                                               const CancelToken* cancel,
                                               const std::function<void(size_t, size_t)>& progress) {
  std::vector<double> size(n, 1.0);
  std::vector<size_t> active(n), chain;
  std::iota(active.begin(), active.end(), size_t{0});
  std::vector<MergeEdge> merges;
  merges.reserve(n - 1);
  while (merges.size() + 1 < n) {
    check_cancel(cancel);
    if (progress && merges.size() % 256 == 0) progress(merges.size(), n - 1);
    if (chain.empty()) chain.push_back(active.front());
    size_t x, y;
    double least;
    for (;;) {
      x = chain.back();
      const bool has_previous = chain.size() > 1;
      y = has_previous ? chain[chain.size() - 2] : n;
      least = has_previous ? distances.at(x, y) : kInfinity;
      for (const size_t i : active) {
        if (i == x) continue;
        const double distance = distances.at(x, i);
        // The last but one of the chain stays in front of its equals, so that chains end.
        if (distance < least || y == n) {
          least = distance;
          y = i;
        }
      }
      if (has_previous && y == chain[chain.size() - 2]) break;
      chain.push_back(y);
    }
    chain.resize(chain.size() - 2);
    if (x > y) std::swap(x, y);
    merges.push_back({static_cast<int32_t>(x), static_cast<int32_t>(y), least});
    active.erase(std::lower_bound(active.begin(), active.end(), x));
    for (const size_t i : active) {
      if (i == y) continue;
      double& to = distances.at(i, y);
      to = join(linkage, distances.at(i, x), to, least, size[x], size[y], size[i]);
    }
    size[y] += size[x];
  }
  return merges;
}

std::vector<MergeEdge> spanning_tree(MatrixView<const double> x, const Metric* metric,
                                     const CancelToken* cancel,
                                     const std::function<void(size_t, size_t)>& progress) {
  const size_t n = x.rows;
  const RowDistances distances(x, metric);
  std::vector<double> nearest(n, kInfinity), row(n);
  std::vector<int32_t> source(n, 1);
  std::vector<size_t> outside(n - 1);
  std::iota(outside.begin(), outside.end(), size_t{1});
  std::vector<MergeEdge> edges;
  size_t current = 0;
  while (!outside.empty()) {
    check_cancel(cancel);
    if (progress && edges.size() % 256 == 0) progress(edges.size(), n - 1);
    distances.of(current, row.data());
    double least = kInfinity;
    size_t next = 0;
    for (size_t k = 0; k < outside.size(); ++k) {
      const size_t j = outside[k];
      if (row[j] <= nearest[j]) {
        nearest[j] = row[j];
        source[j] = static_cast<int32_t>(current);
      }
      if (nearest[j] < least) {
        least = nearest[j];
        next = k;
      }
    }
    current = outside[next];
    edges.push_back({source[current], static_cast<int32_t>(current), nearest[current]});
    outside.erase(outside.begin() + static_cast<std::ptrdiff_t>(next));
  }
  return edges;
}

}  // namespace

void refuse_zero_rows(MatrixView<const double> x, const Metric* metric) {
  if (metric == nullptr || *metric != Metric::kCosine) return;
  for (size_t i = 0; i < x.rows; ++i) {
    if (std::all_of(x.row(i), x.row(i) + x.cols, [](double value) { return value == 0; })) {
      throw Error("ERR_PARAMETER", "A row of zeros has no direction, which the metric 'cosine' compares.",
                  static_cast<int64_t>(i));
    }
  }
}

MergeTree tree_of_edges(std::vector<MergeEdge> edges, size_t n, bool ordered) {
  std::stable_sort(edges.begin(), edges.end(),
                   [](const MergeEdge& a, const MergeEdge& b) { return a.distance < b.distance; });
  std::vector<int32_t> parent(2 * n - 1);
  std::iota(parent.begin(), parent.end(), 0);
  const auto root = [&](int32_t node) {
    while (parent[static_cast<size_t>(node)] != node) {
      int32_t& up = parent[static_cast<size_t>(node)];
      up = parent[static_cast<size_t>(up)];
      node = up;
    }
    return node;
  };
  MergeTree tree;
  for (const MergeEdge& edge : edges) {
    int32_t a = root(edge.a), b = root(edge.b);
    if (a == b) continue;
    if (ordered && a > b) std::swap(a, b);
    parent[static_cast<size_t>(a)] = parent[static_cast<size_t>(b)] =
        static_cast<int32_t>(n + tree.distances.size());
    tree.children.push_back(a);
    tree.children.push_back(b);
    tree.distances.push_back(edge.distance);
  }
  return tree;
}

MergeTree agglomerate(MatrixView<const double> x, const Metric* metric, Linkage linkage,
                      const CancelToken* cancel, const std::function<void(size_t, size_t)>& progress) {
  if (x.rows < 2) throw Error("ERR_SHAPE", "Agglomerative clustering needs at least two rows.");
  if (x.rows > (size_t{1} << 30)) throw Error("ERR_SHAPE", "Too many rows.");
  if (metric == nullptr && x.rows != x.cols) throw Error("ERR_SHAPE", "Distances must be square.");
  refuse_zero_rows(x, metric);
  MergeTree tree;
  if (linkage == Linkage::kSingle) {
    tree = tree_of_edges(spanning_tree(x, metric, cancel, progress), x.rows, false);
  } else {
    Condensed distances(x.rows);
    fill_distances(x, metric, &distances, cancel);
    tree = tree_of_edges(nearest_neighbour_chain(distances, x.rows, linkage, cancel, progress), x.rows, true);
  }
  if (progress) progress(x.rows - 1, x.rows - 1);
  return tree;
}

}  // namespace boreal
