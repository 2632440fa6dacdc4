// The losses of boosting at one score: what the CPU and a GPU compute alike, to the bit.
#pragma once

#include <math.h>
#include <stddef.h>
#include <stdint.h>

#include "base/host_device.h"
#include "device/portable_math.h"

namespace boreal {

enum class LossKind : int32_t {
  kSquaredError = 0,   // (raw - y)^2 / 2
  kAbsoluteError = 1,  // |raw - y|
  kQuantile = 2,       // parameter q: q (y - raw) above, (1 - q) (raw - y) below
  kHuber = 3,          // parameter d: squared up to d, linear beyond
  kPoisson = 4,        // exp(raw) - y raw
  kGamma = 5,          // raw + y exp(-raw)
  kTweedie = 6,        // parameter p in (1, 2): exp((2 - p) raw) / (2 - p) - y exp((1 - p) raw) / (1 - p)
  kLogistic = 7,       // log(1 + exp(raw)) - y raw
  kSoftmax = 8,        // log sum_k exp(raw_k) - raw_y
  kCustom = 9,         // custom_loss.h
  kLambdaRank = 10,    // lambdarank.h
};

namespace boosting {

struct Slope {
  double gradient, hessian;
};

// What a loss of one output needs: its value and slope at a score, and whether the baseline is on the scale
// of the target's mean (through a link), or start(), a quantile.
enum class Start { kMean, kLogMean, kLogOdds, kQuantile };

struct SquaredError {
  static constexpr Start kStart = Start::kMean;
  static constexpr bool kConstantHessian = true;
  BOREAL_HOST_DEVICE Slope slope(double y, double raw) const { return {raw - y, 1.0}; }
  BOREAL_HOST_DEVICE double value(double y, double raw) const { return 0.5 * (raw - y) * (raw - y); }
};

struct Quantile {
  static constexpr Start kStart = Start::kQuantile;
  static constexpr bool kConstantHessian = true;
  double q, scale;  // scale 2 makes the absolute error of q = 1/2
  BOREAL_HOST_DEVICE Slope slope(double y, double raw) const {
    return {scale * (y >= raw ? -q : 1 - q), 1.0};
  }
  BOREAL_HOST_DEVICE double value(double y, double raw) const {
    return scale * (y > raw ? q * (y - raw) : (1 - q) * (raw - y));
  }
  double start() const { return q; }
};

struct Huber {
  static constexpr Start kStart = Start::kQuantile;
  static constexpr bool kConstantHessian = true;
  double delta;
  BOREAL_HOST_DEVICE Slope slope(double y, double raw) const {
    const double above = raw - y < -delta ? -delta : raw - y;
    return {delta < above ? delta : above, 1.0};
  }
  BOREAL_HOST_DEVICE double value(double y, double raw) const {
    const double r = fabs(raw - y);
    return r <= delta ? 0.5 * r * r : delta * (r - 0.5 * delta);
  }
  double start() const { return 0.5; }
};

struct Poisson {
  static constexpr Start kStart = Start::kLogMean;
  static constexpr bool kConstantHessian = false;
  BOREAL_HOST_DEVICE Slope slope(double y, double raw) const {
    const double mean = portable_exp(raw);
    return {mean - y, mean};
  }
  BOREAL_HOST_DEVICE double value(double y, double raw) const { return portable_exp(raw) - y * raw; }
};

struct Gamma {
  static constexpr Start kStart = Start::kLogMean;
  static constexpr bool kConstantHessian = false;
  BOREAL_HOST_DEVICE Slope slope(double y, double raw) const {
    const double ratio = y * portable_exp(-raw);
    return {1.0 - ratio, ratio};
  }
  BOREAL_HOST_DEVICE double value(double y, double raw) const { return raw + y * portable_exp(-raw); }
};

struct Tweedie {
  static constexpr Start kStart = Start::kLogMean;
  static constexpr bool kConstantHessian = false;
  double power;
  BOREAL_HOST_DEVICE Slope slope(double y, double raw) const {
    const double a = 2 - power, b = 1 - power;
    const double mean = portable_exp(a * raw), ratio = y * portable_exp(b * raw);
    return {mean - ratio, a * mean - b * ratio};
  }
  BOREAL_HOST_DEVICE double value(double y, double raw) const {
    const double a = 2 - power, b = 1 - power;
    return portable_exp(a * raw) / a - y * portable_exp(b * raw) / b;
  }
};

struct Logistic {
  static constexpr Start kStart = Start::kLogOdds;
  static constexpr bool kConstantHessian = false;
  BOREAL_HOST_DEVICE Slope slope(double y, double raw) const {
    const double p = 1.0 / (1.0 + portable_exp(-raw));
    return {p - y, p * (1.0 - p)};
  }
  BOREAL_HOST_DEVICE double value(double y, double raw) const { return portable_softplus(raw) - y * raw; }
};

// One row of softmax, whose scores lie `stride` apart.
struct SoftmaxRow {
  const double* raw;
  size_t stride, classes;
  BOREAL_HOST_DEVICE double greatest() const {
    double most = raw[0];
    for (size_t k = 1; k < classes; ++k) most = most < raw[k * stride] ? raw[k * stride] : most;
    return most;
  }
  // Of class k, whose share of the sum over all is its probability.
  BOREAL_HOST_DEVICE double exp(size_t k, double greatest) const {
    return portable_exp(raw[k * stride] - greatest);
  }
  BOREAL_HOST_DEVICE static Slope slope(double probability, bool is_own) {
    return {probability - (is_own ? 1.0 : 0.0), probability * (1.0 - probability)};
  }
  BOREAL_HOST_DEVICE double value(size_t own, double total, double greatest) const {
    return portable_log(total) + greatest - raw[own * stride];
  }
};

}  // namespace boosting
}  // namespace boreal
