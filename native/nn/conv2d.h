// Two-dimensional convolution (cross-correlation, as in every library of the field) and its gradients, by
// im2col over blocks of pixels and the packed product (Chellapilla, Puri & Simard, "High Performance
// Convolutional Neural Networks for Document Processing", 2006).
//
// Images are NHWC, kernels [kernel_h, kernel_w, in_channels / groups, out_channels], which is Keras's layout:
// the channels of a pixel lie together, so that a row of im2col is made of whole runs, a block of pixels is
// the left factor that the product reads as it lies, weights are the right one that is packed once, bias and
// activation are the product's own epilogue, and a 1x1 convolution copies nothing. PyTorch's and ONNX's NCHW
// would make the large factor the one to be packed for each image; it comes in by one transpose of [C, HW].
//
// A result's bits depend neither on the number of threads nor, but for the gradient of the weights, on the
// other images of the batch.
#pragma once

#include <cstddef>

#include "kernels/functions.h"
#include "linalg/elementwise.h"

namespace boreal {
namespace nn {

struct Conv2dShape {
  size_t batch = 1, in_h = 1, in_w = 1, in_channels = 1;
  size_t out_channels = 1, kernel_h = 1, kernel_w = 1;
  size_t stride_h = 1, stride_w = 1;
  size_t pad_top = 0, pad_bottom = 0, pad_left = 0, pad_right = 0;
  size_t dilation_h = 1, dilation_w = 1;
  size_t groups = 1;  // in_channels: depthwise

  size_t out_h() const { return extent(in_h + pad_top + pad_bottom, kernel_h, stride_h, dilation_h); }
  size_t out_w() const { return extent(in_w + pad_left + pad_right, kernel_w, stride_w, dilation_w); }
  size_t group_in() const { return in_channels / groups; }
  size_t group_out() const { return out_channels / groups; }
  size_t taps() const { return kernel_h * kernel_w; }
  size_t input_size() const { return batch * in_h * in_w * in_channels; }
  size_t output_size() const { return batch * out_h() * out_w() * out_channels; }
  size_t weight_size() const { return taps() * group_in() * out_channels; }

  // Throws ERR_SHAPE: a zero or overflowing extent, groups that don't divide the channels, or a kernel that
  // is larger than the padded image.
  void check() const;

  // Fills the padding so that out = ceil(in / stride), the odd one below and right: 'same' of Keras.
  void pad_same();

 private:
  static size_t extent(size_t padded, size_t kernel, size_t stride, size_t dilation) {
    const size_t span = (kernel - 1) * dilation + 1;
    return padded < span ? 0 : (padded - span) / stride + 1;
  }
};

// All of these check the shape. x [batch, in_h, in_w, in_channels], y and dy
// [batch, out_h, out_w, out_channels]; no two arrays overlap.

// y = activation(conv(x, w) + bias); bias [out_channels] or null.
void conv2d(const Conv2dShape& shape, const float* x, const float* w, const float* bias, Unary activation,
            float* y, const RunOptions& options = {});

// dx = the gradient of sum(dy * conv(x, w)) by x.
void conv2d_input_gradient(const Conv2dShape& shape, const float* dy, const float* w, float* dx,
                           const RunOptions& options = {});

// dw, and db unless null, are the gradients by w and by the bias.
void conv2d_weight_gradient(const Conv2dShape& shape, const float* x, const float* dy, float* dw, float* db,
                            const RunOptions& options = {});

}  // namespace nn
}  // namespace boreal
