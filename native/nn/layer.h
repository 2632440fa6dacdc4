// A layer of a network that is trained: values forward, gradients backward, over rows of a mini-batch. A
// layer owns nothing but its shape: parameters lie in the network's arena, values, gradients and what is
// remembered between the passes in its buffers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "kernels/kernels.h"

namespace boreal {
namespace nn {

// Consecutive parameters that are one thing to the user: a kernel, a bias. In the arena they stand layer by
// layer in this order.
struct ParameterBlock {
  size_t size = 0;
  bool trainable = true;
  double l1 = 0, l2 = 0;  // adds l1 sum |w| + l2 sum w^2 to the loss
  bool regularized() const { return l1 != 0 || l2 != 0; }
};

// Rows of a mini-batch as a layer meets them. All are [rows, width]; rows before them are not seen.
struct LayerRows {
  size_t rows;
  size_t first;  // which row of the mini-batch x begins with
  const float* x;
  float* y;           // y of forward, read by backward
  const float* dy;    // of backward
  float* dx;          // null when nobody asks
  float* memo;        // [rows, memo()], from forward to backward
  float* batch_memo;  // [batch_memo()], of the whole mini-batch
  bool training;
  uint64_t key;        // of this layer in this step, for random numbers
  size_t max_threads;  // 1 where several threads are at work already
};

class Layer {
 public:
  Layer(size_t inputs, size_t outputs, const Kernels& kernels)
      : inputs_(inputs), outputs_(outputs), kernels_(kernels) {}
  virtual ~Layer() = default;
  Layer(const Layer&) = delete;
  Layer& operator=(const Layer&) = delete;

  size_t inputs() const { return inputs_; }    // values of a row
  size_t outputs() const { return outputs_; }  // values of a row
  const std::vector<ParameterBlock>& blocks() const { return blocks_; }
  size_t parameter_count() const {
    size_t count = 0;
    for (const ParameterBlock& block : blocks_) count += block.size;
    return count;
  }

  // y may take the place of x, dx that of dy.
  virtual bool in_place() const { return false; }
  // Floats remembered for each row, and for the whole mini-batch.
  virtual size_t memo() const { return 0; }
  virtual size_t batch_memo() const { return 0; }
  // In training it is given a whole mini-batch at once, since its rows depend on each other.
  virtual bool whole() const { return false; }

  // Where its parameters lie from now on.
  void bind(float* parameters) { parameters_ = parameters; }

  // Both see any rows of a mini-batch, on several threads at once: a row's bits depend on that row only,
  // unless the layer is whole(). Backward follows forward of the same rows.
  virtual void forward(const LayerRows& rows) const = 0;
  virtual void backward(const LayerRows& rows) const = 0;

  // The gradient of parameters [begin, end) of a block, from x [rows, inputs] and dy [rows, outputs] of a
  // whole mini-batch; added to g with `accumulate`. begin and end are multiples of grain(block), or the end.
  virtual size_t grain(size_t) const { return 1; }
  virtual void gradient(const LayerRows&, size_t, size_t, size_t, float*, bool) const {}
  // Or, with joint(), that of all its trainable blocks in one call: g [parameters].
  virtual bool joint() const { return false; }
  virtual void joint_gradient(const LayerRows&, float*) const {}
  // What one parameter's gradient costs for each row, in multiplications.
  virtual double gradient_cost() const { return 1; }

  // After a step: running statistics of the mini-batch.
  virtual void commit(const LayerRows&) const {}

 protected:
  const size_t inputs_, outputs_;
  const Kernels& kernels_;
  std::vector<ParameterBlock> blocks_;
  float* parameters_ = nullptr;
};

}  // namespace nn
}  // namespace boreal
