// Trees are independent tasks of the thread pool. Each has its own random stream and they are joined in
// order, so the model does not depend on the number of threads. Peak memory: the table of ranks or bins, one
// TreeBuilder per thread at work, and the trees (twice while they are joined); out of bag, a bit per row and
// tree and 8 * outputs + 4 bytes per row.
#include "train/forest.h"

#include <algorithm>
#include <memory>
#include <mutex>
#include <string>
#include <type_traits>

#include "base/error.h"
#include "base/thread_pool.h"
#include "train/absolute_error.h"
#include "train/bin_search.h"
#include "train/bin_stats.h"
#include "train/bin_table.h"
#include "train/forest_gpu.h"
#include "train/forest_levels.h"
#include "train/forest_model.h"
#include "train/rank_table.h"
#include "train/row_sampler.h"
#include "train/several_targets.h"
#include "train/split_limits.h"
#include "train/split_stats.h"
#include "train/target_stats.h"
#include "train/tree_builder.h"

namespace boreal {
namespace {

void check(const ForestData& data, const ForestParams& params) {
  const size_t rows = data.x.rows, cols = data.x.cols;
  check_tree_params(params, rows, cols);
  require(params.max_samples <= kMaxTreeCount, "A forest draws at most 2,147,483,647 samples.");
  require(params.trees >= 1 && params.trees <= kMaxTreeCount, "A forest needs at least one tree.");
  require(!params.out_of_bag || params.bootstrap, "Only a bootstrap leaves rows out of the bag.");
  require(params.max_bins == 0 || (params.max_bins >= 2 && params.max_bins <= 255),
          "max_bins must be between 2 and 255, or 0.");
  if (params.max_bins == 0 && params.cuda.is_gpu()) {
    throw Error("ERR_NOT_SUPPORTED", "A GPU grows forests on bins only: set max_bins.");
  }
  require(params.max_bins == 0 || !params.random_thresholds, "Random thresholds are not those of bins.");
  require(params.max_bins == 0 || params.tree_columns == 0, "Trees on bins may use every column.");

  require(data.target_count >= 1 && data.target_count <= kMaxTreeCount, "A tree needs at least one target.");
  require(data.target_count == 1 || (params.criterion == Criterion::kSquaredError &&
                                     params.monotonic.empty() && params.max_bins == 0),
          "Several targets go by the squared error, exact splits, and without monotonic constraints.");
  auto has_length = [rows](size_t size, bool optional) { return size == rows || (optional && size == 0); };
  const bool whole = data.targets.size % data.target_count == 0;
  const bool classes = params.criterion == Criterion::kGini || params.criterion == Criterion::kEntropy;
  const bool targets = !classes && params.criterion != Criterion::kIsolation;
  if (!whole || !has_length(data.targets.size / data.target_count, !targets) ||
      !has_length(data.classes.size, !classes) || !has_length(data.weights.size, true)) {
    throw Error("ERR_SHAPE", "Targets and weights must have one value for each row.");
  }
  if (!classes) return require(!params.balanced_subsample, "Only classes can be balanced.");
  require(data.class_count >= 1 && data.class_count <= kMaxTreeCount,
          "A classifier needs at least one class.");
  require(params.monotonic.empty() || data.class_count == 2, "Monotonic constraints need two classes.");
  for (size_t i = 0; i < rows; ++i) {
    if (data.classes[i] < 0 || static_cast<uint32_t>(data.classes[i]) >= data.class_count) {
      throw Error("ERR_LABELS", "Class " + std::to_string(data.classes[i]) + " is out of range.",
                  static_cast<int64_t>(i));
    }
  }
}

// The sums of what the trees that did not draw a row say of it, in the order of the trees.
void predict_out_of_bag(const ForestData& data, const std::vector<Tree>& trees,
                        const std::vector<std::vector<bool>>& drawn, size_t outputs, size_t max_threads,
                        const CancelToken* cancel, ForestModel* model) {
  const size_t rows = data.x.rows;
  model->oob_sums.assign(rows * outputs, 0.0);
  model->oob_trees.assign(rows, 0);
  constexpr size_t kBlock = 1024;
  auto predict = [&](size_t block, size_t) {
    const size_t begin = block * kBlock, end = std::min(begin + kBlock, rows);
    for (size_t t = 0; t < trees.size(); ++t) {
      check_cancel(cancel);
      for (size_t i = begin; i < end; ++i) {
        if (drawn[t][i]) continue;
        const double* value = trees[t].values.data() + trees[t].leaf_of(data.x.row(i)) * outputs;
        for (size_t k = 0; k < outputs; ++k) model->oob_sums[i * outputs + k] += value[k];
        ++model->oob_trees[i];
      }
    }
  };
  ThreadPool::instance().parallel_for((rows + kBlock - 1) / kBlock, predict, max_threads);
}

struct Grown {
  Grown(const ForestParams& params) : trees(params.trees), drawn(params.out_of_bag ? params.trees : 0) {}
  // From the draws of a tree, as RowSampler counts them.
  void set_drawn(size_t tree, const std::vector<uint32_t>& draws) {
    if (drawn.empty()) return;
    drawn[tree].resize(draws.size());
    for (size_t i = 0; i < draws.size(); ++i) drawn[tree][i] = draws[i] != 0;
  }

  std::vector<Tree> trees;
  std::vector<std::vector<bool>> drawn;  // rows by tree, if asked for
  PruningPath path;
};

ForestModel make_model(const ForestData& data, const ForestParams& params, size_t max_threads, size_t outputs,
                       bool has_missing, const CancelToken* cancel, Grown* grown) {
  ForestModel model;
  if (params.out_of_bag) {
    predict_out_of_bag(data, grown->trees, grown->drawn, outputs, max_threads, cancel, &model);
  }
  model.alphas = std::move(grown->path.alphas);
  model.path_impurities = std::move(grown->path.impurities);
  join_trees(&grown->trees, outputs, has_missing, /*scale_importances=*/true, &model);
  return model;
}

// Builder is a TreeBuilder of Stats on the table.
template <typename Builder, typename Stats>
ForestModel train(const ForestData& data, const ForestParams& params, size_t max_threads,
                  const RowSampler& sampler, const typename Builder::Table& table, const Stats& stats,
                  const CancelToken* cancel, const ProgressFn& progress) {
  ThreadPool& pool = ThreadPool::instance();
  std::vector<std::unique_ptr<Builder>> builders(pool.size() + 1);
  Grown grown(params);
  std::mutex mutex;
  size_t done = 0;
  pool.parallel_for(
      params.trees,
      [&](size_t tree, size_t slot) {
        std::unique_ptr<Builder>& builder = builders[slot];
        if (builder == nullptr) {
          builder = std::make_unique<Builder>(table, sampler, stats, params, cancel);
        }
        const uint64_t stream = uint64_t{params.first_tree} + tree;
        grown.trees[tree] = builder->grow(stream, params.pruning_path && tree == 0 ? &grown.path : nullptr);
        grown.set_drawn(tree, builder->draws());
        if (!progress) return;
        std::lock_guard<std::mutex> lock(mutex);
        progress(++done, params.trees);
      },
      max_threads);
  builders.clear();
  return make_model(data, params, max_threads, stats.outputs(), table.has_missing(), cancel, &grown);
}

// What a GPU leaves to the CPU.
void check_gpu(const ForestData& data, const ForestParams& params, const BinTable& table) {
  const auto need = [](bool condition, const char* message) {
    if (!condition) throw Error("ERR_NOT_SUPPORTED", message);
  };
  need(params.monotonic.empty(), "A GPU grows forests without monotonic constraints only.");
  need(params.max_leaves == 0 && params.ccp_alpha == 0 && !params.pruning_path,
       "A GPU grows forests without a limit of leaves and without pruning only.");
  need(ForestGpu::fits(table, data.class_count), "A GPU has no room for so many classes: use fewer bins.");
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
  constexpr size_t kRows = size_t{1} << 25;  // of all trees that grow at once
  constexpr uint32_t kNodes = 1 << 16;       // in a call
  constexpr double kTerms = 1 << 24;
  if (params.criterion == Criterion::kEntropy && stats.steps().most() > kTerms) {
    throw Error("ERR_NOT_SUPPORTED", "A GPU takes entropy of at most 16,777,216 rows, and of whole weights.");
  }
  const size_t batch = std::clamp<size_t>(kRows / table.rows(), 1, params.trees);
  ForestGpu::Setup setup{};
  describe(stats, &setup);
  setup.weight_step = stats.steps().step();
  setup.least_weight = SplitLimits(params).min_weight();
  setup.least_rows = params.min_samples_leaf;
  setup.trees = static_cast<uint32_t>(batch);
  setup.most = std::max(kNodes, params.max_features);
  ForestGpu gpu(params.cuda, table, setup);
  ForestLevels<Stats> levels(table, sampler, stats, params, &gpu, max_threads, cancel);
  Grown grown(params);
  for (size_t first = 0; first < params.trees; first += batch) {
    const size_t count = std::min<size_t>(batch, params.trees - first);
    levels.grow(first, count, grown.trees.data() + first,
                [&](size_t tree, const std::vector<uint32_t>& draws) { grown.set_drawn(tree, draws); });
    for (size_t t = first; progress && t < first + count; ++t) progress(t + 1, params.trees);
  }
  return make_model(data, params, max_threads, stats.outputs(), table.has_missing(), cancel, &grown);
}

// Splits between bins.
ForestModel train_on_bins(const ForestData& data, const ForestParams& params, const RowSampler& sampler,
                          size_t max_threads, const CancelToken* cancel, const ProgressFn& progress) {
  const BinOptions options{params.max_bins, params.seed, max_threads};
  const BinTable table(data.x, data.weights, options, cancel);
  const WeightSteps steps(data, params);
  const bool on_gpu = params.cuda.is_gpu();
  if (on_gpu) check_gpu(data, params, table);
  auto run = [&](const auto& stats) {
    using Stats = std::decay_t<decltype(stats)>;
    if (on_gpu) return train_on_gpu(data, params, max_threads, sampler, table, stats, cancel, progress);
    using Builder = TreeBuilder<Stats, BinSearch<Stats>>;
    return train<Builder>(data, params, max_threads, sampler, table, stats, cancel, progress);
  };
  switch (params.criterion) {
    case Criterion::kGini:
      if (data.class_count == 2) return run(BinClasses<GiniSums, 2>(data, steps, GiniSums()));
      return run(BinClasses<GiniSums>(data, steps, GiniSums()));
    case Criterion::kEntropy:
      return run(BinClasses<EntropySums>(data, steps, EntropySums(steps.most())));
    case Criterion::kSquaredError:
      return run(BinTargets(data, steps));
    default:
      throw Error("ERR_NOT_SUPPORTED", "Trees on bins are for classes and squared error.");
  }
}

// Exact splits.
ForestModel train_on_ranks(const ForestData& data, const ForestParams& params, const RowSampler& sampler,
                           size_t max_threads, const CancelToken* cancel, const ProgressFn& progress) {
  const RankTable table(data.x, max_threads, cancel);
  auto run = [&](const auto& stats) {
    using Builder = TreeBuilder<std::decay_t<decltype(stats)>>;
    return train<Builder>(data, params, max_threads, sampler, table, stats, cancel, progress);
  };
  const size_t draws = params.bootstrap && params.max_samples != 0 ? params.max_samples : data.x.rows;
  switch (params.criterion) {
    case Criterion::kSquaredError:
      if (data.target_count > 1) return run(SquaredErrors(data.targets, data.target_count));
      return run(SquaredError(data.targets));
    case Criterion::kAbsoluteError:
      return run(AbsoluteError(data.targets));
    case Criterion::kPoisson:
      return run(PoissonDeviance(data.targets));
    case Criterion::kIsolation:
      return run(Isolation());
    case Criterion::kEntropy:
      return run(ClassImpurity<EntropyTerms>(data.classes, data.class_count, EntropyTerms(draws)));
    case Criterion::kGini:
      break;
  }
  // No row is drawn more often than there are draws, nor, beyond doubt, tens of thousands of times as often
  // as it should be.
  const bool small_weights = data.weights.size == 0 && !params.balanced_subsample &&
                             (draws <= BinaryGini::kMaxWeight || draws <= data.x.rows);
  if (data.class_count == 2 && small_weights) return run(BinaryGini(data.classes));
  return run(ClassImpurity<GiniTerms>(data.classes, data.class_count, GiniTerms()));
}

}  // namespace

ForestModel train_forest(const ForestData& data, const ForestParams& params, size_t max_threads,
                         const CancelToken* cancel, const ProgressFn& progress) {
  check(data, params);
  const RowSampler sampler(data, params);
  const auto run = params.max_bins > 0 ? train_on_bins : train_on_ranks;
  return run(data, params, sampler, max_threads, cancel, progress);
}

}  // namespace boreal
