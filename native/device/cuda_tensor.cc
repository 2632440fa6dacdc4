#include "device/cuda_tensor.h"

#include <algorithm>
#include <limits>
#include <string>

#include "base/error.h"
#include "device/int8_conv_shape.h"
#include "kernels/dispatch.h"
#include "nn/dense_layer.h"
#include "nn/im2col.h"
#include "nn/image_layers.h"
#include "nn/layer_code.h"

namespace boreal {
namespace {

TensorLayer conv_layer(const nn::Conv2dShape& s, BorealCudaElement kind, Unary activation) {
  TensorLayer layer{kind,           s.in_h * s.in_w, s.out_h() * s.out_w(), s.taps(), s.in_channels,
                    s.out_channels, activation,      std::nullopt};
  if (!nn::is_pointwise(s)) layer.windows = cuda_windows(s);
  return layer;
}

// Of numbers.
std::optional<TensorLayer> if_wide(const TensorLayer& layer) {
  const uint64_t bytes = layer.taps * element_row_bytes(layer.kind, layer.inputs);
  const bool wide = layer.outputs >= kTensorWidth && layer.taps * layer.inputs >= kTensorWidth &&
                    bytes <= std::numeric_limits<int32_t>::max();
  return wide ? std::optional(layer) : std::nullopt;
}

// element(i, j) is that of product i and output j.
template <typename Element, typename F>
uint64_t add_rows(CudaArena& arena, const TensorLayer& layer, const F& element) {
  const size_t stride = element_row_bytes(layer.kind, layer.inputs) / sizeof(Element);
  std::vector<Element> rows(stride * layer.taps * layer.outputs);
  for (size_t tap = 0; tap < layer.taps; ++tap) {
    for (size_t i = 0; i < layer.inputs; ++i) {
      for (size_t j = 0; j < layer.outputs; ++j) {
        rows[(j * layer.taps + tap) * stride + i] = static_cast<Element>(element(tap * layer.inputs + i, j));
      }
    }
  }
  return arena.add(rows);
}

template <typename T>
uint64_t add_numbers(CudaArena& arena, const TensorLayer& layer, Span<T> weights) {
  const auto at = [&](size_t i, size_t j) {
    return to_element(layer.kind, static_cast<float>(weights[i * layer.outputs + j]));
  };
  if (element_bytes(layer.kind) == sizeof(uint32_t)) return add_rows<uint32_t>(arena, layer, at);
  return add_rows<uint16_t>(arena, layer, at);
}

}  // namespace

std::optional<TensorLayer> tensor_layer(const Plan& plan, size_t index, BorealCudaElement products) {
  const Op& op = plan.ops[index];
  const size_t width = plan.slot_width(op.inputs[0]);
  if (const auto* dense = std::get_if<Int8DenseOp>(&op.kind)) {
    return TensorLayer{BOREAL_CUDA_CODE,         dense->positions, dense->positions,  1,
                       width / dense->positions, dense->outputs,   dense->activation, std::nullopt};
  }
  if (const auto* conv = std::get_if<Int8ConvOp>(&op.kind)) {
    return conv_layer(int8_conv_shape(*conv, width, op.width, index), BOREAL_CUDA_CODE, conv->activation);
  }
  if (products == BOREAL_CUDA_FLOAT32) return std::nullopt;
  if (const auto* dense = std::get_if<DenseOp>(&op.kind)) {
    return if_wide({products, 1, 1, 1, width, dense->outputs, dense->activation, std::nullopt});
  }
  if (const auto* layer = std::get_if<LayerOp>(&op.kind)) {
    const auto layers = nn::decode_layers(layer->code.data, layer->code.size, kernels());
    if (layers.size() != 1 || layers[0]->inputs() != width || layers[0]->outputs() != op.width) {
      return std::nullopt;
    }
    if (const auto* conv = dynamic_cast<const nn::Conv2dLayer*>(layers[0].get())) {
      if (conv->shape().groups != 1) return std::nullopt;
      return if_wide(conv_layer(conv->shape(), products, layer->activation));
    }
    if (const auto* dense = dynamic_cast<const nn::DenseLayer*>(layers[0].get())) {
      const size_t places = dense->positions();
      return if_wide(
          {products, places, places, 1, width / places, dense->units(), Unary::kIdentity, std::nullopt});
    }
  }
  return std::nullopt;
}

bool same_rows(BorealCudaElement kind, size_t columns, size_t places, size_t others) {
  const auto is_unpadded = [&](size_t count) {
    return element_row_bytes(kind, columns / count) == columns / count * element_bytes(kind);
  };
  return places == others || (is_unpadded(places) && is_unpadded(others));
}

BorealCudaWindows cuda_windows(const nn::Conv2dShape& s) {
  const auto whole = [](size_t extent) { return static_cast<int32_t>(extent); };
  return {whole(s.in_h),       whole(s.in_w),         whole(s.in_channels), whole(s.out_h()),
          whole(s.out_w()),    whole(s.out_channels), whole(s.kernel_h),    whole(s.kernel_w),
          whole(s.stride_h),   whole(s.stride_w),     whole(s.pad_top),     whole(s.pad_left),
          whole(s.dilation_h), whole(s.dilation_w)};
}

void require_elements(BorealCudaElement products, int32_t capability) {
  const bool old = products == BOREAL_CUDA_TF32 || products == BOREAL_CUDA_BFLOAT16;
  if (!old || capability >= 80) return;
  throw Error("ERR_NOT_SUPPORTED", std::string("Products in ") + element_name(products) +
                                       " need a GPU of compute capability 8.0, and this one has " +
                                       std::to_string(capability / 10) + "." +
                                       std::to_string(capability % 10) + ".");
}

BorealCudaEngine tensor_engine(int32_t capability, BorealCudaElement kind, uint64_t rows, uint64_t outputs) {
  if (kind == BOREAL_CUDA_CODE && std::min(rows, outputs) <= kDotSide) return BOREAL_CUDA_DOT;
  return tile_engine(capability, outputs);
}

BorealCudaEngine tile_engine(int32_t capability, uint64_t outputs) {
  // Half of a tile of 256 columns at least.
  return capability == 90 && outputs > 128 ? BOREAL_CUDA_WARP_GROUP : BOREAL_CUDA_WARP;
}

const char* element_name(int32_t element) {
  static constexpr const char* kNames[] = {"float32", "TensorFloat-32", "bfloat16", "float16", "8 bits"};
  return kNames[element];
}

uint64_t add_weights(CudaArena& arena, const TensorLayer& layer, Span<double> weights) {
  return add_numbers(arena, layer, weights);
}
uint64_t add_weights(CudaArena& arena, const TensorLayer& layer, Span<float> weights) {
  return add_numbers(arena, layer, weights);
}
uint64_t add_weights(CudaArena& arena, const TensorLayer& layer, Span<uint8_t> weights) {
  return add_rows<uint8_t>(arena, layer, [&](size_t i, size_t j) { return weights[i * layer.outputs + j]; });
}

uint64_t add_columns(CudaArena& arena, Span<uint8_t> weights, Span<float> scale, Span<float> bias) {
  std::vector<BorealCudaCodeColumn> columns(scale.size);
  for (size_t j = 0; j < scale.size; ++j) columns[j] = {scale[j], bias[j], 0, 0};
  for (size_t k = 0; k < weights.size; ++k) {
    columns[k % scale.size].sum += static_cast<int8_t>(weights[k]);
  }
  return arena.add(columns);
}

}  // namespace boreal
