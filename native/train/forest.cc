// Trees are independent tasks of the thread pool. Each has its own random stream and they are joined in
// order, so the model does not depend on the number of threads. Peak memory: the rank table, one TreeBuilder
// per thread at work, and the trees (twice while they are joined); out of bag, a bit per row and tree and
// 8 * outputs + 4 bytes per row.
#include "train/forest.h"

#include <algorithm>
#include <memory>
#include <mutex>
#include <string>

#include "base/error.h"
#include "base/thread_pool.h"
#include "train/absolute_error.h"
#include "train/forest_model.h"
#include "train/rank_table.h"
#include "train/row_sampler.h"
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

  auto has_length = [rows](size_t size, bool optional) { return size == rows || (optional && size == 0); };
  const bool classes = params.criterion == Criterion::kGini || params.criterion == Criterion::kEntropy;
  const bool targets = !classes && params.criterion != Criterion::kIsolation;
  if (!has_length(data.targets.size, !targets) || !has_length(data.classes.size, !classes) ||
      !has_length(data.weights.size, true)) {
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

template <typename Stats>
ForestModel train(const ForestData& data, const ForestParams& params, size_t max_threads, const Stats& stats,
                  const CancelToken* cancel, const ProgressFn& progress) {
  const RowSampler sampler(data, params);
  const RankTable table(data.x, max_threads, cancel);
  ThreadPool& pool = ThreadPool::instance();
  std::vector<std::unique_ptr<TreeBuilder<Stats>>> builders(pool.size() + 1);
  std::vector<Tree> trees(params.trees);
  std::vector<std::vector<bool>> drawn(params.out_of_bag ? params.trees : 0);
  PruningPath path;
  std::mutex mutex;
  size_t done = 0;
  pool.parallel_for(
      params.trees,
      [&](size_t tree, size_t slot) {
        std::unique_ptr<TreeBuilder<Stats>>& builder = builders[slot];
        if (builder == nullptr) {
          builder = std::make_unique<TreeBuilder<Stats>>(table, sampler, stats, params, cancel);
        }
        const uint64_t stream = uint64_t{params.first_tree} + tree;
        trees[tree] = builder->grow(stream, params.pruning_path && tree == 0 ? &path : nullptr);
        if (params.out_of_bag) {
          const std::vector<uint32_t>& draws = builder->draws();
          drawn[tree].resize(draws.size());
          for (size_t i = 0; i < draws.size(); ++i) drawn[tree][i] = draws[i] != 0;
        }
        if (!progress) return;
        std::lock_guard<std::mutex> lock(mutex);
        progress(++done, params.trees);
      },
      max_threads);
  builders.clear();
  ForestModel model;
  if (params.out_of_bag) {
    predict_out_of_bag(data, trees, drawn, stats.outputs(), max_threads, cancel, &model);
  }
  model.alphas = std::move(path.alphas);
  model.path_impurities = std::move(path.impurities);
  join_trees(&trees, stats.outputs(), table.has_missing(), /*scale_importances=*/true, &model);
  return model;
}

}  // namespace

ForestModel train_forest(const ForestData& data, const ForestParams& params, size_t max_threads,
                         const CancelToken* cancel, const ProgressFn& progress) {
  check(data, params);
  auto run = [&](const auto& stats) { return train(data, params, max_threads, stats, cancel, progress); };
  const size_t draws = params.bootstrap && params.max_samples != 0 ? params.max_samples : data.x.rows;
  switch (params.criterion) {
    case Criterion::kSquaredError:
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

}  // namespace boreal
