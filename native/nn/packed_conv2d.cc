#include "nn/packed_conv2d.h"

#include <algorithm>
#include <cstring>

#include "base/thread_scratch.h"
#include "kernels/dispatch_conv.h"
#include "linalg/blocks.h"
#include "nn/conv_threads.h"
#include "nn/im2col.h"

namespace boreal {
namespace nn {
namespace {

// Rows of the output with fewer pixels leave most of a tile empty.
constexpr size_t kLeastRow = 4;
// Values of a copy: padding that goes further is never written down.
constexpr size_t kMostCopied = size_t{1} << 22;
// Values between the pixels of a copy, for those that would meet in one set of a first-level cache.
constexpr size_t kSkew = 16;
constexpr size_t kSetBytes = 4096;  // lines so far apart share a set

size_t divide_up(size_t a, size_t b) { return (a + b - 1) / b; }

Conv2dShape of_one_image(Conv2dShape shape) {
  shape.batch = 1;
  shape.check();
  return shape;
}

bool has_padding(const Conv2dShape& s) { return s.pad_top + s.pad_bottom + s.pad_left + s.pad_right != 0; }

// Rows [first, first + rows) of the padded image, pixels `pixel` values apart.
void copy_padded(const Conv2dShape& s, const float* image, size_t first, size_t rows, size_t pixel,
                 float* to) {
  const size_t channels = s.in_channels, width = s.pad_left + s.in_w + s.pad_right;
  for (size_t r = 0; r < rows; ++r, to += width * pixel) {
    const size_t row = first + r - s.pad_top;  // wraps around above the image
    if (row >= s.in_h) {
      std::fill_n(to, width * pixel, 0.0f);
      continue;
    }
    const float* const from = image + row * s.in_w * channels;
    float* const inside = to + s.pad_left * pixel;
    std::fill_n(to, s.pad_left * pixel, 0.0f);
    if (pixel == channels) {
      std::memcpy(inside, from, s.in_w * channels * sizeof(float));
    } else {
      for (size_t j = 0; j < s.in_w; ++j) {
        std::memcpy(inside + j * pixel, from + j * channels, channels * sizeof(float));
      }
    }
    std::fill_n(inside + s.in_w * pixel, s.pad_right * pixel, 0.0f);
  }
}

}  // namespace

PackedConv2d::PackedConv2d(const Conv2dShape& shape, const float* weights, const float* bias,
                           Unary activation, Arithmetic arithmetic, const Kernels& isa)
    : isa_(isa), shape_(of_one_image(shape)), activation_(activation) {
  const Conv2dShape& s = shape_;
  const size_t depth = s.taps() * s.group_in(), filters = s.group_out();
  const GemmKernels<float>& gemm = gemm_kernels<float>(isa);
  if (arithmetic == Arithmetic::kFast && Winograd::pays(s)) {
    way_ = Way::kWinograd;
    winograd_ = std::make_unique<Winograd>(s, weights, bias, activation, isa);
    return;
  }
  if (bias != nullptr) {
    bias_ = AlignedBuffer<float>(s.out_channels);
    std::copy_n(bias, s.out_channels, bias_.data());
  }
  const size_t span = ((s.kernel_h - 1) * s.dilation_h + 1) * (s.pad_left + s.in_w + s.pad_right);
  // A tile reads a line of each of its pixels at a time.
  const bool skewed = s.stride_w * s.in_channels * sizeof(float) % kSetBytes == 0;
  const bool far = has_padding(s) && span * (s.in_channels + (skewed ? kSkew : 0)) > kMostCopied;
  const bool depthwise = is_depthwise(s) && !far;
  if (!depthwise && (far || is_pointwise(s) || s.out_w() < kLeastRow || gemm.prefers_dots(depth, filters))) {
    way_ = is_pointwise(s) ? Way::kProduct : Way::kColumns;
    for (size_t g = 0; g < s.groups; ++g) {
      products_.emplace_back(MatrixView<const float>{weights + g * filters, depth, filters, s.out_channels},
                             false, isa);
    }
    return;
  }
  way_ = depthwise ? Way::kDepthwise : Way::kTaps;
  pixel_ = s.in_channels;
  if (!depthwise && skewed) pixel_ += kSkew;
  copies_ = has_padding(s) || pixel_ != s.in_channels;
  row_ = (copies_ ? s.pad_left + s.in_w + s.pad_right : s.in_w) * pixel_;
  // Taps that lie side by side are one.
  const bool joined = s.dilation_w == 1 && s.group_in() == pixel_;
  tap_length_ = joined ? s.kernel_w * pixel_ : s.group_in();
  for (size_t kh = 0; kh < s.kernel_h; ++kh) {
    for (size_t kw = 0; kw < (joined ? 1 : s.kernel_w); ++kw) {
      taps_.push_back(kh * s.dilation_h * row_ + kw * s.dilation_w * pixel_);
    }
  }
  if (depthwise) {
    weights_ = AlignedBuffer<float>(s.weight_size());
    std::copy_n(weights, s.weight_size(), weights_.data());
    return;
  }
  group_size_ = gemm.packed_size(depth, filters);
  weights_ = AlignedBuffer<float>(s.groups * group_size_);
  for (size_t g = 0; g < s.groups; ++g) {
    gemm.pack(weights + g * filters, s.out_channels, 1, depth, filters, weights_.data() + g * group_size_);
  }
}

double PackedConv2d::products() const {
  return static_cast<double>(shape_.output_size()) * static_cast<double>(shape_.taps() * shape_.group_in());
}

size_t PackedConv2d::bytes() const {
  size_t total = (weights_.size() + bias_.size()) * sizeof(float);
  for (const PackedMatrix<float>& product : products_) total += product.bytes();
  return winograd_ == nullptr ? total : winograd_->bytes();
}

const char* PackedConv2d::way() const {
  static constexpr const char* kNames[] = {"taps", "product", "columns", "depthwise", "winograd"};
  return kNames[static_cast<size_t>(way_)];
}

void PackedConv2d::run(size_t images, const float* x, float* y, const RunOptions& options) const {
  check_cancel(options.cancel);
  switch (way_) {
    case Way::kTaps:
    case Way::kDepthwise:
      return run_taps(images, x, y, options);
    case Way::kProduct:
      return run_product(images, x, y, options);
    case Way::kColumns:
      return run_columns(images, x, y, options);
    case Way::kWinograd:
      return winograd_->run(images, x, y, options);
  }
}

// Blocks of rows of the output times blocks of filters, of each image.
struct PackedConv2d::Grid {
  size_t rows, filters;  // of a block
  size_t down, across;
};

PackedConv2d::Grid PackedConv2d::grid(size_t images, const RunOptions& options) const {
  const Conv2dShape& s = shape_;
  const size_t out_h = s.out_h(), filters = s.group_out();
  const size_t panel = gemm_kernels<float>(isa_).tile_cols;
  const size_t row_bytes = row_ * sizeof(float);
  const size_t over = (s.kernel_h - 1) * s.dilation_h * row_bytes;  // what blocks of rows share
  Grid grid;
  grid.filters = filters;
  grid.rows = kColumnBytes > over ? (kColumnBytes - over) / (s.stride_h * row_bytes) : 0;
  grid.rows = std::clamp<size_t>(grid.rows, 1, out_h);
  const size_t parts = conv_parts(products() * static_cast<double>(images), images, options);
  if (parts > 1) {
    // Whichever of the two is larger is read by one task only.
    const size_t image_bytes = s.input_size() * sizeof(float);
    if (group_size_ * sizeof(float) > 4 * image_bytes) {
      grid.filters = divide_up(divide_up(filters, panel), parts) * panel;
    } else {
      grid.rows = std::min(grid.rows, divide_up(out_h, parts));
    }
  }
  grid.down = divide_up(out_h, grid.rows);
  grid.across = divide_up(filters, grid.filters);
  return grid;
}

void PackedConv2d::run_taps(size_t images, const float* x, float* y, const RunOptions& options) const {
  const Conv2dShape& s = shape_;
  const Grid blocks = grid(images, options);
  const size_t image_in = s.input_size(), image_out = s.output_size();
  const size_t out_h = s.out_h(), out_w = s.out_w(), depth = taps_.size() * tap_length_;
  const ConvKernels& kernels = conv_kernels(isa_);
  const auto needed = [&](size_t rows) {
    return (rows - 1) * s.stride_h + (s.kernel_h - 1) * s.dilation_h + 1;
  };
  ConvTask whole;
  whole.row_length = out_w;
  whole.x_row = s.stride_h * row_;
  whole.x_pixel = s.stride_w * pixel_;
  whole.taps = taps_.data();
  whole.tap_count = taps_.size();
  whole.tap_length = tap_length_;
  whole.y_row = out_w * s.out_channels;
  whole.y_pixel = s.out_channels;
  whole.activation = activation_;
  whole.activate = elementwise_kernels<float>(isa_).unary;
  run_tasks(images * blocks.down * blocks.across, options, [&](size_t task) {
    const size_t image = task / (blocks.down * blocks.across);
    const size_t first = task / blocks.across % blocks.down * blocks.rows;
    const size_t from = task % blocks.across * blocks.filters;
    ConvTask block = whole;
    block.rows = std::min(blocks.rows, out_h - first);
    block.filters = std::min(blocks.filters, s.group_out() - from);
    const size_t rows = needed(block.rows);
    const ThreadScratch<ConvColumns> scratch(copies_ ? rows * row_ * sizeof(float) : 0, kKeptColumns);
    const float* source = x + image * image_in;
    if (copies_) {
      float* const copy = reinterpret_cast<float*>(scratch.data());
      copy_padded(s, source, first * s.stride_h, rows, pixel_, copy);
      source = copy;
    } else {
      source += first * s.stride_h * row_;
    }
    if (way_ == Way::kDepthwise) {
      block.filters = s.out_channels;
      block.x = source;
      block.weights = weights_.data();
      block.bias = bias(0);
      block.y = y + image * image_out + first * whole.y_row;
      return kernels.depthwise(block);
    }
    for (size_t g = 0; g < s.groups; ++g) {
      block.x = source + g * s.group_in();
      block.weights = weights_.data() + g * group_size_ + from * depth;
      block.bias = bias_.size() == 0 ? nullptr : bias(g) + from;
      block.y = y + image * image_out + first * whole.y_row + g * s.group_out() + from;
      kernels.convolve(block);
    }
  });
}

GemmOptions<float> PackedConv2d::product_options(size_t group) const {
  GemmOptions<float> options;
  options.bias = bias(group);
  options.activation = activation_;
  options.max_threads = 1;
  return options;
}

void PackedConv2d::run_product(size_t images, const float* x, float* y, const RunOptions& options) const {
  const Conv2dShape& s = shape_;
  const size_t pixels = images * s.in_h * s.in_w;
  for (size_t g = 0; g < s.groups; ++g) {
    GemmOptions<float> product = product_options(g);
    product.max_threads = options.max_threads;
    product.cancel = options.cancel;
    products_[g].multiply({x + g * s.group_in(), pixels, s.group_in(), s.in_channels},
                          {y + g * s.group_out(), pixels, s.group_out(), s.out_channels}, product);
  }
}

void PackedConv2d::run_columns(size_t images, const float* x, float* y, const RunOptions& options) const {
  Conv2dShape s = shape_;
  s.batch = images;
  const size_t depth = s.taps() * s.group_in();
  const PixelBlocks blocks(s, depth);
  run_tasks(blocks.count(), options, [&](size_t task) {
    const ThreadScratch<ConvColumns> scratch(blocks.most_pixels() * depth * sizeof(float), kKeptColumns);
    float* const columns = reinterpret_cast<float*>(scratch.data());
    for (size_t g = 0; g < s.groups; ++g) {
      const Pixels all = blocks.each_row(task, [&](const Pixels& p, size_t offset) {
        gather(s, x, p, g * s.group_in(), s.group_in(), 0.0f, columns + offset * depth);
      });
      const size_t place = (all.image * s.out_h() + all.row) * s.out_w() + all.begin;
      products_[g].multiply(
          {columns, all.count, depth, depth},
          {y + place * s.out_channels + g * s.group_out(), all.count, s.group_out(), s.out_channels},
          product_options(g));
    }
  });
}

}  // namespace nn
}  // namespace boreal
