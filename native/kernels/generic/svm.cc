// The passes of minimal optimisation keep the best of each lane, and its position as a double. They have no
// fused multiply-adds: the same bits on every ISA.
#include BOREAL_SIMD

#include "kernels/svm_kernels.h"

namespace boreal {
namespace {

constexpr double kInfinity = __builtin_huge_val();
constexpr size_t kLanesD = Vec<double>::kLanes;

inline Vec<double> lane_numbers() {
  double number[kLanesD];
  for (size_t lane = 0; lane < kLanesD; ++lane) number[lane] = static_cast<double>(lane);
  return load(number);
}

// The best of the lanes, of equal ones the first position.
template <bool kLargest>
inline SvmCandidate best_lane(Vec<double> value, Vec<double> index) {
  double values[kLanesD], indices[kLanesD];
  store(values, value);
  store(indices, index);
  size_t best = 0;
  for (size_t lane = 1; lane < kLanesD; ++lane) {
    const bool better = kLargest ? values[lane] > values[best] : values[lane] < values[best];
    if (better || (values[lane] == values[best] && indices[lane] < indices[best])) best = lane;
  }
  return {values[best], static_cast<size_t>(indices[best])};
}

SvmCandidate advance(double* f, const float* p, const float* q, double step, const double* up,
                     size_t n) noexcept {
  const Vec<double> along = broadcast(step), width = broadcast(static_cast<double>(kLanesD));
  Vec<double> least = broadcast(kInfinity), where = broadcast(0.0), here = lane_numbers();
  size_t k = 0;
  for (; k + kLanesD <= n; k += kLanesD, here = here + width) {
    const Vec<double> moved = load(f + k) + along * (load_wide(p + k) - load_wide(q + k));
    store(f + k, moved);
    const Vec<double> value = moved + load(up + k);
    const auto better = less(value, least);
    least = select(better, value, least);
    where = select(better, here, where);
  }
  if (k < n) {
    const size_t rest = n - k;
    const Vec<double> difference = load_wide(p + k, rest) - load_wide(q + k, rest);
    const Vec<double> moved = load(f + k, rest, broadcast(0.0)) + along * difference;
    store(f + k, moved, rest);
    const Vec<double> value = moved + load(up + k, rest, broadcast(kInfinity));
    const auto better = less(value, least);
    least = select(better, value, least);
    where = select(better, here, where);
  }
  return best_lane<false>(least, where);
}

struct Search {
  Vec<double> from, own, least, most, gain, where;

  inline void look(Vec<double> f, Vec<double> p, Vec<double> diagonal, Vec<double> low, Vec<double> here) {
    const Vec<double> value = f + low, zero = broadcast(0.0);
    most = select(less(most, value), value, most);
    const Vec<double> gap = value - from;
    const Vec<double> curve = own + diagonal - (p + p);
    const Vec<double> bounded = select(less(curve, least), least, curve);
    const Vec<double> worth = select(less(zero, gap), gap * gap / bounded, zero);
    const auto better = less(gain, worth);
    gain = select(better, worth, gain);
    where = select(better, here, where);
  }
};

SvmPartner choose(const double* f, const float* p, const double* diagonal, const double* low, double from,
                  double own, double least, size_t n) noexcept {
  const Vec<double> zero = broadcast(0.0), none = broadcast(-kInfinity);
  const Vec<double> width = broadcast(static_cast<double>(kLanesD));
  Search search{broadcast(from), broadcast(own), broadcast(least), none, zero, zero};
  Vec<double> here = lane_numbers();
  size_t k = 0;
  for (; k + kLanesD <= n; k += kLanesD, here = here + width) {
    search.look(load(f + k), load_wide(p + k), load(diagonal + k), load(low + k), here);
  }
  if (k < n) {
    const size_t rest = n - k;
    search.look(load(f + k, rest, zero), load_wide(p + k, rest), load(diagonal + k, rest, zero),
                load(low + k, rest, none), here);
  }
  const SvmCandidate largest = best_lane<true>(search.most, here);
  return {largest.value, best_lane<true>(search.gain, search.where)};
}

// Two of them take turns, and one of them has what is left.
struct HingeSums {
  Vec<double> loss = broadcast(0.0), fall = broadcast(0.0), curvature = broadcast(0.0);

  inline void add(Vec<double> v, Vec<double> m) {
    const Vec<double> zero = broadcast(0.0), margin = max(m, zero), along = select(less(zero, m), v, zero);
    loss = fma(margin, margin, loss);
    fall = fma(along, margin, fall);
    curvature = fma(along, along, curvature);
  }
};

SvmHinge hinge(const double* v, const double* m, size_t n) noexcept {
  const Vec<double> zero = broadcast(0.0);
  HingeSums even, odd;
  size_t k = 0;
  for (; k + 2 * kLanesD <= n; k += 2 * kLanesD) {
    even.add(load(v + k), load(m + k));
    odd.add(load(v + k + kLanesD), load(m + k + kLanesD));
  }
  if (k + kLanesD <= n) {
    even.add(load(v + k), load(m + k));
    k += kLanesD;
  }
  if (k < n) odd.add(load(v + k, n - k, zero), load(m + k, n - k, zero));
  return {reduce_add(even.loss + odd.loss), -reduce_add(even.fall + odd.fall),
          reduce_add(even.curvature + odd.curvature)};
}

double move_hinge(double* m, const double* v, double step, size_t n) noexcept {
  const Vec<double> zero = broadcast(0.0), by = broadcast(step);
  Vec<double> even = zero, odd = zero;
  const auto moved_loss = [&](size_t k, Vec<double> sum) {
    const Vec<double> moved = fma(by, load(v + k), load(m + k)), margin = max(moved, zero);
    store(m + k, moved);
    return fma(margin, margin, sum);
  };
  size_t k = 0;
  for (; k + 2 * kLanesD <= n; k += 2 * kLanesD) {
    even = moved_loss(k, even);
    odd = moved_loss(k + kLanesD, odd);
  }
  if (k + kLanesD <= n) {
    even = moved_loss(k, even);
    k += kLanesD;
  }
  if (k < n) {
    const size_t rest = n - k;
    const Vec<double> moved = fma(by, load(v + k, rest, zero), load(m + k, rest, zero));
    const Vec<double> margin = max(moved, zero);
    store(m + k, moved, rest);
    odd = fma(margin, margin, odd);
  }
  return reduce_add(even + odd);
}

}  // namespace

namespace BOREAL_ISA {

constexpr SvmKernels kSvm{advance, choose, hinge, move_hinge};

}  // namespace BOREAL_ISA
}  // namespace boreal
