#include "train/forest_model.h"

#include "base/error.h"

namespace boreal {
namespace {

template <typename T>
void append(std::vector<T>* to, const std::vector<T>& from) {
  to->insert(to->end(), from.begin(), from.end());
}

}  // namespace

void require(bool condition, const char* message) {
  if (!condition) throw Error("ERR_PARAMETER", message);
}

void check_tree_params(const TreeParams& params, size_t rows, size_t cols) {
  if (rows == 0 || cols == 0) throw Error("ERR_EMPTY", "A tree needs at least one row and one column.");
  require(rows <= kMaxTreeCount && cols <= kMaxTreeCount,
          "A tree takes at most 2,147,483,647 rows and columns.");
  require(params.max_features >= 1 && params.max_features <= cols,
          "max_features must be between 1 and the number of columns.");
  require(params.tree_columns <= cols, "tree_columns must be at most the number of columns.");
  require(params.min_samples_split >= 2, "min_samples_split must be at least 2.");
  require(params.min_samples_leaf >= 1, "min_samples_leaf must be at least 1.");
  require(params.min_weight_leaf >= 0, "min_weight_leaf must not be negative.");
  require(params.min_impurity_decrease >= 0, "min_impurity_decrease must not be negative.");
  require(params.max_leaves != 1, "max_leaves must be at least 2.");
  require(params.ccp_alpha >= 0, "ccp_alpha must not be negative.");
  require(params.monotonic.empty() || params.monotonic.size() == cols,
          "There must be one monotonic constraint for each column.");
  for (int8_t direction : params.monotonic) {
    require(direction >= -1 && direction <= 1, "A monotonic constraint is -1, 0 or 1.");
  }
}

void join_trees(std::vector<Tree>* trees, size_t outputs, bool scale_importances, ForestModel* model) {
  size_t nodes = 0;
  for (const Tree& tree : *trees) nodes += tree.nodes();
  if (nodes > kMaxTreeCount) {
    throw Error("ERR_PARAMETER",
                "The forest has more than 2,147,483,647 nodes: grow fewer or smaller trees.");
  }
  model->tree_offsets.push_back(0);
  for (Tree& tree : *trees) {
    const int32_t first_leaf = static_cast<int32_t>(model->values.size() / outputs);
    for (size_t i = 0; i < tree.nodes(); ++i) {
      if (tree.is_leaf(i)) tree.left[i] += first_leaf;
    }
    append(&model->feature, tree.feature);
    append(&model->threshold, tree.threshold);
    append(&model->left, tree.left);
    append(&model->missing_left, tree.missing_left);
    append(&model->cover, tree.cover);
    append(&model->impurity, tree.impurity);
    append(&model->values, tree.values);
    model->tree_offsets.push_back(static_cast<int32_t>(model->feature.size()));

    double sum = 0;
    for (double value : tree.importances) sum += value;
    if (!scale_importances || !(sum > 0)) sum = 1;
    model->importances.resize(tree.importances.size());
    for (size_t j = 0; j < tree.importances.size(); ++j) model->importances[j] += tree.importances[j] / sum;
    tree = Tree();
  }
}

}  // namespace boreal
