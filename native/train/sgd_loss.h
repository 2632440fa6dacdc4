// The losses of stochastic gradient descent: value and derivative by the score p. y is -1 or 1 for classes,
// but 0 or 1 for the log loss.
#pragma once

#include <cmath>

#include "train/sgd.h"

namespace boreal {

struct LossPoint {
  double value, slope;
};

inline LossPoint sgd_loss(SgdLoss loss, double epsilon, double y, double p) {
  const double z = p * y, difference = y - p, beyond = std::fabs(difference) - epsilon;
  const double side = difference > 0 ? -1.0 : 1.0;
  switch (loss) {
    case SgdLoss::kHinge:
      return z <= 1 ? LossPoint{1 - z, -y} : LossPoint{0, 0};
    case SgdLoss::kPerceptron:
      return z <= 0 ? LossPoint{-z, -y} : LossPoint{0, 0};
    case SgdLoss::kLog: {
      const double e = std::exp(-std::fabs(p));
      return {std::log1p(e) + std::fmax(p, 0.0) - y * p, (p < 0 ? e : 1.0) / (1 + e) - y};
    }
    case SgdLoss::kModifiedHuber:
      if (z >= 1) return {0, 0};
      return z >= -1 ? LossPoint{(1 - z) * (1 - z), -2 * (1 - z) * y} : LossPoint{-4 * z, -4 * y};
    case SgdLoss::kSquaredHinge:
      return z < 1 ? LossPoint{(1 - z) * (1 - z), -2 * y * (1 - z)} : LossPoint{0, 0};
    case SgdLoss::kSquaredError:
      return {0.5 * difference * difference, -difference};
    case SgdLoss::kHuber:
      if (beyond <= 0) return {0.5 * difference * difference, -difference};
      return {epsilon * (std::fabs(difference) - 0.5 * epsilon), side * epsilon};
    case SgdLoss::kEpsilonInsensitive:
      return beyond > 0 ? LossPoint{beyond, side} : LossPoint{0, 0};
    case SgdLoss::kSquaredEpsilonInsensitive:
      return beyond > 0 ? LossPoint{beyond * beyond, 2 * side * beyond} : LossPoint{0, 0};
  }
  return {0, 0};
}

}  // namespace boreal
