// Layers over NHWC images: convolution and pooling. The images of a row of a mini-batch are one.
#pragma once

#include "nn/conv2d.h"
#include "nn/layer.h"
#include "nn/pool.h"

namespace boreal {
namespace nn {

class Conv2dLayer final : public Layer {
 public:
  // shape: of one image, checked.
  Conv2dLayer(const Conv2dShape& shape, const ParameterBlock& kernel, const ParameterBlock* bias,
              const Kernels& kernels);
  void forward(const LayerRows& rows) const override;
  void backward(const LayerRows& rows) const override;
  bool joint() const override { return true; }
  void joint_gradient(const LayerRows& rows, float* g) const override;
  double gradient_cost() const override {
    return static_cast<double>(shape_.out_h()) * static_cast<double>(shape_.out_w());
  }
  const Conv2dShape& shape() const { return shape_; }
  // Of parameters that lie there; null for none.
  const float* bias(const float* parameters) const {
    return blocks_.size() > 1 ? parameters + blocks_[0].size : nullptr;
  }

 private:
  Conv2dShape images(const LayerRows& rows) const;
  const Conv2dShape shape_;
};

enum class Pooling : int32_t { kMax = 0, kAverage = 1 };

class Pool2dLayer final : public Layer {
 public:
  Pool2dLayer(const Pool2dShape& shape, Pooling kind, const Kernels& kernels);
  size_t memo() const override { return kind_ == Pooling::kMax ? outputs_ : 0; }
  void forward(const LayerRows& rows) const override;
  void backward(const LayerRows& rows) const override;
  const Pool2dShape& shape() const { return shape_; }
  Pooling kind() const { return kind_; }

 private:
  Pool2dShape images(const LayerRows& rows) const;
  const Pool2dShape shape_;
  const Pooling kind_;
};

// The mean of each channel.
class GlobalAveragePoolLayer final : public Layer {
 public:
  GlobalAveragePoolLayer(size_t pixels, size_t channels, const Kernels& kernels)
      : Layer(pixels * channels, channels, kernels), pixels_(pixels) {}
  void forward(const LayerRows& rows) const override;
  void backward(const LayerRows& rows) const override;

 private:
  const size_t pixels_;
};

}  // namespace nn
}  // namespace boreal
