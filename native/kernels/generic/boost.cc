// Cuts between bins, a register of them at a time.
#include BOREAL_SIMD

#include "kernels/boost_kernels.h"
#include "kernels/generic/bits.inl.h"

namespace boreal {
namespace {

using V = Vec<double>;

// Worths are compared as products, so that most registers need no division, and those of cuts that surely
// hold raise the bar. What rounding could make of a worth is left below it.
size_t find_gains(const GainScan& scan, const uint64_t* bins, size_t count, uint64_t* sums,
                  int32_t* found) noexcept {
  constexpr double kBelow = 1 - 1e-12, kMost = 1e300;
  double gradients[kGainSums], hessians[kGainSums];
  uint64_t sum = scan.first;
  for (size_t b = 0; b < count; ++b) sums[b] = sum += bins[b];
  const size_t whole = (count + V::kLanes - 1) / V::kLanes * V::kLanes;
  for (size_t b = count; b < whole; ++b) sums[b] = sum;
  for (size_t b = 0; b < whole; ++b) {
    gradients[b] = static_cast<double>(static_cast<int32_t>(static_cast<uint32_t>(sums[b] >> 32)));
    hessians[b] = static_cast<double>(static_cast<int32_t>(static_cast<uint32_t>(sums[b])));
  }
  const V gradient = broadcast(scan.gradient), hessian = broadcast(scan.hessian), l2 = broadcast(scan.l2);
  const V may_hold = broadcast(scan.may_hold), surely_holds = broadcast(scan.surely_holds);
  const V zero = broadcast(0.0);
  double most = scan.worth * kBelow;
  V bar = broadcast(most);
  size_t size = 0;
  for (size_t b = 0; b < whole; b += V::kLanes) {
    const V g = load(gradients + b), h = load(hessians + b), other_g = gradient - g, other_h = hessian - h;
    const V weight = h + l2, other_weight = other_h + l2;
    const V worth = g * g * other_weight + other_g * other_g * weight, scale = weight * other_weight;
    const auto good =
        both(less(bar * scale, worth), both(not_less(h, may_hold), not_less(other_h, may_hold)));
    uint32_t bits = lane_bits(good);
    if (bits == 0) continue;
    const auto sure = both(good, both(less(surely_holds, h), less(surely_holds, other_h)));
    const double greatest = reduce_max(select(sure, worth / scale, zero)) * kBelow;
    if (greatest > most && greatest < kMost) bar = broadcast(most = greatest);
    if (count - b < V::kLanes) bits &= (uint32_t{1} << (count - b)) - 1;
    for (; bits != 0; bits &= bits - 1) found[size++] = static_cast<int32_t>(b + lowest_bit(bits));
  }
  return size;
}

}  // namespace

namespace BOREAL_ISA {

constexpr BoostKernels kBoost{find_gains};

}  // namespace BOREAL_ISA
}  // namespace boreal
