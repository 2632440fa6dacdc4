// Losses of one output y against its target t, and their derivatives by y: the formulas that the CPU's loops
// and the GPU's kernels share. Plain functions of numbers in float64.
#pragma once

#include <math.h>
#include <stddef.h>
#include <stdint.h>

#include "base/host_device.h"

namespace boreal {
namespace nn {

enum class LossKind : int32_t {
  kMeanSquaredError = 0,
  kMeanAbsoluteError = 1,
  kHuber = 2,  // quadratic up to `delta`, then linear (Huber 1964)
  kLogCosh = 3,
  kBinaryCrossEntropy = 4,
  kCategoricalCrossEntropy = 5,        // targets are distributions, [rows, outputs]
  kSparseCategoricalCrossEntropy = 6,  // targets are classes, [rows]
  kKlDivergence = 7,
  kHinge = 8,  // targets -1 and 1; 0 counts as -1
  kSquaredHinge = 9,
  kCategoricalHinge = 10,
  kPoisson = 11,
  kHalfSquaredError = 12,  // half the sum over outputs: scikit-learn's
  kMeanSquaredLogarithmicError = 13,
  kSummedBinaryCrossEntropy = 14,  // the sum over outputs, as of scikit-learn's perceptrons
  kSummedPoisson = 15,
};
constexpr int32_t kLossCount = 16;

// What the losses of a row's outputs are multiplied by: most are means over them.
BOREAL_HOST_DEVICE inline double share_of_output(LossKind kind, size_t outputs) {
  const bool summed = kind == LossKind::kHalfSquaredError || kind == LossKind::kKlDivergence ||
                      kind == LossKind::kSummedBinaryCrossEntropy || kind == LossKind::kSummedPoisson;
  return summed ? 1 : 1 / static_cast<double>(outputs);
}

// What probabilities are kept away from 0 and 1 by before a logarithm: Keras's epsilon.
constexpr double kClip = 1e-7;

// A NaN stays one.
BOREAL_HOST_DEVICE inline double clamped(double x, double low, double high) {
  return x < low ? low : high < x ? high : x;
}

struct SquaredError {
  BOREAL_HOST_DEVICE double value(double y, double t) const { return (y - t) * (y - t); }
  BOREAL_HOST_DEVICE double gradient(double y, double t) const { return 2 * (y - t); }
};

struct HalfSquaredError {
  BOREAL_HOST_DEVICE double value(double y, double t) const { return 0.5 * (y - t) * (y - t); }
  BOREAL_HOST_DEVICE double gradient(double y, double t) const { return y - t; }
};

struct AbsoluteError {
  BOREAL_HOST_DEVICE double value(double y, double t) const { return fabs(y - t); }
  BOREAL_HOST_DEVICE double gradient(double y, double t) const { return y > t ? 1 : y < t ? -1 : 0; }
};

struct HuberError {
  double delta;
  BOREAL_HOST_DEVICE double value(double y, double t) const {
    const double e = fabs(y - t);
    return e <= delta ? 0.5 * e * e : delta * (e - 0.5 * delta);
  }
  BOREAL_HOST_DEVICE double gradient(double y, double t) const { return clamped(y - t, -delta, delta); }
};

struct LogCosh {
  BOREAL_HOST_DEVICE double value(double y, double t) const {
    const double e = fabs(y - t);
    return e + log1p(exp(-2 * e)) - 0.69314718055994530942;
  }
  BOREAL_HOST_DEVICE double gradient(double y, double t) const { return tanh(y - t); }
};

struct SquaredLogarithmicError {
  BOREAL_HOST_DEVICE double log_of(double x) const { return log1p(x < kClip ? kClip : x); }
  BOREAL_HOST_DEVICE double value(double y, double t) const {
    return (log_of(y) - log_of(t)) * (log_of(y) - log_of(t));
  }
  BOREAL_HOST_DEVICE double gradient(double y, double t) const {
    return y > kClip ? 2 * (log_of(y) - log_of(t)) / (1 + y) : 0;
  }
};

// Of probabilities; see loss.h for what comes before a sigmoid.
struct BinaryCrossEntropy {
  double smoothing;
  BOREAL_HOST_DEVICE double target(double t) const { return t * (1 - smoothing) + smoothing / 2; }
  BOREAL_HOST_DEVICE double value(double y, double t) const {
    const double p = clamped(y, kClip, 1 - kClip);
    return -target(t) * log(p) - (1 - target(t)) * log1p(-p);
  }
  BOREAL_HOST_DEVICE double gradient(double y, double t) const {
    return y > kClip && y < 1 - kClip ? (y - target(t)) / (y * (1 - y)) : 0;
  }
};

struct KlDivergence {
  BOREAL_HOST_DEVICE double value(double y, double t) const {
    const double q = clamped(t, kClip, 1.0);
    return q * log(q / clamped(y, kClip, 1.0));
  }
  BOREAL_HOST_DEVICE double gradient(double y, double t) const {
    return y > kClip && y < 1 ? -clamped(t, kClip, 1.0) / y : 0;
  }
};

BOREAL_HOST_DEVICE inline double signed_label(double t) { return t == 0 ? -1 : t; }

struct Hinge {
  BOREAL_HOST_DEVICE double value(double y, double t) const {
    const double margin = 1 - signed_label(t) * y;
    return margin < 0 ? 0 : margin;
  }
  BOREAL_HOST_DEVICE double gradient(double y, double t) const {
    return signed_label(t) * y < 1 ? -signed_label(t) : 0;
  }
};

struct SquaredHinge {
  BOREAL_HOST_DEVICE double value(double y, double t) const {
    const double margin = 1 - signed_label(t) * y;
    return margin < 0 ? 0 : margin * margin;
  }
  BOREAL_HOST_DEVICE double gradient(double y, double t) const {
    const double margin = 1 - signed_label(t) * y;
    return margin > 0 ? -2 * signed_label(t) * margin : 0;
  }
};

struct PoissonLoss {
  BOREAL_HOST_DEVICE double value(double y, double t) const { return y - t * log(y + kClip); }
  BOREAL_HOST_DEVICE double gradient(double y, double t) const { return 1 - t / (y + kClip); }
};

}  // namespace nn
}  // namespace boreal
