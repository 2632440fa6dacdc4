// Linear models in the leaves of trees: looks up the leaf of each tree and adds up its model, in float64 and
// in the order of the trees.
#pragma once

#include <cmath>
#include <limits>

#include "device/cpu_op.h"

namespace boreal {

template <typename T>
class CpuLeafLinear final : public CpuOp<T> {
 public:
  CpuLeafLinear(const LeafLinearOp& op, const OpPlace& place)
      : intercept_(op.intercept.begin(), op.intercept.end()),
        otherwise_(op.otherwise.begin(), op.otherwise.end()),
        offsets_(op.offsets.begin(), op.offsets.end()),
        features_(op.features.begin(), op.features.end()),
        coefficients_(op.coefficients.begin(), op.coefficients.end()),
        input_(place.op().inputs[0]),
        leaves_(place.op().inputs[1]),
        width_(place.plan.slot_width(input_)),
        trees_(place.plan.slot_width(leaves_)) {}

  void run(const TileCall<T>& call) const override {
    const T* x = call.slots[input_];
    const T* leaf = call.slots[leaves_];
    for (size_t i = 0; i < call.rows; ++i, x += width_, leaf += trees_) {
      double sum = 0;
      for (size_t t = 0; t < trees_; ++t) sum += value(static_cast<double>(leaf[t]), x);
      call.out[i] = static_cast<T>(sum);
    }
  }
  size_t memory_bytes() const override {
    return intercept_.size() * (2 * sizeof(double) + sizeof(int32_t)) +
           coefficients_.size() * (sizeof(double) + sizeof(int32_t));
  }
  double row_cost_ns() const override {
    const double each =
        static_cast<double>(coefficients_.size()) / static_cast<double>(intercept_.size() + 1);
    return 2 + static_cast<double>(trees_) * (5 + 1.5 * each);
  }

 private:
  double value(double named, const T* x) const {
    if (!(named >= 0 && named < static_cast<double>(intercept_.size()))) {
      return std::numeric_limits<double>::quiet_NaN();
    }
    const size_t leaf = static_cast<size_t>(named);
    double sum = intercept_[leaf];
    for (int32_t k = offsets_[leaf]; k < offsets_[leaf + 1]; ++k) {
      const double feature = static_cast<double>(x[features_[static_cast<size_t>(k)]]);
      if (std::isnan(feature)) return otherwise_[leaf];
      sum += coefficients_[static_cast<size_t>(k)] * feature;
    }
    return sum;
  }

  std::vector<double> intercept_, otherwise_;
  std::vector<int32_t> offsets_, features_;
  std::vector<double> coefficients_;
  size_t input_, leaves_, width_, trees_;
};

}  // namespace boreal
