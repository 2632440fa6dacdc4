#include "train/hist_sampling.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

#include "base/rng.h"
#include "base/thread_pool.h"
#include "train/hist_gradient.h"

namespace boreal {
namespace {

constexpr uint64_t kRowStream = 0x726f77, kOtherStream = 0x6f7468;
constexpr uint64_t kMostParts = 128;  // of row_partition

size_t share_of(size_t rows, double share) {
  return std::max<size_t>(1, static_cast<size_t>(static_cast<double>(rows) * share));
}

uint32_t bits_of(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  return bits;
}

}  // namespace

HistSampling::HistSampling(const SamplingParams& params, size_t rows, size_t max_threads)
    : params_(params), count_(rows), threads_(max_threads) {
  if (params_.one_sided) magnitude_ = AlignedBuffer<uint32_t>(rows);
}

void HistSampling::draw(uint64_t seed, uint64_t stream, size_t round, size_t outputs, float* gradient,
                        float* hessian) {
  all_ = params_.one_sided ? round < params_.warm_up_rounds : params_.share >= 1;
  factor_ = 1;
  if (all_) return;
  if (params_.one_sided) {
    draw_by_gradient(seed, stream, outputs, gradient, hessian);
  } else {
    draw_share(seed, stream);
  }
}

void HistSampling::draw_share(uint64_t seed, uint64_t stream) {
  drawn_.clear();
  Rng rng(seed ^ kRowStream, stream);
  for (size_t i = 0; i < count_; ++i) {
    if (rng.uniform() < params_.share) drawn_.push_back(static_cast<uint32_t>(i));
  }
  if (drawn_.empty()) drawn_.push_back(rng.below(static_cast<uint32_t>(count_)));
}

void HistSampling::draw_by_gradient(uint64_t seed, uint64_t stream, size_t outputs, float* gradient,
                                    float* hessian) {
  measure(outputs, gradient, hessian);
  threshold_ = kth_greatest(share_of(count_, params_.top_share));
  const Partition parts = row_partition(count_);
  ThreadPool& pool = ThreadPool::instance();
  // others[p]: rows below the threshold in parts before p.
  std::vector<uint64_t> others(parts.count() + 1);
  pool.parallel_for(
      parts.count(),
      [&](size_t p, size_t) {
        others[p + 1] = static_cast<uint64_t>(
            std::count_if(magnitude_.data() + parts.begin(p), magnitude_.data() + parts.end(p),
                          [this](uint32_t magnitude) { return magnitude < threshold_; }));
      },
      threads_);
  for (size_t p = 0; p < parts.count(); ++p) others[p + 1] += others[p];
  const uint64_t rest = others.back(),
                 wanted = std::min<uint64_t>(rest, share_of(count_, params_.other_share));
  if (wanted == rest) {
    all_ = true;
    return;
  }
  factor_ = static_cast<float>(static_cast<double>(rest) / static_cast<double>(wanted));
  // Each part draws its share of the wanted rows, so that their number is exact.
  const auto wanted_before = [&](size_t p) { return wanted * others[p] / rest; };
  drawn_.resize(count_ - rest + wanted);
  pool.parallel_for(
      parts.count(),
      [&](size_t p, size_t) {
        Rng rng(seed ^ kOtherStream, stream * kMostParts + p);
        auto left = static_cast<uint32_t>(others[p + 1] - others[p]);
        auto need = static_cast<uint32_t>(wanted_before(p + 1) - wanted_before(p));
        uint32_t* to = drawn_.data() + (parts.begin(p) - others[p] + wanted_before(p));
        for (size_t i = parts.begin(p); i < parts.end(p); ++i) {
          if (magnitude_[i] < threshold_) {
            // Of the rows that are left, each is as likely as the other (Knuth, volume 2, algorithm S).
            const bool taken = rng.below(left--) < need;
            if (!taken) continue;
            --need;
            for (size_t k = 0; k < outputs; ++k) {
              gradient[k * count_ + i] *= factor_;
              hessian[k * count_ + i] *= factor_;
            }
          }
          *to++ = static_cast<uint32_t>(i);
        }
      },
      threads_);
}

void HistSampling::measure(size_t outputs, const float* gradient, const float* hessian) {
  const Partition parts = row_partition(count_);
  ThreadPool::instance().parallel_for(
      parts.count(),
      [&](size_t p, size_t) {
        for (size_t i = parts.begin(p); i < parts.end(p); ++i) {
          float sum = 0;
          for (size_t k = 0; k < outputs; ++k) {
            sum += std::fabs(gradient[k * count_ + i] * hessian[k * count_ + i]);
          }
          magnitude_[i] = bits_of(sum);
        }
      },
      threads_);
}

// By counts of the upper 11 bits after the sign, then of the next 10, then of the last.
uint32_t HistSampling::kth_greatest(size_t k) const {
  constexpr size_t kDigits = 2048;
  using Counts = std::array<uint32_t, kDigits>;
  const Partition parts = row_partition(count_);
  uint32_t known = 0;
  for (uint32_t shift : {20u, 10u, 0u}) {
    const uint32_t width = shift == 20 ? 11 : 10, digit_mask = (1u << width) - 1;
    std::vector<Counts> counts(parts.count());
    ThreadPool::instance().parallel_for(
        parts.count(),
        [&](size_t p, size_t) {
          counts[p].fill(0);
          for (size_t i = parts.begin(p); i < parts.end(p); ++i) {
            const uint32_t upper = magnitude_[i] >> shift;
            if (upper >> width == known) ++counts[p][upper & digit_mask];
          }
        },
        threads_);
    uint32_t digit = digit_mask;
    for (;; --digit) {
      size_t count = 0;
      for (const Counts& part : counts) count += part[digit];
      if (count >= k) break;
      k -= count;
    }
    known = known << width | digit;
  }
  return known;
}

}  // namespace boreal
