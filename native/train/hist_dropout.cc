#include "train/hist_dropout.h"

#include <algorithm>
#include <numeric>

#include "base/rng.h"

namespace boreal {
namespace {

constexpr uint64_t kDropStream = 0x64726f70;

}  // namespace

void HistDropout::draw(uint64_t seed, uint64_t stream) {
  dropped_.clear();
  const auto rounds = static_cast<double>(weights_.size());
  Rng rng(seed ^ kDropStream, stream);
  if (!params_.on || weights_.empty() || rng.uniform() < params_.skip) return;
  const double mean = std::accumulate(weights_.begin(), weights_.end(), 0.0) / rounds;
  const double rate = std::min(params_.rate, static_cast<double>(params_.most) / rounds);
  for (size_t r = 0; r < weights_.size() && dropped_.size() < params_.most; ++r) {
    if (rng.uniform() < (params_.uniform ? rate : rate * weights_[r] / mean)) dropped_.push_back(r);
  }
}

double HistDropout::new_scale() const {
  if (dropped_.empty()) return learning_rate_;
  const auto count = static_cast<double>(dropped_.size());
  return learning_rate_ / (count + (params_.xgboost ? learning_rate_ : 1.0));
}

double HistDropout::dropped_scale() const {
  const auto count = static_cast<double>(dropped_.size());
  return count / (count + (params_.xgboost ? learning_rate_ : 1.0));
}

void HistDropout::close_round() {
  if (!params_.on) return;
  for (size_t r : dropped_) weights_[r] *= dropped_scale();
  weights_.push_back(new_scale());
}

}  // namespace boreal
