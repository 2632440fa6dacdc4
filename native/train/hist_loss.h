// Losses of boosting as functions of raw scores. Scores and gradients of several outputs lie output after
// output: [outputs, rows]. y holds class numbers or targets. Everything goes through portable_math.h, so that
// the gradients have the same bits everywhere.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/span.h"
#include "device/boosting_slopes.h"

namespace boreal {

class HistLoss {
 public:
  // The parameter is of the kinds that have one; classes of kSoftmax. Others have files of their own.
  static std::unique_ptr<HistLoss> make(LossKind kind, double parameter, size_t classes);
  virtual ~HistLoss() = default;

  virtual size_t outputs() const { return 1; }
  // Every Hessian is 1 where no weights multiply it.
  virtual bool constant_hessian() const = 0;
  // What sums are divided by; checks the weights.
  virtual double total_weight(Span<double> weights, size_t rows) const;
  // The gradients of the next round, [outputs, rows] each, from outside; they stay there until it has ended.
  virtual void bring(Span<float> gradient, Span<float> hessian);
  // The best constant score of each output.
  virtual std::vector<double> baseline(Span<double> y, Span<double> weights) const = 0;
  // For rows begin to end, times their weights; hessian may be null where it is constant.
  virtual void gradients(const double* raw, Span<double> y, Span<double> weights, size_t begin, size_t end,
                         float* gradient, float* hessian) const = 0;
  // The weighted sum over rows begin to end.
  virtual double sum(const double* raw, Span<double> y, Span<double> weights, size_t begin,
                     size_t end) const = 0;
  // Above 0: leaves take this quantile of their rows' y - raw instead of a Newton step.
  virtual double leaf_quantile() const { return 0; }
};

struct QuantileValue {
  double value, weight;
};

// The quantile by the inverse distribution function, averaged where it is flat (Hyndman and Fan, 1996,
// definition 2). Sorts the values, of which there is at least one, all of weight > 0.
double averaged_quantile(std::vector<QuantileValue>* values, double quantile);

}  // namespace boreal
