#include "nn/pool.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "base/error.h"
#include "kernels/dispatch.h"
#include "linalg/blocks.h"

namespace boreal {
namespace nn {
namespace {

constexpr size_t kTaskElements = 16 << 10;

// A window along one axis: what it has of the image, and of the image with its padding.
struct Window {
  size_t begin, end;  // of the image
  size_t padded;      // places it counts with the padding
};

Window window(size_t index, size_t in, size_t kernel, size_t stride, size_t before, size_t after) {
  const size_t begin = index * stride;  // in the padded image
  const size_t end = std::min(begin + kernel, in + before + after);
  return {std::max(begin, before) - before, std::min(std::max(end, before) - before, in), end - begin};
}

// visit(image, output row) for every row of outputs, several of them a task.
template <typename Visit>
void each_output_row(const Pool2dShape& s, const RunOptions& options, const Visit& visit) {
  const size_t rows = s.batch * s.out_h(), width = s.out_w() * s.channels * s.kernel_h * s.kernel_w;
  const Partition parts{rows, std::max<size_t>(1, kTaskElements / std::max<size_t>(1, width))};
  run_tasks(parts.count(), options, [&](size_t task) {
    for (size_t r = parts.begin(task); r < parts.end(task); ++r) visit(r / s.out_h(), r % s.out_h());
  });
}

// y [out_w, channels] = f(y, value) for the values of each window of a row of outputs, tap after tap.
void fold_row(const Pool2dShape& s, const float* image, size_t row, Binary f, float* y) {
  const auto binary = elementwise_kernels<float>(kernels()).binary;
  const Window down = window(row, s.in_h, s.kernel_h, s.stride_h, s.pad_top, s.pad_bottom);
  const size_t channels = s.channels, out_w = s.out_w();
  for (size_t i = down.begin; i < down.end; ++i) {
    if (s.kernel_w > s.in_w) {  // most taps lie in the padding, and there may be any number of them
      for (size_t column = 0; column < out_w; ++column) {
        const Window across = window(column, s.in_w, s.kernel_w, s.stride_w, s.pad_left, s.pad_right);
        float* const to = y + column * channels;
        for (size_t j = across.begin; j < across.end; ++j) {
          const float* const x = image + (i * s.in_w + j) * channels;
          binary(f, {to, channels, 1}, {x, channels, 1}, to, channels, 1, channels);
        }
      }
      continue;
    }
    for (size_t tap = 0; tap < s.kernel_w; ++tap) {
      // Outputs whose tap lies in the image: 0 <= column * stride + tap - pad < in_w.
      const size_t first = tap >= s.pad_left ? 0 : (s.pad_left - tap + s.stride_w - 1) / s.stride_w;
      const size_t beyond = s.in_w + s.pad_left;
      const size_t end = beyond <= tap ? 0 : std::min(out_w, (beyond - tap + s.stride_w - 1) / s.stride_w);
      if (first >= end) continue;
      const float* const x = image + (i * s.in_w + first * s.stride_w + tap - s.pad_left) * channels;
      float* const to = y + first * channels;
      binary(f, {to, channels, 1}, {x, s.stride_w * channels, 1}, to, channels, end - first, channels);
    }
  }
}

size_t checked(size_t a, size_t b) {
  if (b != 0 && a > (size_t{1} << 40) / b) throw Error("ERR_SHAPE", "A pooling is too large.");
  return a * b;
}

}  // namespace

size_t Pool2dShape::extent(size_t in, size_t kernel, size_t stride, size_t before, size_t after) const {
  const size_t padded = in + before + after;
  if (padded < kernel) return 0;
  size_t out = (padded - kernel) / stride + 1;
  if (ceil_mode && (padded - kernel) % stride != 0 && out * stride < in + before) ++out;
  return out;
}

void Pool2dShape::check() const {
  constexpr size_t kMostExtent = size_t{1} << 31;
  for (size_t extent : {batch, in_h, in_w, channels, kernel_h, kernel_w, stride_h, stride_w}) {
    if (extent == 0) throw Error("ERR_SHAPE", "A pooling has no extent that is 0.");
    if (extent > kMostExtent) throw Error("ERR_SHAPE", "A pooling is too large.");
  }
  if (std::max(pad_top, pad_bottom) >= kernel_h || std::max(pad_left, pad_right) >= kernel_w) {
    throw Error("ERR_SHAPE", "The padding of a pooling must be less than its kernel.");
  }
  if (checked(in_h, in_w) > static_cast<size_t>(std::numeric_limits<int32_t>::max())) {
    throw Error("ERR_SHAPE", "A pooling is too large.");
  }
  checked(checked(checked(in_h, in_w), channels), batch);
  if (out_h() == 0 || out_w() == 0) {
    throw Error("ERR_SHAPE", "The kernel of a pooling is larger than its padded image.");
  }
  checked(checked(checked(out_h(), out_w()), channels), batch);
}

void Pool2dShape::pad_same() {
  const auto total = [](size_t in, size_t kernel, size_t stride) {
    const size_t reach = ((in + stride - 1) / stride - 1) * stride + kernel;
    return reach > in ? reach - in : 0;
  };
  const size_t h = total(in_h, kernel_h, stride_h), w = total(in_w, kernel_w, stride_w);
  pad_top = h / 2;
  pad_bottom = h - h / 2;
  pad_left = w / 2;
  pad_right = w - w / 2;
}

void max_pool2d(const Pool2dShape& s, const float* x, float* y, int32_t* at, const RunOptions& options) {
  s.check();
  const size_t channels = s.channels, width = s.out_w() * channels;
  each_output_row(s, options, [&](size_t image, size_t row) {
    const float* from = x + image * s.in_h * s.in_w * channels;
    if (at == nullptr) {
      float* const to = y + (image * s.out_h() + row) * width;
      std::fill_n(to, width, -std::numeric_limits<float>::infinity());
      return fold_row(s, from, row, Binary::kMax, to);
    }
    const Window down = window(row, s.in_h, s.kernel_h, s.stride_h, s.pad_top, s.pad_bottom);
    for (size_t column = 0; column < s.out_w(); ++column) {
      const Window across = window(column, s.in_w, s.kernel_w, s.stride_w, s.pad_left, s.pad_right);
      const size_t place = ((image * s.out_h() + row) * s.out_w() + column) * channels;
      float* best = y + place;
      int32_t* where = at + place;
      bool first = true;
      for (size_t i = down.begin; i < down.end; ++i) {
        for (size_t j = across.begin; j < across.end; ++j) {
          const float* pixel = from + (i * s.in_w + j) * channels;
          const int32_t position = static_cast<int32_t>(i * s.in_w + j);
          if (first) {
            std::memcpy(best, pixel, channels * sizeof(float));
            std::fill(where, where + channels, position);
          } else {
            for (size_t c = 0; c < channels; ++c) {
              const bool better = (pixel[c] > best[c]) | ((pixel[c] != pixel[c]) & (best[c] == best[c]));
              best[c] = better ? pixel[c] : best[c];
              where[c] = better ? position : where[c];
            }
          }
          first = false;
        }
      }
    }
  });
}

void max_pool2d_gradient(const Pool2dShape& s, const float* dy, const int32_t* at, float* dx,
                         const RunOptions& options) {
  s.check();
  const size_t image_in = s.in_h * s.in_w * s.channels, image_out = s.out_h() * s.out_w() * s.channels;
  const size_t pixels = s.in_h * s.in_w;
  run_tasks(s.batch, options, [&](size_t image) {
    float* to = dx + image * image_in;
    std::memset(to, 0, image_in * sizeof(float));
    const float* from = dy + image * image_out;
    const int32_t* where = at + image * image_out;
    for (size_t i = 0; i < image_out; i += s.channels) {
      for (size_t c = 0; c < s.channels; ++c) {
        const size_t position = static_cast<size_t>(static_cast<uint32_t>(where[i + c]));
        if (position >= pixels) throw Error("ERR_SHAPE", "A position of a pooling is not in its image.");
        to[position * s.channels + c] += from[i + c];
      }
    }
  });
}

void avg_pool2d(const Pool2dShape& s, const float* x, float* y, const RunOptions& options) {
  s.check();
  const size_t channels = s.channels, width = s.out_w() * channels;
  each_output_row(s, options, [&](size_t image, size_t row) {
    float* const sums = y + (image * s.out_h() + row) * width;
    std::fill_n(sums, width, 0.0f);
    fold_row(s, x + image * s.in_h * s.in_w * channels, row, Binary::kAdd, sums);
    const Window down = window(row, s.in_h, s.kernel_h, s.stride_h, s.pad_top, s.pad_bottom);
    for (size_t column = 0; column < s.out_w(); ++column) {
      const Window across = window(column, s.in_w, s.kernel_w, s.stride_w, s.pad_left, s.pad_right);
      const size_t count = s.count_include_pad ? down.padded * across.padded
                                               : (down.end - down.begin) * (across.end - across.begin);
      const float divisor = static_cast<float>(count);
      float* const sum = sums + column * channels;
      for (size_t c = 0; c < channels; ++c) sum[c] /= divisor;
    }
  });
}

void avg_pool2d_gradient(const Pool2dShape& s, const float* dy, float* dx, const RunOptions& options) {
  s.check();
  const size_t channels = s.channels, image_in = s.in_h * s.in_w * channels;
  run_tasks(s.batch, options, [&](size_t image) {
    float* to = dx + image * image_in;
    std::memset(to, 0, image_in * sizeof(float));
    for (size_t row = 0; row < s.out_h(); ++row) {
      const Window down = window(row, s.in_h, s.kernel_h, s.stride_h, s.pad_top, s.pad_bottom);
      for (size_t column = 0; column < s.out_w(); ++column) {
        const Window across = window(column, s.in_w, s.kernel_w, s.stride_w, s.pad_left, s.pad_right);
        const float* from = dy + ((image * s.out_h() + row) * s.out_w() + column) * channels;
        const size_t count = s.count_include_pad ? down.padded * across.padded
                                                 : (down.end - down.begin) * (across.end - across.begin);
        const float divisor = static_cast<float>(count);
        for (size_t i = down.begin; i < down.end; ++i) {
          for (size_t j = across.begin; j < across.end; ++j) {
            float* pixel = to + (i * s.in_w + j) * channels;
            for (size_t c = 0; c < channels; ++c) pixel[c] += from[c] / divisor;
          }
        }
      }
    }
  });
}

void global_avg_pool(size_t batch, size_t pixels, size_t channels, const float* x, float* y,
                     const RunOptions& options) {
  if (pixels == 0) throw Error("ERR_EMPTY", "There are no pixels to average.");
  RunOptions alone = options;
  alone.max_threads = 1;
  run_tasks(batch, options, [&](size_t image) {
    reduce<float>(Reduction::kMean, Axis::kRows, {x + image * pixels * channels, pixels, channels, channels},
                  0, y + image * channels, alone);
  });
}

void global_avg_pool_gradient(size_t batch, size_t pixels, size_t channels, const float* dy, float* dx,
                              const RunOptions& options) {
  const float divisor = static_cast<float>(pixels);
  run_tasks(batch, options, [&](size_t image) {
    float* to = dx + image * pixels * channels;
    const float* from = dy + image * channels;
    for (size_t c = 0; c < channels && pixels > 0; ++c) to[c] = from[c] / divisor;
    for (size_t i = 1; i < pixels; ++i) std::memcpy(to + i * channels, to, channels * sizeof(float));
  });
}

}  // namespace nn
}  // namespace boreal
