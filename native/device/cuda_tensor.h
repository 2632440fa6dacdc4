// Layers on tensor cores: which ops are such layers, what they multiply, and their weights packed as the
// kernels read them.
#pragma once

#include <optional>

#include "device/cuda_elements.h"
#include "device/cuda_plan.h"
#include "nn/conv2d.h"

namespace boreal {

// Fewer products in a sum or fewer outputs are no work for tensor cores: such layers stay float32.
constexpr size_t kTensorWidth = 16;

// At each of out_places of a row, and for each of `outputs`, a sum of taps x inputs products. A row of its
// input is in_places rows of elements, and one of its result out_places such rows.
struct TensorLayer {
  BorealCudaElement kind = BOREAL_CUDA_FLOAT32;
  size_t in_places = 1, out_places = 1, taps = 1, inputs = 0, outputs = 0;
  Unary activation = Unary::kIdentity;
  std::optional<BorealCudaWindows> windows;  // unless a place of the result reads the same one of the input
};

// The op of this index in a plan that multiplies such elements; none where it stays float32, or is no
// product. Throws ERR_PLAN for a convolution that does not fit its place.
std::optional<TensorLayer> tensor_layer(const Plan& plan, size_t index, BorealCudaElement products);

// Whether so many columns of elements lie the same cut into the one or the other number of places.
bool same_rows(BorealCudaElement kind, size_t columns, size_t places, size_t others);

BorealCudaWindows cuda_windows(const nn::Conv2dShape& shape);

// Throws ERR_NOT_SUPPORTED when a device of this compute capability does not multiply such elements.
void require_elements(BorealCudaElement products, int32_t capability);
// What makes a product of so many rows and columns there. Of numbers the rows change nothing: an engine's
// sums are its own.
BorealCudaEngine tensor_engine(int32_t capability, BorealCudaElement kind, uint64_t rows, uint64_t outputs);
// The tensor cores' among them, however few there are.
BorealCudaEngine tile_engine(int32_t capability, uint64_t outputs);
// For people: "bfloat16".
const char* element_name(int32_t element);

// Weights [taps x inputs, outputs] as rows of elements: `taps` for each output, one after another.
uint64_t add_weights(CudaArena& arena, const TensorLayer& layer, Span<double> weights);
uint64_t add_weights(CudaArena& arena, const TensorLayer& layer, Span<float> weights);
// The same of signed bytes; and what their columns' sums become numbers by.
uint64_t add_weights(CudaArena& arena, const TensorLayer& layer, Span<uint8_t> weights);
uint64_t add_columns(CudaArena& arena, Span<uint8_t> weights, Span<float> scale, Span<float> bias);

}  // namespace boreal
