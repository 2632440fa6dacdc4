// Trees are independent tasks of the thread pool. Each has its own random stream and they are joined in
// order, so the model does not depend on the number of threads. Peak memory: the rank table, one TreeBuilder
// per thread at work, and the trees (twice while they are joined).
#include "train/forest.h"

#include <algorithm>
#include <memory>
#include <mutex>
#include <string>

#include "base/error.h"
#include "base/thread_pool.h"
#include "train/rank_table.h"
#include "train/row_sampler.h"
#include "train/split_stats.h"
#include "train/tree_builder.h"

namespace boreal {
namespace {

constexpr size_t kMaxCount = 0x7fffffff;  // of what a model counts in int32

void require(bool condition, const char* message) {
  if (!condition) throw Error("ERR_PARAMETER", message);
}

void check(const ForestData& data, const ForestParams& params) {
  const size_t rows = data.x.rows, cols = data.x.cols;
  if (rows == 0 || cols == 0) throw Error("ERR_EMPTY", "A forest needs at least one row and one column.");
  require(rows <= kMaxCount && cols <= kMaxCount && params.max_samples <= kMaxCount,
          "A forest takes at most 2,147,483,647 rows, columns and drawn samples.");
  require(params.trees >= 1 && params.trees <= kMaxCount, "A forest needs at least one tree.");
  require(params.max_features >= 1 && params.max_features <= cols,
          "max_features must be between 1 and the number of columns.");
  require(params.min_samples_split >= 2, "min_samples_split must be at least 2.");
  require(params.min_samples_leaf >= 1, "min_samples_leaf must be at least 1.");
  require(params.min_weight_leaf >= 0, "min_weight_leaf must not be negative.");
  require(params.min_impurity_decrease >= 0, "min_impurity_decrease must not be negative.");

  const bool regression = params.criterion == Criterion::kSquaredError;
  auto has_length = [rows](size_t size, bool optional) { return size == rows || (optional && size == 0); };
  if (!has_length(regression ? data.targets.size : data.classes.size, false) ||
      !has_length(data.weights.size, true)) {
    throw Error("ERR_SHAPE", "Targets and weights must have one value for each row.");
  }
  if (regression) return;
  require(data.class_count >= 1 && data.class_count <= kMaxCount, "A classifier needs at least one class.");
  for (size_t i = 0; i < rows; ++i) {
    if (data.classes[i] < 0 || static_cast<uint32_t>(data.classes[i]) >= data.class_count) {
      throw Error("ERR_LABELS", "Class " + std::to_string(data.classes[i]) + " is out of range.",
                  static_cast<int64_t>(i));
    }
  }
}

template <typename T>
void append(std::vector<T>* to, const std::vector<T>& from) {
  to->insert(to->end(), from.begin(), from.end());
}

ForestModel join(std::vector<Tree>* trees, size_t cols, size_t outputs, bool has_missing) {
  size_t nodes = 0;
  for (const Tree& tree : *trees) nodes += tree.nodes();
  if (nodes > kMaxCount) {
    throw Error("ERR_PARAMETER",
                "The forest has more than 2,147,483,647 nodes: grow fewer or smaller trees.");
  }
  ForestModel model;
  model.importances.assign(cols, 0.0);
  model.tree_offsets.push_back(0);
  for (Tree& tree : *trees) {
    const int32_t first_leaf = static_cast<int32_t>(model.values.size() / outputs);
    for (size_t i = 0; i < tree.nodes(); ++i) {
      if (tree.feature[i] < 0) tree.left[i] += first_leaf;
    }
    append(&model.feature, tree.feature);
    append(&model.threshold, tree.threshold);
    append(&model.left, tree.left);
    if (has_missing) append(&model.missing_left, tree.missing_left);
    append(&model.cover, tree.cover);
    append(&model.impurity, tree.impurity);
    append(&model.values, tree.values);
    model.tree_offsets.push_back(static_cast<int32_t>(model.feature.size()));

    double sum = 0;
    for (double value : tree.importances) sum += value;
    for (size_t j = 0; j < cols && sum > 0; ++j) model.importances[j] += tree.importances[j] / sum;
    tree = Tree();
  }
  double sum = 0;
  for (double value : model.importances) sum += value;
  for (double& value : model.importances) value = sum > 0 ? value / sum : 0;
  return model;
}

template <typename Stats>
ForestModel train(const ForestData& data, const ForestParams& params, size_t max_threads, const Stats& stats,
                  const CancelToken* cancel, const ProgressFn& progress) {
  const RowSampler sampler(data.x.rows, data.weights, params);
  const RankTable table(data.x, max_threads, cancel);
  ThreadPool& pool = ThreadPool::instance();
  std::vector<std::unique_ptr<TreeBuilder<Stats>>> builders(pool.size() + 1);
  std::vector<Tree> trees(params.trees);
  std::mutex mutex;
  size_t done = 0;
  pool.parallel_for(
      params.trees,
      [&](size_t tree, size_t slot) {
        std::unique_ptr<TreeBuilder<Stats>>& builder = builders[slot];
        if (builder == nullptr) {
          builder = std::make_unique<TreeBuilder<Stats>>(table, sampler, stats, params, cancel);
        }
        trees[tree] = builder->grow(tree);
        if (!progress) return;
        std::lock_guard<std::mutex> lock(mutex);
        progress(++done, params.trees);
      },
      max_threads);
  builders.clear();
  return join(&trees, data.x.cols, stats.outputs(), table.has_missing());
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
    case Criterion::kEntropy:
      return run(ClassImpurity<EntropyTerms>(data.classes, data.class_count, EntropyTerms(draws)));
    case Criterion::kGini:
      break;
  }
  // No row is drawn more often than there are draws, nor, beyond doubt, tens of thousands of times as often
  // as it should be.
  const bool small_weights =
      data.weights.size == 0 && (draws <= BinaryGini::kMaxWeight || draws <= data.x.rows);
  if (data.class_count == 2 && small_weights) return run(BinaryGini(data.classes));
  return run(ClassImpurity<GiniTerms>(data.classes, data.class_count, GiniTerms()));
}

}  // namespace boreal
