#include "nn/int8_conv2d.h"

#include "base/error.h"
#include "base/thread_pool.h"
#include "base/thread_scratch.h"
#include "nn/im2col.h"

namespace boreal {
namespace nn {
namespace {

// Multiplications below which a thread does not pay for being woken.
constexpr double kWorthThread = 2e6;

Conv2dShape of_one_image(Conv2dShape shape) {
  shape.batch = 1;
  shape.check();
  if (shape.groups != 1) throw Error("ERR_SHAPE", "An 8-bit convolution has no groups.");
  return shape;
}

}  // namespace

Int8Conv2d::Int8Conv2d(const Conv2dShape& shape, const int8_t* weights, const float* scale,
                       const Kernels& kernels)
    : shape_(of_one_image(shape)),
      weights_(weights, shape.out_channels, 1, shape.taps() * shape.in_channels, shape.out_channels, scale,
               true, kernels) {}

double Int8Conv2d::products() const {
  return static_cast<double>(shape_.output_size()) * static_cast<double>(weights_.inputs());
}

// multiply(rows, first pixel of the result) for blocks of pixels, of one image each.
template <typename Multiply>
void Int8Conv2d::each_block(size_t images, const Int8Rows& x, const Int8Options& options,
                            const Multiply& multiply) const {
  Conv2dShape shape = shape_;
  shape.batch = images;
  const size_t depth = weights_.inputs(), out_w = shape.out_w(), out_h = shape.out_h();
  const PixelBlocks blocks(shape, depth);
  const bool pointwise = is_pointwise(shape);
  const auto body = [&](size_t i, size_t) {
    check_cancel(options.cancel);
    const ThreadScratch<Int8Conv2d> scratch(pointwise ? 0 : blocks.most_pixels() * depth, kKeptColumns);
    const size_t image = i / blocks.per_image(), own = x.per_row ? image : 0;
    const uint8_t zero = static_cast<uint8_t>(x.zero[own]);
    const Pixels all = blocks.each_row(i, [&](const Pixels& p, size_t at) {
      if (!pointwise) gather(shape, x.codes.data, p, 0, shape.in_channels, zero, scratch.data() + at * depth);
    });
    const size_t first = (image * out_h + all.row) * out_w + all.begin;
    Int8Rows rows{};
    // The pixels of a 1x1 convolution are those of the image.
    rows.codes = dense_view<const uint8_t>(pointwise ? x.codes.data + first * depth : scratch.data(),
                                           all.count, depth);
    rows.scale = x.scale + own;
    rows.zero = x.zero + own;
    multiply(rows, first);
  };
  const bool shared = options.max_threads != 1 && products() * static_cast<double>(images) > kWorthThread;
  if (shared) {
    ThreadPool::instance().parallel_for(blocks.count(), body, options.max_threads);
  } else {
    for (size_t i = 0; i < blocks.count(); ++i) body(i, 0);
  }
}

void Int8Conv2d::run(size_t images, const Int8Rows& x, float* y, const Int8Options& options) const {
  Int8Options own = options;
  own.max_threads = 1;
  const size_t filters = shape_.out_channels;
  each_block(images, x, options, [&](const Int8Rows& rows, size_t first) {
    weights_.run(rows, dense_view(y + first * filters, rows.codes.rows, filters), own);
  });
}

void Int8Conv2d::run(size_t images, const Int8Rows& x, const Int8Result& y,
                     const Int8Options& options) const {
  Int8Options own = options;
  own.max_threads = 1;
  const size_t filters = shape_.out_channels;
  each_block(images, x, options, [&](const Int8Rows& rows, size_t first) {
    Int8Result part = y;
    part.codes = dense_view(y.codes.data + first * filters, rows.codes.rows, filters);
    weights_.run(rows, part, own);
  });
}

}  // namespace nn
}  // namespace boreal
