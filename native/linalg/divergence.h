// Beta-divergences between numbers >= 0 and a product of non-negative factors, and the terms of the
// multiplicative updates that lower them (Fevotte & Idier 2011, "Algorithms for nonnegative matrix
// factorization with the beta-divergence"): 2 is half the square of the difference, 1 Kullback and Leibler's,
// 0 Itakura and Saito's. Numbers at most kLeast count as 0 in a logarithm or below a fraction, as in
// scikit-learn.
#pragma once

#include <cmath>
#include <cstddef>
#include <limits>

#include "base/host_device.h"

namespace boreal {

class Divergence {
 public:
  static constexpr double kLeast = std::numeric_limits<float>::epsilon();

  BOREAL_HOST_DEVICE explicit Divergence(double beta)
      : beta_(beta), exponent_(beta < 1 ? 1 / (2 - beta) : (beta > 2 ? 1 / (beta - 1) : 1)) {}

  // Whether what stands below the fraction of an update does not depend on the product: it is the sum of the
  // other factor.
  BOREAL_HOST_DEVICE bool sums_below() const { return beta_ == 1; }

  // product -> product^(beta - 1), not written where sums_below(); ratio: x product^(beta - 2).
  BOREAL_HOST_DEVICE void terms(const double* x, size_t n, double* product, double* ratio) const {
    if (beta_ == 1) {
      for (size_t j = 0; j < n; ++j) ratio[j] = x[j] / at_least(product[j]);
    } else if (beta_ == 0) {
      for (size_t j = 0; j < n; ++j) {
        product[j] = 1 / at_least(product[j]);
        ratio[j] = x[j] * product[j] * product[j];
      }
    } else {
      for (size_t j = 0; j < n; ++j) {
        const double safe = beta_ < 2 ? at_least(product[j]) : product[j];
        const double power = std::pow(safe, beta_ - 2);
        product[j] = (beta_ < 1 ? safe : product[j]) * power;
        ratio[j] = x[j] * power;
      }
    }
  }

  // The divergence of n numbers from their product.
  double of(const double* x, const double* product, size_t n) const {
    double sum = 0;
    for (size_t j = 0; j < n; ++j) sum += of_one(x[j], product[j]);
    return sum;
  }
  // That of x 0 is of_zero.
  BOREAL_HOST_DEVICE double of_one(double x, double p) const {
    if (!(x > kLeast)) return of_zero(p);
    const double safe = at_least(p);
    if (beta_ == 1) return x * std::log(x / safe) - x + p;
    if (beta_ == 0) return x / safe - std::log(x / safe) - 1;
    const double powers = std::pow(x, beta_) - beta_ * x * std::pow(safe, beta_ - 1);
    return (powers + (beta_ - 1) * std::pow(p, beta_)) / (beta_ * (beta_ - 1));
  }
  BOREAL_HOST_DEVICE double of_zero(double p) const {
    if (beta_ == 1) return p;
    return beta_ == 0 ? -1 : std::pow(p, beta_) / beta_;
  }
  // What the rules to stop compare.
  BOREAL_HOST_DEVICE static double root(double divergence) {
    return std::sqrt(divergence > 0 ? 2 * divergence : 0);
  }

  // A coordinate after an update whose fraction is above / below, with the weights of its penalties.
  BOREAL_HOST_DEVICE double updated(double value, double above, double below, double l1, double l2) const {
    const double full = below + l1 + l2 * value;
    const double factor = above / (full == 0 ? kLeast : full);
    return value * (exponent_ == 1 ? factor : std::pow(factor, exponent_));
  }

 private:
  BOREAL_HOST_DEVICE static double at_least(double p) { return p < kLeast ? kLeast : p; }

  double beta_, exponent_;
};

// Below this a coordinate becomes 0, where powers of it may overflow.
constexpr double kVanished = std::numeric_limits<double>::epsilon();

}  // namespace boreal
