// Convolution by kernels of 3 x 3 at stride 1 in fewer multiplications: Winograd's minimal filtering F(2 x 2,
// 3 x 3), as Lavin & Gray apply it ("Fast Algorithms for Convolutional Neural Networks", 2016). Tiles of 2 x
// 2 pixels of the output take 16 products a pair of channels instead of 36; sixteen products of matrices do
// them, between a transform of the image and one of their results.
//
// Sums are other ones than those of the definition: their rounding errors are a few times larger (bounds in
// the tests), and a pixel that is not finite reaches all four outputs of its tiles. An image's bits depend
// neither on the other images nor on the number of threads.
#pragma once

#include <cstddef>

#include "base/aligned_buffer.h"
#include "kernels/kernels.h"
#include "nn/conv2d.h"

namespace boreal {
namespace nn {

class Winograd {
 public:
  // Whether it is the faster way.
  static bool pays(const Conv2dShape& shape);

  // shape: of one image, for which it pays. weights and bias as those of conv2d.
  Winograd(const Conv2dShape& shape, const float* weights, const float* bias, Unary activation,
           const Kernels& isa);

  void run(size_t images, const float* x, float* y, const RunOptions& options) const;
  size_t bytes() const { return (weights_.size() + bias_.size()) * sizeof(float); }

 private:
  // Rows of tiles and filters, and an image's place in x and in y.
  struct Block {
    size_t first, rows, filter, filters;
    const float* x;
    float* y;
  };
  void run_block(const Block& block) const;
  void transform_image(const Block& block, const float* zeros, float* values) const;
  void transform_sums(const Block& block, const float* sums, float* aside) const;

  const Kernels& isa_;
  const Conv2dShape shape_;
  const Unary activation_;
  size_t down_, across_;          // tiles
  AlignedBuffer<float> weights_;  // packed, one after the other
  size_t packed_size_;            // of each
  AlignedBuffer<float> bias_;     // zeros for none
};

}  // namespace nn
}  // namespace boreal
