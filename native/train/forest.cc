// Each tree has its own random stream and they are joined in order, so the model depends neither on the
// number of threads nor on how many trees grow at once. Peak memory: the table of ranks or bins; on the CPU
// one TreeBuilder per thread at work, for a GPU what forest_levels.h says; and the trees (twice while they
// are joined); out of bag, a bit per row and tree and 8 * outputs + 4 bytes per row.
#include "train/forest.h"

#include <algorithm>
#include <string>
#include <type_traits>

#include "base/error.h"
#include "train/absolute_error.h"
#include "train/forest_model.h"
#include "train/forest_trees.h"
#include "train/rank_table.h"
#include "train/row_sampler.h"
#include "train/several_targets.h"
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
  require(params.cuda_rows >= 1 && params.cuda_nodes >= 1 && params.cuda_updates >= 1,
          "A GPU needs room for a row and a node.");
  require(params.max_bins == 0 || !params.random_thresholds, "Random thresholds are not those of bins.");
  require(params.max_bins == 0 || params.tree_columns == 0, "Trees on bins may use every column.");

  require(data.target_count >= 1 && data.target_count <= kMaxTreeCount, "A tree needs at least one target.");
  const bool classes = params.criterion == Criterion::kGini || params.criterion == Criterion::kEntropy;
  require(data.target_count == 1 ||
              ((classes || params.criterion == Criterion::kSquaredError) && params.monotonic.empty()),
          "Several targets are classes or go by the squared error, without monotonic constraints.");
  const bool targets = !classes && params.criterion != Criterion::kIsolation;
  auto has_length = [rows](size_t size, size_t width, bool optional) {
    return (size % width == 0 && size / width == rows) || (optional && size == 0);
  };
  if (!has_length(data.targets.size, data.target_count, !targets) ||
      !has_length(data.classes.size, data.target_count, !classes) ||
      !has_length(data.weights.size, 1, true)) {
    throw Error("ERR_SHAPE", "Targets and weights must have one value for each row.");
  }
  if (!classes) return require(!params.balanced_subsample, "Only classes can be balanced.");
  const std::vector<uint32_t>& counts = data.class_counts;
  require(counts.size() == data.target_count, "Each target needs its number of classes.");
  require(std::all_of(counts.begin(), counts.end(), [](uint32_t n) { return n >= 1 && n <= kMaxTreeCount; }),
          "A classifier needs at least one class.");
  require(params.monotonic.empty() || counts[0] == 2, "Monotonic constraints need two classes.");
  for (size_t i = 0; i < data.classes.size; ++i) {
    const int32_t cls = data.classes[i];
    if (cls < 0 || static_cast<uint32_t>(cls) >= counts[i % counts.size()]) {
      throw Error("ERR_LABELS", "Class " + std::to_string(cls) + " is out of range.",
                  static_cast<int64_t>(i / counts.size()));
    }
  }
}

// Exact splits.
ForestModel train_on_ranks(const ForestData& data, const ForestParams& params, const RowSampler& sampler,
                           size_t max_threads, const CancelToken* cancel, const ProgressFn& progress) {
  const RankTable table(data.x, max_threads, cancel);
  auto run = [&](const auto& stats) {
    using Builder = TreeBuilder<std::decay_t<decltype(stats)>>;
    return train_trees<Builder>(data, params, max_threads, sampler, table, stats, cancel, progress);
  };
  const size_t draws = params.bootstrap && params.max_samples != 0 ? params.max_samples : data.x.rows;
  const bool several = data.target_count > 1;
  switch (params.criterion) {
    case Criterion::kSquaredError:
      if (several) return run(SquaredErrors(data.targets, data.target_count));
      return run(SquaredError(data.targets));
    case Criterion::kAbsoluteError:
      return run(AbsoluteError(data.targets));
    case Criterion::kPoisson:
      return run(PoissonDeviance(data.targets));
    case Criterion::kIsolation:
      return run(Isolation());
    case Criterion::kEntropy:
      if (several) {
        return run(SeveralClasses<EntropyTerms>(data.classes, data.class_counts, EntropyTerms(draws)));
      }
      return run(ClassImpurity<EntropyTerms>(data.classes, data.class_counts[0], EntropyTerms(draws)));
    case Criterion::kGini:
      break;
  }
  if (several) return run(SeveralClasses<GiniTerms>(data.classes, data.class_counts, GiniTerms()));
  // No row is drawn more often than there are draws, nor, beyond doubt, tens of thousands of times as often
  // as it should be.
  const bool small_weights = data.weights.size == 0 && !params.balanced_subsample &&
                             (draws <= BinaryGini::kMaxWeight || draws <= data.x.rows);
  if (data.class_counts[0] == 2 && small_weights) return run(BinaryGini(data.classes));
  return run(ClassImpurity<GiniTerms>(data.classes, data.class_counts[0], GiniTerms()));
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
