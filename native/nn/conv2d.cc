#include "nn/conv2d.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "base/aligned_buffer.h"
#include "base/error.h"
#include "base/thread_scratch.h"
#include "linalg/blocks.h"
#include "linalg/gemm.h"
#include "linalg/packed_matrix.h"
#include "nn/im2col.h"
#include "nn/packed_conv2d.h"

namespace boreal {
namespace nn {
namespace {

constexpr size_t kPartialBytes = size_t{32} << 20;  // of all partial gradients of the weights together

size_t product(std::initializer_list<size_t> factors) {
  constexpr size_t kMost = size_t{1} << 40;
  size_t total = 1;
  for (size_t factor : factors) {
    if (factor != 0 && total > kMost / factor) throw Error("ERR_SHAPE", "A convolution is too large.");
    total *= factor;
  }
  return total;
}

// The reverse: adds the gradients of the columns to those of the pixels they were gathered from.
void scatter_add(const Conv2dShape& s, const float* columns, const Pixels& p, size_t c0, size_t channels,
                 float* dx) {
  const size_t depth = s.taps() * channels;
  float* image = dx + p.image * s.in_h * s.in_w * s.in_channels + c0;
  for (size_t kh = 0; kh < s.kernel_h; ++kh) {
    for (size_t kw = 0; kw < s.kernel_w; ++kw) {
      const TapRun run = tap_run(s, p, kh, kw);
      if (!run.inside) continue;
      const float* from = columns + (kh * s.kernel_w + kw) * channels;
      for (size_t i = run.first; i < run.last; ++i) {
        float* to = image + (run.offset + static_cast<ptrdiff_t>(i * s.stride_w)) *
                                static_cast<ptrdiff_t>(s.in_channels);
        const float* row = from + i * depth;
        for (size_t c = 0; c < channels; ++c) to[c] += row[c];
      }
    }
  }
}

MatrixView<const float> group_weights(const Conv2dShape& s, const float* w, size_t group) {
  return {w + group * s.group_out(), s.taps() * s.group_in(), s.group_out(), s.out_channels};
}

void depthwise_input_image(const Conv2dShape& s, const float* dy, const float* w, size_t image, float* dx) {
  const size_t channels = s.in_channels, out_w = s.out_w(), out_h = s.out_h();
  float* to_image = dx + image * s.in_h * s.in_w * channels;
  std::memset(to_image, 0, s.in_h * s.in_w * channels * sizeof(float));
  for (size_t row = 0; row < out_h; ++row) {
    const Pixels p{image, row, 0, out_w};
    const float* from_row = dy + (image * out_h + row) * out_w * channels;
    for (size_t kh = 0; kh < s.kernel_h; ++kh) {
      for (size_t kw = 0; kw < s.kernel_w; ++kw) {
        const TapRun run = tap_run(s, p, kh, kw);
        if (!run.inside) continue;
        const float* tap = w + (kh * s.kernel_w + kw) * channels;
        for (size_t i = run.first; i < run.last; ++i) {
          float* to = to_image + (run.offset + static_cast<ptrdiff_t>(i * s.stride_w)) *
                                     static_cast<ptrdiff_t>(channels);
          const float* from = from_row + i * channels;
          for (size_t c = 0; c < channels; ++c) to[c] += from[c] * tap[c];
        }
      }
    }
  }
}

void depthwise_weight_rows(const Conv2dShape& s, const float* x, const float* dy, const Pixels& p,
                           float* dw) {
  const size_t channels = s.in_channels;
  const float* image = x + p.image * s.in_h * s.in_w * channels;
  const float* gradient = dy + ((p.image * s.out_h() + p.row) * s.out_w() + p.begin) * channels;
  for (size_t kh = 0; kh < s.kernel_h; ++kh) {
    for (size_t kw = 0; kw < s.kernel_w; ++kw) {
      const TapRun run = tap_run(s, p, kh, kw);
      if (!run.inside) continue;
      float* tap = dw + (kh * s.kernel_w + kw) * channels;
      for (size_t i = run.first; i < run.last; ++i) {
        const float* from =
            image + (run.offset + static_cast<ptrdiff_t>(i * s.stride_w)) * static_cast<ptrdiff_t>(channels);
        const float* g = gradient + i * channels;
        for (size_t c = 0; c < channels; ++c) tap[c] += from[c] * g[c];
      }
    }
  }
}

GemmOptions<float> on_this_thread() {
  GemmOptions<float> options;
  options.max_threads = 1;
  return options;
}

}  // namespace

void Conv2dShape::check() const {
  if (batch == 0 || in_h == 0 || in_w == 0 || in_channels == 0 || out_channels == 0 || kernel_h == 0 ||
      kernel_w == 0 || stride_h == 0 || stride_w == 0 || dilation_h == 0 || dilation_w == 0 || groups == 0) {
    throw Error("ERR_SHAPE", "A convolution has no extent that is 0.");
  }
  if (in_channels % groups != 0 || out_channels % groups != 0) {
    throw Error("ERR_SHAPE", "groups must divide the " + std::to_string(in_channels) +
                                 " channels in and the " + std::to_string(out_channels) + " channels out.");
  }
  constexpr size_t kMostExtent = size_t{1} << 31;
  for (size_t extent : {batch, in_h, in_w, in_channels, out_channels, kernel_h, kernel_w, stride_h, stride_w,
                        dilation_h, dilation_w, pad_top, pad_bottom, pad_left, pad_right}) {
    if (extent > kMostExtent) throw Error("ERR_SHAPE", "A convolution is too large.");
  }
  product({batch, in_h + pad_top + pad_bottom, in_w + pad_left + pad_right, in_channels});
  product({kernel_h, kernel_w, in_channels, out_channels});
  if (out_h() == 0 || out_w() == 0) {
    throw Error("ERR_SHAPE", "The kernel of a convolution is larger than its padded image.");
  }
  product({batch, out_h(), out_w(), out_channels});
}

void Conv2dShape::pad_same() {
  const auto total = [](size_t in, size_t kernel, size_t stride, size_t dilation) {
    const size_t reach = ((in + stride - 1) / stride - 1) * stride + (kernel - 1) * dilation + 1;
    return reach > in ? reach - in : 0;
  };
  const size_t h = total(in_h, kernel_h, stride_h, dilation_h),
               w = total(in_w, kernel_w, stride_w, dilation_w);
  pad_top = h / 2;
  pad_bottom = h - h / 2;
  pad_left = w / 2;
  pad_right = w - w / 2;
}

void conv2d(const Conv2dShape& s, const float* x, const float* w, const float* bias, Unary activation,
            float* y, const RunOptions& options) {
  PackedConv2d(s, w, bias, activation, PackedConv2d::Arithmetic::kPlain, kernels())
      .run(s.batch, x, y, options);
}

void conv2d_input_gradient(const Conv2dShape& s, const float* dy, const float* w, float* dx,
                           const RunOptions& options) {
  s.check();
  const size_t depth = s.taps() * s.group_in(), image_size = s.in_h * s.in_w * s.in_channels;
  if (is_depthwise(s)) {
    return run_tasks(s.batch, options, [&](size_t image) { depthwise_input_image(s, dy, w, image, dx); });
  }
  std::vector<std::unique_ptr<PackedMatrix<float>>> packed;
  for (size_t g = 0; g < s.groups; ++g) {
    packed.push_back(std::make_unique<PackedMatrix<float>>(group_weights(s, w, g), true));
  }
  const bool pointwise = is_pointwise(s);
  const PixelBlocks blocks(s, depth);
  // An image is one task, since blocks of its pixels overlap in dx.
  run_tasks(s.batch, options, [&](size_t image) {
    const ThreadScratch<ConvColumns> scratch(pointwise ? 0 : blocks.most_pixels() * depth * sizeof(float),
                                             kKeptColumns);
    float* const columns = reinterpret_cast<float*>(scratch.data());
    if (!pointwise) std::memset(dx + image * image_size, 0, image_size * sizeof(float));
    for (size_t b = 0; b < blocks.per_image(); ++b) {
      const size_t index = image * blocks.per_image() + b;
      for (size_t g = 0; g < s.groups; ++g) {
        const Pixels all = blocks.each_row(index, [](const Pixels&, size_t) {});
        const size_t place = (all.image * s.out_h() + all.row) * s.out_w() + all.begin;
        const MatrixView<const float> gradient{dy + place * s.out_channels + g * s.group_out(), all.count,
                                               s.group_out(), s.out_channels};
        const MatrixView<float> to = pointwise
                                         ? MatrixView<float>{dx + place * s.in_channels + g * s.group_in(),
                                                             all.count, depth, s.in_channels}
                                         : MatrixView<float>{columns, all.count, depth, depth};
        packed[g]->multiply(gradient, to, on_this_thread());
        if (pointwise) continue;
        blocks.each_row(index, [&](const Pixels& p, size_t offset) {
          scatter_add(s, columns + offset * depth, p, g * s.group_in(), s.group_in(), dx);
        });
      }
    }
  });
}

void conv2d_weight_gradient(const Conv2dShape& s, const float* x, const float* dy, float* dw, float* db,
                            const RunOptions& options) {
  s.check();
  const size_t depth = s.taps() * s.group_in(), size = s.weight_size();
  const bool depthwise = is_depthwise(s), pointwise = is_pointwise(s);
  const PixelBlocks blocks(s, depthwise ? s.in_channels : depth);
  // Parts by shape alone, each summed in order, added in order: the threads don't show.
  const size_t most_parts =
      std::max<size_t>(1, std::min<size_t>(16, kPartialBytes / sizeof(float) / std::max<size_t>(1, size)));
  const Partition parts = partition_rows(blocks.count(), 1, most_parts);
  const AlignedBuffer<float> partial(parts.count() > 1 ? (parts.count() - 1) * size : 0);
  const auto sum_of = [&](size_t part) { return part == 0 ? dw : partial.data() + (part - 1) * size; };
  run_tasks(parts.count(), options, [&](size_t part) {
    const ThreadScratch<ConvColumns> scratch(
        depthwise || pointwise ? 0 : blocks.most_pixels() * depth * sizeof(float), kKeptColumns);
    float* const columns = reinterpret_cast<float*>(scratch.data());
    float* const sum = sum_of(part);
    std::memset(sum, 0, size * sizeof(float));
    for (size_t b = parts.begin(part); b < parts.end(part); ++b) {
      check_cancel(options.cancel);
      if (depthwise) {
        blocks.each_row(b, [&](const Pixels& p, size_t) { depthwise_weight_rows(s, x, dy, p, sum); });
        continue;
      }
      for (size_t g = 0; g < s.groups; ++g) {
        const Pixels all = blocks.each_row(b, [&](const Pixels& p, size_t offset) {
          if (!pointwise) gather(s, x, p, g * s.group_in(), s.group_in(), 0.0f, columns + offset * depth);
        });
        const size_t place = (all.image * s.out_h() + all.row) * s.out_w() + all.begin;
        GemmOptions<float> gemm_options = on_this_thread();
        gemm_options.transpose_a = true;
        gemm_options.beta = 1;
        const MatrixView<const float> a =
            pointwise ? MatrixView<const float>{x + place * s.in_channels + g * s.group_in(), all.count,
                                                depth, s.in_channels}
                      : MatrixView<const float>{columns, all.count, depth, depth};
        gemm<float>(
            a, {dy + place * s.out_channels + g * s.group_out(), all.count, s.group_out(), s.out_channels},
            {sum + g * s.group_out(), depth, s.group_out(), s.out_channels}, gemm_options);
      }
    }
  });
  for (size_t part = 1; part < parts.count(); ++part) {
    const float* from = sum_of(part);
    for (size_t i = 0; i < size; ++i) dw[i] += from[i];
  }
  if (db != nullptr) {
    const size_t pixels = s.batch * s.out_h() * s.out_w();
    reduce<float>(Reduction::kSum, Axis::kRows, {dy, pixels, s.out_channels, s.out_channels}, 0, db, options);
  }
}

}  // namespace nn
}  // namespace boreal
