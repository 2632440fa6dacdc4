// A convolution whose weights are packed once, to run over any images: what conv2d is made of, and what a
// plan keeps. Immutable, so any number of threads may run it at once.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "base/aligned_buffer.h"
#include "linalg/packed_matrix.h"
#include "nn/conv2d.h"
#include "nn/winograd.h"

namespace boreal {
namespace nn {

class PackedConv2d {
 public:
  enum class Arithmetic {
    kPlain,  // sums of products as the definition has them
    kFast,   // Winograd's where that is faster
  };

  // The batch of the shape does not count. bias: null for none. Throws ERR_SHAPE.
  PackedConv2d(const Conv2dShape& shape, const float* weights, const float* bias, Unary activation,
               Arithmetic arithmetic, const Kernels& isa);

  // y [images, out_h, out_w, out_channels] = activation(conv(x, weights) + bias). An image's bits depend
  // neither on the other images nor on the number of threads.
  void run(size_t images, const float* x, float* y, const RunOptions& options) const;

  size_t bytes() const;
  // Multiplications for an image.
  double products() const;
  // For people: how it is computed.
  const char* way() const;

 private:
  // How a convolution is computed, by its shape alone.
  enum class Way {
    kTaps,       // by tiles that read the image itself, or a copy of some of its rows within their padding
    kProduct,    // of 1x1: the image is the left factor of a product as it lies
    kColumns,    // im2col and a product: rows too short for tiles, or a handful of filters
    kDepthwise,  // one channel a group: a product would have one column
    kWinograd,   // 3x3 of many channels, by fewer products
  };
  struct Grid;  // the tasks of a run

  void run_taps(size_t images, const float* x, float* y, const RunOptions& options) const;
  void run_product(size_t images, const float* x, float* y, const RunOptions& options) const;
  void run_columns(size_t images, const float* x, float* y, const RunOptions& options) const;
  Grid grid(size_t images, const RunOptions& options) const;
  const float* bias(size_t group) const {
    return bias_.size() == 0 ? nullptr : bias_.data() + group * shape_.group_out();
  }
  GemmOptions<float> product_options(size_t group) const;

  const Kernels& isa_;
  const Conv2dShape shape_;
  const Unary activation_;
  Way way_;
  AlignedBuffer<float> bias_;
  AlignedBuffer<float> weights_;               // kTaps: packed, group by group; kDepthwise: as they are
  std::vector<PackedMatrix<float>> products_;  // of the groups, for kProduct and kColumns
  std::unique_ptr<Winograd> winograd_;
  // Of kTaps and kDepthwise.
  size_t pixel_ = 0, row_ = 0;  // distances in what is read
  bool copies_ = false;         // what is read is a copy
  std::vector<size_t> taps_;
  size_t tap_length_ = 0, group_size_ = 0;  // of the packed weights
};

}  // namespace nn
}  // namespace boreal
