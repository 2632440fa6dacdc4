// Shapley values of sums of trees: how much each feature moves a prediction away from the expected one.
// Lundberg, Erion and Lee, Consistent individualized feature attribution for tree ensembles (2018); Lundberg
// et al., From local explanations to global understanding with explainable AI for trees (Nature Machine
// Intelligence 2, 2020).
#pragma once

#include <functional>
#include <vector>

#include "base/cancel.h"
#include "base/matrix_view.h"
#include "kernels/kernels.h"
#include "kernels/shap_kernels.h"
#include "plan/op.h"

namespace boreal {

// The scores of a row are the sums of the Forest op, divided by `divisor`. The op has been decoded, so that
// its indices are sound.
struct TreeScores {
  const ForestOp& forest;
  double divisor;  // > 0

  size_t outputs() const { return forest.outputs; }
};

struct ShapValues {
  std::vector<double> values;    // [outputs, rows, cols], or [outputs, rows, cols, cols] for interactions
  std::vector<double> expected;  // [outputs] what the scores are when nothing is known of a row
};

struct ShapCall {
  const Kernels& kernels;
  size_t max_threads;  // 0: the pool's size
  const CancelToken* cancel;
  std::function<void(size_t done, size_t total)> progress;  // may be empty; one call at a time
};

// The path-dependent values: a feature that is not known takes each branch as often as the training rows did.
// With interactions, the value of a pair stands half at [i, j] and half at [j, i], and a row of them sums to
// the feature's value. Rows do not depend on each other, nor on the threads. Throws
// ERR_NOT_SUPPORTED for a forest without cover or with paths too long for the
// memory a tile may take, ERR_ABORTED.
template <typename T>
ShapValues path_shap(const TreeScores& scores, MatrixView<const T> x, bool interactions,
                     const ShapCall& call);

// The interventional values: a feature that is not known has its value of a background row, averaged over
// them. A path may read at most 64 different features, else ERR_NOT_SUPPORTED.
template <typename T>
ShapValues background_shap(const TreeScores& scores, MatrixView<const T> x, MatrixView<const T> background,
                           const ShapCall& call);

}  // namespace boreal
