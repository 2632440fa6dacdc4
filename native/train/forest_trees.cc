#include "train/forest_trees.h"

#include <algorithm>
#include <utility>

#include "train/forest_model.h"

namespace boreal {
namespace {

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

}  // namespace

ForestModel make_model(const ForestData& data, const ForestParams& params, size_t max_threads, size_t outputs,
                       const CancelToken* cancel, Grown* grown) {
  ForestModel model;
  if (params.out_of_bag) {
    predict_out_of_bag(data, grown->trees, grown->drawn, outputs, max_threads, cancel, &model);
  }
  model.alphas = std::move(grown->path.alphas);
  model.path_impurities = std::move(grown->path.impurities);
  join_trees(&grown->trees, outputs, /*scale_importances=*/true, &model);
  return model;
}

}  // namespace boreal
