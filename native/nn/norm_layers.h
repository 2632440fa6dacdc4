// Layers that normalise, and the embedding of whole numbers.
#pragma once

#include "nn/layer.h"

namespace boreal {
namespace nn {

// Over the last axis of a row of `positions` times `channels` values. Parameters: gamma and beta where there
// are any, moving mean, moving variance.
class BatchNormLayer final : public Layer {
 public:
  struct Options {
    double momentum = 0.99, epsilon = 1e-3;
    bool scale = true, center = true;
    bool trainable = true;  // else it behaves in training as in predictions
    bool unbiased = false;  // the moving variance: PyTorch's, not Keras's
  };
  BatchNormLayer(size_t positions, size_t channels, const Options& options, const Kernels& kernels);
  bool whole() const override { return options_.trainable; }
  size_t batch_memo() const override { return 4 * channels_; }
  void forward(const LayerRows& rows) const override;
  void backward(const LayerRows& rows) const override;
  bool joint() const override { return true; }
  void joint_gradient(const LayerRows& rows, float* g) const override;
  void commit(const LayerRows& rows) const override;
  const Options& options() const { return options_; }
  size_t channels() const { return channels_; }

 private:
  const float* gamma() const { return options_.scale ? parameters_ : nullptr; }
  const float* beta() const {
    return options_.center ? parameters_ + (options_.scale ? channels_ : 0) : nullptr;
  }
  float* moving_mean() const { return parameters_ + learned() * channels_; }
  float* moving_variance() const { return moving_mean() + channels_; }
  size_t learned() const { return (options_.scale ? 1 : 0) + (options_.center ? 1 : 0); }
  bool uses_batch(const LayerRows& rows) const { return rows.training && options_.trainable; }

  const size_t positions_, channels_;
  const Options options_;
};

// Over the last axis. Parameters: gamma and beta where there are any.
class LayerNormLayer final : public Layer {
 public:
  LayerNormLayer(size_t positions, size_t width, double epsilon, bool scale, bool center, bool trainable,
                 const Kernels& kernels);
  size_t memo() const override { return 2 * positions_; }
  void forward(const LayerRows& rows) const override;
  void backward(const LayerRows& rows) const override;
  bool joint() const override { return true; }
  void joint_gradient(const LayerRows& rows, float* g) const override;
  size_t positions() const { return positions_; }
  float epsilon() const { return epsilon_; }
  bool scale() const { return scale_; }
  bool center() const { return center_; }

 private:
  const size_t positions_, width_;
  const float epsilon_;
  const bool scale_, center_;
};

// A vector of `width` numbers for each of `positions` whole numbers in [0, entries). Their gradient is 0.
class EmbeddingLayer final : public Layer {
 public:
  EmbeddingLayer(size_t positions, size_t entries, size_t width, const ParameterBlock& table,
                 const Kernels& kernels);
  size_t memo() const override { return inputs_; }
  void forward(const LayerRows& rows) const override;
  void backward(const LayerRows& rows) const override;
  bool joint() const override { return true; }
  void joint_gradient(const LayerRows& rows, float* g) const override;

 private:
  const size_t entries_, width_;
};

}  // namespace nn
}  // namespace boreal
