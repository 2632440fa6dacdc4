#include "train/kmeans.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <string>
#include <utility>

#include "base/error.h"
#include "base/rng.h"
#include "base/weights.h"
#include "train/kmeans_assign.h"
#include "train/kmeans_bounds.h"
#include "train/kmeans_seed.h"
#include "train/moving_sums.h"

namespace boreal {
namespace {

// From these centres until no label changes, or the centres hardly move.
template <typename T>
KMeansModel iterate(MatrixView<const T> x, Span<double> weights, std::vector<double> centres,
                    const KMeansSpec& spec, const CancelToken* cancel, const FitProgress& on_iteration) {
  const size_t k = spec.clusters;
  KMeansModel model;
  std::vector<int32_t> labels(x.rows, -1);
  std::vector<T> distances(x.rows);
  MovingSums<T> moving(x, weights, k);
  std::unique_ptr<BoundedAssigner<T>> assigner;
  if (spec.elkan && k > 1) {
    assigner = std::make_unique<ElkanBounds<T>>(x, k, cancel);
  } else {
    assigner = std::make_unique<HamerlyBounds<T>>(x, k, cancel);
  }
  bool settled = false, relocated = false;
  while (model.iterations < spec.max_iter && !settled) {
    check_cancel(cancel);
    assigner->assign(centres, &moving, labels.data());
    ClusterSums sums = moving.total();
    relocated = std::any_of(sums.weights.begin(), sums.weights.end(), [](double w) { return !(w > 0); });
    if (relocated) {
      std::vector<int32_t> nearest(x.rows);
      assign_rows(x, weights, centres, k, false, nearest.data(), distances.data(), cancel);
      relocate_empty(x, weights, labels.data(), distances.data(), &sums);
    }
    std::vector<double> next = means_of(sums, x.cols);
    ++model.iterations;
    if (on_iteration) on_iteration(model.iterations, spec.max_iter);
    const double shift = squared_shift(centres, next);
    centres = std::move(next);
    settled = !moving.take_moved();
    if (!settled && shift <= spec.tol) break;
  }
  // Sums that rows went in and out of have gathered rounding.
  if (settled && !relocated) centres = means_of(sum_rows(x, weights, k, labels.data(), cancel), x.cols);
  // The labels and distances of the centres that are returned.
  model.inertia = assign_rows(x, weights, centres, k, false, labels.data(), distances.data(), cancel).inertia;
  model.centres = std::move(centres);
  model.labels = std::move(labels);
  return model;
}

// Whether labels differ by the names of the clusters only.
bool same_clustering(const std::vector<int32_t>& a, const std::vector<int32_t>& b, size_t clusters) {
  std::vector<int32_t> name(clusters, -1);
  for (size_t i = 0; i < a.size(); ++i) {
    int32_t& known = name[static_cast<size_t>(a[i])];
    if (known == -1) known = b[i];
    if (known != b[i]) return false;
  }
  return true;
}

void check_counts(size_t rows, size_t clusters) {
  if (clusters >= 1 && clusters <= rows) return;
  throw Error("ERR_PARAMETER",
              "nClusters is " + std::to_string(clusters) + ", but X has " + std::to_string(rows) + " rows.");
}

}  // namespace

template <typename T>
KMeansModel fit_kmeans(MatrixView<const T> x, Span<double> weights, Span<double> given,
                       const KMeansSpec& spec, const CancelToken* cancel, const FitProgress& progress) {
  check_counts(x.rows, spec.clusters);
  total_weight(weights, x.rows);
  if (spec.init == CentreInit::kGiven && given.size != spec.clusters * x.cols) {
    throw Error("ERR_SHAPE", "The initial centres have the wrong shape.");
  }
  KMeansModel best;
  for (uint32_t restart = 0; restart < spec.restarts; ++restart) {
    Rng rng(spec.seed, restart);
    std::vector<double> start =
        spec.init == CentreInit::kGiven    ? std::vector<double>(given.begin(), given.end())
        : spec.init == CentreInit::kRandom ? seed_random(x, weights, spec.clusters, rng)
                                           : seed_plus_plus(x, weights, spec.clusters, rng, cancel);
    const FitProgress on_iteration = [&](size_t done, size_t total) {
      if (progress) progress(restart * total + done, spec.restarts * total);
    };
    KMeansModel model = iterate(x, weights, std::move(start), spec, cancel, on_iteration);
    const bool better = restart == 0 || (model.inertia < best.inertia &&
                                         !same_clustering(model.labels, best.labels, spec.clusters));
    if (better) best = std::move(model);
  }
  if (progress) progress(size_t{spec.restarts} * spec.max_iter, size_t{spec.restarts} * spec.max_iter);
  return best;
}

template KMeansModel fit_kmeans<float>(MatrixView<const float>, Span<double>, Span<double>, const KMeansSpec&,
                                       const CancelToken*, const FitProgress&);
template KMeansModel fit_kmeans<double>(MatrixView<const double>, Span<double>, Span<double>,
                                        const KMeansSpec&, const CancelToken*, const FitProgress&);

}  // namespace boreal
