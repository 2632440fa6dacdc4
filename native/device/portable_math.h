// exp and log in plain float64 additions and multiplications: the same bits on every platform, which those of
// the C library do not promise, and on a GPU, and free of branches so that loops over rows vectorise.
// Relative error below 1e-15. What boosting learns goes through these.
#pragma once

#include <stdint.h>
#include <string.h>

#include "base/host_device.h"

namespace boreal {

// exp(x), x clamped to [-700, 700].
BOREAL_HOST_DEVICE inline double portable_exp(double x) {
  constexpr double kLog2e = 1.4426950408889634, kLn2High = 6.93147180369123816490e-01,
                   kLn2Low = 1.90821492927058770002e-10, kRound = 6755399441055744.0;  // 1.5 * 2^52
  x = x < -700.0 ? -700.0 : x;
  x = x > 700.0 ? 700.0 : x;
  const double shifted = x * kLog2e + kRound;  // its low bits hold the nearest whole number
  const double k = shifted - kRound;
  const double r = (x - k * kLn2High) - k * kLn2Low;
  double p = 1.0 / 6227020800.0;  // Taylor, to r^13 / 13!
  p = p * r + 1.0 / 479001600.0;
  p = p * r + 1.0 / 39916800.0;
  p = p * r + 1.0 / 3628800.0;
  p = p * r + 1.0 / 362880.0;
  p = p * r + 1.0 / 40320.0;
  p = p * r + 1.0 / 5040.0;
  p = p * r + 1.0 / 720.0;
  p = p * r + 1.0 / 120.0;
  p = p * r + 1.0 / 24.0;
  p = p * r + 1.0 / 6.0;
  p = p * r + 0.5;
  p = p * r + 1.0;
  p = p * r + 1.0;
  uint64_t bits;
  memcpy(&bits, &shifted, sizeof bits);
  bits = (bits + 1023) << 52;  // 2^k
  double scale;
  memcpy(&scale, &bits, sizeof scale);
  return p * scale;
}

// log(x) for a normal x > 0.
BOREAL_HOST_DEVICE inline double portable_log(double x) {
  constexpr double kLn2High = 6.93147180369123816490e-01, kLn2Low = 1.90821492927058770002e-10;
  uint64_t bits;
  memcpy(&bits, &x, sizeof bits);
  // x = 2^k m with m in [sqrt(1/2), sqrt(2))
  const uint64_t shifted = bits + (0x3ff0000000000000ull - 0x3fe6a09e667f3bcdull);
  const double k = static_cast<double>(static_cast<int64_t>(shifted >> 52) - 1023);
  bits = (shifted & 0x000fffffffffffffull) + 0x3fe6a09e667f3bcdull;
  double m;
  memcpy(&m, &bits, sizeof m);
  const double s = (m - 1.0) / (m + 1.0), z = s * s;  // log m = 2 artanh s, |s| < 0.172
  double p = 1.0 / 21.0;
  p = p * z + 1.0 / 19.0;
  p = p * z + 1.0 / 17.0;
  p = p * z + 1.0 / 15.0;
  p = p * z + 1.0 / 13.0;
  p = p * z + 1.0 / 11.0;
  p = p * z + 1.0 / 9.0;
  p = p * z + 1.0 / 7.0;
  p = p * z + 1.0 / 5.0;
  p = p * z + 1.0 / 3.0;
  return k * kLn2High + (2.0 * s + (2.0 * s * z * p + k * kLn2Low));
}

// log(1 + exp(x)).
BOREAL_HOST_DEVICE inline double portable_softplus(double x) {
  const double e = portable_exp(x < 0 ? x : -x);
  // log1p(e) = log(1 + e) corrected for what 1 + e has lost (Goldberg, 1991, theorem 4).
  const double u = 1.0 + e;
  const double log1p = u == 1.0 ? e : portable_log(u) * e / (u - 1.0);
  return (x > 0 ? x : 0.0) + log1p;
}

}  // namespace boreal
