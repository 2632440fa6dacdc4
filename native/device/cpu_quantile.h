// Quantiles over the columns of a row, by linear interpolation between order statistics: numpy's default
// ("linear", Hyndman and Fan's type 7, 1996). A row with a NaN gives NaN, as numpy does.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "device/cpu_op.h"

namespace boreal {

template <typename T>
class CpuQuantile final : public CpuOp<T> {
 public:
  CpuQuantile(const QuantileOp& op, const OpPlace& place)
      : input_(place.input()), width_(place.input_width()) {
    for (const double p : op.probabilities) {
      const double position = p * static_cast<double>(width_ - 1);
      const size_t below = static_cast<size_t>(position);
      const size_t above = std::min(below + 1, width_ - 1);
      cuts_.push_back({below, above, position - static_cast<double>(below)});
      ranks_.insert(ranks_.end(), {below, above});
    }
    std::sort(ranks_.begin(), ranks_.end());
    ranks_.erase(std::unique(ranks_.begin(), ranks_.end()), ranks_.end());
  }

  void run(const TileCall<T>& call) const override {
    T* values = reinterpret_cast<T*>(call.scratch);
    const T* x = call.slots[input_];
    T* y = call.out;
    for (size_t i = 0; i < call.rows; ++i, x += width_, y += cuts_.size()) {
      if (std::any_of(x, x + width_, [](T value) { return std::isnan(value); })) {
        std::fill_n(y, cuts_.size(), std::numeric_limits<T>::quiet_NaN());
        continue;
      }
      std::copy_n(x, width_, values);
      // Each selection leaves the greater values behind it, so the next one looks at those only.
      T* rest = values;
      for (const size_t rank : ranks_) {
        std::nth_element(rest, values + rank, values + width_);
        rest = values + rank + 1;
      }
      for (size_t q = 0; q < cuts_.size(); ++q) y[q] = interpolate(values, cuts_[q]);
    }
  }
  size_t scratch_bytes(size_t /*rows*/) const override { return width_ * sizeof(T); }
  double row_cost_ns() const override {
    return 20 + 4 * static_cast<double>(width_) * std::max<double>(1, static_cast<double>(ranks_.size()) / 2);
  }
  std::string details() const override { return std::to_string(cuts_.size()) + " quantiles"; }

 private:
  struct Cut {
    size_t below, above;  // ranks
    double weight;        // of above
  };

  // From the nearer end, so that both ends are exact and the result is monotone in the weight.
  static T interpolate(const T* sorted, const Cut& cut) {
    const double a = sorted[cut.below], b = sorted[cut.above], difference = b - a;
    if (a == b) return static_cast<T>(a);
    return static_cast<T>(cut.weight < 0.5 ? a + difference * cut.weight : b - difference * (1 - cut.weight));
  }

  std::vector<Cut> cuts_;
  std::vector<size_t> ranks_;  // the order statistics needed, ascending
  size_t input_, width_;
};

}  // namespace boreal
