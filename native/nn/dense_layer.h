// The layers of a perceptron: dense, activation, dropout.
#pragma once

#include "nn/layer.h"

namespace boreal {
namespace nn {

// y = x W + b, W [width, units], of each of the positions of a row: x [positions, width], y [positions,
// units].
class DenseLayer final : public Layer {
 public:
  DenseLayer(size_t width, size_t units, size_t positions, const ParameterBlock& kernel,
             const ParameterBlock* bias, const Kernels& kernels);
  void forward(const LayerRows& rows) const override;
  void backward(const LayerRows& rows) const override;
  size_t grain(size_t block) const override { return block == 0 ? units_ : 1; }
  void gradient(const LayerRows& rows, size_t block, size_t begin, size_t end, float* g,
                bool accumulate) const override;
  double gradient_cost() const override { return static_cast<double>(positions_); }

  // The same for columns [begin, end) of the kernel alone, for a thread that nobody else shares them with: y
  // and dy are whole rows. g [inputs, end - begin], of inputs from `first` on. begin is a multiple of
  // column_grain().
  size_t units() const { return units_; }
  size_t positions() const { return positions_; }
  size_t column_grain() const { return gemm_kernels<float>(kernels_).tile_cols; }
  void forward_columns(const LayerRows& rows, size_t begin, size_t end) const;
  void gradient_columns(const LayerRows& rows, size_t first, size_t inputs, size_t begin, size_t end,
                        float* g) const;

 private:
  const float* bias() const { return blocks_.size() > 1 ? parameters_ + blocks_[0].size : nullptr; }
  const size_t width_, units_, positions_;
};

// y = f(x), elementwise or softmax over groups of `width` values.
class ActivationLayer final : public Layer {
 public:
  ActivationLayer(size_t size, Activation kind, double parameter, size_t width, const Kernels& kernels)
      : Layer(size, size, kernels), kind_(kind), parameter_(static_cast<float>(parameter)), width_(width) {}
  Activation kind() const { return kind_; }
  float parameter() const { return parameter_; }
  size_t width() const { return width_; }
  bool in_place() const override { return gradient_by_value(kind_); }
  void forward(const LayerRows& rows) const override;
  void backward(const LayerRows& rows) const override;

 private:
  bool by_rows() const { return kind_ == Activation::kSoftmax || kind_ == Activation::kLogSoftmax; }
  const Activation kind_;
  const float parameter_;
  const size_t width_;
};

// Keeps each value with probability 1 - rate and divides it by that (Srivastava et al. 2014); in training
// only. Which values are kept follows from the key and their place in the mini-batch.
class DropoutLayer final : public Layer {
 public:
  DropoutLayer(size_t size, double rate, const Kernels& kernels) : Layer(size, size, kernels), rate_(rate) {}
  void forward(const LayerRows& rows) const override;
  void backward(const LayerRows& rows) const override;
  // Of the kernel `dropout`.
  uint32_t threshold() const;
  float scale() const { return static_cast<float>(1 / (1 - rate_)); }

 private:
  void mask(const LayerRows& rows, const float* from, float* to) const;
  const double rate_;
};

}  // namespace nn
}  // namespace boreal
