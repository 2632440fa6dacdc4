// What forests and boosting share: checks of how trees grow, and the trees of an ensemble as one model.
#pragma once

#include <cstddef>
#include <vector>

#include "train/forest.h"
#include "train/tree.h"

namespace boreal {

constexpr size_t kMaxTreeCount = 0x7fffffff;  // of what a model counts in int32

// Throws ERR_PARAMETER unless the condition holds.
void require(bool condition, const char* message);

// Throws ERR_EMPTY or ERR_PARAMETER.
void check_tree_params(const TreeParams& params, size_t rows, size_t cols);

// Moves the trees into the model, which holds none yet. Importances are sums over the trees, each tree's
// scaled to sum to 1 if so wanted.
void join_trees(std::vector<Tree>* trees, size_t outputs, bool scale_importances, ForestModel* model);

}  // namespace boreal
