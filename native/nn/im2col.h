// What a convolution and its gradients share: blocks of pixels, and the values that each of them reads.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>

#include "nn/conv2d.h"

namespace boreal {
namespace nn {

struct ConvColumns;  // the scratch of a thread

constexpr size_t kColumnBytes = 256 << 10;  // of a block of im2col: half of an L2 cache
constexpr size_t kKeptColumns = size_t{4} << 20;

// Pixels of the output in blocks of whole or partial rows: image, row, columns.
struct Pixels {
  size_t image, row, begin, count;
};

class PixelBlocks {
 public:
  PixelBlocks(const Conv2dShape& s, size_t depth) : out_h_(s.out_h()), out_w_(s.out_w()), images_(s.batch) {
    const size_t most = std::max<size_t>(16, kColumnBytes / sizeof(float) / std::max<size_t>(1, depth));
    rows_ = std::min(out_h_, std::max<size_t>(1, most / out_w_));
    width_ = std::min(out_w_, most);
    down_ = (out_h_ + rows_ - 1) / rows_;
    across_ = (out_w_ + width_ - 1) / width_;
  }
  size_t count() const { return images_ * down_ * across_; }
  size_t per_image() const { return down_ * across_; }
  size_t most_pixels() const { return rows_ * width_; }

  // visit(pixels, offset within the block) for each row of block i; the block's pixels follow one another in
  // the output. Gives the first pixel and the number of pixels.
  template <typename Visit>
  Pixels each_row(size_t i, const Visit& visit) const {
    const size_t image = i / per_image(), within = i % per_image();
    const size_t row = within / across_ * rows_, begin = within % across_ * width_;
    const size_t rows = std::min(rows_, out_h_ - row), width = std::min(width_, out_w_ - begin);
    for (size_t r = 0; r < rows; ++r) visit(Pixels{image, row + r, begin, width}, r * width);
    return {image, row, begin, rows * width};
  }

 private:
  size_t out_h_, out_w_, images_, rows_, width_, down_, across_;
};

inline bool is_pointwise(const Conv2dShape& s) {
  return s.taps() == 1 && s.stride_h == 1 && s.stride_w == 1 &&
         s.pad_top + s.pad_bottom + s.pad_left + s.pad_right == 0;
}

// One channel a group: a product would have one column.
inline bool is_depthwise(const Conv2dShape& s) {
  return s.groups == s.in_channels && s.group_out() == 1 && s.groups > 1;
}

// Places of the input that a tap reads for a run of output pixels: where it starts, and which pixels lie
// within.
struct TapRun {
  bool inside;         // the row
  size_t first, last;  // pixels of the run whose column lies in the image
  ptrdiff_t offset;    // of pixel 0, in pixels of the image
};

inline TapRun tap_run(const Conv2dShape& s, const Pixels& p, size_t kh, size_t kw) {
  const ptrdiff_t y =
      static_cast<ptrdiff_t>(p.row * s.stride_h + kh * s.dilation_h) - static_cast<ptrdiff_t>(s.pad_top);
  const ptrdiff_t x =
      static_cast<ptrdiff_t>(p.begin * s.stride_w + kw * s.dilation_w) - static_cast<ptrdiff_t>(s.pad_left);
  TapRun run;
  run.inside = y >= 0 && y < static_cast<ptrdiff_t>(s.in_h);
  const ptrdiff_t stride = static_cast<ptrdiff_t>(s.stride_w), width = static_cast<ptrdiff_t>(s.in_w);
  const ptrdiff_t count = static_cast<ptrdiff_t>(p.count);
  const ptrdiff_t first = x >= 0 ? 0 : std::min(count, (-x + stride - 1) / stride);
  const ptrdiff_t last = x >= width ? 0 : std::min(count, (width - x + stride - 1) / stride);
  run.first = static_cast<size_t>(first);
  run.last = static_cast<size_t>(std::max(first, last));
  run.offset = y * width + x;
  return run;
}

// gather() where a row of a window lies together in the image: all channels, and pixels side by side.
template <typename T>
void gather_rows(const Conv2dShape& s, const T* x, const Pixels& p, T zero, T* columns) {
  const size_t channels = s.in_channels, run = s.kernel_w * channels, depth = s.kernel_h * run;
  const ptrdiff_t width = static_cast<ptrdiff_t>(s.in_w), taps = static_cast<ptrdiff_t>(s.kernel_w);
  const T* const image = x + p.image * s.in_h * s.in_w * channels;
  for (size_t kh = 0; kh < s.kernel_h; ++kh) {
    const size_t row = p.row * s.stride_h + kh * s.dilation_h - s.pad_top;  // wraps around above the image
    T* to = columns + kh * run;
    if (row >= s.in_h) {
      for (size_t i = 0; i < p.count; ++i) std::fill_n(to + i * depth, run, zero);
      continue;
    }
    const T* const from = image + row * s.in_w * channels;
    for (size_t i = 0; i < p.count; ++i, to += depth) {
      const ptrdiff_t left =
          static_cast<ptrdiff_t>((p.begin + i) * s.stride_w) - static_cast<ptrdiff_t>(s.pad_left);
      const ptrdiff_t begin = std::clamp<ptrdiff_t>(-left, 0, taps);
      const ptrdiff_t end = std::clamp<ptrdiff_t>(width - left, begin, taps);
      if (begin > 0) std::fill_n(to, static_cast<size_t>(begin) * channels, zero);
      if (end < taps) {
        std::fill_n(to + static_cast<size_t>(end) * channels, static_cast<size_t>(taps - end) * channels,
                    zero);
      }
      if (end > begin) {
        std::memcpy(to + static_cast<size_t>(begin) * channels,
                    from + static_cast<size_t>(left + begin) * channels,
                    static_cast<size_t>(end - begin) * channels * sizeof(T));
      }
    }
  }
}

// columns [pixels, taps * channels]: what each pixel of the output reads of channels [c0, c0 + channels);
// `zero` beyond the edges.
template <typename T>
void gather(const Conv2dShape& s, const T* x, const Pixels& p, size_t c0, size_t channels, T zero,
            T* columns) {
  if (s.dilation_w == 1 && channels == s.in_channels && s.kernel_w > 1) {
    return gather_rows(s, x, p, zero, columns);
  }
  const size_t depth = s.taps() * channels;
  const T* image = x + p.image * s.in_h * s.in_w * s.in_channels + c0;
  for (size_t kh = 0; kh < s.kernel_h; ++kh) {
    for (size_t kw = 0; kw < s.kernel_w; ++kw) {
      T* to = columns + (kh * s.kernel_w + kw) * channels;
      const TapRun run = tap_run(s, p, kh, kw);
      for (size_t i = 0; i < p.count; ++i) {
        if (run.inside && i >= run.first && i < run.last) {
          const T* from = image + (run.offset + static_cast<ptrdiff_t>(i * s.stride_w)) *
                                      static_cast<ptrdiff_t>(s.in_channels);
          if (channels == 1) {
            to[i * depth] = *from;
          } else {
            std::memcpy(to + i * depth, from, channels * sizeof(T));
          }
        } else {
          std::fill_n(to + i * depth, channels, zero);
        }
      }
    }
  }
}

}  // namespace nn
}  // namespace boreal
