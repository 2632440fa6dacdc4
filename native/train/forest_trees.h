// Grows the trees of a forest on the CPU, and joins trees that have grown, wherever that was.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "base/cancel.h"
#include "base/thread_pool.h"
#include "train/forest.h"
#include "train/row_sampler.h"
#include "train/tree.h"
#include "train/tree_builder.h"

namespace boreal {

struct Grown {
  explicit Grown(const ForestParams& params)
      : trees(params.trees), drawn(params.out_of_bag ? params.trees : 0) {}
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
                       const CancelToken* cancel, Grown* grown);

// Splits between bins; sampler is that of the data and params. As train_forest, which checks them.
ForestModel train_on_bins(const ForestData& data, const ForestParams& params, const RowSampler& sampler,
                          size_t max_threads, const CancelToken* cancel, const ProgressFn& progress);

// Trees are independent tasks of the thread pool, each with a random stream of its own. Builder is a
// TreeBuilder of Stats on the table.
template <typename Builder, typename Stats>
ForestModel train_trees(const ForestData& data, const ForestParams& params, size_t max_threads,
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
  return make_model(data, params, max_threads, stats.outputs(), cancel, &grown);
}

}  // namespace boreal
