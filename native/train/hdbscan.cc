#include "train/hdbscan.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "base/error.h"
#include "base/thread_pool.h"
#include "kernels/dispatch.h"
#include "neighbors/index.h"

namespace boreal {
namespace {

constexpr size_t kStripe = 2048;             // rows whose distances are looked at together
constexpr size_t kShared = size_t{1} << 17;  // terms below which a step stays on one thread

// Prim's algorithm over all rows: memory for one row of distances, and no more work than half of them. Of
// equal distances the row with the lower index comes first, so that the tree is the same at any number of
// threads.
template <typename T>
class SpanningTree {
 public:
  SpanningTree(MatrixView<const T> x, const HdbscanParams& params, const CancelToken* cancel)
      : params_(params),
        is_given_(params.spec.metric == NeighborMetric::kPrecomputed),
        prepared_(params.spec, x, true),
        kernel_(distance_kernels<T>(kernels())),
        n_(x.rows),
        cancel_(cancel),
        scale_(params.spec.unroot(1 / params.alpha)) {}

  std::vector<TreeEdge> edges(const NeighborIndex<T>& index, MatrixView<const T> x,
                              const std::function<void(size_t, size_t)>& progress) {
    find_cores(index, x);
    left_.resize(n_);
    std::iota(left_.begin(), left_.end(), 0);
    nearest_.assign(n_, std::numeric_limits<double>::infinity());
    source_.assign(n_, 0);
    in_tree_.assign(n_, 0);
    std::vector<TreeEdge> result;
    result.reserve(n_ - 1);
    size_t node = 0, gone = 0;
    pack();
    for (size_t step = 0; step + 1 < n_; ++step) {
      if (step % 64 == 0) check_cancel(cancel_);
      if (step % 1024 == 0) progress(step, n_);
      in_tree_[node] = 1;
      // What is in the tree leaves the packed rows when it is a quarter of them.
      if (++gone * 4 >= left_.size() && left_.size() > 4 * kernel_.lanes) {
        pack();
        gone = 0;
      }
      const Best best = advance(node);
      result.push_back({source_[best.row], static_cast<int32_t>(best.row),
                        static_cast<double>(params_.spec.to_distance(static_cast<T>(best.rank)))});
      node = best.row;
    }
    return result;
  }

 private:
  struct Best {
    double rank = std::numeric_limits<double>::infinity();
    size_t row = std::numeric_limits<size_t>::max();
  };

  void find_cores(const NeighborIndex<T>& index, MatrixView<const T> x) {
    const size_t k = params_.min_samples;
    core_.resize(n_);
    constexpr size_t kBlock = NeighborIndex<T>::kBlockRows;
    ThreadPool::instance().parallel_for((n_ + kBlock - 1) / kBlock, [&](size_t task, size_t) {
      const size_t first = task * kBlock, count = std::min(kBlock, n_ - first);
      std::vector<Neighbor<T>> items(count * k);
      index.nearest({x.row(first), count, x.cols, x.stride}, k, -1, items.data(), cancel_);
      // As scikit-learn has it, alpha counts here for given distances only.
      const double scale = is_given_ ? scale_ : 1;
      for (size_t i = 0; i < count; ++i)
        core_[first + i] = static_cast<double>(items[i * k + k - 1].rank) * scale;
    });
  }

  void pack() {
    left_.erase(std::remove_if(left_.begin(), left_.end(),
                               [this](int32_t i) { return in_tree_[static_cast<size_t>(i)] != 0; }),
                left_.end());
    if (is_given_) return;
    const MatrixView<const T> x = prepared_.view();
    const size_t rows = (left_.size() + kernel_.lanes - 1) / kernel_.lanes * kernel_.lanes;
    if (packed_.size() < rows * x.cols) packed_ = AlignedBuffer<T>(rows * x.cols);
    AlignedBuffer<T> gathered(kStripe * x.cols);
    for (size_t first = 0; first < left_.size(); first += kStripe) {
      const size_t count = std::min(kStripe, left_.size() - first);
      for (size_t i = 0; i < count; ++i) {
        const T* const row = x.row(static_cast<size_t>(left_[first + i]));
        std::copy(row, row + x.cols, gathered.data() + i * x.cols);
      }
      kernel_.pack(gathered.data(), x.cols, count, x.cols, packed_.data() + first * x.cols);
    }
  }

  // Updates what is nearest to the tree by the distances from `node`, its newest row.
  Best advance(size_t node) {
    const size_t stripes = (left_.size() + kStripe - 1) / kStripe;
    if (left_.size() * (is_given_ ? 1 : prepared_.view().cols) < kShared) {
      Best best;
      for (size_t s = 0; s < stripes; ++s) take(best, stripe(node, s));
      return best;
    }
    std::vector<Best> found(stripes);
    ThreadPool::instance().parallel_for(stripes, [&](size_t s, size_t) { found[s] = stripe(node, s); });
    Best best;
    for (const Best& one : found) take(best, one);
    return best;
  }

  static void take(Best& best, const Best& other) {
    if (other.rank < best.rank || best.row == std::numeric_limits<size_t>::max()) best = other;
  }

  Best stripe(size_t node, size_t s) {
    const MatrixView<const T> x = prepared_.view();
    const size_t first = s * kStripe, count = std::min(kStripe, left_.size() - first);
    T ranks[kStripe];
    if (is_given_) {
      for (size_t i = 0; i < count; ++i) ranks[i] = x.at(node, static_cast<size_t>(left_[first + i]));
    } else {
      rank_distances<T>(params_.spec, kernel_, {x.row(node), 1, x.cols, x.stride},
                        packed_.data() + first * x.cols, dense_view(ranks, 1, count));
    }
    Best best;
    const double core = core_[node];
    for (size_t i = 0; i < count; ++i) {
      const size_t row = static_cast<size_t>(left_[first + i]);
      if (in_tree_[row] != 0) continue;
      const double rank = std::max(std::max(core, core_[row]), static_cast<double>(ranks[i]) * scale_);
      if (rank < nearest_[row]) {
        nearest_[row] = rank;
        source_[row] = static_cast<int32_t>(node);
      }
      if (nearest_[row] < best.rank || best.row == std::numeric_limits<size_t>::max())
        best = {nearest_[row], row};
    }
    return best;
  }

  const HdbscanParams& params_;
  const bool is_given_;
  const PreparedRows<T> prepared_;
  const DistanceKernels<T>& kernel_;
  const size_t n_;
  const CancelToken* cancel_;
  const double scale_;                  // of ranks, for alpha
  std::vector<double> core_, nearest_;  // ranks
  std::vector<int32_t> source_, left_;  // of left_: indices of packed rows, ascending
  std::vector<uint8_t> in_tree_;
  AlignedBuffer<T> packed_;
};

}  // namespace

std::vector<ClusterMerge> single_linkage(std::vector<TreeEdge> edges) {
  std::stable_sort(edges.begin(), edges.end(),
                   [](const TreeEdge& a, const TreeEdge& b) { return a.distance < b.distance; });
  const size_t n = edges.size() + 1;
  std::vector<int32_t> parent(2 * n - 1), size(2 * n - 1, 1);
  std::iota(parent.begin(), parent.end(), 0);
  const auto root = [&parent](int32_t i) {
    while (parent[static_cast<size_t>(i)] != i) {
      parent[static_cast<size_t>(i)] = parent[static_cast<size_t>(parent[static_cast<size_t>(i)])];
      i = parent[static_cast<size_t>(i)];
    }
    return i;
  };
  std::vector<ClusterMerge> merges;
  merges.reserve(edges.size());
  for (const TreeEdge& edge : edges) {
    const int32_t left = root(edge.a), right = root(edge.b), next = static_cast<int32_t>(n + merges.size());
    const int32_t both = size[static_cast<size_t>(left)] + size[static_cast<size_t>(right)];
    parent[static_cast<size_t>(left)] = parent[static_cast<size_t>(right)] = next;
    size[static_cast<size_t>(next)] = both;
    merges.push_back({left, right, edge.distance, both});
  }
  return merges;
}

template <typename T>
HdbscanClusters hdbscan(MatrixView<const T> x, const HdbscanParams& params, const CancelToken* cancel,
                        const std::function<void(size_t, size_t)>& progress) {
  if (params.min_samples < 1 || params.min_samples > x.rows) {
    throw Error("ERR_PARAMETER", "min_samples must be between 1 and the number of rows.");
  }
  if (params.min_cluster_size < 2) throw Error("ERR_PARAMETER", "min_cluster_size must be at least 2.");
  if (!(params.alpha > 0)) throw Error("ERR_PARAMETER", "alpha must be above 0.");
  if (x.rows < 2) return {std::vector<int32_t>(x.rows, -1), std::vector<double>(x.rows, 0), {}};
  check_distances(params.spec, x, 0, cancel);
  const NeighborIndex<T> index(params.spec, x, kernels(), {0, cancel});
  HdbscanParams resolved = params;
  resolved.spec = index.spec();
  std::vector<TreeEdge> edges = SpanningTree<T>(x, resolved, cancel).edges(index, x, progress);
  return extract_clusters(single_linkage(std::move(edges)), x.rows, params);
}

template HdbscanClusters hdbscan<float>(MatrixView<const float>, const HdbscanParams&, const CancelToken*,
                                        const std::function<void(size_t, size_t)>&);
template HdbscanClusters hdbscan<double>(MatrixView<const double>, const HdbscanParams&, const CancelToken*,
                                         const std::function<void(size_t, size_t)>&);

}  // namespace boreal
