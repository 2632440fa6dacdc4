// The gradients of boosting as whole numbers, and what splits gain by them: what the CPU and a GPU compute
// alike, to the bit.
#pragma once

#include <stdint.h>

#include "base/host_device.h"

namespace boreal {

// The gradient in the upper half, the Hessian, never negative, in the lower. Pairs are added and subtracted
// as they are.
using PackedPair = uint64_t;

BOREAL_HOST_DEVICE inline PackedPair pack_pair(int64_t gradient, uint64_t hessian) {
  return (static_cast<uint64_t>(gradient) << 32) + hessian;
}
BOREAL_HOST_DEVICE inline double gradient_of(PackedPair pair) {
  return static_cast<double>(static_cast<int32_t>(static_cast<uint32_t>(pair >> 32)));
}
BOREAL_HOST_DEVICE inline double hessian_of(PackedPair pair) {
  return static_cast<double>(static_cast<int64_t>(pair & 0xffffffffu));
}

// Rounds to the nearest, ties to even; |x| < 2^31.
BOREAL_HOST_DEVICE inline int64_t round_to_int(double x) {
  constexpr double kRound = 6755399441055744.0;  // 1.5 * 2^52
  return static_cast<int64_t>((x + kRound) - kRound);
}

// What a gain must exceed in a node of this total: the least gain, and what rounding makes of a split that
// gains nothing.
BOREAL_HOST_DEVICE inline double least_gain_of(double least, double l2, PackedPair total) {
  constexpr double kRounding = 1e-14;
  const double g = gradient_of(total), weight = hessian_of(total) + l2;
  const double rounding = weight > 0 ? kRounding * g * g / weight : 0.0;
  return least < rounding ? rounding : least;
}

// What a split of a node gains by sides without l1 and bounds.
class FreeGain {
 public:
  BOREAL_HOST_DEVICE FreeGain(double l2, PackedPair total)
      : l2_(l2), node_(worth(gradient_of(total), hessian_of(total))) {}

  // False only where gain() is not greater than the bound, >= 0, whatever rounding makes of either: a filter
  // without a division, which most bins can do without.
  BOREAL_HOST_DEVICE bool may_exceed(double bound, double gl, double hl, double gr, double hr) const {
    constexpr double kBelow = 1 - 1e-12;
    const double wl = hl + l2_, wr = hr + l2_;
    return gl * gl * wr + gr * gr * wl > (bound + node_) * kBelow * (wl * wr);
  }
  BOREAL_HOST_DEVICE double gain(double gl, double hl, double gr, double hr) const {
    const double wl = hl + l2_, wr = hr + l2_;
    return (gl * gl * wr + gr * gr * wl) / (wl * wr) - node_;
  }

  // What sides must be worth together to gain more than this.
  BOREAL_HOST_DEVICE double worth_above(double gain) const { return gain + node_; }

 private:
  BOREAL_HOST_DEVICE double worth(double g, double h) const { return h + l2_ > 0 ? g * g / (h + l2_) : 0.0; }

  double l2_, node_;
};

}  // namespace boreal
