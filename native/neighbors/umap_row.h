// UMAP for one row (McInnes, Healy and Melville, 2018, "UMAP: uniform manifold approximation and projection
// for dimension reduction"; names of equations and constants are those of umap-learn): how strongly it
// belongs to its neighbours, and how it moves in the layout. Training and plans share this.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>

#include "base/rng.h"

namespace boreal {

// A neighbour at distance d belongs to the row by exp(-(d - rho) / sigma), at most 1.
struct Membership {
  double rho, sigma;
  double operator()(double distance) const {
    return distance <= rho || sigma == 0 ? 1 : std::exp(-(distance - rho) / sigma);
  }
};

// Of the row whose distances [count], ascending, begin with one that is not counted: the row's own, as a
// rule. rho is the distance to the neighbour number local_connectivity, between two of them for a fraction;
// sigma makes the memberships add up to log2(count), but is at least a thousandth of the mean distance, which
// is `mean` where rho is 0.
inline Membership membership(const double* distances, size_t count, double local_connectivity, double mean) {
  constexpr double kTolerance = 1e-5, kLeastScale = 1e-3;
  constexpr int kSteps = 64;
  constexpr double kMost = std::numeric_limits<double>::max();
  Membership result{0, 1};
  const double* const positive = std::upper_bound(distances, distances + count, 0.0);
  const auto known = static_cast<size_t>(distances + count - positive);
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
  result.sigma = std::max(result.sigma, kLeastScale * own);
  return result;
}

// x^power for finite x > 0 by arithmetic alone, to about 1e-8: the same bits everywhere, and faster than the
// C library's.
inline double quick_power(double x, double power) {
  constexpr double kInvLn2 = 1.4426950408889634, kLn2 = 0.6931471805599453;
  uint64_t bits;
  std::memcpy(&bits, &x, sizeof bits);
  // The exponent that leaves a mantissa in [1/sqrt(2), sqrt(2)).
  const int64_t shift = (static_cast<int64_t>(bits) - 0x3fe6a09e667f3bcd) >> 52;
  bits -= static_cast<uint64_t>(shift) << 52;
  double m;
  std::memcpy(&m, &bits, sizeof m);
  const double s = (m - 1) / (m + 1), s2 = s * s;
  const double log = 2 * s * (1 + s2 * (1.0 / 3 + s2 * (1.0 / 5 + s2 * (1.0 / 7 + s2 * (1.0 / 9)))));
  const double exponent =
      std::min(std::max(power * (static_cast<double>(shift) + log * kInvLn2), -1000.0), 1000.0);
  const double whole = exponent + 0x1.8p52 - 0x1.8p52;  // to the nearest whole number
  const double f = (exponent - whole) * kLn2;
  const double mantissa =
      1 +
      f * (1 + f * (1.0 / 2 +
                    f * (1.0 / 6 + f * (1.0 / 24 + f * (1.0 / 120 + f * (1.0 / 720 + f * (1.0 / 5040)))))));
  const uint64_t scale = static_cast<uint64_t>(static_cast<int64_t>(whole) + 1023) << 52;
  double power_of_two;
  std::memcpy(&power_of_two, &scale, sizeof power_of_two);
  return mantissa * power_of_two;
}

// Forces of the layout, whose similarity of points at distance d is 1 / (1 + a d^(2b)).
struct UmapForces {
  double a, b;
  double repulsion;  // weight of pushes
  size_t negatives;  // pushes for each pull

  // Moves y towards `other`, or away from it, by the step `alpha`.
  void pull(double* y, const double* other, size_t dims, double alpha) const {
    const double square = squared(y, other, dims);
    if (!(square > 0)) return;
    const double power = quick_power(square, b);
    move(y, other, dims, alpha, -2 * a * b * power / (square * (a * power + 1)));
  }
  void push(double* y, const double* other, size_t dims, double alpha) const {
    const double square = squared(y, other, dims);
    if (!(square > 0)) return;
    move(y, other, dims, alpha, 2 * repulsion * b / ((0.001 + square) * (a * quick_power(square, b) + 1)));
  }

 private:
  static double squared(const double* y, const double* other, size_t dims) {
    double square = 0;
    for (size_t d = 0; d < dims; ++d) square += (y[d] - other[d]) * (y[d] - other[d]);
    return square;
  }
  static void move(double* y, const double* other, size_t dims, double alpha, double coefficient) {
    for (size_t d = 0; d < dims; ++d) {
      y[d] += alpha * std::min(std::max(coefficient * (y[d] - other[d]), -4.0), 4.0);
    }
  }
};

// Whether an edge of the given share of the largest weight moves its ends in an epoch: in as large a share of
// all epochs.
inline bool moves_in(double share, size_t epoch) {
  return epoch > 0 &&
         std::floor(share * static_cast<double>(epoch)) > std::floor(share * static_cast<double>(epoch - 1));
}

// A new row among rows that stay where they are.
struct UmapPlacement {
  UmapForces forces;
  size_t epochs;
  double learning_rate;
  double local_connectivity;
  double mean_distance;  // of the training rows to their neighbours
  uint64_t seed;
};

// y [dims] from the nearest training rows: indices and distances [count] ascending, of `rows` whose layout is
// embedding [rows, dims]. weights [count] is scratch. It depends on nothing but the row.
inline void place_row(const UmapPlacement& how, const int32_t* indices, const double* distances, size_t count,
                      const double* embedding, size_t rows, size_t dims, double* weights, double* y) {
  const Membership member =
      membership(distances, count, std::max(0.0, how.local_connectivity - 1), how.mean_distance);
  double sum = 0, most = 0;
  for (size_t c = 0; c < count; ++c) {
    weights[c] = member(distances[c]);
    sum += weights[c];
    most = std::max(most, weights[c]);
  }
  if (!(sum > 0)) {  // all are too far to be told apart
    std::fill_n(weights, count, 1.0);
    sum = static_cast<double>(count);
    most = 1;
  }
  std::fill_n(y, dims, 0.0);
  const auto at = [&](size_t row) { return embedding + row * dims; };
  if (weights[0] == 1) {
    std::copy_n(at(static_cast<size_t>(indices[0])), dims, y);
  } else {
    for (size_t c = 0; c < count; ++c) {
      for (size_t d = 0; d < dims; ++d) y[d] += weights[c] / sum * at(static_cast<size_t>(indices[c]))[d];
    }
  }
  Rng rng(how.seed);
  for (size_t epoch = 1; epoch < how.epochs; ++epoch) {
    const double alpha =
        how.learning_rate * (1 - static_cast<double>(epoch - 1) / static_cast<double>(how.epochs));
    for (size_t c = 0; c < count; ++c) {
      if (!moves_in(weights[c] / most, epoch)) continue;
      how.forces.pull(y, at(static_cast<size_t>(indices[c])), dims, alpha);
      for (size_t s = 0; s < how.forces.negatives; ++s) {
        how.forces.push(y, at(rng.below(static_cast<uint32_t>(rows))), dims, alpha);
      }
    }
  }
}

}  // namespace boreal
