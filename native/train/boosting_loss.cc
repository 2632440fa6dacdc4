#include "train/boosting_loss.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace boreal {
namespace {

// log(1 + e^x) without overflow.
double log1p_exp(double x) { return x > 0 ? x + std::log1p(std::exp(-x)) : std::log1p(std::exp(x)); }

double sigmoid(double x) {
  const double e = std::exp(-std::abs(x));
  return x >= 0 ? 1 / (1 + e) : e / (1 + e);
}

double sign(double x) { return x > 0 ? 1 : x < 0 ? -1 : 0; }

// A quotient of sums, 0 where the denominator vanishes: a leaf of rows that are all but certain stays.
double safe_quotient(double numerator, double denominator) {
  return std::abs(denominator) < 1e-150 ? 0 : numerator / denominator;
}

}  // namespace

double weighted_quantile(std::vector<WeightedValue>* values, double share) {
  if (values->empty()) return std::numeric_limits<double>::quiet_NaN();
  std::sort(values->begin(), values->end(),
            [](const WeightedValue& a, const WeightedValue& b) { return a.value < b.value; });
  double total = 0;
  for (const WeightedValue& v : *values) total += v.weight;
  double sum = 0;
  for (const WeightedValue& v : *values) {
    sum += v.weight;
    if (sum >= share * total) return v.value;
  }
  return values->back().value;
}

void LossFunction::adapt(Span<double> y, const double* raw, Span<double> weights) {
  if (loss_ != BoostingLoss::kHuber) return;
  std::vector<WeightedValue> errors;
  errors.reserve(y.size);
  for (size_t i = 0; i < y.size; ++i) {
    const double weight = weights.size == 0 ? 1 : weights[i];
    if (weight > 0) errors.push_back({std::abs(y[i] - raw[i]), weight});
  }
  delta_ = weighted_quantile(&errors, alpha_);
}

void LossFunction::negative_gradient(double y, const double* raw, double* gradient) const {
  const double error = y - *raw;
  switch (loss_) {
    case BoostingLoss::kSquaredError:
      *gradient = error;
      return;
    case BoostingLoss::kAbsoluteError:
      *gradient = error >= 0 ? 1 : -1;
      return;
    case BoostingLoss::kHuber:
      *gradient = std::abs(error) <= delta_ ? error : error > 0 ? delta_ : -delta_;
      return;
    case BoostingLoss::kQuantile:
      *gradient = error >= 0 ? alpha_ : alpha_ - 1;
      return;
    case BoostingLoss::kLogistic:
      *gradient = y > 0 ? sigmoid(-*raw) : -sigmoid(*raw);
      return;
    case BoostingLoss::kMultinomial: {
      const double most = *std::max_element(raw, raw + outputs_);
      double sum = 0;
      for (size_t k = 0; k < outputs_; ++k) sum += gradient[k] = std::exp(raw[k] - most);
      for (size_t k = 0; k < outputs_; ++k) gradient[k] = (static_cast<double>(k) == y) - gradient[k] / sum;
      return;
    }
    case BoostingLoss::kExponential:
      *gradient = y * std::exp(-*raw) - (1 - y) * std::exp(*raw);
      return;
  }
}

double LossFunction::loss(double y, const double* raw) const {
  const double error = y - *raw;
  switch (loss_) {
    case BoostingLoss::kSquaredError:
      return error * error;
    case BoostingLoss::kAbsoluteError:
      return std::abs(error);
    case BoostingLoss::kHuber: {
      const double size = std::abs(error);
      return size <= delta_ ? size * size / 2 : delta_ * (size - delta_ / 2);
    }
    case BoostingLoss::kQuantile:
      return error >= 0 ? alpha_ * error : (alpha_ - 1) * error;
    case BoostingLoss::kLogistic:
      return 2 * (log1p_exp(*raw) - y * *raw);
    case BoostingLoss::kMultinomial: {
      const double most = *std::max_element(raw, raw + outputs_);
      double sum = 0;
      for (size_t k = 0; k < outputs_; ++k) sum += std::exp(raw[k] - most);
      return std::log(sum) + most - raw[static_cast<size_t>(y)];
    }
    case BoostingLoss::kExponential:
      return y * std::exp(-*raw) + (1 - y) * std::exp(*raw);
  }
  return 0;
}

double LossFunction::leaf_value(LeafRow* rows, size_t count) const {
  if (loss_ == BoostingLoss::kLogistic || loss_ == BoostingLoss::kMultinomial ||
      loss_ == BoostingLoss::kExponential) {
    // One Newton step: the gradient over the second derivative, means over the leaf.
    double gradient = 0, curvature = 0, weight = 0;
    for (size_t i = 0; i < count; ++i) {
      const LeafRow& row = rows[i];
      const double g = row.negative_gradient, p = row.y - g;
      gradient += row.weight * g;
      curvature += row.weight * (loss_ == BoostingLoss::kExponential ? std::abs(g) : p * (1 - p));
      weight += row.weight;
    }
    const double classes = static_cast<double>(outputs_);
    const double factor = loss_ == BoostingLoss::kMultinomial ? (classes - 1) / classes : 1;
    return safe_quotient(gradient / weight * factor, curvature / weight);
  }
  std::vector<WeightedValue> errors(count);
  for (size_t i = 0; i < count; ++i) errors[i] = {rows[i].y - rows[i].raw, rows[i].weight};
  const double center = weighted_quantile(&errors, loss_ == BoostingLoss::kQuantile ? alpha_ : 0.5);
  if (loss_ != BoostingLoss::kHuber) return center;
  double sum = 0, weight = 0;
  for (const WeightedValue& error : errors) {
    const double d = error.value - center;
    sum += error.weight * sign(d) * std::min(delta_, std::abs(d));
    weight += error.weight;
  }
  return center + sum / weight;
}

}  // namespace boreal
