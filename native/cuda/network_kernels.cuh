// The kernels of a step of training a network, and what they share. All are started with the same arguments
// in every step, so that a recorded graph serves for all: which step it is stands on the device.
#pragma once

#include <cuda_runtime.h>

#include "device/cuda_training_api.h"
#include "kernels/neural_kernels.h"
#include "nn/loss_functions.h"

namespace boreal {
namespace cuda {

struct Progress {
  uint32_t step;     // moves on in the middle of a step, when its loss is known: see run_finish
  uint32_t stopped;  // a loss was not finite: nothing happens from there on
  uint32_t arrived;  // blocks of run_tail that are done
};

// Where a kernel of a step finds its rows.
struct Clock {
  const BorealCudaTrainStep* steps;
  Progress* progress;
  const int32_t* order;
  const float* factors;

  // Of this step, before its loss is summed and after.
  __device__ BorealCudaTrainStep before() const { return at(progress->step); }
  __device__ BorealCudaTrainStep after() const { return at(progress->step - 1); }

 private:
  // No rows when training has stopped.
  __device__ BorealCudaTrainStep at(uint32_t step) const {
    BorealCudaTrainStep task = steps[step];
    if (progress->stopped != 0) task.rows = 0;
    return task;
  }
};

// A matrix of the rows of a mini-batch: as they stand, or those of all rows that the order names.
struct BatchRows {
  const float* data;
  uint32_t width;
  bool ordered;
};

// ---- kernels/network_products.cu: tiles of products, rows summed in the same order whatever the device ----

// y = activation(x w + bias), [rows positions, units]; z, unless null, is what the activation takes.
struct ForwardCall {
  Clock clock;
  BatchRows x;
  const float *w, *bias;  // bias null: 0
  float *z, *y;
  uint32_t positions, units;
  Activation activation;
  float parameter;
};
void run_forward(const ForwardCall& call, uint32_t batch, int multiprocessors, cudaStream_t stream);

// dx = (dy w') f'(at), [rows positions, inputs]; at null: dx = dy w'.
struct BackwardCall {
  Clock clock;
  const float *dy, *w, *at;
  float* dx;
  uint32_t positions, units, inputs;
  Activation activation;
  float parameter;
};
void run_backward(const BackwardCall& call, uint32_t batch, int multiprocessors, cudaStream_t stream);

// partial[s] = x' dy of the s-th range of rows, [inputs (+ 1: the sums of dy), units].
struct GradientCall {
  Clock clock;
  BatchRows x;
  const float* dy;
  float* partial;
  uint32_t positions, units;
  bool has_bias;
  uint32_t splits, range;  // rows of one
};
// splits and range for so many rows of a step.
void plan_gradient(GradientCall* call, uint32_t batch, int multiprocessors);
void run_gradient(const GradientCall& call, int multiprocessors, cudaStream_t stream);

// ---- kernels/network_layers.cu: what is done value by value -----------------------------------------------

// out = rows of x in the order.
void run_gather(const Clock& clock, const BatchRows& x, float* out, uint32_t batch, cudaStream_t stream);

struct ActivationCall {
  Clock clock;
  Activation activation;
  float parameter;
  uint32_t size, width;  // of a row; of a softmax
  const float* x;  // forward; backward: what the derivative is taken at, y or x as gradient_by_value says
  const float* dy;
  float* out;  // y, or dx when dy is not null
};
void run_activation(const ActivationCall& call, uint32_t batch, cudaStream_t stream);

struct DropoutCall {
  Clock clock;
  const uint64_t* keys;  // [steps, dropouts]
  uint32_t dropouts, dropout;
  uint32_t size, threshold;
  float scale;
  const float* x;
  float* out;
  bool after;  // backward
};
void run_dropout(const DropoutCall& call, uint32_t batch, cudaStream_t stream);

// ---- kernels/network_loss.cu ------------------------------------------------------------------------------

struct LossCall {
  Clock clock;
  nn::LossKind kind;
  bool logits;
  double delta, label_smoothing;
  uint32_t outputs, batch;
  const float* y;
  float* p;  // with logits: receives the probabilities
  const float* targets;
  const int32_t* classes;
  float* dy;
  double* losses;   // [batch]
  double* counted;  // [metrics, batch]
  int32_t metrics[BOREAL_CUDA_METRICS];
  uint32_t metric_count;
};
void run_loss(const LossCall& call, cudaStream_t stream);

struct FinishCall {
  Clock clock;
  uint32_t batch, metric_count;
  bool weighted_metrics;
  const double *losses, *counted;
  const double* penalties;  // [penalty_count] of the step before
  uint32_t penalty_count;
  double* results;  // [steps, 2 + metrics]
};
// Sums up a step's loss and metrics, and the penalty of the one before; moves on to the next step, or stops.
void run_finish(const FinishCall& call, cudaStream_t stream);
// The penalty of the last step alone.
void run_last_penalty(const FinishCall& call, cudaStream_t stream);

// ---- kernels/network_update.cu ----------------------------------------------------------------------------

// A block of parameters that learns.
struct Segment {
  uint64_t offset, count;  // of its parameters
  uint64_t partial;        // where its first gradient stands
  uint64_t stride;         // from one partial sum to the next
  uint32_t splits;
  uint32_t first_block;  // of the launch
  uint32_t each;         // parameters of a thread
  double l1, l2;
};

struct UpdateCall {
  Clock clock;
  const Segment* segments;
  uint32_t segment_count, block_count;
  const float* partials;
  float *w, *s0, *s1, *s2;
  UpdateKind kind;
  float epsilon;
  bool epsilon_in_root;
  double clip_norm, clip_global_norm, clip_value;
  float* gradient;    // [parameters], with a clipped norm
  double* squares;    // [blocks]
  float* scales;      // [segments]
  double* penalties;  // [blocks]
};
uint32_t blocks_of(uint64_t parameters, uint32_t each);
void run_update(const UpdateCall& call, cudaStream_t stream);

}  // namespace cuda
}  // namespace boreal
