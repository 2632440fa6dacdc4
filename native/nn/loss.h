// Losses of the rows of a mini-batch and their gradients.
//
// The loss of a row is a mean over its outputs (a sum for the entropies over classes, and for hinge over
// classes); that of a batch is sum_i weight_i loss_i / divisor. Where the network ends in softmax or sigmoid
// the matching entropy takes what comes before it (`logits`), which neither overflows nor loses digits.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/kernels.h"
#include "nn/loss_functions.h"

namespace boreal {
namespace nn {

struct Loss {
  LossKind kind = LossKind::kMeanSquaredError;
  bool logits = false;         // outputs are before softmax or sigmoid; see takes_logits
  double delta = 1;            // huber
  double label_smoothing = 0;  // of the cross-entropies, in [0, 1)

  // What the comparison's part of a loss is multiplied by where it is told; gradients stay those of the sum.
  // Of scikit-learn's squared error, whose gradient is that of the sum over outputs, the mean over them.
  double told_share(size_t outputs) const {
    return kind == LossKind::kHalfSquaredError ? 1 / static_cast<double>(outputs) : 1;
  }

  bool sparse() const { return kind == LossKind::kSparseCategoricalCrossEntropy; }
  // Which activation may come before it as logits, kLinear for none.
  Activation logits_of() const;
  void check(size_t outputs) const;  // throws ERR_PARAMETER
};

struct LossRows {
  size_t rows, outputs;
  float* y;                // [rows, outputs]; with logits, probabilities take their place
  const float* targets;    // [rows, outputs], or null for a sparse loss
  const int32_t* classes;  // [rows], each in [0, outputs)
  const float* factors;    // [rows]: what a row's loss is multiplied by in the gradient
  float* dy;               // [rows, outputs]: receives the gradient; null: the losses only
  double* losses;          // [rows], without factors
  float* scratch;          // [rows, outputs], not dy
};

void loss_rows(const Loss& loss, const LossRows& rows, const Kernels& kernels);

}  // namespace nn
}  // namespace boreal
