#include "nn/image_layers.h"

#include <cstring>

namespace boreal {
namespace nn {
namespace {

RunOptions threads_of(const LayerRows& rows) {
  RunOptions options;
  options.max_threads = rows.max_threads;
  return options;
}

// Positions lie in the network's buffer of floats, which are of the same size.
int32_t* positions_of(const LayerRows& rows) {
  static_assert(sizeof(int32_t) == sizeof(float), "positions take the place of floats");
  return reinterpret_cast<int32_t*>(rows.memo);
}

}  // namespace

Conv2dLayer::Conv2dLayer(const Conv2dShape& shape, const ParameterBlock& kernel, const ParameterBlock* bias,
                         const Kernels& kernels)
    : Layer(shape.input_size(), shape.output_size(), kernels), shape_(shape) {
  blocks_.push_back(kernel);
  blocks_[0].size = shape.weight_size();
  if (bias == nullptr) return;
  blocks_.push_back(*bias);
  blocks_[1].size = shape.out_channels;
}

Conv2dShape Conv2dLayer::images(const LayerRows& rows) const {
  Conv2dShape shape = shape_;
  shape.batch = rows.rows;
  return shape;
}

void Conv2dLayer::forward(const LayerRows& rows) const {
  conv2d(images(rows), rows.x, parameters_, bias(parameters_), Unary::kIdentity, rows.y, threads_of(rows));
}

void Conv2dLayer::backward(const LayerRows& rows) const {
  if (rows.dx == nullptr) return;
  conv2d_input_gradient(images(rows), rows.dy, parameters_, rows.dx, threads_of(rows));
}

void Conv2dLayer::joint_gradient(const LayerRows& rows, float* g) const {
  float* const bias = blocks_.size() > 1 ? g + blocks_[0].size : nullptr;
  conv2d_weight_gradient(images(rows), rows.x, rows.dy, g, bias, threads_of(rows));
}

Pool2dLayer::Pool2dLayer(const Pool2dShape& shape, Pooling kind, const Kernels& kernels)
    : Layer(shape.input_size(), shape.output_size(), kernels), shape_(shape), kind_(kind) {}

Pool2dShape Pool2dLayer::images(const LayerRows& rows) const {
  Pool2dShape shape = shape_;
  shape.batch = rows.rows;
  return shape;
}

void Pool2dLayer::forward(const LayerRows& rows) const {
  if (kind_ == Pooling::kMax) {
    max_pool2d(images(rows), rows.x, rows.y, positions_of(rows), threads_of(rows));
  } else {
    avg_pool2d(images(rows), rows.x, rows.y, threads_of(rows));
  }
}

void Pool2dLayer::backward(const LayerRows& rows) const {
  if (rows.dx == nullptr) return;
  if (kind_ == Pooling::kMax) {
    max_pool2d_gradient(images(rows), rows.dy, positions_of(rows), rows.dx, threads_of(rows));
  } else {
    avg_pool2d_gradient(images(rows), rows.dy, rows.dx, threads_of(rows));
  }
}

void GlobalAveragePoolLayer::forward(const LayerRows& rows) const {
  global_avg_pool(rows.rows, pixels_, outputs_, rows.x, rows.y, threads_of(rows));
}

void GlobalAveragePoolLayer::backward(const LayerRows& rows) const {
  if (rows.dx == nullptr) return;
  global_avg_pool_gradient(rows.rows, pixels_, outputs_, rows.dy, rows.dx, threads_of(rows));
}

}  // namespace nn
}  // namespace boreal
