#include "nn/layer_code.h"

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <limits>
#include <string>

#include "base/error.h"
#include "nn/dense_layer.h"
#include "nn/image_layers.h"
#include "nn/norm_layers.h"

namespace boreal {
namespace nn {
namespace {

constexpr double kMostValues = 0x1p40;  // of a layer or of its parameters

// The numbers of one layer, read in order.
class LayerCode {
 public:
  LayerCode(const double* values, size_t size) : values_(values), size_(size) {}
  double number(double least, double most, const char* name) {
    if (next_ == size_) throw Error("ERR_PARAMETER", "A layer's code is too short.");
    const double value = values_[next_++];
    if (!(value >= least && value <= most)) {
      throw Error("ERR_PARAMETER", std::string("A layer's ") + name + " is out of range.");
    }
    return value;
  }
  size_t size(const char* name, double most = 0x1p31) {
    const double value = number(0, most, name);
    if (value != std::floor(value)) {
      throw Error("ERR_PARAMETER", std::string("A layer's ") + name + " must be a whole number.");
    }
    return static_cast<size_t>(value);
  }
  bool flag(const char* name) { return number(0, 1, name) != 0; }
  ParameterBlock block(bool trainable) {
    ParameterBlock block;
    block.trainable = trainable;
    block.l1 = number(0, std::numeric_limits<double>::max(), "l1");
    block.l2 = number(0, std::numeric_limits<double>::max(), "l2");
    return block;
  }
  void finish() const {
    if (next_ != size_) throw Error("ERR_PARAMETER", "A layer's code is too long.");
  }

 private:
  const double* values_;
  size_t size_, next_ = 0;
};

void check_extent(std::initializer_list<size_t> sizes) {
  double product = 1;
  for (const size_t size : sizes) product *= static_cast<double>(size);
  if (product < 1 || product > kMostValues)
    throw Error("ERR_SHAPE", "A layer is too large, or has no extent.");
}

// height, width, channels, filters, kernel (2), strides (2), padding (4), dilation (2), groups
Conv2dShape decode_conv2d(LayerCode& code) {
  Conv2dShape s;
  for (size_t* extent :
       {&s.in_h, &s.in_w, &s.in_channels, &s.out_channels, &s.kernel_h, &s.kernel_w, &s.stride_h, &s.stride_w,
        &s.pad_top, &s.pad_bottom, &s.pad_left, &s.pad_right, &s.dilation_h, &s.dilation_w, &s.groups}) {
    *extent = code.size("extent", 0x1p28);
  }
  s.check();  // before anything divides by a stride
  return s;
}

// height, width, channels, kernel (2), strides (2), padding (4)
Pool2dShape decode_pool2d(LayerCode& code) {
  Pool2dShape s;
  for (size_t* extent : {&s.in_h, &s.in_w, &s.channels, &s.kernel_h, &s.kernel_w, &s.stride_h, &s.stride_w,
                         &s.pad_top, &s.pad_bottom, &s.pad_left, &s.pad_right}) {
    *extent = code.size("extent", 0x1p28);
  }
  s.check();  // before anything divides by a stride
  return s;
}

std::unique_ptr<Layer> decode_layer(size_t kind, LayerCode& code, const Kernels& isa) {
  switch (kind) {
    case 0: {  // dense: width, units, positions, bias or not, trainable or not, l1 and l2 of kernel and bias
      const size_t width = code.size("width"), units = code.size("units"), positions = code.size("positions");
      const double most = static_cast<double>(std::max(width, units)) * static_cast<double>(positions);
      if (static_cast<double>(width) * static_cast<double>(units) > kMostValues || most > kMostValues) {
        throw Error("ERR_PARAMETER", "A layer is too large.");
      }
      const bool has_bias = code.flag("bias"), trainable = code.flag("trainable");
      const ParameterBlock kernel = code.block(trainable), bias = code.block(trainable);
      return std::make_unique<DenseLayer>(width, units, positions, kernel, has_bias ? &bias : nullptr, isa);
    }
    case 1: {  // activation: size, which, its parameter, values that a softmax goes over
      const size_t size = code.size("size", kMostValues);
      const auto activation = static_cast<Activation>(code.size("activation", kActivationCount - 1));
      const double parameter = code.number(0, std::numeric_limits<float>::max(), "parameter");
      const size_t width = code.size("width", kMostValues);
      if (width == 0 || size % width != 0) throw Error("ERR_SHAPE", "A softmax does not fit its input.");
      return std::make_unique<ActivationLayer>(size, activation, parameter, width, isa);
    }
    case 2: {  // dropout: size, rate
      const size_t size = code.size("size", kMostValues);
      const double rate = code.number(0, 1, "rate");
      if (rate == 1) throw Error("ERR_PARAMETER", "A dropout of everything leaves nothing.");
      return std::make_unique<DropoutLayer>(size, rate, isa);
    }
    case 3: {  // conv2d: see decode_conv2d, then bias or not, trainable or not, l1 and l2 of kernel and bias
      const Conv2dShape shape = decode_conv2d(code);
      const bool has_bias = code.flag("bias"), trainable = code.flag("trainable");
      const ParameterBlock kernel = code.block(trainable), bias = code.block(trainable);
      return std::make_unique<Conv2dLayer>(shape, kernel, has_bias ? &bias : nullptr, isa);
    }
    case 4: {  // pool2d: 0 for the maximum or 1 for the mean, then see decode_pool2d
      const auto pooling = static_cast<Pooling>(code.size("pooling", 1));
      return std::make_unique<Pool2dLayer>(decode_pool2d(code), pooling, isa);
    }
    case 5: {  // global average pool: pixels, channels
      const size_t pixels = code.size("pixels"), channels = code.size("channels");
      check_extent({pixels, channels});
      return std::make_unique<GlobalAveragePoolLayer>(pixels, channels, isa);
    }
    case 6: {  // batch norm: positions, channels, momentum, epsilon, gamma, beta, trainable, unbiased
      const size_t positions = code.size("positions"), channels = code.size("channels");
      check_extent({positions, channels});
      BatchNormLayer::Options options;
      options.momentum = code.number(0, 1, "momentum");
      options.epsilon = code.number(0, std::numeric_limits<float>::max(), "epsilon");
      options.scale = code.flag("scale");
      options.center = code.flag("center");
      options.trainable = code.flag("trainable");
      options.unbiased = code.flag("unbiased");
      return std::make_unique<BatchNormLayer>(positions, channels, options, isa);
    }
    case 7: {  // layer norm: positions, width, epsilon, gamma, beta, trainable
      const size_t positions = code.size("positions"), width = code.size("width");
      check_extent({positions, width});
      const double epsilon = code.number(0, std::numeric_limits<float>::max(), "epsilon");
      const bool scale = code.flag("scale"), center = code.flag("center");
      return std::make_unique<LayerNormLayer>(positions, width, epsilon, scale, center,
                                              code.flag("trainable"), isa);
    }
    case 8: {  // embedding: positions, entries, width, trainable, l1 and l2
      const size_t positions = code.size("positions"), entries = code.size("entries", 0x1p24);
      const size_t width = code.size("width");
      check_extent({positions, entries, width});
      const ParameterBlock table = code.block(code.flag("trainable"));
      return std::make_unique<EmbeddingLayer>(positions, entries, width, table, isa);
    }
    default:
      throw Error("ERR_PARAMETER", "There is no such layer.");
  }
}

}  // namespace

std::vector<std::unique_ptr<Layer>> decode_layers(const double* code, size_t size, const Kernels& kernels) {
  std::vector<std::unique_ptr<Layer>> layers;
  for (size_t at = 0; at < size;) {
    LayerCode head(code + at, std::min<size_t>(2, size - at));
    const size_t kind = head.size("kind"), count = head.size("length");
    at += 2;
    if (count > size - at) throw Error("ERR_PARAMETER", "A layer's code is too short.");
    LayerCode body(code + at, count);
    layers.push_back(decode_layer(kind, body, kernels));
    body.finish();
    at += count;
  }
  return layers;
}

}  // namespace nn
}  // namespace boreal
