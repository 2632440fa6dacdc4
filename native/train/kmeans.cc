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
#include "train/kmeans_sparse.h"
#include "train/kmeans_steps.h"
#include "train/moving_sums.h"

namespace boreal {
namespace {

// On the pool, with the bounds of Hamerly or Elkan.
template <typename T>
class PoolSteps final : public KMeansSteps<T> {
 public:
  // rows: those of x, for Hamerly's bounds.
  PoolSteps(MatrixView<const T> x, const FloatRows<T>* rows, Span<double> weights, const KMeansSpec& spec,
            const CancelToken* cancel)
      : x_(x),
        weights_(weights),
        clusters_(spec.clusters),
        cancel_(cancel),
        labels_(x.rows, -1),
        moving_(x, weights, spec.clusters) {
    if (rows == nullptr) {
      assigner_ = std::make_unique<ElkanBounds<T>>(x, clusters_, cancel);
    } else {
      assigner_ = std::make_unique<HamerlyBounds<T>>(x, *rows, clusters_, cancel);
    }
  }
  ClusterSums assign(const std::vector<double>& centres) override {
    assigner_->assign(centres, &moving_, labels_.data());
    return moving_.total();
  }
  bool moved() override { return moving_.take_moved(); }
  void labels(const std::vector<double>& centres, int32_t* labels, T* distances) override {
    assign_rows(x_, weights_, centres, clusters_, false, labels, distances, cancel_);
    std::copy(labels_.begin(), labels_.end(), labels);
  }
  // Sums that rows went in and out of have gathered rounding.
  std::vector<double> settled(const std::vector<double>&) override {
    return means_of(sum_rows(x_, weights_, clusters_, labels_.data(), cancel_), x_.cols);
  }
  double finish(const std::vector<double>& centres, int32_t* labels) override {
    std::vector<T> distances(x_.rows);
    return assign_rows(x_, weights_, centres, clusters_, false, labels, distances.data(), cancel_).inertia;
  }

 private:
  MatrixView<const T> x_;
  Span<double> weights_;
  size_t clusters_;
  const CancelToken* cancel_;
  std::vector<int32_t> labels_;
  MovingSums<T> moving_;
  std::unique_ptr<BoundedAssigner<T>> assigner_;
};

// From these centres until no label changes, or the centres hardly move.
template <typename Rows, typename T>
KMeansModel iterate(const Rows& x, Span<double> weights, std::vector<double> centres, const KMeansSpec& spec,
                    KMeansSteps<T>& steps, const CancelToken* cancel, const FitProgress& on_iteration) {
  KMeansModel model;
  model.labels.resize(row_count(x));
  bool settled = false, relocated = false;
  while (model.iterations < spec.max_iter && !settled) {
    check_cancel(cancel);
    ClusterSums sums = steps.assign(centres);
    relocated = std::any_of(sums.weights.begin(), sums.weights.end(), [](double w) { return !(w > 0); });
    if (relocated) {
      std::vector<T> distances(row_count(x));
      steps.labels(centres, model.labels.data(), distances.data());
      relocate_empty(x, weights, model.labels.data(), distances.data(), &sums);
    }
    std::vector<double> next = means_of(sums, x.cols);
    ++model.iterations;
    if (on_iteration) on_iteration(model.iterations, spec.max_iter);
    const double shift = squared_shift(centres, next);
    centres = std::move(next);
    settled = !steps.moved();
    if (!settled && shift <= spec.tol) break;
  }
  if (settled && !relocated) centres = steps.settled(centres);
  model.inertia = steps.finish(centres, model.labels.data());
  model.centres = std::move(centres);
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

// The best of the restarts. plus_plus(rng) gives the rows of a start by k-means++; with_steps(run) calls run
// with the steps of one more restart.
template <typename Rows, typename PlusPlus, typename WithSteps>
KMeansModel best_of(const Rows& x, Span<double> weights, Span<double> given, const KMeansSpec& spec,
                    const PlusPlus& plus_plus, const WithSteps& with_steps, const CancelToken* cancel,
                    const FitProgress& progress) {
  check_counts(row_count(x), spec.clusters);
  total_weight(weights, row_count(x));
  if (spec.init == CentreInit::kGiven && given.size != spec.clusters * x.cols) {
    throw Error("ERR_SHAPE", "The initial centres have the wrong shape.");
  }
  KMeansModel best;
  for (uint32_t restart = 0; restart < spec.restarts; ++restart) {
    Rng rng(spec.seed, restart);
    std::vector<double> start =
        spec.init == CentreInit::kGiven    ? std::vector<double>(given.begin(), given.end())
        : spec.init == CentreInit::kRandom ? centres_at(x, seed_random(x, weights, spec.clusters, rng))
                                           : centres_at(x, plus_plus(rng));
    const FitProgress on_iteration = [&](size_t done, size_t total) {
      if (progress) progress(restart * total + done, spec.restarts * total);
    };
    KMeansModel model = with_steps([&](auto& steps) {
      return iterate(x, weights, std::move(start), spec, steps, cancel, on_iteration);
    });
    const bool better = restart == 0 || (model.inertia < best.inertia &&
                                         !same_clustering(model.labels, best.labels, spec.clusters));
    if (better) best = std::move(model);
  }
  if (progress) progress(size_t{spec.restarts} * spec.max_iter, size_t{spec.restarts} * spec.max_iter);
  return best;
}

}  // namespace

template <typename T>
KMeansModel fit_kmeans(MatrixView<const T> x, Span<double> weights, Span<double> given,
                       const KMeansSpec& spec, const CancelToken* cancel, const FitProgress& progress) {
  std::unique_ptr<CudaKMeansSteps<T>> placed;
  std::unique_ptr<FloatRows<T>> made;
  const auto rows = [&] {
    if (!made) made = std::make_unique<FloatRows<T>>(x, cancel);
    return made.get();
  };
  const auto plus_plus = [&](Rng& rng) {
    const Rng start = rng;
    Seeds seeds = seed_plus_plus(rows()->view(), weights, spec.clusters, rng, cancel);
    // Rows that are drawn by what rounding has left of their distances are drawn anew.
    constexpr double kFew = 1e3;
    const double least = kFew * rows()->roundoff();
    if (seeds.potential < least * least * total_weight(weights, x.rows)) {
      rng = start;
      seeds = seed_plus_plus(x, weights, spec.clusters, rng, cancel);
    }
    return seeds.rows;
  };
  const bool elkan = spec.elkan && spec.clusters > 1;
  const auto with_steps = [&](const auto& run) {
    if (elkan || spec.target.is_gpu()) made.reset();  // which only draws starts then
    if (!spec.target.is_gpu()) {
      const auto steps = std::make_unique<PoolSteps<T>>(x, elkan ? nullptr : rows(), weights, spec, cancel);
      return run(static_cast<KMeansSteps<T>&>(*steps));
    }
    if (!placed) {
      placed = std::make_unique<CudaKMeansSteps<T>>(spec.target, x, weights, spec.clusters, cancel);
    }
    placed->restart();
    return run(static_cast<KMeansSteps<T>&>(*placed));
  };
  return best_of(x, weights, given, spec, plus_plus, with_steps, cancel, progress);
}

KMeansModel fit_kmeans(const CsrView<double>& x, Span<double> weights, Span<double> given,
                       const KMeansSpec& spec, const CancelToken* cancel, const FitProgress& progress) {
  csr_squared_norms(x, cancel);  // Refuses rows that are too long.
  const auto plus_plus = [&](Rng& rng) {
    return seed_plus_plus(x, weights, spec.clusters, rng, cancel).rows;
  };
  const auto with_steps = [&](const auto& run) {
    const auto steps = std::make_unique<SparseSteps>(x, weights, spec.clusters, cancel);
    return run(static_cast<KMeansSteps<double>&>(*steps));
  };
  return best_of(x, weights, given, spec, plus_plus, with_steps, cancel, progress);
}

template KMeansModel fit_kmeans<float>(MatrixView<const float>, Span<double>, Span<double>, const KMeansSpec&,
                                       const CancelToken*, const FitProgress&);
template KMeansModel fit_kmeans<double>(MatrixView<const double>, Span<double>, Span<double>,
                                        const KMeansSpec&, const CancelToken*, const FitProgress&);

}  // namespace boreal
