#include "train/umap.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/thread_pool.h"
#include "kernels/dispatch.h"
#include "kernels/dispatch_layout.h"
#include "neighbors/index.h"

namespace boreal {

template <typename T>
FuzzySet fuzzy_set(MatrixView<const T> x, const NeighborSpec& spec, size_t neighbors,
                   double local_connectivity, double mix, const CancelToken* cancel) {
  if (neighbors < 2 || !(local_connectivity >= 0) || !(mix >= 0 && mix <= 1)) {
    throw Error("ERR_PARAMETER", "A parameter of the fuzzy set is out of range.");
  }
  const size_t n = x.rows, others = neighbors - 1;
  NearestRows<T> near;
  {
    const NeighborIndex<T> index(spec, x, kernels(), {0, cancel});
    near = nearest_rows(index, x, others, true, {0, cancel});
  }
  FuzzySet set;
  double total = 0;
  for (const T distance : near.distances) total += static_cast<double>(distance);
  set.mean_distance = total / static_cast<double>(n * neighbors);
  set.rhos.resize(n);
  set.sigmas.resize(n);
  std::vector<double> weights(n * others);
  constexpr size_t kRows = 256;
  ThreadPool::instance().parallel_for((n + kRows - 1) / kRows, [&](size_t task, size_t) {
    check_cancel(cancel);
    std::vector<double> distances(neighbors, 0.0);  // the row's own first
    for (size_t i = task * kRows; i < std::min(n, (task + 1) * kRows); ++i) {
      for (size_t c = 0; c < others; ++c) {
        distances[c + 1] = static_cast<double>(near.distances[i * others + c]);
      }
      const Membership member =
          membership(distances.data(), neighbors, local_connectivity, set.mean_distance);
      set.rhos[i] = member.rho;
      set.sigmas[i] = member.sigma;
      for (size_t c = 0; c < others; ++c) weights[i * others + c] = member(distances[c + 1]);
    }
  });
  set.graph = symmetric_graph(near.indices, weights, others, [mix](double out, double in) {
    const double both = out * in;
    return mix * (out + in - both) + (1 - mix) * both;
  });
  return set;
}

RowGraph intersect_labels(const RowGraph& graph, const std::vector<int32_t>& codes, double far) {
  if (codes.size() != graph.rows()) throw Error("ERR_SHAPE", "There is not one code for each row.");
  const size_t n = graph.rows();
  const double unknown = std::exp(-1.0), other = std::exp(-far);
  std::vector<double> scaled = graph.weights;
  for (size_t i = 0; i < n; ++i) {
    double most = 0;
    for (size_t e = graph.begin(i); e < graph.end(i); ++e) {
      const int32_t a = codes[i], b = codes[static_cast<size_t>(graph.columns[e])];
      scaled[e] *= a < 0 || b < 0 ? unknown : a != b ? other : 1;
      most = std::max(most, scaled[e]);
    }
    for (size_t e = graph.begin(i); e < graph.end(i) && most > 0; ++e) scaled[e] /= most;
  }
  // The graph is symmetric, so that the edge back is there, too.
  RowGraph result{graph.offsets, graph.columns, std::vector<double>(scaled.size())};
  for (size_t i = 0; i < n; ++i) {
    for (size_t e = graph.begin(i); e < graph.end(i); ++e) {
      const auto j = static_cast<size_t>(graph.columns[e]);
      const auto from = graph.columns.begin() + static_cast<std::ptrdiff_t>(graph.begin(j));
      const auto to = graph.columns.begin() + static_cast<std::ptrdiff_t>(graph.end(j));
      const auto back = std::lower_bound(from, to, static_cast<int32_t>(i));
      const double in = scaled[static_cast<size_t>(back - graph.columns.begin())];
      result.weights[e] = scaled[e] + in - scaled[e] * in;
    }
  }
  return result;
}

namespace {

// Rows move in rounds, each of every kRounds-th row. Those of one round see each other where they were before
// it, so that they may move in any order; all others where they are.
constexpr size_t kRounds = 8;

class Layout {
 public:
  Layout(const RowGraph& graph, std::vector<double> start, const UmapParams& params)
      : graph_(graph), n_(graph.rows()), dims_(params.components), params_(params), y_(std::move(start)) {
    double most = 0;
    for (const double weight : graph.weights) most = std::max(most, weight);
    shares_.reserve(graph.weights.size());
    for (const double weight : graph.weights) {
      // What would move in no epoch is left out, as umap-learn does.
      const double share = most > 0 ? weight / most : 0;
      shares_.push_back(share * static_cast<double>(params.epochs) < 1 ? 0 : share);
    }
    next_.resize((n_ + kRounds - 1) / kRounds * dims_);
  }

  std::vector<double> run(const CancelToken* cancel, const std::function<void(size_t, size_t)>& progress) {
    fit_box();
    for (size_t epoch = 1; epoch < params_.epochs; ++epoch) {
      for (size_t round = 0; round < std::min(kRounds, n_); ++round) move(epoch, round, cancel);
      if (progress) progress(epoch + 1, params_.epochs);
    }
    return std::move(y_);
  }

 private:
  // Each column from 0 to 10.
  void fit_box() {
    for (size_t d = 0; d < dims_; ++d) {
      double low = y_[d], high = y_[d];
      for (size_t i = 0; i < n_; ++i) {
        low = std::min(low, y_[i * dims_ + d]);
        high = std::max(high, y_[i * dims_ + d]);
      }
      const double scale = high > low ? 10 / (high - low) : 0;
      for (size_t i = 0; i < n_; ++i) y_[i * dims_ + d] = (y_[i * dims_ + d] - low) * scale;
    }
  }

  void move(size_t epoch, size_t round, const CancelToken* cancel) {
    const double alpha = umap_step(params_.learning_rate, epoch, params_.epochs);
    const UmapPoints points{y_.data(), n_, dims_};
    const size_t count = (n_ - round + kRounds - 1) / kRounds;
    constexpr size_t kRows = 64;
    ThreadPool::instance().parallel_for((count + kRows - 1) / kRows, [&](size_t task, size_t) {
      check_cancel(cancel);
      const size_t end = std::min(count, (task + 1) * kRows);
      size_t k = task * kRows;
      walk_rows(kernels_, params_.forces, points, [&](size_t, UmapWalk* walk) {
        if (k == end) return false;
        const size_t i = k * kRounds + round, edge = graph_.begin(i);
        const UmapEdges edges{graph_.columns.data() + edge, shares_.data() + edge, graph_.end(i) - edge};
        // An edge is in the graph once from each end, and moves both of them each time.
        walk->source = UmapSteps(edges, params_.forces.negatives, i, true, Rng(params_.seed, epoch * n_ + i));
        walk->source.begin(epoch);
        walk->alpha = alpha;
        walk->y = next_.data() + k++ * dims_;
        std::copy_n(points[i], dims_, walk->y);
        return true;
      });
    });
    for (size_t k = 0; k < count; ++k) {
      std::copy_n(next_.data() + k * dims_, dims_, y_.data() + (k * kRounds + round) * dims_);
    }
  }

  const LayoutKernels& kernels_ = layout_kernels(kernels());
  const RowGraph& graph_;
  const size_t n_, dims_;
  const UmapParams params_;
  std::vector<double> y_, next_, shares_;
};

}  // namespace

std::vector<double> umap_layout(const RowGraph& graph, std::vector<double> start, const UmapParams& params,
                                const CancelToken* cancel,
                                const std::function<void(size_t, size_t)>& progress) {
  check_graph(graph);
  if (params.components == 0 || params.epochs == 0 || !(params.learning_rate > 0)) {
    throw Error("ERR_PARAMETER", "A parameter of UMAP is out of range.");
  }
  check_symmetric(graph);
  if (start.empty()) start = spectral_start(graph, params.components, params.seed, cancel);
  if (start.size() != graph.rows() * params.components) {
    throw Error("ERR_SHAPE", "There is not one start for each row.");
  }
  if (!std::all_of(start.begin(), start.end(), [](double value) { return std::fabs(value) < 1e150; })) {
    throw Error("ERR_PARAMETER", "init must be finite numbers below 1e150.");
  }
  return Layout(graph, std::move(start), params).run(cancel, progress);
}

template FuzzySet fuzzy_set<float>(MatrixView<const float>, const NeighborSpec&, size_t, double, double,
                                   const CancelToken*);
template FuzzySet fuzzy_set<double>(MatrixView<const double>, const NeighborSpec&, size_t, double, double,
                                    const CancelToken*);

}  // namespace boreal
