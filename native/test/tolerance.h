// The tolerance classes of the C++ tests; no test has an epsilon of its own.
//   exact    same_bits: data movement, comparisons, single IEEE operations, row independence
//   ulp      ulp_error <= kElementwiseUlps: exp, sigmoid, tanh
//   dot      dot_bound: sums of products (Higham, "Accuracy and Stability of Numerical Algorithms", 3.1)
//   softmax  softmax_bound: relative
//   distance distance_bound, relative; cosine_bound: distances from differences
//   norm     norm_bound: residuals and loss of orthogonality of decompositions, as LAPACK's own tests have
//   them
#pragma once

#include <cmath>
#include <cstddef>
#include <cstring>
#include <limits>

namespace boreal {
namespace test {

// The contract allows 4; the largest errors seen are exp 1.1, sigmoid 2.3, tanh 2.6.
constexpr double kElementwiseUlps = 3;

// Equal bit for bit, or both NaN: IEEE 754 leaves a NaN's payload open.
template <typename T>
bool same_bits(T a, T b) {
  return (std::isnan(a) && std::isnan(b)) || std::memcmp(&a, &b, sizeof(T)) == 0;
}

// |value - exact| in units of T's spacing at `exact`. An infinite value counts as the first power of two that
// T cannot hold, so that rounding up to infinity is an error like any other. Both NaN: 0; one NaN: infinite.
template <typename T, typename Wide>
double ulp_error(T value, Wide exact) {
  using Limits = std::numeric_limits<T>;
  if (std::isnan(value) || std::isnan(exact)) {
    return std::isnan(value) && std::isnan(exact) ? 0 : std::numeric_limits<double>::infinity();
  }
  const Wide overflow = std::ldexp(Wide(1), Limits::max_exponent - 1) * 2;
  const auto capped = [&](Wide x) {
    return std::isinf(x) || std::fabs(x) > overflow ? std::copysign(overflow, x) : x;
  };
  const Wide a = capped(value), b = capped(exact);
  int exponent = Limits::min_exponent;
  if (b != 0) std::frexp(b, &exponent);
  if (exponent < Limits::min_exponent) exponent = Limits::min_exponent;
  if (exponent > Limits::max_exponent) exponent = Limits::max_exponent;
  return static_cast<double>(std::fabs(a - b) / std::ldexp(Wide(1), exponent - Limits::digits));
}

// Largest error of bias + sum of k products, in any order of summation, fused or not, when the magnitudes of
// the k + 1 terms add up to `magnitude`.
template <typename T>
double dot_bound(size_t k, double magnitude) {
  return static_cast<double>(k + 2) * std::numeric_limits<T>::epsilon() / 2 * magnitude;
}

// Largest relative error of one softmax value: rounding x - max costs |x - max| / 2 ulp of the result, the
// sum of the row one rounding a column, exp (twice) and the division the rest.
template <typename T>
double softmax_bound(size_t cols, double distance_to_max) {
  return std::numeric_limits<T>::epsilon() *
         (2 * kElementwiseUlps + 1 + distance_to_max + static_cast<double>(cols));
}

// Largest error of a euclidean, squared euclidean or manhattan distance over d columns: a rounding a column
// for the sum, one for each difference and its square, one for the root; no term is negative, so nothing
// cancels.
template <typename T>
double distance_bound(size_t d, double exact) {
  return static_cast<double>(d + 4) * std::numeric_limits<T>::epsilon() / 2 * exact +
         static_cast<double>(d + 1) * std::numeric_limits<T>::denorm_min();
}

// Of a cosine distance: both rows' lengths are off by up to c = (d + 8) / 2 roundings, which moves the
// difference of the unit rows, of length sqrt(2 exact), by up to 2 c.
template <typename T>
double cosine_bound(size_t d, double exact) {
  const double unit = std::numeric_limits<T>::epsilon() / 2;
  const double moved = static_cast<double>(d + 8) * unit;
  return static_cast<double>(d + 4) * unit * exact + moved * std::sqrt(2 * exact) + moved * moved;
}

// Largest Frobenius norm of A - (its factors), or of Q^T Q - I with norm = 1, for a backward stable
// decomposition of order n: LAPACK's test programs accept a factor of 30.
inline double norm_bound(size_t n, double norm) {
  return 10 * static_cast<double>(n + 1) * std::numeric_limits<double>::epsilon() * norm;
}

}  // namespace test
}  // namespace boreal
