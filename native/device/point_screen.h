// Points in float32, by which the nearest of them is found for all rows but those that lie nearly as near to
// another: half the arithmetic, and the indices of float64.
#pragma once

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>
#include <vector>

#include "base/aligned_buffer.h"
#include "base/span.h"
#include "kernels/dispatch.h"
#include "kernels/dispatch_cluster.h"

namespace boreal {

class PointScreen {
 public:
  // points: [count, width], finite. None where rounding would leave too little.
  static std::optional<PointScreen> of(Span<double> points, size_t count, size_t width,
                                       const Kernels& kernels) {
    constexpr size_t kWidest = 4096;
    if (width == 0 || width > kWidest || count == 0) return std::nullopt;
    PointScreen screen(screen_kernels(kernels));
    // Any shift will do; with the mean, points are short.
    screen.shift_.assign(width, 0.0);
    for (size_t p = 0; p < points.size; ++p) {
      screen.shift_[p % width] += points[p] / static_cast<double>(count);
    }
    double longest = 0;
    for (size_t c = 0; c < count; ++c) {
      double square = 0;
      for (size_t k = 0; k < width; ++k) {
        const double value = points[c * width + k] - screen.shift_[k];
        square += value * value;
      }
      longest = std::max(longest, std::sqrt(square));
    }
    constexpr double kShortest = 1e-100, kLongest = 1e100;
    if (!(longest < kLongest)) return std::nullopt;
    if (longest > kShortest) screen.scale_ = std::ldexp(1.0, -std::ilogb(longest) - 1);

    AlignedBuffer<float> rounded(points.size);
    for (size_t p = 0; p < points.size; ++p) {
      rounded[p] = static_cast<float>((points[p] - screen.shift_[p % width]) * screen.scale_);
    }
    const DistanceKernels<float>& rows = distance_kernels<float>(kernels);
    screen.packed_ = AlignedBuffer<float>((count + rows.lanes - 1) / rows.lanes * rows.lanes * width);
    rows.pack(rounded.data(), width, count, width, screen.packed_.data());

    // A distance, as the square root of a sum of float32 that chains width terms, is within (width / 2 + 2) u
    // of that of the rounded row and point, which is within u (|row| + |point|) of the true one; and |row| is
    // no more than the distance and |point|. That of float64 is nothing beside it. What is added to the width
    // covers that share of the distance, and the rounding of the comparison. The tiny number is for values
    // that float32 rounds as subnormal ones, and squares of them.
    constexpr double kUnit = 0x1p-24, kTiny = 1e-18;
    const double room = static_cast<double>(width + 16) * kUnit;
    screen.farther_ = static_cast<float>(1 + room);
    screen.nearer_ = static_cast<float>(1 - room);
    screen.slack_ = static_cast<float>(5 * kUnit * longest * screen.scale_ + kTiny);
    return screen;
  }

  const ScreenKernels& kernels() const { return *kernels_; }
  Screen view() const { return {packed_.data(), shift_.data(), scale_, farther_, nearer_, slack_}; }
  size_t memory_bytes() const { return packed_.size() * sizeof(float) + shift_.size() * sizeof(double); }

 private:
  explicit PointScreen(const ScreenKernels& kernels) : kernels_(&kernels) {}

  const ScreenKernels* kernels_;
  AlignedBuffer<float> packed_;
  std::vector<double> shift_;
  double scale_ = 1;
  float farther_ = 1, nearer_ = 1, slack_ = 0;
};

}  // namespace boreal
