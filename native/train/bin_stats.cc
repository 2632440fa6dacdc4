#include "train/bin_stats.h"

#include <limits>

#include "base/error.h"

namespace boreal {
namespace {

// x < 2^exponent_of(x), and no less than half of that; x > 0.
int exponent_of(double x) {
  int exponent = 0;
  std::frexp(x, &exponent);
  return exponent;
}

constexpr int kWeightBits = 29, kSumBits = 62;
constexpr int kLeastExponent = -1000;           // of a step, which must not vanish
constexpr size_t kMostTerms = size_t{1} << 16;  // fits the second cache

}  // namespace

WeightSteps::WeightSteps(const ForestData& data, const ForestParams& params) {
  const double rows = static_cast<double>(data.x.rows);
  const bool drawn = params.bootstrap || params.max_samples != 0;
  double sum = params.max_samples == 0 ? rows : params.max_samples;
  bool whole = !params.balanced_subsample;
  if (!drawn && data.weights.size != 0) {
    sum = 0;
    for (double weight : data.weights) {
      sum += weight;
      whole = whole && weight == std::nearbyint(weight);
    }
  }
  const double limit = std::ldexp(1.0, 31);
  // What cannot be summed is refused by RowSampler.
  if (sum > 0 && std::isfinite(sum) && !(whole && sum <= limit)) {
    step_ = std::ldexp(1.0, std::max(exponent_of(sum) - kWeightBits, kLeastExponent));
  }
  most_ = sum / step_ + (whole && step_ == 1 ? 0 : rows);
}

EntropySums::EntropySums(double most) : most_(most) {
  step_ = std::ldexp(1.0, exponent_of(most * std::log2(most) + 1) - kSumBits);
  const size_t terms = std::min(kMostTerms, static_cast<size_t>(most) + 1);
  for (size_t c = 0; c < terms; ++c) table_.push_back(x_log_x(c));
}

std::vector<uint64_t> EntropySums::terms() const {
  std::vector<uint64_t> terms = table_;
  for (size_t c = terms.size(); static_cast<double>(c) <= most_; ++c) terms.push_back(x_log_x(c));
  return terms;
}

BinTargets::BinTargets(const ForestData& data, const WeightSteps& steps, size_t target) : steps_(steps) {
  const size_t rows = data.targets.size / data.target_count;
  const auto value = [&](size_t i) { return data.targets[i * data.target_count + target]; };
  double least = std::numeric_limits<double>::infinity(), greatest = -least;
  for (size_t i = 0; i < rows; ++i) {
    const double y = value(i);
    if (!std::isfinite(y)) {
      throw Error("ERR_PARAMETER", "A target is not finite.", static_cast<int64_t>(i));
    }
    // Rows without weight are in no tree: without them nothing changes.
    if (data.weights.size != 0 && data.weights[i] == 0) continue;
    least = std::min(least, y);
    greatest = std::max(greatest, y);
  }
  centre_ = least / 2 + greatest / 2;
  const double reach = std::max(greatest - centre_, centre_ - least);
  const int bits = std::min(kSumBits - exponent_of(steps.most()), 52);
  if (reach > 0) step_ = std::ldexp(1.0, std::max(exponent_of(reach) - bits, kLeastExponent));
  targets_.reserve(rows);
  for (size_t i = 0; i < rows; ++i) {
    // Those without weight may lie any number of steps away.
    const bool counts = data.weights.size == 0 || data.weights[i] > 0;
    targets_.push_back(counts ? static_cast<int64_t>(std::nearbyint((value(i) - centre_) / step_)) : 0);
  }
}

}  // namespace boreal
