// t-SNE (van der Maaten and Hinton, 2008, "Visualizing data using t-SNE"; van der Maaten, 2014, "Accelerating
// t-SNE using tree-based algorithms"): gradient descent as scikit-learn has it, 250 iterations with
// exaggerated affinities first. The same bits at any number of threads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "base/cancel.h"
#include "train/row_graph.h"

namespace boreal {

struct TsneParams {
  size_t components = 2;
  bool exact = false;  // else by a tree, for at most 3 components
  double early_exaggeration = 12;
  double learning_rate = 50;
  size_t max_iter = 1000;
  size_t without_progress = 300;  // iterations
  double min_grad_norm = 1e-7;
  double angle = 0.5;
};

struct TsneLayout {
  std::vector<double> embedding;  // [rows, components]
  double kl_divergence = 0;
  double iterations = 0;
};

// start [rows, components]. Throws ERR_PARAMETER, ERR_SHAPE, and ERR_NOT_CONVERGED when positions overflow.
TsneLayout tsne(const RowGraph& affinities, std::vector<double> start, const TsneParams& params,
                const CancelToken* cancel, const std::function<void(size_t, size_t)>& progress);

}  // namespace boreal
