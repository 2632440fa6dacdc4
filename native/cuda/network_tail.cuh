// The last layers of a network that is trained, as far as they are narrow, by one kernel: forward, loss and
// backward of some rows without leaving a multiprocessor. See kernels/network_tail.cu.
#pragma once

#include <vector>

#include "cuda/launch.cuh"
#include "cuda/network_kernels.cuh"

namespace boreal {
namespace cuda {

// A layer of the tail. Values of the rows of a block lie in lines of shared memory: all rows' value j of an
// edge between layers is its line j.
struct TailLayer {
  int32_t kind;              // BorealCudaLayerKind
  uint32_t inputs, outputs;  // of a row
  uint32_t in, out;          // first lines
  // Dense:
  uint32_t positions, width, units;  // width, units: of a position
  uint32_t weights, pitch;           // where in shared memory its kernel stands, a line for each input
  uint64_t source;                   // where among the parameters
  uint64_t partial;                  // its gradient, in what a block writes
  bool has_bias, learns;
  // Elementwise:
  Activation activation;
  float parameter;
  uint32_t group;  // values that a softmax goes over; 0: it is none
  uint32_t at;     // lines that its derivative is taken at
  // Dropout:
  uint32_t dropout, threshold;
  float scale;
};

struct TailPlan {
  size_t first = 0;  // of the network's layers; their count: there is no tail
  std::vector<TailLayer> layers;
  uint32_t tile = 0;               // rows that a block takes at a time
  uint32_t blocks = 0, range = 0;  // rows of a block in all
  uint32_t weights = 0;            // floats in shared memory; then come
  uint32_t lines = 0, widest = 0;  // lines of values, twice so many of gradients, and the layers
  uint64_t part = 0;               // floats of a block's gradient
  int limit = 0;                   // bytes of shared memory that there may be
  size_t shared_bytes() const;
};

// The longest tail that fits; sources are where each layer's parameters begin. It begins with the network or
// with a dense layer.
TailPlan plan_tail(const std::vector<BorealCudaTrainedLayer>& layers, const std::vector<uint64_t>& sources,
                   uint32_t batch, const Limits& limits);

struct TailCall {
  LossCall loss;  // its y, p and dy are not used
  FinishCall finish;
  const TailLayer* layers;
  uint32_t count, lowest;  // backward ends with layer `lowest`; count: there is nothing to learn
  uint32_t range, weights, lines, widest;
  BatchRows x;
  const float* w;
  float* partial;  // [blocks, part]
  uint64_t part;
  const uint64_t* keys;  // [steps, dropouts]
  uint32_t dropouts;
  float* dx;        // [batch, inputs] of x, times the derivative of what made x; null: nothing before learns
  const float* at;  // what that is taken at
  Activation activation;
  float parameter;
};
// Forward, loss and backward, and what run_finish does.
void run_tail(const TailCall& call, const TailPlan& plan, cudaStream_t stream);

}  // namespace cuda
}  // namespace boreal
