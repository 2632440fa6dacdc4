// A convolution of 8-bit codes by im2col over blocks of pixels and the packed 8-bit product: see conv2d.h for
// its layout. Beyond the edges lies the code of 0. An image's bits depend neither on the other images nor on
// the number of threads, and are the same on every ISA as those of PackedInt8.
#pragma once

#include <cstddef>
#include <cstdint>

#include "linalg/gemm_int8.h"
#include "nn/conv2d.h"

namespace boreal {
namespace nn {

class Int8Conv2d {
 public:
  // The batch of the shape does not count; groups must be 1. weights [taps * in_channels, out_channels] with
  // a scale for each output. Throws ERR_SHAPE, also where a sum could leave 32 bits.
  Int8Conv2d(const Conv2dShape& shape, const int8_t* weights, const float* scale, const Kernels& kernels);

  // x [images, in_h, in_w, in_channels]: codes with one scale and zero, or those of each image (per_row of
  // Int8Rows meaning images). options: bias [out_channels], activation. The threads and the cancel token are
  // those of the whole run.
  void run(size_t images, const Int8Rows& x, float* y, const Int8Options& options) const;
  // The same, requantised; `codes` of the result [images, out_h, out_w, out_channels] lie in a row.
  void run(size_t images, const Int8Rows& x, const Int8Result& y, const Int8Options& options) const;

  const Conv2dShape& shape() const { return shape_; }
  size_t bytes() const { return weights_.bytes(); }
  double products() const;  // multiplications for an image

 private:
  template <typename Multiply>
  void each_block(size_t images, const Int8Rows& x, const Int8Options& options,
                  const Multiply& multiply) const;

  const Conv2dShape shape_;
  const PackedInt8 weights_;
};

}  // namespace nn
}  // namespace boreal
