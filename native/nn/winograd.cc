#include "nn/winograd.h"

#include <algorithm>

#include "base/thread_scratch.h"
#include "kernels/dispatch_conv.h"
#include "linalg/blocks.h"
#include "linalg/gemm_workspace.h"
#include "nn/conv_threads.h"

namespace boreal {
namespace nn {
namespace {

struct WinogradBlock;  // the scratch of a thread

constexpr size_t kProducts = 16;
// Of a block's transformed image and sums: what leaves room for weights in a second-level cache.
constexpr size_t kBlockBytes = size_t{512} << 10;
constexpr size_t kLeastTiles = 16;
constexpr size_t kKept = size_t{4} << 20;
// Channels and filters below which the transforms cost more than they save.
constexpr size_t kLeastChannels = 16;
constexpr size_t kLeastPairs = 1024;
// Values of a row of tiles, which a block holds at the least: padding alone can make rows of any length.
constexpr size_t kMostValues = size_t{1} << 22;

size_t divide_up(size_t a, size_t b) { return (a + b - 1) / b; }

// u [4][4] = G g G^T of a kernel g [3][3] whose values lie `step` apart.
void transform_kernel(const float* g, size_t step, double (&u)[4][4]) {
  double half[4][3];
  for (size_t j = 0; j < 3; ++j) {
    const double a = g[j * step], b = g[(3 + j) * step], c = g[(6 + j) * step];
    half[0][j] = a;
    half[1][j] = (a + b + c) / 2;
    half[2][j] = (a - b + c) / 2;
    half[3][j] = c;
  }
  for (size_t i = 0; i < 4; ++i) {
    const double a = half[i][0], b = half[i][1], c = half[i][2];
    u[i][0] = a;
    u[i][1] = (a + b + c) / 2;
    u[i][2] = (a - b + c) / 2;
    u[i][3] = c;
  }
}

}  // namespace

bool Winograd::pays(const Conv2dShape& s) {
  const bool fits = s.kernel_h == 3 && s.kernel_w == 3 && s.stride_h == 1 && s.stride_w == 1 &&
                    s.dilation_h == 1 && s.dilation_w == 1 && s.groups == 1;
  if (!fits || std::min(s.in_channels, s.out_channels) < kLeastChannels ||
      s.in_channels * s.out_channels < kLeastPairs) {
    return false;
  }
  if (kProducts * divide_up(s.out_w(), 2) * (s.in_channels + s.out_channels) > kMostValues) return false;
  // Tiles that hang over compute for nothing: at least two thirds of them must not.
  const size_t tiles = divide_up(s.out_h(), 2) * divide_up(s.out_w(), 2);
  return 3 * s.out_h() * s.out_w() >= 2 * 4 * tiles;
}

Winograd::Winograd(const Conv2dShape& shape, const float* weights, const float* bias, Unary activation,
                   const Kernels& isa)
    : isa_(isa),
      shape_(shape),
      activation_(activation),
      down_(divide_up(shape.out_h(), 2)),
      across_(divide_up(shape.out_w(), 2)),
      bias_(shape.out_channels) {
  const size_t channels = shape.in_channels, filters = shape.out_channels, pairs = channels * filters;
  const GemmKernels<float>& gemm = gemm_kernels<float>(isa);
  packed_size_ = gemm.packed_size(channels, filters);
  AlignedBuffer<float> transformed(kProducts * pairs);
  for (size_t i = 0; i < pairs; ++i) {
    double u[4][4];
    transform_kernel(weights + i, pairs, u);
    for (size_t k = 0; k < kProducts; ++k) transformed[k * pairs + i] = static_cast<float>(u[k / 4][k % 4]);
  }
  weights_ = AlignedBuffer<float>(kProducts * packed_size_);
  for (size_t k = 0; k < kProducts; ++k) {
    gemm.pack(transformed.data() + k * pairs, filters, 1, channels, filters,
              weights_.data() + k * packed_size_);
  }
  for (size_t f = 0; f < filters; ++f) bias_[f] = bias == nullptr ? 0.0f : bias[f];
}

void Winograd::run(size_t images, const float* x, float* y, const RunOptions& options) const {
  const Conv2dShape& s = shape_;
  const size_t image_in = s.input_size(), image_out = s.output_size(), filters = s.out_channels;
  const size_t tile_bytes = kProducts * (s.in_channels + filters) * sizeof(float);
  const size_t tiles = std::max(kLeastTiles, kBlockBytes / tile_bytes);
  size_t rows = std::clamp<size_t>(tiles / across_, 1, down_), width = filters;
  const double products = static_cast<double>(kProducts * down_ * across_ * images) *
                          static_cast<double>(s.in_channels * filters);
  const size_t parts = conv_parts(products, images, options);
  if (parts > 1) {
    const size_t panel = gemm_kernels<float>(isa_).tile_cols;
    if (packed_size_ * kProducts > 4 * image_in) {
      width = divide_up(divide_up(filters, panel), parts) * panel;
    } else {
      rows = std::min(rows, divide_up(down_, parts));
    }
  }
  const size_t blocks = divide_up(down_, rows), sides = divide_up(filters, width);
  run_tasks(images * blocks * sides, options, [&](size_t task) {
    const size_t image = task / (blocks * sides);
    Block block;
    block.first = task / sides % blocks * rows;
    block.rows = std::min(rows, down_ - block.first);
    block.filter = task % sides * width;
    block.filters = std::min(width, filters - block.filter);
    block.x = x + image * image_in;
    block.y = y + image * image_out;
    run_block(block);
  });
}

void Winograd::run_block(const Block& block) const {
  const size_t channels = shape_.in_channels, tiles = block.rows * across_;
  const size_t most = std::max(channels, block.filters);
  const size_t values_size = kProducts * tiles * channels, sums_size = kProducts * tiles * block.filters;
  // Zeros for what lies beyond the image, and a place for what lies beyond the result.
  const ThreadScratch<WinogradBlock> scratch((values_size + sums_size + 2 * most + 64) * sizeof(float),
                                             kKept);
  float* const values = reinterpret_cast<float*>(scratch.data());
  float* const sums = values + values_size;
  float* const zeros = sums + sums_size;
  float* const aside = zeros + most;
  std::fill_n(zeros, most, 0.0f);
  transform_image(block, zeros, values);
  const GemmKernels<float>& gemm = gemm_kernels<float>(isa_);
  GemmTask<float> task;
  task.m = tiles;
  task.n = block.filters;
  task.k = channels;
  task.a_row = channels;
  task.a_col = 1;
  task.b_row = 0;
  task.b_col = 1;
  task.b_packed = true;
  task.c_row = block.filters;
  task.alpha = 1;
  task.beta = 0;
  task.bias = nullptr;
  task.activation = Unary::kIdentity;
  task.activate = elementwise_kernels<float>(isa_).unary;
  const GemmWorkspace<PackedBlocks, float> workspace(gemm.workspace(task));
  for (size_t k = 0; k < kProducts; ++k) {
    task.a = values + k * tiles * channels;
    task.b = weights_.data() + k * packed_size_ + block.filter * channels;
    task.c = sums + k * tiles * block.filters;
    gemm.multiply(task, workspace.data());
  }
  transform_sums(block, sums, aside);
}

void Winograd::transform_image(const Block& block, const float* zeros, float* values) const {
  const Conv2dShape& s = shape_;
  const ConvKernels& kernels = conv_kernels(isa_);
  const size_t channels = s.in_channels, tiles = block.rows * across_;
  const float* pixels[kProducts];
  for (size_t t = 0; t < tiles; ++t) {
    // Of the tile's 4 x 4 pixels; what lies before the image wraps around and is beyond it, too.
    const size_t row = 2 * (block.first + t / across_) - s.pad_top, column = 2 * (t % across_) - s.pad_left;
    for (size_t k = 0; k < kProducts; ++k) {
      const size_t i = row + k / 4, j = column + k % 4;
      const bool inside = i < s.in_h && j < s.in_w;
      pixels[k] = inside ? block.x + (i * s.in_w + j) * channels : zeros;
    }
    kernels.winograd_image(pixels, channels, values + t * channels, tiles * channels);
  }
}

void Winograd::transform_sums(const Block& block, const float* sums, float* aside) const {
  const Conv2dShape& s = shape_;
  const ConvKernels& kernels = conv_kernels(isa_);
  const auto activate = elementwise_kernels<float>(isa_).unary;
  const size_t tiles = block.rows * across_, out_h = s.out_h(), out_w = s.out_w(), filters = s.out_channels;
  for (size_t r = 0; r < block.rows; ++r) {
    const size_t row = 2 * (block.first + r);
    for (size_t column = 0; column < across_; ++column) {
      float* outputs[4];
      for (size_t k = 0; k < 4; ++k) {
        const size_t i = row + k / 2, j = 2 * column + k % 2;
        const bool inside = i < out_h && j < out_w;
        outputs[k] = inside ? block.y + (i * out_w + j) * filters + block.filter : aside;
      }
      kernels.winograd_sums(sums + (r * across_ + column) * block.filters, tiles * block.filters,
                            block.filters, bias_.data() + block.filter, outputs);
    }
    if (activation_ == Unary::kIdentity) continue;
    float* const y = block.y + row * out_w * filters + block.filter;
    const size_t pixels = std::min<size_t>(2, out_h - row) * out_w;
    activate(activation_, y, filters, y, filters, pixels, block.filters);
  }
}

}  // namespace nn
}  // namespace boreal
