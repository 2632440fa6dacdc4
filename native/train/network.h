// Training of a network that is a list of layers: mini-batches of gradient descent, each a forward pass, the
// loss, a backward pass and the optimizer's step, fused.
//
// A step has two parts, and threads meet only between them. First, each takes rows of the mini-batch through
// all layers and back. Then each takes a range of the parameters: it makes their gradient a slab at a time
// and hands it to the optimizer while it lies in the first-level cache, so that gradients never see memory. A
// row's values do not depend on other rows, and each gradient is one chain over the rows in order: the bits
// do not depend on the number of threads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "base/aligned_buffer.h"
#include "base/cancel.h"
#include "base/span.h"
#include "nn/layer.h"
#include "nn/loss.h"
#include "nn/optimizer.h"

namespace boreal {

// What is counted beside the loss, each a mean over rows.
enum class NetworkMetric : int32_t {
  kBinaryAccuracy = 0,             // outputs above 1/2 against targets above 1/2, a mean over outputs
  kCategoricalAccuracy = 1,        // the largest output against the largest target
  kSparseCategoricalAccuracy = 2,  // the largest output against the class
  kMeanSquaredError = 3,
  kMeanAbsoluteError = 4,
};
constexpr int32_t kNetworkMetricCount = 5;

// Trusted: classes lie in [0, outputs), weights are finite and >= 0.
struct NetworkData {
  const float* x;  // [rows, inputs]
  size_t rows;
  const float* targets;    // [rows, outputs], or null with a sparse loss
  const int32_t* classes;  // [rows], or null
  const float* weights;    // [rows], or null: all 1
};

struct NetworkObjective {
  nn::Loss loss;
  bool weighted_mean =
      false;  // divide by the sum of weights (PyTorch, scikit-learn), else by the rows (Keras)
  bool penalty_per_row = false;  // l1 and l2 are divided by the same (scikit-learn)
  std::vector<NetworkMetric> metrics;
  bool weighted_metrics = false;  // means of metrics count rows by their weights
  size_t batch_size = 32;
  size_t max_threads = 0;  // 0: all of the pool, as far as the work is worth it
};

struct TrainingOptions {
  nn::Optimizer optimizer;
  std::vector<double> rates;  // of each step, or one for all
  Span<int32_t> order;        // rows in the order they are taken, in [0, rows); empty: as they stand
  // At most one of these is not 0.
  double clip_norm = 0;         // of the gradient of each block of parameters
  double clip_global_norm = 0;  // of the whole gradient
  double clip_value = 0;        // of each of its components
};

struct EpochResult {
  double loss = 0;       // mean over the rows, penalties included, as it is told: see nn::Loss::told_share
  double objective = 0;  // of all rows: what `gradient` gives the gradient of
  std::vector<double> metrics;
  size_t steps = 0;  // that were made
  // false: the loss of the next step was not, and it was not made; or steps made parameters infinite or NaN,
  // which then are again what they were before the epoch.
  bool finite = true;
};

struct MinimizeOptions {
  size_t max_iterations = 200, max_evaluations = 15000;
  double tolerance = 1e-4;  // of the largest component of the gradient
};

struct MinimizeResult {
  double loss = 0;
  std::vector<double> losses;  // after each iteration
  size_t iterations = 0;
  bool converged = false;
};

class CudaNetwork;

class Network {
 public:
  // Throws ERR_SHAPE where a layer does not fit the one before.
  Network(std::vector<std::unique_ptr<nn::Layer>> layers, uint64_t seed, const Kernels& kernels);

  size_t inputs() const { return layers_.front()->inputs(); }
  size_t outputs() const { return layers_.back()->outputs(); }
  // Layer by layer, block by block; all 0 at first.
  const AlignedBuffer<float>& parameters() const { return parameters_; }
  // Of the optimizer: steps so far, and a copy of its arrays [slots, parameters].
  uint64_t steps() const { return steps_; }
  std::vector<float> optimizer_state() const;
  void set_optimizer_state(uint64_t steps, Span<float> state);

  // on_step(steps made, of, mean loss, means of the metrics) runs after each step. When cancelled,
  // ERR_ABORTED is thrown between two steps, and the parameters are those of the steps made.
  using OnStep = std::function<void(size_t, size_t, double, const std::vector<double>&)>;
  // With a device the epoch runs there, on the rows that it has already.
  EpochResult train(const NetworkData& data, const NetworkObjective& objective,
                    const TrainingOptions& options, const CancelToken* cancel, const OnStep& on_step,
                    CudaNetwork* device = nullptr);
  // Layers behave as in predictions.
  // Writes what comes out too, [rows, outputs], if there is a place for it.
  EpochResult evaluate(const NetworkData& data, const NetworkObjective& objective, const CancelToken* cancel,
                       float* outputs = nullptr);
  // Writes the gradient of the loss of all rows, [parameters].
  EpochResult gradient(const NetworkData& data, const NetworkObjective& objective, float* gradient,
                       const CancelToken* cancel);

  // Moves all parameters, which must be trainable, to a minimum of the loss of all rows, by L-BFGS. When it
  // throws, the parameters are unspecified.
  MinimizeResult minimize(const NetworkData& data, const NetworkObjective& objective,
                          const MinimizeOptions& options, const CancelToken* cancel,
                          const std::function<void(size_t, size_t)>& on_iteration);

  size_t memory_bytes() const;

 private:
  friend class NetworkRun;
  friend class CudaNetwork;
  size_t state_stride() const;
  // How the outputs are compared, and how many layers run before: a last activation whose matching entropy
  // takes what comes before it is left to the loss.
  std::pair<nn::Loss, size_t> comparison(const nn::Loss& loss) const;
  // For the random numbers of a layer in the step that comes after so many.
  uint64_t key_of(uint64_t steps, size_t layer) const;
  bool repair(const std::vector<float>& before, float initial_state);

  std::vector<std::unique_ptr<nn::Layer>> layers_;
  const Kernels& kernels_;
  const uint64_t seed_;
  std::vector<size_t> offsets_;  // of each layer's parameters
  std::vector<size_t> edges_;    // which buffer layer i reads; the last: which one holds the outputs
  std::vector<size_t> widths_;   // of each buffer
  size_t lowest_;                // layers before this one have nothing to learn
  AlignedBuffer<float> parameters_;
  AlignedBuffer<float> state_;  // an array every state_stride() floats, so that each begins with a cache line
  uint64_t steps_ = 0;
  AlignedBuffer<float> buffers_, arena_;  // of runs, kept from one to the next
};

}  // namespace boreal
