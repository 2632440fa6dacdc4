// UMAP for one row (McInnes, Healy and Melville, 2018, "UMAP: uniform manifold approximation and projection
// for dimension reduction"; names of equations and constants are those of umap-learn): how strongly it
// belongs to its neighbours. Training and plans share this, as they do umap_walk.h, on the CPU and on GPUs.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "base/host_device.h"

namespace boreal {

// A neighbour at distance d belongs to the row by exp(-(d - rho) / sigma), at most 1.
struct Membership {
  double rho, sigma;
  BOREAL_HOST_DEVICE double operator()(double distance) const {
    return distance <= rho || sigma == 0 ? 1 : std::exp(-(distance - rho) / sigma);
  }
};

// Of the row whose distances [count], ascending, begin with one that is not counted: the row's own, as a
// rule. rho is the distance to the neighbour number local_connectivity, between two of them for a fraction;
// sigma makes the memberships add up to log2(count), but is at least a thousandth of the mean distance, which
// is `mean` where rho is 0.
BOREAL_HOST_DEVICE inline Membership membership(const double* distances, size_t count,
                                                double local_connectivity, double mean) {
  constexpr double kTolerance = 1e-5, kLeastScale = 1e-3;
  constexpr int kSteps = 64;
  constexpr double kMost = 1.7976931348623157e308;  // of float64
  Membership result{0, 1};
  size_t zeros = 0;
  while (zeros < count && distances[zeros] <= 0) ++zeros;
  const double* const positive = distances + zeros;
  const size_t known = count - zeros;
  if (known > 0 && static_cast<double>(known) >= local_connectivity) {
    const auto whole = static_cast<size_t>(local_connectivity);
    const double part = local_connectivity - static_cast<double>(whole);
    if (whole == 0) {
      result.rho = part * positive[0];
    } else {
      result.rho = positive[whole - 1];
      if (part > kTolerance && whole < known) result.rho += part * (positive[whole] - positive[whole - 1]);
    }
  } else if (known > 0) {
    result.rho = positive[known - 1];
  }
  const double target = std::log2(static_cast<double>(count));
  double low = 0, high = kMost;
  for (int step = 0; step < kSteps; ++step) {
    double sum = 0;
    for (size_t c = 1; c < count; ++c) sum += result(distances[c]);
    if (std::fabs(sum - target) < kTolerance) break;
    if (sum > target) {
      high = result.sigma;
      result.sigma = (low + high) / 2;
    } else {
      low = result.sigma;
      result.sigma = high == kMost ? result.sigma * 2 : (low + high) / 2;
    }
  }
  double own = mean;
  if (result.rho > 0) {
    own = 0;
    for (size_t c = 0; c < count; ++c) own += distances[c];
    own /= static_cast<double>(count);
  }
  if (result.sigma < kLeastScale * own) result.sigma = kLeastScale * own;
  return result;
}

// x^power for normal x > 0 by arithmetic alone, to about 1e-8: the same bits everywhere, and faster than the
// C library's. The result must be within 2^-1000 and 2^1000. Without conditions, signed shifts and
// conversions of whole numbers, which keep compilers from making vectors of several.
// kernels/generic/layout.cc makes the same steps.
BOREAL_HOST_DEVICE inline double quick_power(double x, double power) {
  constexpr double kInvLn2 = 1.4426950408889634, kLn2 = 0.6931471805599453;
  constexpr uint64_t kSqrtHalf = 0x3fe6a09e667f3bcd, kBias = 1023, kTwo52 = 0x4330000000000000;
  uint64_t bits;
  std::memcpy(&bits, &x, sizeof bits);
  // The exponent that leaves a mantissa in [1/sqrt(2), sqrt(2)).
  const uint64_t biased = (bits - kSqrtHalf + (kBias << 52)) >> 52;
  bits -= (biased - kBias) << 52;
  const uint64_t above = biased | kTwo52;
  double m, shift;
  std::memcpy(&m, &bits, sizeof m);
  std::memcpy(&shift, &above, sizeof shift);
  shift -= 0x1p52 + static_cast<double>(kBias);
  const double s = (m - 1) / (m + 1), s2 = s * s;
  const double log = 2 * s * (1 + s2 * (1.0 / 3 + s2 * (1.0 / 5 + s2 * (1.0 / 7 + s2 * (1.0 / 9)))));
  const double exponent = power * (shift + log * kInvLn2);
  const double rounder = exponent + 0x1.8p52;  // whose last bits are the nearest whole number
  const double f = (exponent - (rounder - 0x1.8p52)) * kLn2;
  const double mantissa =
      1 +
      f * (1 + f * (1.0 / 2 +
                    f * (1.0 / 6 + f * (1.0 / 24 + f * (1.0 / 120 + f * (1.0 / 720 + f * (1.0 / 5040)))))));
  uint64_t scale;
  std::memcpy(&scale, &rounder, sizeof scale);
  scale = (scale + kBias) << 52;
  double power_of_two;
  std::memcpy(&power_of_two, &scale, sizeof power_of_two);
  return mantissa * power_of_two;
}

}  // namespace boreal
