// Layers of a network on the GPU: windows over images, normalisation, embedding, and what is done at each
// position of a row.
#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "device/cuda_ops.h"
#include "kernels/dispatch.h"
#include "nn/dense_layer.h"
#include "nn/image_layers.h"
#include "nn/layer_code.h"
#include "nn/norm_layers.h"

namespace boreal {
namespace {

int32_t whole(size_t extent) { return static_cast<int32_t>(extent); }

class LayerSteps {
 public:
  LayerSteps(CudaStepWriter& plan, const LayerOp& op) : plan_(plan), op_(op) {}

  // The kinds of nn/layer_code.h.
  void add(const nn::Layer& layer) {
    if (const auto* conv = dynamic_cast<const nn::Conv2dLayer*>(&layer)) return add(*conv);
    if (const auto* pool = dynamic_cast<const nn::Pool2dLayer*>(&layer)) return add(*pool);
    if (dynamic_cast<const nn::GlobalAveragePoolLayer*>(&layer) != nullptr) {
      const int32_t pixels = whole(layer.inputs() / layer.outputs()), channels = whole(layer.outputs());
      return add_pool({pixels, 1, channels, 1, 1, channels, pixels, 1, 1, 1, 0, 0, 1, 1}, true);
    }
    if (const auto* dense = dynamic_cast<const nn::DenseLayer*>(&layer)) return add(*dense);
    if (const auto* f = dynamic_cast<const nn::ActivationLayer*>(&layer)) return add(*f);
    if (const auto* norm = dynamic_cast<const nn::BatchNormLayer*>(&layer)) return add(*norm);
    if (const auto* norm = dynamic_cast<const nn::LayerNormLayer*>(&layer)) return add(*norm);
    if (dynamic_cast<const nn::EmbeddingLayer*>(&layer) != nullptr) return add_embedding(layer);
    if (dynamic_cast<const nn::DropoutLayer*>(&layer) != nullptr) {  // keeps everything in predictions
      plan_.step_for(BOREAL_CUDA_PLACE);
      return;
    }
    plan_.refuse();
  }

 private:
  uint64_t parameters(size_t first, size_t count) {
    return plan_.arena().add(op_.parameters.data + first, count);
  }

  void add(const nn::Conv2dLayer& layer) {
    const nn::Conv2dShape& s = layer.shape();
    const BorealCudaWindows windows = cuda_windows(s);
    const size_t pixels = s.out_h() * s.out_w(), depth = s.taps() * s.group_in();
    BorealCudaStep& step =
        plan_.step_for(BOREAL_CUDA_CONV, std::to_string(s.kernel_h) + "x" + std::to_string(s.kernel_w) +
                                             ", " + std::to_string(s.out_channels) + " filters");
    step.c[0] = parameters(0, s.weight_size());
    if (layer.bias(op_.parameters.data) != nullptr) step.c[1] = parameters(s.weight_size(), s.out_channels);
    step.c[2] = plan_.arena().add(&windows, 1);
    step.n[0] = whole(pixels);
    step.n[1] = whole(s.group_out());
    step.n[2] = whole(s.groups);
    step.n[3] = whole(depth);
    step.n[4] = static_cast<int32_t>(op_.activation);
    plan_.multiply_rows(pixels / 1024);  // tiles of a pass are numbered by 31 bits
    plan_.add_flops(2 * static_cast<double>(pixels * s.out_channels) * static_cast<double>(depth));
  }

  void add(const nn::Pool2dLayer& layer) {
    const nn::Pool2dShape& s = layer.shape();
    add_pool({whole(s.in_h), whole(s.in_w), whole(s.channels), whole(s.out_h()), whole(s.out_w()),
              whole(s.channels), whole(s.kernel_h), whole(s.kernel_w), whole(s.stride_h), whole(s.stride_w),
              whole(s.pad_top), whole(s.pad_left), 1, 1},
             layer.kind() == nn::Pooling::kAverage);
  }
  void add_pool(const BorealCudaWindows& windows, bool mean) {
    BorealCudaStep& step = plan_.step_for(BOREAL_CUDA_POOL, mean ? "mean" : "largest");
    step.c[2] = plan_.arena().add(&windows, 1);
    step.n[0] = mean;
  }

  // At each position of a row.
  void add(const nn::DenseLayer& layer) {
    const size_t weights = layer.blocks()[0].size;
    BorealCudaStep& step =
        plan_.step_for(BOREAL_CUDA_PRODUCT, std::to_string(layer.positions()) + " positions");
    step.c[0] = parameters(0, weights);
    if (layer.blocks().size() > 1) step.c[1] = parameters(weights, layer.units());
    step.n[3] = whole(layer.positions());
    plan_.multiply_rows(layer.positions());
    plan_.add_flops(2 * static_cast<double>(weights * layer.positions()));
  }

  void add(const nn::ActivationLayer& layer) {
    const bool log = layer.kind() == Activation::kLogSoftmax;
    if (!log && layer.kind() != Activation::kSoftmax) {
      BorealCudaStep& step = plan_.step_for(BOREAL_CUDA_ACTIVATE);
      step.n[0] = static_cast<int32_t>(layer.kind());
      step.x[0] = static_cast<double>(layer.parameter());
      return;
    }
    const size_t parts = layer.inputs() / layer.width();
    BorealCudaStep& step = plan_.step_for(BOREAL_CUDA_SOFTMAX, std::to_string(parts) + " positions");
    step.n[0] = whole(parts);
    step.n[1] = log;
    plan_.multiply_rows(parts);
  }

  void add(const nn::BatchNormLayer& layer) {
    const size_t channels = layer.channels();
    const float* const gamma = layer.options().scale ? op_.parameters.data : nullptr;
    const float* const beta =
        layer.options().center ? op_.parameters.data + (gamma == nullptr ? 0 : channels) : nullptr;
    const float* const mean = op_.parameters.data + op_.parameters.size - 2 * channels;
    std::vector<float> factor(channels), term(channels);
    for (size_t c = 0; c < channels; ++c) {
      const double variance = static_cast<double>(mean[channels + c]) + layer.options().epsilon;
      const double rate = (gamma == nullptr ? 1 : static_cast<double>(gamma[c])) / std::sqrt(variance);
      factor[c] = static_cast<float>(rate);
      term[c] = static_cast<float>((beta == nullptr ? 0 : static_cast<double>(beta[c])) -
                                   static_cast<double>(mean[c]) * rate);
    }
    BorealCudaStep& step = plan_.step_for(BOREAL_CUDA_SCALE);
    step.c[0] = plan_.arena().add(factor);
    step.c[1] = plan_.arena().add(term);
    step.n[0] = whole(channels);
  }

  void add(const nn::LayerNormLayer& layer) {
    const size_t width = layer.inputs() / layer.positions();
    BorealCudaStep& step =
        plan_.step_for(BOREAL_CUDA_LAYER_NORM, std::to_string(layer.positions()) + " positions");
    if (layer.scale()) step.c[0] = parameters(0, width);
    if (layer.center()) step.c[1] = parameters(layer.scale() ? width : 0, width);
    step.n[0] = whole(layer.positions());
    step.x[0] = static_cast<double>(layer.epsilon());
    plan_.multiply_rows(layer.positions());
  }

  void add_embedding(const nn::Layer& layer) {
    const size_t width = layer.outputs() / layer.inputs();
    BorealCudaStep& step = plan_.step_for(BOREAL_CUDA_EMBEDDING);
    step.c[0] = parameters(0, op_.parameters.size);
    step.n[0] = whole(op_.parameters.size / width);
  }

  CudaStepWriter& plan_;
  const LayerOp& op_;
};

}  // namespace

void add_cuda_steps(CudaStepWriter& plan, const LayerOp& op) {
  const auto layers = nn::decode_layers(op.code.data, op.code.size, kernels());
  const bool fits = layers.size() == 1 && layers[0]->inputs() == plan.width() &&
                    layers[0]->outputs() == op.outputs && layers[0]->parameter_count() == op.parameters.size;
  if (!fits || (op.activation != Unary::kIdentity &&
                dynamic_cast<const nn::Conv2dLayer*>(layers[0].get()) == nullptr)) {
    throw Error("ERR_PLAN", "A layer does not fit its place in the plan.");
  }
  if (plan.tensor_layer() != nullptr) return add_tensor_steps(plan, op);
  LayerSteps(plan, op).add(*layers[0]);
}

}  // namespace boreal
