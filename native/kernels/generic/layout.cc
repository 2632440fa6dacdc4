// Forces between the points of a layout.
#include BOREAL_SIMD

#include "kernels/generic/unroll.h"
#include "kernels/layout_kernels.h"

namespace boreal {
namespace {

using V = Vec<double>;

inline V number(double x) { return broadcast(x); }

// quick_power of neighbors/umap_row.h: the same operations, none of them fused, for the same bits.
inline V quick_power(V x, double power) {
  constexpr double kInvLn2 = 1.4426950408889634, kLn2 = 0.6931471805599453;
  const V one = number(1);
  const SplitExponent<double> parts = split_exponent(x);
  const V s = (parts.fraction - one) / (parts.fraction + one), s2 = s * s;
  V series = number(1.0 / 7) + s2 * number(1.0 / 9);
  series = number(1.0 / 5) + s2 * series;
  series = number(1.0 / 3) + s2 * series;
  const V log = number(2) * s * (one + s2 * series);
  const V exponent = number(power) * (parts.exponent + log * number(kInvLn2));
  const V whole = round(exponent);
  const V f = (exponent - whole) * number(kLn2);
  constexpr double kTerms[] = {1.0 / 720, 1.0 / 120, 1.0 / 24, 1.0 / 6, 1.0 / 2, 1.0, 1.0};
  V mantissa = number(1.0 / 5040);
  for (const double term : kTerms) mantissa = number(term) + f * mantissa;
  return scale2(mantissa, whole);
}

void umap_forces(const LayoutSteps& steps, size_t count, double a, double b, double most,
                 double* forces) noexcept {
  const V highest = number(most), lowest = number(1 / most), one = number(1);
  for (size_t l = 0; l < count; l += V::kLanes) {
    const V square = load(steps.squares + l);
    const V power = quick_power(min(max(square, lowest), highest), b);
    const V above = load(steps.constant + l) + load(steps.slope + l) * power;
    store(forces + l, above / ((load(steps.soft + l) + square) * (number(a) * power + one)));
  }
}

// A point so far away that it does nothing: its similarity is 0.
constexpr double kNowhere = 1e200;

template <size_t D>
struct PointSums {
  V own[D], pull[D], push[D], z;

  template <typename Load>
  inline void add(const double* const* at, const double* p, const Load& load_at) {
    V gap[D], square = number(0);
    BOREAL_UNROLL
    for (size_t d = 0; d < D; ++d) {
      gap[d] = own[d] - load_at(at[d], kNowhere);
      square = fma(gap[d], gap[d], square);
    }
    const V one = number(1);
    V w;
    if constexpr (D == 3) {  // of two degrees of freedom
      const V q = one / fma(square, number(0.5), one);
      w = q * sqrt(q);
    } else {
      w = one / (one + square);
    }
    const V pulls = load_at(p, 0.0) * w, pushes = w * w;
    z = z + w;
    BOREAL_UNROLL
    for (size_t d = 0; d < D; ++d) {
      pull[d] = fma(pulls, gap[d], pull[d]);
      push[d] = fma(pushes, gap[d], push[d]);
    }
  }
};

template <size_t D>
void tsne_point_in(const double* own, const double* const* at, const double* p, size_t count, double* pull,
                   double* push, double* z) {
  PointSums<D> sums;
  BOREAL_UNROLL
  for (size_t d = 0; d < D; ++d) {
    sums.own[d] = number(own[d]);
    sums.pull[d] = sums.push[d] = number(0);
  }
  sums.z = number(0);
  size_t j = 0;
  for (; j + V::kLanes <= count; j += V::kLanes) {
    sums.add(at, p, [j](const double* from, double) { return load(from + j); });
  }
  if (j < count) {
    sums.add(at, p,
             [j, count](const double* from, double fill) { return load(from + j, count - j, number(fill)); });
  }
  BOREAL_UNROLL
  for (size_t d = 0; d < D; ++d) {
    pull[d] += reduce_add(sums.pull[d]);
    push[d] += reduce_add(sums.push[d]);
  }
  *z += reduce_add(sums.z);
}

void tsne_point(size_t dims, const double* own, const double* const* at, const double* p, size_t count,
                double* pull, double* push, double* z) noexcept {
  if (dims == 1) return tsne_point_in<1>(own, at, p, count, pull, push, z);
  if (dims == 2) return tsne_point_in<2>(own, at, p, count, pull, push, z);
  tsne_point_in<3>(own, at, p, count, pull, push, z);
}

}  // namespace

namespace BOREAL_ISA {

constexpr LayoutKernels kLayout{umap_forces, tsne_point};

}  // namespace BOREAL_ISA
}  // namespace boreal
