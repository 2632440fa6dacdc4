#include "train/hist_gradient.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "base/error.h"
#include "base/thread_pool.h"
#include "train/hist_gpu.h"

namespace boreal {
namespace {

// The largest power of two by which a sum may be scaled and stay within 2^30; the other half of the range is
// left to what rounding adds.
double largest_scale(double sum) {
  if (!(sum > 0)) return 1.0;
  int exponent;
  std::frexp(sum, &exponent);  // sum < 2^exponent
  return std::ldexp(1.0, std::min(30 - exponent, 1000));
}

}  // namespace

QuantizedGradients::Range QuantizedGradients::range_of(const float* gradient, const float* hessian,
                                                       size_t begin, size_t end) {
  Range range{0, 0, std::numeric_limits<float>::infinity(), 0};
  for (size_t i = begin; i < end; ++i) range.gradients += std::fabs(static_cast<double>(gradient[i]));
  if (hessian == nullptr) {
    range.hessians = static_cast<double>(end - begin);
    range.least = range.greatest = 1;
    return range;
  }
  for (size_t i = begin; i < end; ++i) {
    range.hessians += static_cast<double>(hessian[i]);
    range.least = std::min(range.least, hessian[i]);
    range.greatest = std::max(range.greatest, hessian[i]);
  }
  return range;
}

QuantizedGradients::Scales QuantizedGradients::set_steps(const std::vector<Range>& ranges) {
  Range all{0, 0, std::numeric_limits<float>::infinity(), 0};
  for (const Range& range : ranges) {
    all.gradients += range.gradients;
    all.hessians += range.hessians;
    all.least = std::min(all.least, range.least);
    all.greatest = std::max(all.greatest, range.greatest);
  }
  if (!std::isfinite(all.gradients) || !std::isfinite(all.hessians)) {
    throw Error("ERR_PARAMETER", "A gradient is too large: targets or scores leave the range of float32.");
  }
  const Scales scales{largest_scale(all.gradients), largest_scale(all.hessians)};
  gradient_step_ = 1 / scales.gradient;
  hessian_step_ = 1 / scales.hessian;
  least_hessian_ = static_cast<double>(round_to_int(static_cast<double>(all.least) * scales.hessian));
  greatest_hessian_ = static_cast<double>(round_to_int(static_cast<double>(all.greatest) * scales.hessian));
  return scales;
}

void QuantizedGradients::quantize(const float* gradient, const float* hessian, size_t max_threads) {
  const Partition parts = row_partition(packed_.size());
  ThreadPool& pool = ThreadPool::instance();
  std::vector<Range> ranges(parts.count());
  pool.parallel_for(
      parts.count(),
      [&](size_t p, size_t) { ranges[p] = range_of(gradient, hessian, parts.begin(p), parts.end(p)); },
      max_threads);
  const Scales scales = set_steps(ranges);
  const auto one = static_cast<uint64_t>(round_to_int(scales.hessian));
  std::vector<PackedPair> totals(parts.count());
  pool.parallel_for(
      parts.count(),
      [&, gradient_scale = scales.gradient, hessian_scale = scales.hessian](size_t p, size_t) {
        for (size_t i = parts.begin(p); i < parts.end(p); ++i) {
          const int64_t g = round_to_int(static_cast<double>(gradient[i]) * gradient_scale);
          const uint64_t h =
              hessian == nullptr
                  ? one
                  : static_cast<uint64_t>(round_to_int(static_cast<double>(hessian[i]) * hessian_scale));
          packed_[i] = pack_pair(g, h);
          totals[p] += packed_[i];
        }
      },
      max_threads);
  total_ = 0;
  for (PackedPair total : totals) total_ += total;
}

void QuantizedGradients::quantize(HistGpu* gpu, size_t rows, size_t output) {
  const Partition parts = row_partition(rows);
  std::vector<Range> ranges;
  const std::vector<BorealCudaRange> found = gpu->ranges(parts, output);
  for (size_t p = 0; p < found.size(); ++p) {
    const BorealCudaRange& range = found[p];
    const auto count = static_cast<double>(parts.end(p) - parts.begin(p));
    if (gpu->counts_rows()) {
      ranges.push_back({range.gradients, range.hessians, range.least, range.greatest});
    } else {
      ranges.push_back({range.gradients, count, 1, 1});
    }
  }
  const Scales scales = set_steps(ranges);
  gpu->quantize(output, scales.gradient, scales.hessian, static_cast<uint64_t>(round_to_int(scales.hessian)));
}

}  // namespace boreal
