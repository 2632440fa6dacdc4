// The quantile of the standard normal distribution of one Vec: Wichura 1988, algorithm AS 241 (PPND16). Three
// rational functions, of p - 1/2 in the middle and of r = sqrt(-log(min(p, 1 - p))) beyond 0.075 and beyond
// r = 5; all are computed and one is chosen.
#pragma once

#include "kernels/generic/log.inl.h"

namespace boreal {
namespace {

template <typename T>
struct NormalQuantile {
  static constexpr size_t kTerms = 8;
  static constexpr T kCentreOver[kTerms] = {T(3.3871328727963666080e0), T(1.3314166789178437745e2),
                                            T(1.9715909503065514427e3), T(1.3731693765509461125e4),
                                            T(4.5921953931549871457e4), T(6.7265770927008700853e4),
                                            T(3.3430575583588128105e4), T(2.5090809287301226727e3)};
  static constexpr T kCentreUnder[kTerms] = {T(1),
                                             T(4.2313330701600911252e1),
                                             T(6.8718700749205790830e2),
                                             T(5.3941960214247511077e3),
                                             T(2.1213794301586595867e4),
                                             T(3.9307895800092710610e4),
                                             T(2.8729085735721942674e4),
                                             T(5.2264952788528545610e3)};
  static constexpr T kShoulderOver[kTerms] = {T(1.42343711074968357734e0),  T(4.63033784615654529590e0),
                                              T(5.76949722146069140550e0),  T(3.64784832476320460504e0),
                                              T(1.27045825245236838258e0),  T(2.41780725177450611770e-1),
                                              T(2.27238449892691845833e-2), T(7.74545014278341407640e-4)};
  static constexpr T kShoulderUnder[kTerms] = {T(1),
                                               T(2.05319162663775882187e0),
                                               T(1.67638483018380384940e0),
                                               T(6.89767334985100004550e-1),
                                               T(1.48103976427480074590e-1),
                                               T(1.51986665636164571966e-2),
                                               T(5.47593808499534494600e-4),
                                               T(1.05075007164441684324e-9)};
  static constexpr T kTailOver[kTerms] = {T(6.65790464350110377720e0),  T(5.46378491116411436990e0),
                                          T(1.78482653991729133580e0),  T(2.96560571828504891230e-1),
                                          T(2.65321895265761230930e-2), T(1.24266094738807843860e-3),
                                          T(2.71155556874348757815e-5), T(2.01033439929228813265e-7)};
  static constexpr T kTailUnder[kTerms] = {T(1),
                                           T(5.99832206555887937690e-1),
                                           T(1.36929880922735805310e-1),
                                           T(1.48753612908506148525e-2),
                                           T(7.86869131145613259100e-4),
                                           T(1.84631831751005468180e-5),
                                           T(1.42151175831644588870e-7),
                                           T(2.04426310338993978564e-15)};
};

// -infinity at 0, infinity at 1, NaN outside [0, 1], which comes from the logarithm.
template <typename T>
inline Vec<T> normal_quantile(Vec<T> p) {
  using C = NormalQuantile<T>;
  const Vec<T> zero = broadcast(T(0)), one = broadcast(T(1)),
               infinity = broadcast(ExpConstants<T>::kInfinity);
  const Vec<T> q = p - broadcast(T(0.5));
  const Vec<T> inner = fma(-q, q, broadcast(T(0.180625)));
  const Vec<T> centre = q * (polynomial(C::kCentreOver, inner) / polynomial(C::kCentreUnder, inner));
  const Vec<T> tail = select(less(q, zero), p, one - p);
  const Vec<T> r = sqrt(-log(tail));
  const Vec<T> near = r - broadcast(T(1.6)), far = r - broadcast(T(5));
  const Vec<T> shoulder = polynomial(C::kShoulderOver, near) / polynomial(C::kShoulderUnder, near);
  const Vec<T> beyond = polynomial(C::kTailOver, far) / polynomial(C::kTailUnder, far);
  Vec<T> outer = select(less(broadcast(T(5)), r), beyond, shoulder);
  outer = select(equal(tail, zero), infinity, outer);
  outer = select(less(q, zero), -outer, outer);
  return select(less(broadcast(T(0.425)), abs(q)), outer, centre);
}

}  // namespace
}  // namespace boreal
