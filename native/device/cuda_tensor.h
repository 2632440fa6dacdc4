// Layers for tensor cores: which elements they multiply, and their weights packed as the kernels read them.
#pragma once

#include "device/cuda_elements.h"
#include "device/cuda_plan.h"

namespace boreal {

// Fewer inputs or outputs are no work for tensor cores: such layers stay float32.
constexpr size_t kTensorWidth = 16;

// An op whose weights [inputs, outputs] tensor cores multiply, at each position of a row; positions 0: none.
struct TensorLayer {
  size_t positions = 0, inputs = 0, outputs = 0;
};
// Of an op on rows of so many columns.
TensorLayer tensor_layer(const Op& op, size_t width);

// Throws ERR_NOT_SUPPORTED when a device of this compute capability does not multiply such elements.
void require_elements(BorealCudaElement products, int32_t capability);
// What makes a product of so many columns there.
BorealCudaEngine tensor_engine(int32_t capability, uint32_t outputs);
// For people: "bfloat16".
const char* element_name(int32_t element);

// Weights [inputs, outputs] as rows of elements, one for each output.
uint64_t add_weights(CudaArena& arena, BorealCudaElement element, Span<double> weights, size_t outputs);
uint64_t add_weights(CudaArena& arena, BorealCudaElement element, Span<float> weights, size_t outputs);
// The same of signed bytes; and what their columns' sums become numbers by.
uint64_t add_weights(CudaArena& arena, const Int8DenseOp& dense);
uint64_t add_columns(CudaArena& arena, const Int8DenseOp& dense);

}  // namespace boreal
