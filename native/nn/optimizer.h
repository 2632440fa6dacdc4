// Optimizers: what a step does to parameters and to the state that goes with them. Each is a few numbers for
// one kernel (kernels/neural_kernels.h), so that a step is one pass over parameters, gradients and state.
//
// Libraries place epsilon and the learning rate differently; the fields say where, so that Keras's,
// scikit-learn's and PyTorch's forms are all here.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/kernels.h"

namespace boreal {
namespace nn {

enum class OptimizerKind : int32_t { kSgd = 0, kRmsprop = 1, kAdagrad = 2, kAdam = 3, kAdamW = 4 };
constexpr int32_t kOptimizerCount = 5;

struct Optimizer {
  OptimizerKind kind = OptimizerKind::kSgd;
  double momentum = 0;   // sgd, rmsprop
  double dampening = 0;  // sgd with PyTorch's velocity
  bool nesterov = false;
  // sgd: the velocity holds learning rates (Keras, scikit-learn), so that a change of the rate acts on later
  // gradients only; else it holds gradients (PyTorch).
  bool rate_in_velocity = true;
  double rho = 0.9;  // rmsprop
  bool centred = false;
  double beta1 = 0.9, beta2 = 0.999;  // adam
  bool amsgrad = false;
  double epsilon = 1e-7;
  // adam: epsilon is the "epsilon hat" of Kingma & Ba (2015), section 2 (Keras, scikit-learn), else their
  // algorithm 1 (PyTorch). rmsprop, adagrad: epsilon stands within the root (Keras), else beside it.
  bool epsilon_hat = true;
  double initial_accumulator = 0.1;  // adagrad
  double weight_decay = 0;           // decoupled: w -= rate weight_decay w (Loshchilov & Hutter 2019)

  // Arrays of state, each as long as the parameters: 0 to 3. They begin at `initial_state()`.
  size_t slots() const;
  float initial_state() const {
    return kind == OptimizerKind::kAdagrad ? static_cast<float>(initial_accumulator) : 0;
  }
  // Which of s0, s1 and s2 of an UpdateTask array k is.
  size_t slot(size_t k) const;
  // The task of step `step` >= 1, but for its arrays and length.
  UpdateTask task(double rate, uint64_t step) const;
  // Throws ERR_PARAMETER for numbers out of range.
  void check() const;
};

}  // namespace nn
}  // namespace boreal
