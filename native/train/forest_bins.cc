// Forests whose splits lie between bins, on the CPU or many trees at once on a GPU: the same, to the bit.
#include <algorithm>
#include <type_traits>
#include <vector>

#include "base/error.h"
#include "train/bin_search.h"
#include "train/bin_stats.h"
#include "train/bin_table.h"
#include "train/forest_gpu.h"
#include "train/forest_levels.h"
#include "train/forest_trees.h"
#include "train/several_bins.h"
#include "train/split_limits.h"

namespace boreal {
namespace {

// What a GPU leaves to the CPU.
void check_gpu(const ForestData& data, const ForestParams& params, const BinTable& table) {
  const auto need = [](bool condition, const char* message) {
    if (!condition) throw Error("ERR_NOT_SUPPORTED", message);
  };
  need(data.target_count == 1, "A GPU grows forests of one target only.");
  need(params.monotonic.empty(), "A GPU grows forests without monotonic constraints only.");
  need(params.max_leaves == 0 && params.ccp_alpha == 0 && !params.pruning_path,
       "A GPU grows forests without a limit of leaves and without pruning only.");
  need(ForestGpu::fits(table, data.class_counts.empty() ? 0 : data.class_counts[0]),
       "A GPU has no room for so many classes: use fewer bins.");
}

template <typename Terms, size_t kClasses>
void describe(const BinClasses<Terms, kClasses>& stats, ForestGpu::Setup* setup) {
  setup->classes = stats.labels();
  setup->class_count = static_cast<uint32_t>(stats.cells());
  setup->terms = stats.terms().terms();
}
void describe(const BinTargets& stats, ForestGpu::Setup* setup) {
  setup->targets = {stats.targets().data(), stats.targets().size()};
}

// Many trees at once on a GPU.
template <typename Stats>
ForestModel train_on_gpu(const ForestData& data, const ForestParams& params, size_t max_threads,
                         const RowSampler& sampler, const BinTable& table, const Stats& stats,
                         const CancelToken* cancel, const ProgressFn& progress) {
  constexpr double kTerms = 1 << 24;  // of a table: lib/tree/forest-device.ts knows it, too
  if (params.criterion == Criterion::kEntropy && stats.steps().most() > kTerms) {
    throw Error("ERR_NOT_SUPPORTED", "A GPU takes entropy of at most 16,777,216 rows, and of whole weights.");
  }
  const size_t batch = std::clamp<size_t>(params.cuda_rows / table.rows(), 1, params.trees);
  ForestGpu::Setup setup{};
  describe(stats, &setup);
  setup.weight_step = stats.steps().step();
  setup.least_weight = SplitLimits(params).min_weight();
  setup.least_rows = params.min_samples_leaf;
  setup.trees = static_cast<uint32_t>(batch);
  setup.most = std::max(params.cuda_nodes, params.max_features);
  ForestGpu gpu(params.cuda, table, setup);
  ForestLevels<Stats> levels(table, sampler, stats, params, &gpu, max_threads, cancel);
  Grown grown(params);
  for (size_t first = 0; first < params.trees; first += batch) {
    const size_t count = std::min<size_t>(batch, params.trees - first);
    levels.grow(
        first, count, grown.trees.data() + first,
        [&](size_t tree, const std::vector<uint32_t>& draws) { grown.set_drawn(tree, draws); },
        [&](size_t done) {
          if (progress) progress(first + done, params.trees);
        });
  }
  return make_model(data, params, max_threads, stats.outputs(), cancel, &grown);
}

template <typename Stats>
ForestModel train_on_cpu(const ForestData& data, const ForestParams& params, size_t max_threads,
                         const RowSampler& sampler, const BinTable& table, const Stats& stats,
                         const CancelToken* cancel, const ProgressFn& progress) {
  using Builder = TreeBuilder<Stats, BinSearch<Stats>>;
  return train_trees<Builder>(data, params, max_threads, sampler, table, stats, cancel, progress);
}

}  // namespace

ForestModel train_on_bins(const ForestData& data, const ForestParams& params, const RowSampler& sampler,
                          size_t max_threads, const CancelToken* cancel, const ProgressFn& progress) {
  // Trees compare values as they are, also next to 0.
  const BinOptions options{params.max_bins, params.seed, max_threads, /*near_zero=*/false};
  const BinTable table(data.x, data.weights, options, cancel);
  const WeightSteps steps(data, params);
  const bool on_gpu = params.cuda.is_gpu();
  if (on_gpu) check_gpu(data, params, table);
  auto run = [&](const auto& stats) {
    if (on_gpu) return train_on_gpu(data, params, max_threads, sampler, table, stats, cancel, progress);
    return train_on_cpu(data, params, max_threads, sampler, table, stats, cancel, progress);
  };
  auto run_several = [&](const auto& stats) {
    return train_on_cpu(data, params, max_threads, sampler, table, stats, cancel, progress);
  };
  const bool several = data.target_count > 1;
  switch (params.criterion) {
    case Criterion::kGini:
      if (several) return run_several(BinSeveralClasses<GiniSums>(data, steps, GiniSums()));
      if (data.class_counts[0] == 2) return run(BinClasses<GiniSums, 2>(data, steps, GiniSums()));
      return run(BinClasses<GiniSums>(data, steps, GiniSums()));
    case Criterion::kEntropy:
      if (several) {
        return run_several(BinSeveralClasses<EntropySums>(data, steps, EntropySums(steps.most())));
      }
      return run(BinClasses<EntropySums>(data, steps, EntropySums(steps.most())));
    case Criterion::kSquaredError:
      if (several) return run_several(BinSquaredErrors(data, steps));
      return run(BinTargets(data, steps));
    default:
      throw Error("ERR_NOT_SUPPORTED", "Trees on bins are for classes and squared error.");
  }
}

}  // namespace boreal
