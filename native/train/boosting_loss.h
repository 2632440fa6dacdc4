// Losses of gradient boosting, as functions of a row's target y and raw prediction F, with the factors of
// scikit-learn: squared (y - F)^2, absolute |y - F|, Huber, pinball; 2 (log(1 + e^F) - y F) for two classes,
// log sum e^F_k - F_y for more, and e^-F or e^F, the exponential loss (Friedman, Greedy function
// approximation: a gradient boosting machine, 2001).
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/span.h"

namespace boreal {

enum class BoostingLoss : int32_t {
  kSquaredError = 0,
  kAbsoluteError = 1,
  kHuber = 2,
  kQuantile = 3,
  kLogistic = 4,
  kMultinomial = 5,
  kExponential = 6,
};

// A row of a leaf, with what the line search of the leaf's value needs.
struct LeafRow {
  double y;
  double raw;
  double negative_gradient;
  double weight;
};

class LossFunction {
 public:
  // outputs: classes of kMultinomial, else 1. alpha: of kHuber and kQuantile.
  LossFunction(BoostingLoss loss, size_t outputs, double alpha)
      : loss_(loss), outputs_(outputs), alpha_(alpha) {}

  size_t outputs() const { return outputs_; }

  // Fixes where kHuber changes from squares to absolute values. raw: [rows].
  void adapt(Span<double> y, const double* raw, Span<double> weights);

  // -dL/dF of one row, [outputs].
  void negative_gradient(double y, const double* raw, double* gradient) const;
  double loss(double y, const double* raw) const;

  // Whether a leaf's value is the mean of the gradients, as the tree has it.
  bool keeps_leaf_values() const { return loss_ == BoostingLoss::kSquaredError; }
  // The value of a leaf with these rows; y is 0 or 1 for classes. May reorder the rows.
  double leaf_value(LeafRow* rows, size_t count) const;

 private:
  BoostingLoss loss_;
  size_t outputs_;
  double alpha_;
  double delta_ = 0;
};

struct WeightedValue {
  double value;
  double weight;
};
// The least value at which the cumulative weight reaches a share of the total: numpy's 'inverted_cdf'. Sorts
// the values; NaN for none.
double weighted_quantile(std::vector<WeightedValue>* values, double share);

}  // namespace boreal
