#include "device/int8_conv_shape.h"

#include "base/error.h"
#include "kernels/dispatch.h"
#include "linalg/gemm_int8.h"
#include "nn/image_layers.h"
#include "nn/layer_code.h"

namespace boreal {

nn::Conv2dShape int8_conv_shape(const Int8ConvOp& op, size_t inputs, size_t outputs, size_t index) {
  const auto layers = nn::decode_layers(op.code.data, op.code.size, kernels());
  const auto* const conv =
      layers.size() == 1 ? dynamic_cast<const nn::Conv2dLayer*>(layers[0].get()) : nullptr;
  const bool fits =
      conv != nullptr && conv->inputs() == inputs && conv->outputs() == outputs &&
      conv->shape().groups == 1 && conv->shape().taps() * conv->shape().in_channels <= kInt8MaxInputs &&
      conv->shape().weight_size() == op.weights.size && conv->shape().out_channels == op.scale.size;
  if (!fits) {
    throw Error("ERR_PLAN", "A convolution does not fit its place in the plan.", -1, -1,
                static_cast<int32_t>(index));
  }
  return conv->shape();
}

}  // namespace boreal
