#include "nn/dense_layer.h"

#include <algorithm>
#include <cstring>

#include "linalg/gemm.h"

namespace boreal {
namespace nn {

DenseLayer::DenseLayer(size_t width, size_t units, size_t positions, const ParameterBlock& kernel,
                       const ParameterBlock* bias, const Kernels& kernels)
    : Layer(width * positions, units * positions, kernels),
      width_(width),
      units_(units),
      positions_(positions) {
  blocks_.push_back(kernel);
  blocks_[0].size = width * units;
  if (bias == nullptr) return;
  blocks_.push_back(*bias);
  blocks_[1].size = units;
}

void DenseLayer::forward(const LayerRows& r) const {
  GemmOptions<float> options;
  options.bias = bias();
  options.max_threads = 1;
  options.kernels = &kernels_;
  const size_t rows = r.rows * positions_;
  gemm(dense_view(r.x, rows, width_), dense_view<const float>(parameters_, width_, units_),
       dense_view(r.y, rows, units_), options);
}

// The last columns may be a handful, which by themselves would be dot products.
void DenseLayer::forward_columns(const LayerRows& r, size_t begin, size_t end) const {
  GemmOptions<float> options;
  options.whole_cols = units_;
  if (bias() != nullptr) options.bias = bias() + begin;
  options.max_threads = 1;
  options.kernels = &kernels_;
  const size_t rows = r.rows * positions_, columns = end - begin;
  gemm(dense_view(r.x, rows, width_), MatrixView<const float>{parameters_ + begin, width_, columns, units_},
       MatrixView<float>{r.y + begin, rows, columns, units_}, options);
}

void DenseLayer::gradient_columns(const LayerRows& r, size_t first, size_t inputs, size_t begin, size_t end,
                                  float* g) const {
  GemmOptions<float> options;
  options.transpose_a = true;
  options.max_threads = 1;
  options.kernels = &kernels_;
  const size_t rows = r.rows * positions_, columns = end - begin;
  gemm(MatrixView<const float>{r.x + first, rows, inputs, width_},
       MatrixView<const float>{r.dy + begin, rows, columns, units_}, dense_view(g, inputs, columns), options);
}

void DenseLayer::backward(const LayerRows& r) const {
  if (r.dx == nullptr) return;
  GemmOptions<float> options;
  options.transpose_b = true;
  options.max_threads = 1;
  options.kernels = &kernels_;
  const size_t rows = r.rows * positions_;
  gemm(dense_view(r.dy, rows, units_), dense_view<const float>(parameters_, width_, units_),
       dense_view(r.dx, rows, width_), options);
}

// Each is one chain over the rows in order, so that a range of the kernel has the bits it has in the whole,
// and rows added later those of one long mini-batch.
void DenseLayer::gradient(const LayerRows& r, size_t block, size_t begin, size_t end, float* g,
                          bool accumulate) const {
  const size_t rows = r.rows * positions_;
  if (block == 1) {
    kernels_.neural.column_sums(r.dy + begin, units_, rows, end - begin, accumulate ? g : nullptr, g);
    return;
  }
  const size_t first = begin / units_, inputs = end / units_ - first;
  GemmOptions<float> options;
  options.transpose_a = true;
  options.beta = accumulate ? 1 : 0;
  options.max_threads = 1;
  options.kernels = &kernels_;
  gemm(MatrixView<const float>{r.x + first, rows, inputs, width_},
       MatrixView<const float>{r.dy, rows, units_, units_}, dense_view(g, inputs, units_), options);
}

void ActivationLayer::forward(const LayerRows& r) const {
  const size_t size = r.rows * outputs_;
  if (!by_rows()) return kernels_.neural.activate(kind_, parameter_, r.x, r.y, size);
  elementwise_kernels<float>(kernels_).softmax_rows(kind_ == Activation::kLogSoftmax, r.x, width_, r.y,
                                                    width_, size / width_, width_);
}

void ActivationLayer::backward(const LayerRows& r) const {
  if (r.dx == nullptr) return;
  const size_t size = r.rows * outputs_;
  if (by_rows()) {
    kernels_.neural.softmax_back(kind_ == Activation::kLogSoftmax, r.y, r.dy, r.dx, size / width_, width_);
  } else {
    kernels_.neural.activate_back(kind_, parameter_, r.x, r.y, r.dy, r.dx, size);
  }
}

uint32_t DropoutLayer::threshold() const {
  return static_cast<uint32_t>(std::min(rate_ * 0x1p32, 0x1p32 - 1));
}

void DropoutLayer::mask(const LayerRows& r, const float* from, float* to) const {
  kernels_.neural.dropout(r.key, r.first * outputs_, threshold(), scale(), from, to, r.rows * outputs_);
}

void DropoutLayer::forward(const LayerRows& r) const {
  if (r.training && rate_ > 0) return mask(r, r.x, r.y);
  std::memcpy(r.y, r.x, r.rows * outputs_ * sizeof(float));
}

void DropoutLayer::backward(const LayerRows& r) const {
  if (r.dx == nullptr) return;
  if (rate_ > 0) return mask(r, r.dy, r.dx);
  std::memcpy(r.dx, r.dy, r.rows * outputs_ * sizeof(float));
}

}  // namespace nn
}  // namespace boreal
