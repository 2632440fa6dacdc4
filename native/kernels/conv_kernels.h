// Convolution of one thread: the product of im2col and the weights, whose left factor is never written down.
// The pixels of a tile are read where they lie, since a row of im2col is made of runs of the image; the tile,
// its sums and their order are those of gemm_kernels.h, so the bits are those of the product.
#pragma once

#include <stddef.h>

#include "kernels/elementwise_kernels.h"

namespace boreal {

struct ConvTask {
  size_t rows, row_length;  // of the pixels to make
  size_t filters;
  // Pixel (i, j) reads tap_count runs of tap_length values, run t at x + i * x_row + j * x_pixel + taps[t].
  const float* x;
  size_t x_row, x_pixel;
  const size_t* taps;
  size_t tap_count, tap_length;
  const float* weights;  // as GemmKernels<float>::pack made it of [tap_count * tap_length, filters]
  const float* bias;     // [filters] or null
  float* y;              // filter f of pixel (i, j) at y + i * y_row + j * y_pixel + f
  size_t y_row, y_pixel;
  Unary activation;
  decltype(ElementwiseKernels<float>::unary) activate;  // of the same ISA
};

struct ConvKernels {
  // y overlaps nothing that is read.
  void (*convolve)(const ConvTask& task) noexcept;
  // Filter f reads channel f alone: of each tap value f. weights [tap_count, filters] row-major.
  void (*depthwise)(const ConvTask& task) noexcept;

  // The transforms of Winograd's F(2 x 2, 3 x 3), for each channel; B and A are the paper's.
  // values[(4 i + j) * step + c] = (B^T d B)[i][j], d[i][j] being pixels[4 i + j][c].
  void (*winograd_image)(const float* const* pixels, size_t channels, float* values, size_t step) noexcept;
  // outputs[2 i + j][f] = (A^T m A)[i][j] + bias[f], m[i][j] being sums[(4 i + j) * step + f].
  void (*winograd_sums)(const float* sums, size_t step, size_t filters, const float* bias,
                        float* const* outputs) noexcept;
};

// The table of each instruction set; dispatch_conv.h picks one.
namespace scalar {
extern const ConvKernels kConv;
}
namespace avx2 {
extern const ConvKernels kConv;
}
namespace avx512 {
extern const ConvKernels kConv;
}
namespace neon {
extern const ConvKernels kConv;
}

}  // namespace boreal
