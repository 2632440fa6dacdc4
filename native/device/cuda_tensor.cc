#include "device/cuda_tensor.h"

#include <string>

#include "base/error.h"
#include "kernels/dispatch.h"
#include "nn/dense_layer.h"
#include "nn/layer_code.h"

namespace boreal {
namespace {

// Rows of elements, one for each of `outputs`; element(i, j) is that of input i and output j.
template <typename Element, typename F>
uint64_t add_rows(CudaArena& arena, int32_t kind, size_t inputs, size_t outputs, const F& element) {
  const size_t stride = element_row_bytes(kind, inputs) / sizeof(Element);
  std::vector<Element> rows(stride * outputs);
  for (size_t i = 0; i < inputs; ++i) {
    for (size_t j = 0; j < outputs; ++j) rows[j * stride + i] = element(i, j);
  }
  return arena.add(rows);
}

// The same of numbers.
template <typename T>
uint64_t add_numbers(CudaArena& arena, BorealCudaElement kind, Span<T> weights, size_t outputs) {
  const size_t inputs = weights.size / outputs;
  const auto at = [&](size_t i, size_t j) {
    return to_element(kind, static_cast<float>(weights[i * outputs + j]));
  };
  if (element_bytes(kind) == sizeof(uint32_t)) return add_rows<uint32_t>(arena, kind, inputs, outputs, at);
  return add_rows<uint16_t>(arena, kind, inputs, outputs,
                            [&](size_t i, size_t j) { return static_cast<uint16_t>(at(i, j)); });
}

}  // namespace

TensorLayer tensor_layer(const Op& op, size_t width) {
  TensorLayer found;
  if (const DenseOp* dense = std::get_if<DenseOp>(&op.kind)) {
    found = {1, width, dense->outputs};
  } else if (const LayerOp* layer = std::get_if<LayerOp>(&op.kind)) {
    const auto layers = nn::decode_layers(layer->code.data, layer->code.size, kernels());
    const auto* dense = layers.size() == 1 ? dynamic_cast<const nn::DenseLayer*>(layers[0].get()) : nullptr;
    const bool fits = dense != nullptr && dense->inputs() == width && dense->outputs() == op.width &&
                      dense->parameter_count() == layer->parameters.size;
    if (fits) found = {dense->positions(), width / dense->positions(), dense->units()};
  }
  return found.inputs >= kTensorWidth && found.outputs >= kTensorWidth ? found : TensorLayer{};
}

void require_elements(BorealCudaElement products, int32_t capability) {
  const bool old = products == BOREAL_CUDA_TF32 || products == BOREAL_CUDA_BFLOAT16;
  if (!old || capability >= 80) return;
  throw Error("ERR_NOT_SUPPORTED", std::string("Products in ") + element_name(products) +
                                       " need a GPU of compute capability 8.0, and this one has " +
                                       std::to_string(capability / 10) + "." +
                                       std::to_string(capability % 10) + ".");
}

BorealCudaEngine tensor_engine(int32_t capability, uint32_t outputs) {
  // Half of a tile of 256 columns at least.
  return capability == 90 && outputs > 128 ? BOREAL_CUDA_WARP_GROUP : BOREAL_CUDA_WARP;
}

const char* element_name(int32_t element) {
  static constexpr const char* kNames[] = {"float32", "TensorFloat-32", "bfloat16", "float16", "8 bits"};
  return kNames[element];
}

uint64_t add_weights(CudaArena& arena, BorealCudaElement element, Span<double> weights, size_t outputs) {
  return add_numbers(arena, element, weights, outputs);
}
uint64_t add_weights(CudaArena& arena, BorealCudaElement element, Span<float> weights, size_t outputs) {
  return add_numbers(arena, element, weights, outputs);
}

uint64_t add_weights(CudaArena& arena, const Int8DenseOp& dense) {
  const size_t inputs = dense.weights.size / dense.outputs;
  return add_rows<uint8_t>(arena, BOREAL_CUDA_CODE, inputs, dense.outputs,
                           [&](size_t i, size_t j) { return dense.weights[i * dense.outputs + j]; });
}

uint64_t add_columns(CudaArena& arena, const Int8DenseOp& dense) {
  std::vector<BorealCudaCodeColumn> columns(dense.outputs);
  for (size_t j = 0; j < dense.outputs; ++j) columns[j] = {dense.scale[j], dense.bias[j], 0, 0};
  for (size_t k = 0; k < dense.weights.size; ++k) {
    columns[k % dense.outputs].sum += static_cast<int8_t>(dense.weights[k]);
  }
  return arena.add(columns);
}

}  // namespace boreal
