// Pooling over windows of NHWC images, forward and backward. Windows never reach beyond the padding; what
// they see of it counts as -infinity for the maximum and, with count_include_pad, as 0 for the mean.
#pragma once

#include <cstddef>
#include <cstdint>

#include "linalg/elementwise.h"

namespace boreal {
namespace nn {

struct Pool2dShape {
  size_t batch = 1, in_h = 1, in_w = 1, channels = 1;
  size_t kernel_h = 2, kernel_w = 2, stride_h = 2, stride_w = 2;
  size_t pad_top = 0, pad_bottom = 0, pad_left = 0, pad_right = 0;
  // Rounds the extent of the output up instead of down: the last window may hang over, but begins within the
  // image or the padding before it (PyTorch's rule).
  bool ceil_mode = false;
  bool count_include_pad = false;  // of the mean; a window that hangs over counts up to the padding's end

  size_t out_h() const { return extent(in_h, kernel_h, stride_h, pad_top, pad_bottom); }
  size_t out_w() const { return extent(in_w, kernel_w, stride_w, pad_left, pad_right); }
  size_t input_size() const { return batch * in_h * in_w * channels; }
  size_t output_size() const { return batch * out_h() * out_w() * channels; }

  // Throws ERR_SHAPE: a zero or overflowing extent, padding as large as the kernel, or a kernel that is
  // larger than the padded image.
  void check() const;
  // As that of Conv2dShape.
  void pad_same();

 private:
  size_t extent(size_t in, size_t kernel, size_t stride, size_t before, size_t after) const;
};

// x [batch, in_h, in_w, channels], y and dy [batch, out_h, out_w, channels].

// y = the largest value of each window, NaN if it has one; at, unless null: its position in the image
// (row * in_w + column), the first of equal ones.
void max_pool2d(const Pool2dShape& shape, const float* x, float* y, int32_t* at,
                const RunOptions& options = {});
// dx, from `at` of the forward pass. The positions are checked: ERR_SHAPE.
void max_pool2d_gradient(const Pool2dShape& shape, const float* dy, const int32_t* at, float* dx,
                         const RunOptions& options = {});

void avg_pool2d(const Pool2dShape& shape, const float* x, float* y, const RunOptions& options = {});
void avg_pool2d_gradient(const Pool2dShape& shape, const float* dy, float* dx,
                         const RunOptions& options = {});

// y [batch, channels] = the mean over the `pixels` of each image.
void global_avg_pool(size_t batch, size_t pixels, size_t channels, const float* x, float* y,
                     const RunOptions& options = {});
void global_avg_pool_gradient(size_t batch, size_t pixels, size_t channels, const float* dy, float* dx,
                              const RunOptions& options = {});

}  // namespace nn
}  // namespace boreal
