#include "train/hist_gradient.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "base/error.h"
#include "base/thread_pool.h"

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

// Rounds to the nearest, ties to even; |x| < 2^31.
int64_t round_to_int(double x) {
  constexpr double kRound = 6755399441055744.0;  // 1.5 * 2^52
  return static_cast<int64_t>((x + kRound) - kRound);
}

struct Range {
  double gradients = 0, hessians = 0;
  float least = std::numeric_limits<float>::infinity(), greatest = 0;
};

Range range_of(const float* gradient, const float* hessian, size_t begin, size_t end) {
  Range range;
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

}  // namespace

void QuantizedGradients::quantize(const float* gradient, const float* hessian, size_t max_threads) {
  const Partition parts = row_partition(packed_.size());
  ThreadPool& pool = ThreadPool::instance();
  std::vector<Range> ranges(parts.count());
  pool.parallel_for(
      parts.count(),
      [&](size_t p, size_t) { ranges[p] = range_of(gradient, hessian, parts.begin(p), parts.end(p)); },
      max_threads);
  Range all;
  for (const Range& range : ranges) {
    all.gradients += range.gradients;
    all.hessians += range.hessians;
    all.least = std::min(all.least, range.least);
    all.greatest = std::max(all.greatest, range.greatest);
  }
  if (!std::isfinite(all.gradients) || !std::isfinite(all.hessians)) {
    throw Error("ERR_PARAMETER", "A gradient is too large: targets or scores leave the range of float32.");
  }
  const double gradient_scale = largest_scale(all.gradients), hessian_scale = largest_scale(all.hessians);
  const auto one = static_cast<uint64_t>(round_to_int(hessian_scale));
  std::vector<PackedPair> totals(parts.count());
  pool.parallel_for(
      parts.count(),
      [&](size_t p, size_t) {
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
  gradient_step_ = 1 / gradient_scale;
  hessian_step_ = 1 / hessian_scale;
  least_hessian_ = static_cast<double>(round_to_int(static_cast<double>(all.least) * hessian_scale));
  greatest_hessian_ = static_cast<double>(round_to_int(static_cast<double>(all.greatest) * hessian_scale));
}

}  // namespace boreal
